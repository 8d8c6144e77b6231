package wire

// VerifyDataLen is the length of verify_data for every suite of TLS 1.2 that Vitro has. RFC 5246 §7.4.9.
const VerifyDataLen = 12

// Finished proves that its sender saw the same handshake. TLS 1.2, RFC 5246 §7.4.9, and TLS 1.3, RFC 8446 §4.4.4:
//
//	struct { opaque verify_data[12]; } Finished;
//	struct { opaque verify_data[Hash.length]; } Finished;    // 32 for SHA-256, 48 for SHA-384
type Finished struct {
	kept
	VerifyData []byte
}

func (*Finished) Type() HandshakeType { return TypeFinished }

func (m *Finished) decode(r *Reader, ctx Context) {
	n := VerifyDataLen
	if ctx.Version == TLS13 {
		// Which of the two hashes it is, the message does not tell: what is more than the shorter must be the longer.
		if n = 32; r.Left() > n {
			n = 48
		}
	}
	m.VerifyData = r.Bytes("verify_data", n)
}

func (m *Finished) encode(w *Writer, _ Context) { w.Bytes(m.VerifyData) }
