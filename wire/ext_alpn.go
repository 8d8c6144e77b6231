package wire

// application_layer_protocol_negotiation, RFC 7301 §3.1:
//
//	opaque ProtocolName<1..2^8-1>;
//	struct { ProtocolName protocol_name_list<2..2^16-1>; } ProtocolNameList;

func decodeALPN(x *Extensions, r *Reader, in carrier) {
	list := r.Vector16("protocol_name_list", 2, 1<<16-1)
	for list.More() {
		x.ALPN = append(x.ALPN, string(list.Opaque8("", 1, 1<<8-1)))
	}
	// RFC 7301 §3.1: the server's list holds exactly the one protocol it chose.
	if in != inClientHello && len(x.ALPN) > 1 {
		r.Fail("protocol_name_list", Invalid, "more than one protocol")
	}
}

func encodeALPN(x *Extensions, w *Writer, _ carrier) {
	list := w.Open16()
	for _, name := range x.ALPN {
		w.Opaque8([]byte(name), "ProtocolName")
	}
	w.Close(list, "protocol_name_list")
}
