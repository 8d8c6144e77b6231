package server13

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// connected: the handshake is done; new keys may come, and no other hello. RFC 8446 §4.1.2, §4.6.3.
type connected struct{ read *hs.Traffic13 }

func (connected) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeKeyUpdate) }

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	update, err := hs.As[*wire.KeyUpdate](d, m)
	if err != nil {
		return nil, err
	}
	next, err := d.TakeKeyUpdate(update, s.read)
	return connected{next}, err
}
