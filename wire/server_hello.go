package wire

// ServerHello is the server's choice, or, with a random of its own, the HelloRetryRequest that asks for another
// ClientHello. RFC 5246 §7.4.1.3, RFC 8446 §4.1.3 and §4.1.4:
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

// IsHelloRetryRequest reports whether the random is the one that makes a ServerHello a HelloRetryRequest.
func (m *ServerHello) IsHelloRetryRequest() bool { return m.Random == HelloRetryRequestRandom }

// carrier is which of the two it is: their extensions differ.
func (m *ServerHello) carrier() carrier {
	if m.IsHelloRetryRequest() {
		return inHelloRetryRequest
	}
	return inServerHello
}

func (m *ServerHello) decode(r *Reader, _ Context) {
	m.Version = code16[Version](r, "server_version")
	copy(m.Random[:], r.Bytes("random", RandomLen))
	m.SessionID = r.Opaque8("session_id", 0, 32)
	m.CipherSuite = code16[CipherSuite](r, "cipher_suite")
	m.CompressionMethod = code8[CompressionMethod](r, "compression_method")
	m.Extensions.decode(r, m.carrier())
}

func (m *ServerHello) encode(w *Writer, _ Context) {
	w.Uint16(uint16(m.Version))
	w.Bytes(m.Random[:])
	w.Opaque8(m.SessionID, "session_id")
	w.Uint16(uint16(m.CipherSuite))
	w.Uint8(uint8(m.CompressionMethod))
	m.Extensions.encode(w, m.carrier())
}
