package client13

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitEncryptedExtensions: what the key exchange does not need to know, encrypted. RFC 8446 §4.3.1.
type waitEncryptedExtensions struct{ handshake }

func (waitEncryptedExtensions) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeEncryptedExtensions) }

func (s waitEncryptedExtensions) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ee, err := hs.Expect[*wire.EncryptedExtensions](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.2: an answer only to what was asked.
	for _, t := range ee.Order {
		if !s.ClientHello.Has(t) {
			return nil, fault.New(fault.ExtensionNotOffered).With(t.String())
		}
	}
	if err := hello.CheckProtocol(s.ClientHello, &ee.Extensions); err != nil {
		return nil, err
	}
	if err := hello.TakeLimits(d, s.ClientHello, wire.TLS13, &ee.Extensions); err != nil {
		return nil, err
	}
	if ee.Has(wire.ExtALPN) {
		hs.Tell(d, 0, event.ProtocolChosen{Protocol: ee.ALPN[0], Offered: s.ClientHello.ALPN})
		s.Protocol = ee.ALPN[0]
	}
	return afterExtensions(d, s.handshake), nil
}
