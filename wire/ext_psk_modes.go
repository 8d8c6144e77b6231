package wire

// psk_key_exchange_modes, RFC 8446 §4.2.9: PskKeyExchangeMode ke_modes<1..255>.

func decodePSKModes(x *Extensions, r *Reader, _ carrier) {
	x.PSKModes = list8[PSKMode](r, "ke_modes", 1, 1<<8-1)
}

func encodePSKModes(x *Extensions, w *Writer, _ carrier) { writeList8(w, x.PSKModes, "ke_modes") }
