package server13

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// connected: the handshake is done; new keys may come, and no other hello. RFC 8446 §4.1.2, §4.6.3.
type connected struct{ read *hs.Traffic13 }

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	update, ok := m.(*wire.KeyUpdate)
	if !ok {
		return nil, hs.Unexpected(d, m, "application data or KeyUpdate")
	}
	next, err := d.TakeKeyUpdate(update, s.read)
	return connected{next}, err
}
