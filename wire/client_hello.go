package wire

// RandomLen is the length of a hello's random. RFC 5246 §7.4.1.2.
const RandomLen = 32

// Random is the random of a hello.
type Random [RandomLen]byte

// ClientHello is the client's opening. RFC 5246 §7.4.1.2:
//
//	struct {
//	    ProtocolVersion client_version;
//	    Random random;
//	    opaque session_id<0..32>;
//	    CipherSuite cipher_suites<2..2^16-2>;
//	    CompressionMethod compression_methods<1..2^8-1>;
//	    Extension extensions<0..2^16-1>;      // may be absent
//	} ClientHello;
type ClientHello struct {
	kept
	Version            Version
	Random             Random
	SessionID          []byte
	CipherSuites       []CipherSuite
	CompressionMethods []CompressionMethod
	Extensions
}

func (*ClientHello) Type() HandshakeType { return TypeClientHello }

// Offers reports whether a cipher suite, or a signalling value that travels as one, is in the offer.
func (m *ClientHello) Offers(s CipherSuite) bool {
	for _, have := range m.CipherSuites {
		if have == s {
			return true
		}
	}
	return false
}

func (m *ClientHello) decode(r *Reader, _ Context) {
	m.Version = code16[Version](r, "client_version")
	copy(m.Random[:], r.Bytes("random", RandomLen))
	m.SessionID = r.Opaque8("session_id", 0, 32)
	m.CipherSuites = list16[CipherSuite](r, "cipher_suites", 2, 2, 1<<16-2)
	m.CompressionMethods = list8[CompressionMethod](r, "compression_methods", 1, 1<<8-1)
	m.Extensions = decodeExtensions(r, inClientHello)
}

func (m *ClientHello) encode(w *Writer) {
	w.Uint16(uint16(m.Version))
	w.Bytes(m.Random[:])
	w.Opaque8(m.SessionID, "session_id")
	writeList16(w, 2, m.CipherSuites, "cipher_suites")
	writeList8(w, m.CompressionMethods, "compression_methods")
	m.Extensions.encode(w, inClientHello)
}
