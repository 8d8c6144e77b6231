package wire

// signed_certificate_timestamp, RFC 6962 §3.3.1:
//
//	opaque SerializedSCT<1..2^16-1>;
//	struct { SerializedSCT sct_list<1..2^16-1>; } SignedCertificateTimestampList;
//
// A client asks with an empty body.

func decodeSCT(x *Extensions, r *Reader, in carrier) {
	if in == inClientHello {
		return
	}
	list := r.Vector16("sct_list", 1, 1<<16-1)
	for list.More() {
		x.SCTs = append(x.SCTs, list.Opaque16("", 1, 1<<16-1))
	}
}

func encodeSCT(x *Extensions, w *Writer, in carrier) {
	if in == inClientHello {
		return
	}
	list := w.Open16()
	for _, sct := range x.SCTs {
		w.Opaque16(sct, "SerializedSCT")
	}
	w.Close(list, "sct_list")
}
