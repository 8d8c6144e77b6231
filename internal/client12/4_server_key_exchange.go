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

// waitServerKeyExchange: the server's ephemeral key, signed. RFC 8422 §5.4.
type waitServerKeyExchange struct{ *hs.Negotiated }

func (s waitServerKeyExchange) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ske, err := hs.Expect[*wire.ServerKeyExchange](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8422 §5.4: the group is one of those that the client offered; the hybrids in the list are TLS 1.3's.
	if !slices.Contains(d.Config.Groups12, ske.Group) {
		return nil, fault.New(fault.GroupNotOffered).
			Between("groups", hs.Names(d.Config.Groups12), []string{ske.Group.String()})
	}
	// RFC 5246 §7.4.3: so is the signature scheme.
	if !slices.Contains(s.ClientHello.SignatureAlgorithms, ske.Scheme) {
		return nil, fault.New(fault.SchemeNotOffered).
			Between("signature schemes", hs.Names(s.ClientHello.SignatureAlgorithms), []string{ske.Scheme.String()})
	}
	// RFC 5246 §7.4.3: the signature covers both randoms, so that it belongs to this handshake only.
	message := slices.Concat(s.ClientHello.Random[:], s.ServerHello.Random[:], ske.Params())
	if err := suite.Verify(s.PeerCertificates[0].PublicKey, ske.Scheme, message, ske.Signature); err != nil {
		if errors.Is(err, suite.ErrWrongKey) {
			return nil, fault.New(fault.WrongKeyType).With(ske.Scheme.String()).Because(err)
		}
		return nil, fault.New(fault.BadKeyExchangeSignature).With(ske.Scheme.String())
	}
	hs.Tell(d, 0, event.GroupChosen{Group: ske.Group, Offered: s.ClientHello.SupportedGroups})
	hs.Tell(d, 0, event.SchemeChosen{Scheme: ske.Scheme, Offered: s.ClientHello.SignatureAlgorithms})
	n := s.With(func(n *hs.Negotiated) { n.Group, n.Scheme = ske.Group, ske.Scheme })
	return waitServerHelloDone{Negotiated: n, serverShare: ske.Public}, nil
}
