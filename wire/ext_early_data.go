package wire

// early_data, RFC 8446 §4.2.10: empty, except in a NewSessionTicket, where it is uint32 max_early_data_size.

func decodeEarlyData(x *Extensions, r *Reader, in carrier) {
	if in == inNewSessionTicket {
		x.MaxEarlyData = r.Uint32("max_early_data_size")
	}
}

func encodeEarlyData(x *Extensions, w *Writer, in carrier) {
	if in == inNewSessionTicket {
		w.Uint32(x.MaxEarlyData)
	}
}
