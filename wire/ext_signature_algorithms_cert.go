package wire

// signature_algorithms_cert, RFC 8446 §4.2.3: as signature_algorithms, for the signatures in certificates.

func decodeSignatureAlgorithmsCert(x *Extensions, r *Reader, _ carrier) {
	x.SignatureAlgorithmsCert = list16[SignatureScheme](r, "supported_signature_algorithms", 2, 2, 1<<16-2)
}

func encodeSignatureAlgorithmsCert(x *Extensions, w *Writer, _ carrier) {
	writeList16(w, 2, x.SignatureAlgorithmsCert, "supported_signature_algorithms")
}
