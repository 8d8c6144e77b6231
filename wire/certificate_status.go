package wire

// CertificateStatus carries the stapled OCSP response. RFC 6066 §8:
//
//	struct {
//	    CertificateStatusType status_type;    // ocsp(1)
//	    opaque OCSPResponse<1..2^24-1>;
//	} CertificateStatus;
type CertificateStatus struct {
	kept
	Status   StatusType
	Response []byte // DER
}

func (*CertificateStatus) Type() HandshakeType { return TypeCertificateStatus }

func (m *CertificateStatus) decode(r *Reader, _ Context) { m.Status, m.Response = decodeStatus(r) }

func (m *CertificateStatus) encode(w *Writer, _ Context) { encodeStatus(w, m.Status, m.Response) }

func decodeStatus(r *Reader) (StatusType, []byte) {
	t := code8[StatusType](r, "status_type")
	if t != StatusOCSP {
		r.Fail("status_type", Invalid, "only ocsp was asked for")
	}
	return t, r.Opaque24("response", 1, 1<<24-1)
}

func encodeStatus(w *Writer, t StatusType, response []byte) {
	w.Uint8(uint8(t))
	w.Opaque24(response, "response")
}
