package wire

// supported_groups, RFC 8422 §5.1.1, RFC 8446 §4.2.7: NamedGroup named_group_list<2..2^16-1>, the favourite first.

func decodeSupportedGroups(x *Extensions, r *Reader, _ carrier) {
	x.SupportedGroups = list16[NamedGroup](r, "named_group_list", 2, 2, 1<<16-1)
}

func encodeSupportedGroups(x *Extensions, w *Writer, _ carrier) {
	writeList16(w, 2, x.SupportedGroups, "named_group_list")
}
