package client12

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys12"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// half is the server's half of a key exchange. The client answers it, once it believes whose it is, with the premaster
// secret that both halves make, and the message that carries the client's.
type half interface {
	answer(*hs.Desk, *hs.Negotiated) (premaster []byte, kx *wire.ClientKeyExchange, err error)
}

// ephemeral has the key exchanges whose half comes in a ServerKeyExchange, and how it is taken out: checked, but for the
// signature. Without one it is in the certificate.
var ephemeral = map[wire.KeyExchange]func(*hs.Desk, *hs.Negotiated, *wire.ServerKeyExchange) (half, error){
	wire.KeyExchangeECDHE: takePoint,
	wire.KeyExchangeDHE:   takePower,
}

// certificateKey: the certificate's key encrypts. RFC 5246 §7.4.7.1.
type certificateKey struct{}

func (certificateKey) answer(d *hs.Desk, n *hs.Negotiated) ([]byte, *wire.ClientKeyExchange, error) {
	key := n.PeerCertificates[0].PublicKey.(*rsa.PublicKey)
	if err := hello.CheckKeyUsage(d, n.PeerCertificates[0], x509.KeyUsageKeyEncipherment); err != nil {
		return nil, nil, err
	}
	premaster := make([]byte, suite.PremasterLen)
	if err := d.Config.Draw(premaster); err != nil {
		return nil, nil, err
	}
	// RFC 5246 §7.4.7.1: the version that the ClientHello offered, so that a rollback shows.
	offered := n.ClientHello.Version
	premaster[0], premaster[1] = byte(offered>>8), byte(offered)
	hs.Tell(d, fault.StepGenPremaster, event.PremasterGenerated{KeyExchange: wire.KeyExchangeRSA, Version: offered, Length: len(premaster)})
	d.Secret(event.LabelPremaster, &n.ClientHello.Random, premaster)
	encrypted, err := d.Config.Entropy.EncryptPremaster(key, premaster)
	if err != nil {
		return nil, nil, fault.New(fault.BadCertificate).With("its key cannot encrypt a premaster secret").Because(err)
	}
	return premaster, clientKeyExchange(d, wire.KeyExchangeRSA, encrypted, nil), nil
}

func clientKeyExchange(d *hs.Desk, kx wire.KeyExchange, encrypted, public []byte) *wire.ClientKeyExchange {
	m := d.Slots().ClientKeyExchange()
	m.KeyExchange, m.EncryptedPremaster, m.Public = kx, encrypted, public
	return m
}

// point: ECDHE. RFC 8422 §5.4, §5.7.
type point struct{ *wire.ServerKeyExchange }

func takePoint(d *hs.Desk, n *hs.Negotiated, ske *wire.ServerKeyExchange) (half, error) {
	// RFC 8422 §5.4: the group is one of those that the client offered; the hybrids in the list are TLS 1.3's.
	if !slices.Contains(d.Config.Groups12, ske.Group) {
		return nil, fault.New(fault.GroupNotOffered).
			Between("groups", hs.Names(d.Config.Groups12), []string{ske.Group.String()})
	}
	n.Group = ske.Group
	return point{ske}, nil
}

func (p point) answer(d *hs.Desk, n *hs.Negotiated) ([]byte, *wire.ClientKeyExchange, error) {
	if err := hello.CheckKeyUsage(d, n.PeerCertificates[0], x509.KeyUsageDigitalSignature); err != nil {
		return nil, nil, err
	}
	share, err := d.Config.Entropy.KeyShare(n.Group)
	if err != nil {
		return nil, nil, fault.New(fault.EntropyFailed).Because(err)
	}
	premaster, err := share.Shared(p.Public)
	if err != nil {
		return nil, nil, fault.New(fault.BadPublicKey).With(n.Group.String()).Because(err)
	}
	hs.Tell(d, fault.StepGenPremaster, event.PremasterGenerated{KeyExchange: wire.KeyExchangeECDHE, Group: n.Group, Length: len(premaster)})
	return premaster, clientKeyExchange(d, wire.KeyExchangeECDHE, nil, share.Public()), nil
}

// power: DHE. RFC 5246 §7.4.3, §7.4.7.2.
type power struct {
	field  *suite.Field
	public []byte
}

// takePower takes a field that was not offered too, as RFC 7919 §3.1 leaves to a client (RFC 5246 §F.1.1.3 asks for size): servers of before send what
// their operator put there, and a list of groups tells them nothing. Its size has to do for a promise.
func takePower(_ *hs.Desk, n *hs.Negotiated, ske *wire.ServerKeyExchange) (half, error) {
	field, err := suite.NewField(ske.Prime, ske.Generator)
	switch {
	// The RFC leaves the alert open. This one tells the server's operator what to mend, as RFC 7919 §4 does in the other
	// direction; the numbers by themselves are legal.
	case errors.Is(err, suite.ErrSmallField):
		return nil, fault.New(fault.SmallField).Because(err)
	case err != nil:
		return nil, fault.New(fault.BadField).Because(err)
	}
	// RFC 7919 §3: between 1 and p-1, or handshake_failure; TLS 1.3 says illegal_parameter for the same.
	public, err := field.Public(ske.Public)
	if err != nil {
		return nil, fault.New(fault.DegeneratePublicKey).Because(err)
	}
	n.Group, n.FieldBits = field.ID(), uint16(field.Bits())
	return power{field, public}, nil
}

func (p power) answer(d *hs.Desk, n *hs.Negotiated) ([]byte, *wire.ClientKeyExchange, error) {
	if err := hello.CheckKeyUsage(d, n.PeerCertificates[0], x509.KeyUsageDigitalSignature); err != nil {
		return nil, nil, err
	}
	share, err := d.Config.Entropy.FieldShare(p.field)
	if err != nil {
		return nil, nil, fault.New(fault.EntropyFailed).Because(err)
	}
	secret, err := share.Shared(p.public)
	if err != nil {
		return nil, nil, fault.New(fault.DegeneratePublicKey).Because(err)
	}
	// The length is that of the prime: how many zeros the secret begins with is nobody's business.
	hs.Tell(d, fault.StepGenPremaster, event.PremasterGenerated{
		KeyExchange: wire.KeyExchangeDHE, Group: n.Group, FieldBits: int(n.FieldBits), Length: len(secret)})
	premaster := keys12.StripPremaster(n.Suite.Hash, secret)
	clear(secret)
	return premaster, clientKeyExchange(d, wire.KeyExchangeDHE, nil, share.Public()), nil
}
