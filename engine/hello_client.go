package engine

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/client12"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// ourVersions is what Vitro speaks, best first.
var ourVersions = []wire.Version{wire.TLS12}

// start: a client has not spoken yet.
type start struct{}

func (start) begin(d *hs.Desk) (hs.State, error) {
	opened(d)
	ch, err := hello.First(d.Config)
	if err != nil {
		return nil, err
	}
	if err := d.Send(ch); err != nil {
		return nil, err
	}
	return waitServerHello{ch}, nil
}

func opened(d *hs.Desk) {
	c := d.Config
	if c.PolicyVariable != "" && c.PolicySet != "" {
		hs.Tell(d, 0, event.PolicyReplaced{Variable: c.PolicyVariable, Policy: c.PolicySet})
	}
	hs.Tell(d, 0, event.Opened{ServerName: c.ServerName, Policy: c.PolicySet, Suites: c.CipherSuites})
}

// waitServerHello: the ClientHello is out, and the version is the server's to choose. RFC 5246 §7.4.1.3.
type waitServerHello struct{ hello *wire.ClientHello }

func (s waitServerHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	sh, err := hs.Expect[*wire.ServerHello](d, m)
	if err != nil {
		return nil, err
	}
	version := sh.Version
	// RFC 8446 §4.2.1: a selected version takes the place of the old field, and none was asked for.
	if sh.Has(wire.ExtSupportedVersions) {
		return nil, fault.New(fault.ExtensionNotOffered).With(wire.ExtSupportedVersions.String())
	}
	// RFC 5246 §E.1: a server that chooses a version which the client does not speak is refused.
	if version != wire.TLS12 {
		return nil, fault.New(fault.WrongServerVersion).Between("versions", hs.Names(ourVersions), []string{version.String()})
	}
	d.Out.SetVersion(version)
	hs.Tell(d, 0, event.VersionChosen{Version: version, Ours: ourVersions})
	return client12.Start(d, s.hello, sh)
}
