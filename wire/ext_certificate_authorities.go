package wire

// certificate_authorities, RFC 8446 §4.2.4:
//
//	opaque DistinguishedName<1..2^16-1>;
//	struct { DistinguishedName authorities<3..2^16-1>; } CertificateAuthoritiesExtension;

func decodeCertificateAuthorities(x *Extensions, r *Reader, _ carrier) {
	x.CertificateAuthorities = decodeNames(r, "authorities", 3)
}

func encodeCertificateAuthorities(x *Extensions, w *Writer, _ carrier) {
	encodeNames(w, x.CertificateAuthorities, "authorities")
}

// decodeNames reads a list of distinguished names, which takes at least min bytes.
func decodeNames(r *Reader, name string, min int) (names [][]byte) {
	list := r.Vector16(name, min, 1<<16-1)
	for list.More() {
		names = append(names, list.Opaque16("", 1, 1<<16-1))
	}
	return names
}

func encodeNames(w *Writer, names [][]byte, name string) {
	list := w.Open16()
	for _, dn := range names {
		w.Opaque16(dn, "DistinguishedName")
	}
	w.Close(list, name)
}
