package wire

// ServerKeyExchange carries the server's ephemeral public key and its signature over it. RFC 8422 §5.4, with the
// algorithm pair of RFC 5246 §4.7:
//
//	struct {
//	    ECCurveType curve_type;               // named_curve(3)
//	    NamedCurve namedcurve;
//	    opaque point<1..2^8-1>;
//	} ServerECDHParams;
//	struct {
//	    ServerECDHParams params;
//	    SignatureAndHashAlgorithm algorithm;
//	    opaque signature<0..2^16-1>;
//	} ServerKeyExchange;
type ServerKeyExchange struct {
	kept
	Group     NamedGroup
	Public    []byte
	Scheme    SignatureScheme
	Signature []byte
}

func (*ServerKeyExchange) Type() HandshakeType { return TypeServerKeyExchange }

// Params returns the bytes that the signature covers, behind both randoms: ServerECDHParams. RFC 8422 §5.4.
func (m *ServerKeyExchange) Params() []byte {
	w := NewWriter(make([]byte, 0, 4+len(m.Public)))
	m.encodeParams(w)
	return w.buf
}

func (m *ServerKeyExchange) decode(r *Reader, ctx Context) {
	if ctx.KeyExchange != KeyExchangeECDHE {
		r.Rest("params")
		return
	}
	if t := code8[CurveType](r, "curve_type"); t != CurveNamed {
		r.Fail("curve_type", Invalid, "only named curves are used")
	}
	m.Group = code16[NamedGroup](r, "namedcurve")
	m.Public = r.Opaque8("point", 1, 1<<8-1)
	m.Scheme = code16[SignatureScheme](r, "algorithm")
	m.Signature = r.Opaque16("signature", 0, 1<<16-1)
}

func (m *ServerKeyExchange) encodeParams(w *Writer) {
	w.Uint8(uint8(CurveNamed))
	w.Uint16(uint16(m.Group))
	w.Opaque8(m.Public, "point")
}

func (m *ServerKeyExchange) encode(w *Writer, _ Context) {
	m.encodeParams(w)
	w.Uint16(uint16(m.Scheme))
	w.Opaque16(m.Signature, "signature")
}
