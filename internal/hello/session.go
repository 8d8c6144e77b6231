package hello

import (
	"slices"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Resumable says whether a session fits a configuration, at the end of role: ResumptionTaken, or what stands against it.
func Resumable(c *hs.Compiled, role fault.Role, s *want.Session, serverName string, now time.Time) event.ResumptionReason {
	known := suite.ByID(s.Suite)
	switch {
	case s.Version != wire.TLS13 || !c.Speaks(s.Version):
		return event.ResumptionOtherVersion
	case known == nil || known.Version != s.Version || len(s.Secret) != known.Hash.Size():
		return event.ResumptionUnusable
	case !s.Alive(now):
		return event.ResumptionExpired
	// RFC 8446 §4.6.1: only with the name that it was made with.
	case s.ServerName != serverName:
		return event.ResumptionOtherName
	case s.Binding != c.Binding(role):
		return event.ResumptionOtherSettings
	}
	// RFC 8446 §4.6.1: not beyond the life of the certificates that it rests on.
	if len(s.PeerCertificates) > 0 && (now.After(s.PeerCertificates[0].NotAfter) || now.Before(s.PeerCertificates[0].NotBefore)) {
		return event.ResumptionPeerRefused
	}
	return event.ResumptionTaken
}

// Resume puts a session into the offer, whose pre_shared_key must come last. It returns ResumptionTaken, or why not.
// RFC 8446 §4.2.11.
func (o *Offer) Resume(c *hs.Compiled, s *want.Session, now time.Time) event.ResumptionReason {
	why := Resumable(c, fault.Client, s, c.ServerName, now)
	switch {
	case why != event.ResumptionTaken:
		return why
	case len(s.Ticket) == 0 || len(s.Ticket) > MaxTicket || len(s.PeerCertificates) == 0:
		return event.ResumptionUnusable
	case !slices.ContainsFunc(c.Suites13, func(have *suite.Suite) bool { return have.Hash == suite.ByID(s.Suite).Hash }):
		return event.ResumptionOtherHash
	case s.Protocol != "" && !slices.Contains(c.Protocols, s.Protocol):
		return event.ResumptionOtherProtocol
	}
	o.Session = s
	o.renew(now)
	return why
}

// MaxTicket leaves room for the rest of a ClientHello, whose extensions have 64 KiB in all.
const MaxTicket = 32 << 10

// renew writes pre_shared_key behind everything else. The binder is nothing but its length yet.
func (o *Offer) renew(now time.Time) {
	m, s := o.Hello, o.Session
	m.Order = slices.DeleteFunc(m.Order, func(t wire.ExtensionType) bool { return t == wire.ExtPreSharedKey })
	// RFC 8446 §4.2.11.1: the age in milliseconds, hidden from who does not know what is added.
	age := uint32(max(0, now.Sub(s.Issued).Milliseconds())) + s.AgeAdd
	m.PSKIdentities = []wire.PSKIdentity{{Identity: s.Ticket, ObfuscatedAge: age}}
	m.PSKBinders = [][]byte{make([]byte, suite.ByID(s.Suite).Hash.Size())}
	m.Add(wire.ExtPreSharedKey)
}

// RetrySession makes the session in a second ClientHello fit the suite that the server has chosen: it stays last, and
// goes if it is of another hash. RFC 8446 §4.1.4.
func (o *Offer) RetrySession(d *hs.Desk, chosen *suite.Suite) {
	switch {
	case o.Session == nil:
	case suite.ByID(o.Session.Suite).Hash == chosen.Hash:
		o.renew(d.Now)
	default:
		hs.Tell(d, 0, event.Resumption{Why: event.ResumptionOtherHash})
		o.Session = nil
		m := o.Hello
		m.Order = slices.DeleteFunc(m.Order, func(t wire.ExtensionType) bool { return t == wire.ExtPreSharedKey })
		m.PSKIdentities, m.PSKBinders = nil, nil
	}
}

// Send sends the offer, with the proof that the client has the session's secret.
func (o *Offer) Send(d *hs.Desk) error {
	if o.Session == nil {
		return d.Send(o.Hello)
	}
	return d.SendHello(o.Hello, suite.ByID(o.Session.Suite), o.Session.Secret)
}
