package server12

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// waitClientKeyExchange: the client's half of the secret. RFC 5246 §7.4.7.
type waitClientKeyExchange struct {
	*hs.Negotiated
	share suite.PrivateShare // ECDHE
}

func (s waitClientKeyExchange) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	kx, err := hs.Expect[*wire.ClientKeyExchange](d, m)
	if err != nil {
		return nil, err
	}
	if s.Suite.KeyExchange == wire.KeyExchangeRSA {
		// RFC 5246 §7.4.7.1: drawn before the ciphertext is looked at, so that needing it takes no longer.
		state := awaitPremaster{Negotiated: s.Negotiated}
		if err := d.Config.Entropy.Bytes(state.random[:]); err != nil {
			return nil, fault.New(fault.EntropyFailed).Because(err)
		}
		state.question = want.NewDecryptPremaster(d.Asker, s.Credential, kx.EncryptedPremaster)
		d.Ask(state.question)
		return state, nil
	}
	premaster, err := s.share.Shared(kx.Public)
	if err != nil {
		return nil, fault.New(fault.BadPublicKey).With(s.Group.String()).Because(err)
	}
	return derive(d, s.Negotiated, premaster)
}

func derive(d *hs.Desk, n *hs.Negotiated, premaster []byte) (hs.State, error) {
	keys, err := d.DeriveKeys12(n, premaster)
	clear(premaster)
	if err != nil {
		return nil, err
	}
	return identified(d, n, keys), nil
}
