package wire

// ServerKeyExchange carries the server's ephemeral public key and its signature over it: for ECDHE (RFC 8422 §5.4) a
// point of a named curve, for DHE (RFC 5246 §7.4.3) a number of a field that the message itself describes, both with
// the algorithm pair of RFC 5246 §4.7:
//
//	struct {
//	    ECCurveType curve_type;               // named_curve(3)
//	    NamedCurve namedcurve;
//	    opaque point<1..2^8-1>;
//	} ServerECDHParams;
//	struct {
//	    opaque dh_p<1..2^16-1>;
//	    opaque dh_g<1..2^16-1>;
//	    opaque dh_Ys<1..2^16-1>;
//	} ServerDHParams;
//	struct {
//	    ServerECDHParams or ServerDHParams params;
//	    SignatureAndHashAlgorithm algorithm;
//	    opaque signature<0..2^16-1>;
//	} ServerKeyExchange;
type ServerKeyExchange struct {
	kept
	KeyExchange      KeyExchange // which of the next two lines counts
	Group            NamedGroup  // ECDHE
	Prime, Generator []byte      // DHE
	Public           []byte
	Scheme           SignatureScheme
	Signature        []byte
}

func (*ServerKeyExchange) Type() HandshakeType { return TypeServerKeyExchange }

// Params returns ServerECDHParams or ServerDHParams. RFC 8422 §5.4, RFC 5246 §7.4.3.
func (m *ServerKeyExchange) Params() []byte { return m.appendParams(make([]byte, 0, m.paramsLen())) }

// Signed returns the bytes that the signature covers: Params behind both randoms, so that it belongs to one handshake.
// RFC 8422 §5.4, RFC 5246 §7.4.3.
func (m *ServerKeyExchange) Signed(client, server *Random) []byte {
	b := make([]byte, 0, 2*RandomLen+m.paramsLen())
	return m.appendParams(append(append(b, client[:]...), server[:]...))
}

// paramsLen is enough for the longer of the two.
func (m *ServerKeyExchange) paramsLen() int {
	return 6 + len(m.Prime) + len(m.Generator) + len(m.Public)
}

func (m *ServerKeyExchange) appendParams(b []byte) []byte {
	w := Writer{buf: b}
	m.encodeParams(&w)
	return w.buf
}

func (m *ServerKeyExchange) decode(r *Reader, ctx Context) {
	m.KeyExchange = ctx.KeyExchange
	switch ctx.KeyExchange {
	case KeyExchangeECDHE:
		if t := code8[CurveType](r, "curve_type"); t != CurveNamed {
			r.Fail("curve_type", Invalid, "only named curves are used")
		}
		m.Group = code16[NamedGroup](r, "namedcurve")
		m.Public = r.Opaque8("point", 1, 1<<8-1)
	case KeyExchangeDHE:
		m.Prime = r.Opaque16("dh_p", 1, 1<<16-1)
		m.Generator = r.Opaque16("dh_g", 1, 1<<16-1)
		m.Public = r.Opaque16("dh_Ys", 1, 1<<16-1)
	default:
		r.Rest("params")
		return
	}
	m.Scheme = code16[SignatureScheme](r, "algorithm")
	m.Signature = r.Opaque16("signature", 0, 1<<16-1)
}

func (m *ServerKeyExchange) encodeParams(w *Writer) {
	switch m.KeyExchange {
	case KeyExchangeECDHE:
		w.Uint8(uint8(CurveNamed))
		w.Uint16(uint16(m.Group))
		w.Opaque8(m.Public, "point")
	case KeyExchangeDHE:
		w.Opaque16(m.Prime, "dh_p")
		w.Opaque16(m.Generator, "dh_g")
		w.Opaque16(m.Public, "dh_Ys")
	}
}

func (m *ServerKeyExchange) encode(w *Writer, _ Context) {
	m.encodeParams(w)
	w.Uint16(uint16(m.Scheme))
	w.Opaque16(m.Signature, "signature")
}
