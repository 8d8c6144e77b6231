package wire

// EncryptedExtensions answers the ClientHello's extensions that need not be seen by everyone. RFC 8446 §4.3.1:
//
//	struct { Extension extensions<0..2^16-1>; } EncryptedExtensions;
type EncryptedExtensions struct {
	kept
	Extensions
}

func (*EncryptedExtensions) Type() HandshakeType { return TypeEncryptedExtensions }

func (m *EncryptedExtensions) decode(r *Reader, _ Context) {
	m.Extensions.decode(r, inEncryptedExtensions)
}

func (m *EncryptedExtensions) encode(w *Writer, _ Context) {
	m.Extensions.encode(w, inEncryptedExtensions)
}
