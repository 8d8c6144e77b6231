package wire

// CertificateRequest asks the client for a certificate. RFC 5246 §7.4.4:
//
//	opaque DistinguishedName<1..2^16-1>;
//	struct {
//	    ClientCertificateType certificate_types<1..2^8-1>;
//	    SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;
//	    DistinguishedName certificate_authorities<0..2^16-1>;
//	} CertificateRequest;
type CertificateRequest struct {
	kept
	CertificateTypes    []ClientCertificateType
	SignatureAlgorithms []SignatureScheme
	Authorities         [][]byte // DER of a Name
}

func (*CertificateRequest) Type() HandshakeType { return TypeCertificateRequest }

func (m *CertificateRequest) decode(r *Reader, _ Context) {
	m.CertificateTypes = list8[ClientCertificateType](r, "certificate_types", 1, 1<<8-1)
	m.SignatureAlgorithms = list16[SignatureScheme](r, "supported_signature_algorithms", 2, 2, 1<<16-2)
	list := r.Vector16("certificate_authorities", 0, 1<<16-1)
	for list.More() {
		m.Authorities = append(m.Authorities, list.Opaque16("", 1, 1<<16-1))
	}
}

func (m *CertificateRequest) encode(w *Writer) {
	writeList8(w, m.CertificateTypes, "certificate_types")
	writeList16(w, 2, m.SignatureAlgorithms, "supported_signature_algorithms")
	list := w.Open16()
	for _, name := range m.Authorities {
		w.Opaque16(name, "DistinguishedName")
	}
	w.Close(list, "certificate_authorities")
}
