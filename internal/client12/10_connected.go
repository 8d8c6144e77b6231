package client12

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// connected: the handshake is done, and the server may ask for another. RFC 5246 §7.4.1.1 lets a client decline, with
// a warning (RFC 5746 §4.2).
type connected struct{ before *hs.Renegotiated }

func (connected) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeHelloRequest) }

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	if _, err := hs.Expect[*wire.HelloRequest](d, m); err != nil {
		return nil, err
	}
	if s.before == nil || d.Out.Closed() {
		return s, d.Warn(wire.AlertNoRenegotiation)
	}
	return again(s), nil
}

// again begins another handshake under the keys of the one before. RFC 5746 §3.5.
type again struct{ before *hs.Renegotiated }

func (s again) Begin(d *hs.Desk) (hs.State, error) {
	d.Shake()
	offer, err := hello.Again(d.Config, d.Slots(), s.before)
	if err != nil {
		return nil, err
	}
	hs.Tell(d, 0, event.Renegotiating{})
	return waitServerHello{offer}, d.Send(offer.Hello)
}

// waitServerHello: of another handshake, which keeps the version. RFC 5246 §7.4.1.3.
type waitServerHello struct{ offer *hello.Offer }

// TakesData: what the server says before it has read the ClientHello belongs to the connection so far. RFC 5246 §6.2.1.
func (s waitServerHello) TakesData() {}

func (waitServerHello) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeServerHello) }

func (s waitServerHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	sh, err := hs.Expect[*wire.ServerHello](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.1.3: TLS 1.3 says so in an extension.
	if sh.Version != wire.TLS12 || sh.Has(wire.ExtSupportedVersions) {
		return nil, fault.New(fault.WrongServerVersion).Between("versions", hs.Names([]wire.Version{wire.TLS12}), []string{sh.Version.String()})
	}
	return Start(d, s.offer, sh)
}
