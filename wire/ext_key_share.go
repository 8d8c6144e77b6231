package wire

import "fmt"

// key_share, RFC 8446 §4.2.8:
//
//	struct {
//	    NamedGroup group;
//	    opaque key_exchange<1..2^16-1>;
//	} KeyShareEntry;
//	struct { KeyShareEntry client_shares<0..2^16-1>; } KeyShareClientHello;
//	struct { KeyShareEntry server_share; } KeyShareServerHello;
//	struct { NamedGroup selected_group; } KeyShareHelloRetryRequest;

// KeyShare is one end's public half of a key exchange in a group. RFC 8446 §4.2.8.
type KeyShare struct {
	Group  NamedGroup
	Public []byte
}

func decodeKeyShare(x *Extensions, r *Reader, in carrier) {
	switch in {
	case inHelloRetryRequest:
		x.SelectedGroup = code16[NamedGroup](r, "selected_group")
	case inServerHello:
		x.KeyShares = []KeyShare{decodeShare(r, "server_share.")}
	default:
		list := r.Vector16("client_shares", 0, 1<<16-1)
		for list.More() {
			x.KeyShares = append(x.KeyShares, decodeShare(&list, ""))
		}
	}
}

func decodeShare(r *Reader, prefix string) KeyShare {
	return KeyShare{code16[NamedGroup](r, prefix+"group"), r.Opaque16(prefix+"key_exchange", 1, 1<<16-1)}
}

func encodeKeyShare(x *Extensions, w *Writer, in carrier) {
	switch in {
	case inHelloRetryRequest:
		w.Uint16(uint16(x.SelectedGroup))
	case inServerHello:
		if n := len(x.KeyShares); n != 1 {
			w.Fail("key_share", fmt.Sprintf("%d shares, a server has one", n))
			return
		}
		encodeShare(w, x.KeyShares[0])
	default:
		list := w.Open16()
		for _, share := range x.KeyShares {
			encodeShare(w, share)
		}
		w.Close(list, "client_shares")
	}
}

func encodeShare(w *Writer, share KeyShare) {
	w.Uint16(uint16(share.Group))
	w.Opaque16(share.Public, "key_exchange")
}
