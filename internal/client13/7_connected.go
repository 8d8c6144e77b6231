package client13

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// connected: the handshake is done; tickets and new keys may come, and no question: we
// do not offer to answer any. RFC 8446 §4.6.1, §4.6.2, §4.6.3.
type connected struct {
	read       *hs.Traffic13
	resumption *resumption // nil: tickets are ignored, as RFC 8446 §4.6.1 allows
}

func (connected) Takes(*hs.Desk) hs.Types {
	return hs.Only(wire.TypeNewSessionTicket) | hs.Only(wire.TypeKeyUpdate)
}

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	if ticket, ok := m.(*wire.NewSessionTicket); ok {
		hs.Note(d, ticket)
		s.resumption.take(d, ticket)
		return s, nil
	}
	update, err := hs.As[*wire.KeyUpdate](d, m)
	if err != nil {
		return nil, err
	}
	next, err := d.TakeKeyUpdate(update, s.read)
	return connected{next, s.resumption}, err
}
