package wire

// server_name, RFC 6066 §3:
//
//	struct {
//	    NameType name_type;              // host_name(0)
//	    opaque HostName<1..2^16-1>;
//	} ServerName;
//	struct { ServerName server_name_list<1..2^16-1>; } ServerNameList;
//
// A server that used the name answers with an empty body, in TLS 1.3 in EncryptedExtensions.

const nameTypeHost = 0

func decodeServerName(x *Extensions, r *Reader, in carrier) {
	if in != inClientHello {
		return
	}
	seen := false // RFC 6066 §11.1: the reader holds every length to its list
	list := r.Vector16("server_name_list", 1, 1<<16-1)
	for list.More() {
		kind := list.Uint8("name_type")
		name := list.Opaque16("name", 1, 1<<16-1)
		if kind != nameTypeHost {
			continue
		}
		// RFC 6066 §3: not more than one name of a type.
		if seen {
			list.Fail("host_name", Invalid, "a second host name")
		}
		seen, x.ServerName = true, string(name)
	}
}

func encodeServerName(x *Extensions, w *Writer, in carrier) {
	if in != inClientHello {
		return
	}
	if x.ServerName == "" {
		w.Fail("server_name", "no host name")
	}
	list := w.Open16()
	w.Uint8(nameTypeHost)
	w.Opaque16([]byte(x.ServerName), "host_name")
	w.Close(list, "server_name_list")
}
