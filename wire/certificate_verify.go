package wire

// CertificateVerify proves that its sender holds its certificate's private key: a signature over the handshake so
// far. RFC 5246 §7.4.8, and with the same layout RFC 8446 §4.4.3:
//
//	struct {
//	    SignatureScheme algorithm;
//	    opaque signature<0..2^16-1>;
//	} CertificateVerify;
type CertificateVerify struct {
	kept
	Scheme    SignatureScheme
	Signature []byte
}

func (*CertificateVerify) Type() HandshakeType { return TypeCertificateVerify }

func (m *CertificateVerify) decode(r *Reader, _ Context) {
	m.Scheme = code16[SignatureScheme](r, "algorithm")
	m.Signature = r.Opaque16("signature", 0, 1<<16-1)
}

func (m *CertificateVerify) encode(w *Writer, _ Context) {
	w.Uint16(uint16(m.Scheme))
	w.Opaque16(m.Signature, "signature")
}
