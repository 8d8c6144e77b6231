package client12

import (
	"crypto/rsa"
	"crypto/x509"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// awaitVerdict: is the server who it says it is? Then follows the client's whole answer: its certificate if it was
// asked for one, key exchange, change of keys, Finished. RFC 5246 §7.4.6 to §7.4.9.
type awaitVerdict struct {
	waitServerHelloDone
	question *want.VerifyPeer
}

func (s awaitVerdict) Question() want.Question { return s.question }

func (s awaitVerdict) Resume(d *hs.Desk) (hs.State, error) {
	n, err := hello.TakeVerdict(d, s.Negotiated, s.question)
	if err != nil {
		return nil, err
	}
	s.Negotiated = n
	if s.request == nil {
		return s.exchange(d, hello.ClientChoice{})
	}
	if question := hello.AskClientCredential(d, s.request); question != nil {
		return awaitCredential{s, question}, nil
	}
	return s.introduce(d, nil)
}

// exchange: from ClientKeyExchange to the keys that it makes.
func (s awaitVerdict) exchange(d *hs.Desk, choice hello.ClientChoice) (hs.State, error) {
	premaster, kx, err := s.keyExchange(d)
	if err != nil {
		return nil, err
	}
	if err := d.Send(kx); err != nil {
		return nil, err
	}
	keys, err := d.DeriveKeys12(s.Negotiated, premaster)
	clear(premaster)
	if err != nil {
		return nil, err
	}
	if choice.Credential != nil {
		return prove(d, s.Negotiated, keys, choice), nil
	}
	n, err := finish(d, s.Negotiated, keys)
	if err != nil {
		return nil, err
	}
	return serversEnd(n, keys), nil
}

// keyExchange makes the premaster secret and the message that carries the client's half of it.
func (s awaitVerdict) keyExchange(d *hs.Desk) ([]byte, *wire.ClientKeyExchange, error) {
	if s.Suite.KeyExchange == wire.KeyExchangeRSA {
		return s.encryptPremaster(d)
	}
	return s.agreePremaster(d)
}

// encryptPremaster: RFC 5246 §7.4.7.1.
func (s awaitVerdict) encryptPremaster(d *hs.Desk) ([]byte, *wire.ClientKeyExchange, error) {
	key := s.PeerCertificates[0].PublicKey.(*rsa.PublicKey)
	if err := hello.CheckKeyUsage(s.PeerCertificates[0], x509.KeyUsageKeyEncipherment); err != nil {
		return nil, nil, err
	}
	premaster := make([]byte, suite.PremasterLen)
	if err := d.Config.Entropy.Bytes(premaster); err != nil {
		return nil, nil, fault.New(fault.EntropyFailed).Because(err)
	}
	// RFC 5246 §7.4.7.1: the version that the ClientHello offered, so that a rollback shows.
	offered := s.ClientHello.Version
	premaster[0], premaster[1] = byte(offered>>8), byte(offered)
	hs.Tell(d, fault.StepGenPremaster, event.PremasterGenerated{KeyExchange: wire.KeyExchangeRSA, Version: offered, Length: len(premaster)})
	d.Secret(event.LabelPremaster, &s.ClientHello.Random, premaster)
	encrypted, err := d.Config.Entropy.EncryptPremaster(key, premaster)
	if err != nil {
		return nil, nil, fault.New(fault.BadCertificate).With("its key cannot encrypt a premaster secret").Because(err)
	}
	return premaster, &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeRSA, EncryptedPremaster: encrypted}, nil
}

// agreePremaster: RFC 8422 §5.10.
func (s awaitVerdict) agreePremaster(d *hs.Desk) ([]byte, *wire.ClientKeyExchange, error) {
	if err := hello.CheckKeyUsage(s.PeerCertificates[0], x509.KeyUsageDigitalSignature); err != nil {
		return nil, nil, err
	}
	share, err := d.Config.Entropy.KeyShare(s.Group)
	if err != nil {
		return nil, nil, fault.New(fault.EntropyFailed).Because(err)
	}
	premaster, err := share.Shared(s.serverShare)
	if err != nil {
		return nil, nil, fault.New(fault.BadPublicKey).With(s.Group.String()).Because(err)
	}
	hs.Tell(d, fault.StepGenPremaster, event.PremasterGenerated{KeyExchange: wire.KeyExchangeECDHE, Group: s.Group, Length: len(premaster)})
	return premaster, &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Public: share.Public()}, nil
}

// finish: from here on the client encrypts; its Finished is the first to travel so. RFC 5246 §7.4.9.
func finish(d *hs.Desk, n *hs.Negotiated, keys *hs.Keys12) (*hs.Negotiated, error) {
	if err := d.SendChangeCipherSpec(keys.ClientWrite); err != nil {
		return nil, err
	}
	finished := &wire.Finished{VerifyData: keys.Schedule.ClientFinished(d.Transcript.Sum())}
	if err := d.Send(finished); err != nil {
		return nil, err
	}
	return n.With(func(n *hs.Negotiated) { n.ClientFinished = finished.VerifyData }), nil
}
