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

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	switch m := m.(type) {
	case *wire.NewSessionTicket:
		hs.Note(d, m)
		s.resumption.take(d, m)
		return s, nil
	case *wire.KeyUpdate:
		next, err := d.TakeKeyUpdate(m, s.read)
		return connected{next, s.resumption}, err
	}
	return nil, hs.Unexpected(d, m, "application data, NewSessionTicket or KeyUpdate")
}
