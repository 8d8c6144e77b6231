package wire

// cookie, RFC 8446 §4.2.2: opaque cookie<1..2^16-1>, which the client gives back as it came.

func decodeCookie(x *Extensions, r *Reader, _ carrier) { x.Cookie = r.Opaque16("cookie", 1, 1<<16-1) }

func encodeCookie(x *Extensions, w *Writer, _ carrier) { w.Opaque16(x.Cookie, "cookie") }
