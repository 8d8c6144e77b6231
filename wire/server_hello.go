package wire

// ServerHello is the server's choice. RFC 5246 §7.4.1.3:
//
//	struct {
//	    ProtocolVersion server_version;
//	    Random random;
//	    opaque session_id<0..32>;
//	    CipherSuite cipher_suite;
//	    CompressionMethod compression_method;
//	    Extension extensions<0..2^16-1>;      // may be absent
//	} ServerHello;
type ServerHello struct {
	kept
	Version           Version
	Random            Random
	SessionID         []byte
	CipherSuite       CipherSuite
	CompressionMethod CompressionMethod
	Extensions
}

func (*ServerHello) Type() HandshakeType { return TypeServerHello }

func (m *ServerHello) decode(r *Reader, _ Context) {
	m.Version = code16[Version](r, "server_version")
	copy(m.Random[:], r.Bytes("random", RandomLen))
	m.SessionID = r.Opaque8("session_id", 0, 32)
	m.CipherSuite = code16[CipherSuite](r, "cipher_suite")
	m.CompressionMethod = code8[CompressionMethod](r, "compression_method")
	m.Extensions = decodeExtensions(r, inServerHello)
}

func (m *ServerHello) encode(w *Writer) {
	w.Uint16(uint16(m.Version))
	w.Bytes(m.Random[:])
	w.Opaque8(m.SessionID, "session_id")
	w.Uint16(uint16(m.CipherSuite))
	w.Uint8(uint8(m.CompressionMethod))
	m.Extensions.encode(w, inServerHello)
}
