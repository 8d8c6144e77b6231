package wire

// signature_algorithms, RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3: supported_signature_algorithms<2..2^16-2>, the favourite
// first.

func decodeSignatureAlgorithms(x *Extensions, r *Reader, _ carrier) {
	x.SignatureAlgorithms = list16[SignatureScheme](r, "supported_signature_algorithms", 2, 2, 1<<16-2)
}

func encodeSignatureAlgorithms(x *Extensions, w *Writer, _ carrier) {
	writeList16(w, 2, x.SignatureAlgorithms, "supported_signature_algorithms")
}
