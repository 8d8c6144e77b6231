package wire

// CertificateRequest asks the client for a certificate. TLS 1.2, RFC 5246 §7.4.4:
//
//	opaque DistinguishedName<1..2^16-1>;
//	struct {
//	    ClientCertificateType certificate_types<1..2^8-1>;
//	    SignatureAndHashAlgorithm supported_signature_algorithms<2..2^16-2>;
//	    DistinguishedName certificate_authorities<0..2^16-1>;
//	} CertificateRequest;
//
// TLS 1.3, RFC 8446 §4.3.2:
//
//	struct {
//	    opaque certificate_request_context<0..2^8-1>;
//	    Extension extensions<2..2^16-1>;
//	} CertificateRequest;
type CertificateRequest struct {
	kept

	// TLS 1.2. The algorithms and authorities of TLS 1.3 are extensions: Extensions.SignatureAlgorithms and
	// CertificateAuthorities.
	CertificateTypes    []ClientCertificateType
	SignatureAlgorithms []SignatureScheme
	Authorities         [][]byte // DER of a Name

	// TLS 1.3.
	RequestContext []byte
	Extensions
}

func (*CertificateRequest) Type() HandshakeType { return TypeCertificateRequest }

func (m *CertificateRequest) decode(r *Reader, ctx Context) {
	if ctx.Version == TLS13 {
		m.RequestContext = r.Opaque8("certificate_request_context", 0, 1<<8-1)
		m.Extensions.decode(r, inCertificateRequest)
		return
	}
	m.CertificateTypes = list8[ClientCertificateType](r, "certificate_types", 1, 1<<8-1)
	m.SignatureAlgorithms = list16[SignatureScheme](r, "supported_signature_algorithms", 2, 2, 1<<16-2)
	m.Authorities = decodeNames(r, "certificate_authorities", 0)
}

func (m *CertificateRequest) encode(w *Writer, ctx Context) {
	if ctx.Version == TLS13 {
		m.encode13(w)
		return
	}
	writeList8(w, m.CertificateTypes, "certificate_types")
	writeList16(w, 2, m.SignatureAlgorithms, "supported_signature_algorithms")
	encodeNames(w, m.Authorities, "certificate_authorities")
}

func (m *CertificateRequest) encode13(w *Writer) {
	// The name of the field that is embedded is hidden by the one of TLS 1.2, so that they are easily mistaken.
	if m.SignatureAlgorithms != nil {
		w.Fail("supported_signature_algorithms", "TLS 1.3 has an extension in its place")
	}
	w.Opaque8(m.RequestContext, "certificate_request_context")
	m.Extensions.encode(w, inCertificateRequest)
}
