package wire

import "fmt"

// pre_shared_key, RFC 8446 §4.2.11:
//
//	struct {
//	    opaque identity<1..2^16-1>;
//	    uint32 obfuscated_ticket_age;
//	} PskIdentity;
//	opaque PskBinderEntry<32..255>;
//	struct {
//	    PskIdentity identities<7..2^16-1>;
//	    PskBinderEntry binders<33..2^16-1>;
//	} OfferedPsks;                            // ClientHello
//	uint16 selected_identity;                 // ServerHello

// PSKIdentity names a key that the client has: a ticket, or a key that both were given beforehand. RFC 8446 §4.2.11.
type PSKIdentity struct {
	Identity      []byte
	ObfuscatedAge uint32 // of the ticket in milliseconds, plus its ticket_age_add
}

func decodePreSharedKey(x *Extensions, r *Reader, in carrier) {
	if in == inServerHello {
		x.SelectedIdentity = r.Uint16("selected_identity")
		return
	}
	identities := r.Vector16("identities", 7, 1<<16-1)
	for identities.More() {
		x.PSKIdentities = append(x.PSKIdentities, PSKIdentity{
			identities.Opaque16("identity", 1, 1<<16-1), identities.Uint32("obfuscated_ticket_age"),
		})
	}
	binders := r.Vector16("binders", 33, 1<<16-1)
	for binders.More() {
		x.PSKBinders = append(x.PSKBinders, binders.Opaque8("", 32, 1<<8-1))
	}
	// RFC 8446 §4.2.11: each identity has its binder, in the same order.
	if n, m := len(x.PSKBinders), len(x.PSKIdentities); n != m {
		r.Fail("binders", Forbidden, fmt.Sprintf("%d binders for %d identities", n, m))
	}
}

func encodePreSharedKey(x *Extensions, w *Writer, in carrier) {
	if in == inServerHello {
		w.Uint16(x.SelectedIdentity)
		return
	}
	if n, m := len(x.PSKBinders), len(x.PSKIdentities); n != m {
		w.Fail("binders", fmt.Sprintf("%d binders for %d identities", n, m))
	}
	identities := w.Open16()
	for _, id := range x.PSKIdentities {
		w.Opaque16(id.Identity, "identity")
		w.Uint32(id.ObfuscatedAge)
	}
	w.Close(identities, "identities")
	binders := w.Open16()
	for _, binder := range x.PSKBinders {
		w.Opaque8(binder, "PskBinderEntry")
	}
	w.Close(binders, "binders")
}
