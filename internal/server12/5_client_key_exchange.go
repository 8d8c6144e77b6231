package server12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitClientKeyExchange: the client's half of the secret. RFC 5246 §7.4.7.
type waitClientKeyExchange struct {
	*hs.Negotiated
	half half
}

func (s waitClientKeyExchange) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	kx, err := hs.Expect[*wire.ClientKeyExchange](d, m)
	if err != nil {
		return nil, err
	}
	return s.half.join(d, s.Negotiated, kx)
}

func derive(d *hs.Desk, n *hs.Negotiated, premaster []byte) (hs.State, error) {
	keys, err := d.DeriveKeys12(n, premaster)
	clear(premaster)
	if err != nil {
		return nil, err
	}
	return identified(d, n, keys), nil
}
