package wire

import "fmt"

// supported_versions, RFC 8446 §4.2.1: ProtocolVersion versions<2..254> from a client, the one selected_version from
// a server.

func decodeSupportedVersions(x *Extensions, r *Reader, in carrier) {
	if in != inClientHello {
		x.SupportedVersions = []Version{code16[Version](r, "selected_version")}
		return
	}
	x.SupportedVersions = list16[Version](r, "versions", 1, 2, 254)
}

func encodeSupportedVersions(x *Extensions, w *Writer, in carrier) {
	if in != inClientHello {
		if n := len(x.SupportedVersions); n != 1 {
			w.Fail("supported_versions", fmt.Sprintf("%d versions, a server selects one", n))
			return
		}
		w.Uint16(uint16(x.SupportedVersions[0]))
		return
	}
	writeList16(w, 1, x.SupportedVersions, "versions")
}
