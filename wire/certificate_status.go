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

func (m *CertificateStatus) decode(r *Reader, _ Context) {
	m.Status = code8[StatusType](r, "status_type")
	if m.Status != StatusOCSP {
		r.Fail("status_type", Invalid, "only ocsp was asked for")
	}
	m.Response = r.Opaque24("response", 1, 1<<24-1)
}

func (m *CertificateStatus) encode(w *Writer) {
	w.Uint8(uint8(m.Status))
	w.Opaque24(m.Response, "response")
}
