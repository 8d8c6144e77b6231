package wire

// session_ticket, RFC 5077 §3.2: the whole body is the ticket, empty where the client has none and only asks for one.
// A server that will send a NewSessionTicket answers with an empty body.

func decodeSessionTicket(x *Extensions, r *Reader, in carrier) {
	if in == inClientHello {
		x.SessionTicket = r.Rest("")
	}
}

func encodeSessionTicket(x *Extensions, w *Writer, in carrier) {
	if in == inClientHello {
		w.Bytes(x.SessionTicket)
	}
}
