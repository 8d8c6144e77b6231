package wire

// renegotiation_info, RFC 5746 §3.2: opaque renegotiated_connection<0..255>, empty in a first handshake.

func decodeRenegotiationInfo(x *Extensions, r *Reader, _ carrier) {
	x.RenegotiationInfo = r.Opaque8("renegotiated_connection", 0, 255)
}

func encodeRenegotiationInfo(x *Extensions, w *Writer, _ carrier) {
	w.Opaque8(x.RenegotiationInfo, "renegotiated_connection")
}
