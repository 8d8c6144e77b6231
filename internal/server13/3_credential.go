package server13

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// awaitCredential: which certificate does this client get to see?
type awaitCredential struct {
	*hs.Negotiated
	share    *wire.KeyShare
	question *want.ChooseCredential
}

func (s awaitCredential) Question() want.Question { return s.question }

func (s awaitCredential) Resume(d *hs.Desk) (hs.State, error) {
	credentials, err := hello.TakeCredential(d, s.question)
	if err != nil {
		return nil, err
	}
	return answer(d, s.Negotiated, s.share, credentials)
}

// chooseCredential takes the first credential whose key can sign with a scheme that the client takes, those that
// have the name that the client asked for, and a chain that it can check, before the others. RFC 8446 §4.1.1, §4.4.2.2.
func chooseCredential(d *hs.Desk, ch *wire.ClientHello, credentials []*want.Credential) (*want.Credential, wire.SignatureScheme, error) {
	if len(credentials) == 0 {
		return nil, 0, fault.New(fault.NoCredential)
	}
	var ours []wire.SignatureScheme
	any := func(*want.Credential) bool { return true } // the schemes say which curves a client takes
	for c := range hello.ByName(d.Config, credentials, ch, any) {
		schemes := hello.Signable(d.Config, wire.TLS13, c)
		if scheme, ok := hello.FirstCommon(schemes, ch.SignatureAlgorithms); ok {
			hello.TellCredential(d, ch, c, len(credentials))
			hs.Tell(d, 0, event.SchemeChosen{Scheme: scheme, Offered: ch.SignatureAlgorithms})
			return c, scheme, nil
		}
		ours = append(ours, schemes...)
	}
	return nil, 0, fault.New(fault.NoCommonScheme).Between("signature schemes", hs.Names(ours), hs.Names(ch.SignatureAlgorithms))
}

// Suits says why a client cannot be shown a credential, nil where it can.
func Suits(cfg *hs.Compiled, ch *wire.ClientHello, c *want.Credential) error {
	schemes := hello.Signable(cfg, wire.TLS13, c)
	if _, ok := hello.FirstCommon(schemes, ch.SignatureAlgorithms); !ok {
		return fault.New(fault.NoCommonScheme).Between("signature schemes", hs.Names(schemes), hs.Names(ch.SignatureAlgorithms))
	}
	return nil
}
