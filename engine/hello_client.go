package engine

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/client12"
	"github.com/vitro-tls/vitro/internal/client13"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// start: a client has not spoken yet.
type start struct{}

func (start) Begin(d *hs.Desk) (hs.State, error) {
	opened(d)
	if d.Config.ClientSessions {
		question := want.NewLoadSession(d.Asker, d.Config.ServerName, d.Now, d.Stream.Watched())
		d.Ask(question)
		return awaitSession{question}, nil
	}
	return greet(d, nil)
}

// awaitSession: has the client been here before?
type awaitSession struct{ question *want.LoadSession }

func (s awaitSession) Question() want.Question { return s.question }

func (s awaitSession) Resume(d *hs.Desk) (hs.State, error) {
	session, err := s.question.Result()
	if err != nil {
		session = nil // a store that fails costs a full handshake, and no more
	}
	return greet(d, session)
}

func greet(d *hs.Desk, session *want.Session) (hs.State, error) {
	offer, err := hello.First(d.Config, d.Slots())
	if err != nil {
		return nil, err
	}
	if session != nil {
		why, err := offer.Resume(d.Config, session, d.Now)
		if err != nil {
			return nil, err
		}
		if why != event.ResumptionTaken {
			hs.Tell(d, 0, event.Resumption{Why: why})
		}
	}
	if err := offer.Send(d); err != nil {
		return nil, err
	}
	return waitServerHello{offer}, nil
}

func opened(d *hs.Desk) {
	c := d.Config
	if c.PolicyVariable != "" && c.PolicySet != "" {
		hs.Tell(d, 0, event.PolicyReplaced{Variable: c.PolicyVariable, Policy: c.PolicySet})
	}
	hs.Tell(d, 0, event.Opened{ServerName: c.ServerName, Policy: c.PolicySet, Suites: c.Offer})
}

// waitServerHello: the ClientHello is out, and the version is the server's to choose. RFC 5246 §7.4.1.3.
type waitServerHello struct{ offer *hello.Offer }

func (waitServerHello) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeServerHello) }

func (s waitServerHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	sh, err := hs.Expect[*wire.ServerHello](d, m)
	if err != nil {
		return nil, err
	}
	version := sh.Version
	// RFC 8446 §4.2.1: a selected version takes the place of the old field, and says nothing of older versions, nor of
	// newer ones that nobody offers.
	if sh.Has(wire.ExtSupportedVersions) {
		switch version = sh.SupportedVersions[0]; {
		case version < wire.TLS13:
			return nil, fault.New(fault.MisplacedExtension).With("supported_versions chooses " + version.String())
		case version > wire.TLS13:
			return nil, fault.New(fault.VersionNotOffered).Between("versions", hs.Names(d.Config.Versions), []string{version.String()})
		}
	}
	// RFC 5246 §E.1, RFC 8446 §4.1.4, §D.1, §D.5: a server that chooses a version which the client does not speak is refused.
	if !d.Config.Speaks(version) || version == wire.TLS13 && !sh.Has(wire.ExtSupportedVersions) {
		return nil, fault.New(fault.WrongServerVersion).Between("versions", hs.Names(d.Config.Versions), []string{version.String()})
	}
	d.Out.SetVersion(wire.TLS12) // RFC 8446 §5.1: the field says so for TLS 1.3 too
	hs.Tell(d, 0, event.VersionChosen{Version: version, Ours: d.Config.Versions})
	if version == wire.TLS13 {
		return client13.Start(d, s.offer, sh)
	}
	// RFC 8446 §4.1.3: a server that could have done better says so in its random, which an attacker cannot change.
	if d.Config.Speaks(wire.TLS13) && sh.Random.Downgrade() != 0 {
		return nil, fault.New(fault.DowngradeDetected).With("the server chose " + version.String())
	}
	return client12.Start(d, s.offer, sh)
}
