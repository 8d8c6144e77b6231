package wire

// ClientKeyExchange carries the client's half of the secret. For RSA (RFC 5246 §7.4.7.1) the encrypted premaster
// secret, for ECDHE (RFC 8422 §5.7) and DHE (RFC 5246 §7.4.7.2) the client's ephemeral public key, which for DHE is never
// implicit: no certificate of ours holds one:
//
//	struct { opaque encrypted_pre_master_secret<0..2^16-1>; } EncryptedPreMasterSecret;
//	struct { opaque ecdh_Yc<1..2^8-1>; } ClientECDiffieHellmanPublic;
//	struct { opaque dh_Yc<1..2^16-1>; } ClientDiffieHellmanPublic;
type ClientKeyExchange struct {
	kept
	KeyExchange        KeyExchange // which of the two fields counts
	EncryptedPremaster []byte
	Public             []byte
}

func (*ClientKeyExchange) Type() HandshakeType { return TypeClientKeyExchange }

func (m *ClientKeyExchange) decode(r *Reader, ctx Context) {
	m.KeyExchange = ctx.KeyExchange
	switch ctx.KeyExchange {
	case KeyExchangeRSA:
		m.EncryptedPremaster = r.Opaque16("encrypted_pre_master_secret", 0, 1<<16-1)
	case KeyExchangeECDHE:
		m.Public = r.Opaque8("ecdh_Yc", 1, 1<<8-1)
	case KeyExchangeDHE:
		m.Public = r.Opaque16("dh_Yc", 1, 1<<16-1)
	default:
		r.Rest("exchange_keys")
	}
}

func (m *ClientKeyExchange) encode(w *Writer, _ Context) {
	switch m.KeyExchange {
	case KeyExchangeRSA:
		w.Opaque16(m.EncryptedPremaster, "encrypted_pre_master_secret")
	case KeyExchangeECDHE:
		w.Opaque8(m.Public, "ecdh_Yc")
	case KeyExchangeDHE:
		w.Opaque16(m.Public, "dh_Yc")
	}
}
