package server12

import (
	"crypto/x509"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys12"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// exchange is a key exchange as a server does it.
type exchange interface {
	// suits says whether client and credential can do it, or why not, and completes the choice.
	suits(*hs.Compiled, *wire.ClientHello, choice) (choice, event.SuiteReason)
	// open goes on behind the server's certificate.
	open(*hs.Desk, *handshake) (hs.State, error)
	// join joins the server's half with the client's.
	join(*hs.Desk, *handshake, *wire.ClientKeyExchange) (hs.State, error)
}

var exchanges = map[wire.KeyExchange]exchange{
	wire.KeyExchangeRSA:   certificateKey{},
	wire.KeyExchangeECDHE: ephemeral{chooseCurve, newPoint, joinPoint, event.SuiteNoGroup},
	wire.KeyExchangeDHE:   ephemeral{chooseField, newPower, joinPower, event.SuiteNoField},
}

// certificateKey: the certificate's key decrypts. RFC 5246 §7.4.7.1.
type certificateKey struct{}

func (certificateKey) suits(_ *hs.Compiled, _ *wire.ClientHello, c choice) (choice, event.SuiteReason) {
	// RFC 5246 §7.4.2: the key must be allowed to encipher keys; and ours must be able to.
	if c.credential.Decrypter == nil && c.credential.Signer != nil {
		return c, event.SuiteNoKey
	}
	if !c.credential.MayBeUsed(x509.KeyUsageKeyEncipherment) {
		return c, event.SuiteNoKeyUsage
	}
	return c, event.SuiteTaken
}

func (certificateKey) open(d *hs.Desk, h *handshake) (hs.State, error) {
	return h.helloDone(d)
}

func (certificateKey) join(d *hs.Desk, h *handshake, kx *wire.ClientKeyExchange) (hs.State, error) {
	// RFC 5246 §7.4.7.1: drawn before the ciphertext is looked at, so that needing it takes no longer.
	if err := d.Config.Draw(h.premaster[:]); err != nil {
		return nil, err
	}
	h.decrypted = want.NewDecryptPremaster(d.Asker, h.Credential, kx.EncryptedPremaster)
	d.Ask(h.decrypted)
	return awaitPremaster{h}, nil
}

// ephemeral: a key that is made for this connection, and signed. RFC 8422 §5.4, RFC 5246 §7.4.3, §F.1.1.3.
type ephemeral struct {
	choose func(*hs.Compiled, *wire.ClientHello) groupChoice
	make   func(*hs.Desk, wire.NamedGroup) (suite.PrivateShare, *wire.ServerKeyExchange, error)
	joined func(*hs.Desk, *handshake, *wire.ClientKeyExchange) (hs.State, error)
	none   event.SuiteReason
}

// groupChoice is the first of our groups that the client offers, 0 for none.
type groupChoice struct {
	group         wire.NamedGroup
	ours, offered []wire.NamedGroup
}

// unsaid are the curves of a client that lists none.
var unsaid = []wire.NamedGroup{wire.SecP256r1}

// RFC 8422 §4 and §5.1 bind a server to the client's list, and leave the choice to the server where the client says nothing; P-256 is what every client of that age has.
func chooseCurve(cfg *hs.Compiled, ch *wire.ClientHello) groupChoice {
	c := groupChoice{ours: cfg.Groups12, offered: unsaid}
	if ch.Has(wire.ExtSupportedGroups) {
		c.offered = ch.SupportedGroups
	}
	c.group, _ = hello.FirstCommon(c.ours, c.offered)
	return c
}

// RFC 7919 §4: a client that lists a finite field, known to us or not, gets one of its list. One that lists none does
// not know of that, and takes what comes.
func chooseField(cfg *hs.Compiled, ch *wire.ClientHello) groupChoice {
	c := groupChoice{ours: cfg.Fields12, offered: ch.SupportedGroups}
	if c.group = c.ours[0]; slices.ContainsFunc(c.offered, wire.NamedGroup.IsFFDHE) {
		c.group, _ = hello.FirstCommon(c.ours, c.offered)
	}
	return c
}

func (x ephemeral) suits(cfg *hs.Compiled, ch *wire.ClientHello, c choice) (choice, event.SuiteReason) {
	if !c.credential.MayBeUsed(x509.KeyUsageDigitalSignature) {
		return c, event.SuiteNoKeyUsage
	}
	if c.groupChoice = x.choose(cfg, ch); c.group == 0 {
		return c, x.none
	}
	// RFC 5246 §7.4.1.4.1: without the extension the client takes SHA-1, which we do not sign with any more.
	for _, scheme := range cfg.SigningSchemes {
		if slices.Contains(c.credential.Schemes, scheme) && slices.Contains(ch.SignatureAlgorithms, scheme) {
			c.scheme = scheme
			return c, event.SuiteTaken
		}
	}
	return c, event.SuiteNoScheme
}

// open makes the ephemeral key and asks for the signature over it.
func (x ephemeral) open(d *hs.Desk, h *handshake) (hs.State, error) {
	var err error
	if h.share, h.ske, err = x.make(d, h.Group); err != nil {
		return nil, fault.New(fault.EntropyFailed).Because(err)
	}
	h.ske.Scheme = h.Scheme
	// RFC 5246 §7.4.3: both randoms are signed too, so that the signature belongs to this handshake only.
	message := h.ske.Signed(&h.ClientHello.Random, &h.ServerHello.Random)
	h.signature = want.NewSign(d.Asker, h.Credential, h.Scheme, message)
	d.Ask(h.signature)
	return awaitSignature{h}, nil
}

func (x ephemeral) join(d *hs.Desk, h *handshake, kx *wire.ClientKeyExchange) (hs.State, error) {
	return x.joined(d, h, kx)
}

// ECDHE. RFC 8422 §5.4, §5.7.
func newPoint(d *hs.Desk, group wire.NamedGroup) (suite.PrivateShare, *wire.ServerKeyExchange, error) {
	share, err := d.Config.Entropy.KeyShare(group)
	if err != nil {
		return nil, nil, err
	}
	m := d.Slots().ServerKeyExchange()
	m.KeyExchange, m.Group, m.Public = wire.KeyExchangeECDHE, group, share.Public()
	return share, m, nil
}

func joinPoint(d *hs.Desk, h *handshake, kx *wire.ClientKeyExchange) (hs.State, error) {
	premaster, err := h.share.Shared(kx.Public)
	if err != nil {
		return nil, fault.New(fault.BadPublicKey).With(h.Group.String()).Because(err)
	}
	return h.derive(d, premaster)
}

// DHE. RFC 5246 §7.4.3, §7.4.7.2.
func newPower(d *hs.Desk, group wire.NamedGroup) (suite.PrivateShare, *wire.ServerKeyExchange, error) {
	field := suite.FieldByID(group)
	share, err := d.Config.Entropy.FieldShare(field)
	if err != nil {
		return nil, nil, err
	}
	return share, &wire.ServerKeyExchange{
		KeyExchange: wire.KeyExchangeDHE, Prime: field.Prime(), Generator: field.Generator(), Public: share.Public()}, nil
}

func joinPower(d *hs.Desk, h *handshake, kx *wire.ClientKeyExchange) (hs.State, error) {
	// RFC 7919 §4: between 1 and p-1, or handshake_failure.
	public, err := suite.FieldByID(h.Group).Public(kx.Public)
	if err != nil {
		return nil, fault.New(fault.DegeneratePublicKey).Because(err)
	}
	secret, err := h.share.Shared(public)
	if err != nil {
		return nil, fault.New(fault.DegeneratePublicKey).Because(err)
	}
	premaster := keys12.StripPremaster(h.Suite.Hash, secret)
	clear(secret)
	return h.derive(d, premaster)
}
