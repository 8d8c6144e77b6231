package client12

import (
	"errors"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// waitServerKeyExchange: the server's ephemeral key, signed. RFC 8422 §5.4, RFC 5246 §7.4.3.
type waitServerKeyExchange struct{ *handshake }

func (waitServerKeyExchange) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeServerKeyExchange) }

func (s waitServerKeyExchange) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ske, err := hs.Expect[*wire.ServerKeyExchange](d, m)
	if err != nil {
		return nil, err
	}
	if s.half, err = ephemeral[s.Suite.KeyExchange](d, s.Negotiated, ske); err != nil {
		return nil, err
	}
	// RFC 5246 §7.4.3: the signature scheme is one of those that the client offered.
	if !slices.Contains(s.ClientHello.SignatureAlgorithms, ske.Scheme) {
		return nil, fault.New(fault.SchemeNotOffered).
			Between("signature schemes", hs.Names(s.ClientHello.SignatureAlgorithms), []string{ske.Scheme.String()})
	}
	// RFC 5246 §7.4.3, RFC 8422 §2.1: the signature covers both randoms, so that it belongs to this handshake only.
	message := ske.Signed(&s.ClientHello.Random, &s.ServerHello.Random)
	if err := suite.Verify(s.PeerCertificates[0].PublicKey, ske.Scheme, message, ske.Signature); err != nil {
		if errors.Is(err, suite.ErrWrongKey) {
			return nil, fault.New(fault.WrongKeyType).With(ske.Scheme.String()).Because(err)
		}
		return nil, fault.New(fault.BadKeyExchangeSignature).With(ske.Scheme.String())
	}
	hs.Tell(d, 0, event.GroupChosen{Group: s.Group, FieldBits: int(s.FieldBits), Offered: s.ClientHello.SupportedGroups})
	hs.Tell(d, 0, event.SchemeChosen{Scheme: ske.Scheme, Offered: s.ClientHello.SignatureAlgorithms})
	s.Scheme = ske.Scheme
	return waitServerHelloDone(s), nil
}
