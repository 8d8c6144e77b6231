package wire

import "fmt"

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
		n = ctx.HashLen
	}
	if n == 0 {
		m.decodeAnyHash(r)
		return
	}
	m.VerifyData = r.Bytes("verify_data", n)
}

// decodeAnyHash is for who does not know the suite: the message does not tell which hash it is.
func (m *Finished) decodeAnyHash(r *Reader) {
	const short, long = 32, 48
	n := short
	switch left := r.Left(); {
	case left >= long:
		n = long
	case left > short:
		m.VerifyData = r.Bytes("verify_data", left)
		r.Fail("verify_data", Invalid, fmt.Sprintf("%s, and a hash has %d or %d", size(left), short, long))
		return
	}
	m.VerifyData = r.Bytes("verify_data", n)
}

func (m *Finished) encode(w *Writer, _ Context) { w.Bytes(m.VerifyData) }
