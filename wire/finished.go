package wire

// VerifyDataLen is the length of verify_data for every suite of TLS 1.2 that Vitro has. RFC 5246 §7.4.9.
const VerifyDataLen = 12

// Finished proves that its sender saw the same handshake. RFC 5246 §7.4.9:
//
//	struct { opaque verify_data[12]; } Finished;
type Finished struct {
	kept
	VerifyData []byte
}

func (*Finished) Type() HandshakeType { return TypeFinished }

func (m *Finished) decode(r *Reader, _ Context) { m.VerifyData = r.Bytes("verify_data", VerifyDataLen) }
func (m *Finished) encode(w *Writer)            { w.Bytes(m.VerifyData) }
