package server12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitClientKeyExchange: the client's half of the secret. RFC 5246 §7.4.7.
type waitClientKeyExchange struct{ *handshake }

func (waitClientKeyExchange) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeClientKeyExchange) }

func (s waitClientKeyExchange) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	kx, err := hs.Expect[*wire.ClientKeyExchange](d, m)
	if err != nil {
		return nil, err
	}
	return exchanges[s.Suite.KeyExchange].join(d, s.handshake, kx)
}

func (h *handshake) derive(d *hs.Desk, premaster []byte) (hs.State, error) {
	var err error
	h.keys, err = d.DeriveKeys12(h.Negotiated, premaster)
	clear(premaster)
	if err != nil {
		return nil, err
	}
	return h.identified(d), nil
}
