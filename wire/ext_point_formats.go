package wire

// ec_point_formats, RFC 8422 §5.1.2: ECPointFormat ec_point_format_list<1..2^8-1>.

func decodePointFormats(x *Extensions, r *Reader, _ carrier) {
	x.PointFormats = list8[PointFormat](r, "ec_point_format_list", 1, 1<<8-1)
}

func encodePointFormats(x *Extensions, w *Writer, _ carrier) {
	writeList8(w, x.PointFormats, "ec_point_format_list")
}
