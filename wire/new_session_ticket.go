package wire

// NewSessionTicket gives the client what it can resume the session with. TLS 1.2, RFC 5077 §3.3:
//
//	struct {
//	    uint32 ticket_lifetime_hint;
//	    opaque ticket<0..2^16-1>;
//	} NewSessionTicket;
//
// TLS 1.3, RFC 8446 §4.6.1:
//
//	struct {
//	    uint32 ticket_lifetime;
//	    uint32 ticket_age_add;
//	    opaque ticket_nonce<0..255>;
//	    opaque ticket<1..2^16-1>;
//	    Extension extensions<0..2^16-2>;
//	} NewSessionTicket;
type NewSessionTicket struct {
	kept
	Lifetime uint32 // in seconds; a hint, and 0 for none, in TLS 1.2
	AgeAdd   uint32 // TLS 1.3 only, as what follows the ticket and Nonce
	Nonce    []byte
	Ticket   []byte
	Extensions
}

func (*NewSessionTicket) Type() HandshakeType { return TypeNewSessionTicket }

func (m *NewSessionTicket) decode(r *Reader, ctx Context) {
	if ctx.Version != TLS13 {
		m.Lifetime = r.Uint32("ticket_lifetime_hint")
		m.Ticket = r.Opaque16("ticket", 0, 1<<16-1)
		return
	}
	m.Lifetime = r.Uint32("ticket_lifetime")
	m.AgeAdd = r.Uint32("ticket_age_add")
	m.Nonce = r.Opaque8("ticket_nonce", 0, 1<<8-1)
	m.Ticket = r.Opaque16("ticket", 1, 1<<16-1)
	m.Extensions.decode(r, inNewSessionTicket)
}

func (m *NewSessionTicket) encode(w *Writer, ctx Context) {
	w.Uint32(m.Lifetime)
	if ctx.Version != TLS13 {
		w.Opaque16(m.Ticket, "ticket")
		return
	}
	w.Uint32(m.AgeAdd)
	w.Opaque8(m.Nonce, "ticket_nonce")
	w.Opaque16(m.Ticket, "ticket")
	m.Extensions.encode(w, inNewSessionTicket)
}
