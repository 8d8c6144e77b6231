package wire

// status_request, RFC 6066 §8:
//
//	struct {
//	    CertificateStatusType status_type;               // ocsp(1)
//	    ResponderID responder_id_list<0..2^16-1>;
//	    opaque request_extensions<0..2^16-1>;
//	} CertificateStatusRequest;
//
// A TLS 1.2 server that will send a CertificateStatus answers with an empty body. In TLS 1.3 the answer is in the
// Certificate's entry, laid out as a CertificateStatus; a server that asks does so with an empty body. RFC 8446
// §4.4.2.1.

func decodeStatusRequest(x *Extensions, r *Reader, in carrier) {
	if in == inCertificate {
		_, x.OCSPResponse = decodeStatus(r)
	}
	if in != inClientHello {
		return
	}
	x.StatusRequest = code8[StatusType](r, "status_type")
	if x.StatusRequest != StatusOCSP {
		r.Rest("request")
		return
	}
	ids := r.Vector16("responder_id_list", 0, 1<<16-1)
	for ids.More() {
		ids.Opaque16("", 1, 1<<16-1)
	}
	r.Opaque16("request_extensions", 0, 1<<16-1)
}

func encodeStatusRequest(x *Extensions, w *Writer, in carrier) {
	if in == inCertificate {
		encodeStatus(w, StatusOCSP, x.OCSPResponse)
	}
	if in != inClientHello {
		return
	}
	w.Uint8(uint8(x.StatusRequest))
	if x.StatusRequest == StatusOCSP {
		w.Uint16(0)
		w.Uint16(0)
	}
}
