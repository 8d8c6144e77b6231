package wire

// signed_certificate_timestamp, RFC 6962 §3.3.1:
//
//	opaque SerializedSCT<1..2^16-1>;
//	struct { SerializedSCT sct_list<1..2^16-1>; } SignedCertificateTimestampList;
//
// A client asks with an empty body, and so does a server that asks for a certificate in TLS 1.3. It is answered in the
// ServerHello in TLS 1.2, in the Certificate's entry in TLS 1.3 (RFC 8446 §4.4.2.1).

func decodeSCT(x *Extensions, r *Reader, in carrier) {
	if in.has(inClientHello | inCertificateRequest) {
		return
	}
	list := r.Vector16("sct_list", 1, 1<<16-1)
	for list.More() {
		x.SCTs = append(x.SCTs, list.Opaque16("", 1, 1<<16-1))
	}
}

func encodeSCT(x *Extensions, w *Writer, in carrier) {
	if in.has(inClientHello | inCertificateRequest) {
		return
	}
	list := w.Open16()
	for _, sct := range x.SCTs {
		w.Opaque16(sct, "SerializedSCT")
	}
	w.Close(list, "sct_list")
}
