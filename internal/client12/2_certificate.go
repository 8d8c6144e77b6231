package client12

import (
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// waitCertificate: the server introduces itself. RFC 5246 §7.4.2.
type waitCertificate struct{ *handshake }

func (waitCertificate) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeCertificate) }

func (s waitCertificate) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	cert, err := hs.Expect[*wire.Certificate](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 5246 §7.4.2: an authenticating key exchange needs at least one certificate from the server.
	if len(cert.Chain) == 0 {
		return nil, fault.New(fault.EmptyServerCertificate)
	}
	chain, err := hello.ParseChain(cert.Chain)
	if err != nil {
		return nil, err
	}
	if err := s.Again.CheckPeer(chain[0]); err != nil {
		return nil, err
	}
	// RFC 5246 §7.4.2, RFC 8422 §2.1, §2.2, §5.3: the certificate's key is of the kind that the key exchange uses.
	if suite.AuthOf(chain[0].PublicKey) != s.Suite.Auth {
		return nil, fault.New(fault.WrongKeyType).With(fmt.Sprintf("a key of type %T for %v", chain[0].PublicKey, s.Suite.ID))
	}
	s.PeerCertificates = chain
	if ephemeral[s.Suite.KeyExchange] == nil {
		s.half = certificateKey{}
	}
	if s.ServerHello.Has(wire.ExtStatusRequest) {
		return waitCertificateStatus(s), nil
	}
	return afterCertificate(s.handshake), nil
}

func afterCertificate(h *handshake) hs.Receiver {
	if ephemeral[h.Suite.KeyExchange] != nil {
		return waitServerKeyExchange{h}
	}
	return waitServerHelloDone{h}
}
