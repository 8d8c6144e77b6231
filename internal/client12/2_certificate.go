package client12

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// waitCertificate: the server introduces itself. RFC 5246 §7.4.2.
type waitCertificate struct{ *hs.Negotiated }

func (s waitCertificate) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	cert, err := hs.Expect[*wire.Certificate](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 5246 §7.4.2: an authenticating key exchange needs at least one certificate from the server.
	if len(cert.Chain) == 0 {
		return nil, fault.New(fault.EmptyServerCertificate)
	}
	chain, err := parse(cert.Chain)
	if err != nil {
		return nil, err
	}
	// RFC 5246 §7.4.2: the certificate's key is of the kind that the key exchange uses.
	if suite.AuthOf(chain[0].PublicKey) != s.Suite.Auth {
		return nil, fault.New(fault.WrongKeyType).With(fmt.Sprintf("a key of type %T for %v", chain[0].PublicKey, s.Suite.ID))
	}
	n := s.With(func(n *hs.Negotiated) { n.PeerCertificates = chain })
	if s.ServerHello.Has(wire.ExtStatusRequest) {
		return waitCertificateStatus{n}, nil
	}
	return afterCertificate(n), nil
}

func parse(chain [][]byte) ([]*x509.Certificate, error) {
	out := make([]*x509.Certificate, len(chain))
	for i, der := range chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fault.New(fault.BadCertificate).With(fmt.Sprintf("number %d of the chain", i)).Because(err)
		}
		// A key so large costs every visitor seconds, and its owner nothing.
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > suite.MaxRSABits {
			return nil, fault.New(fault.RSAKeyTooLarge).With(fmt.Sprintf("%d bits", key.N.BitLen()))
		}
		out[i] = cert
	}
	return out, nil
}

func afterCertificate(n *hs.Negotiated) hs.Receiver {
	if n.Suite.KeyExchange == wire.KeyExchangeECDHE {
		return waitServerKeyExchange{n}
	}
	return waitServerHelloDone{Negotiated: n}
}
