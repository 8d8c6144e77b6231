package hello

import (
	"slices"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys12"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Resumable says whether a session fits a configuration, at the end of role: ResumptionTaken, or what stands against it.
func Resumable(c *hs.Compiled, role fault.Role, s *want.Session, serverName string, now time.Time) event.ResumptionReason {
	known := suite.ByID(s.Suite)
	switch {
	case s.Version < wire.TLS12 || !c.Speaks(s.Version):
		return event.ResumptionOtherVersion
	case known == nil || known.Version != s.Version || len(s.Secret) != secretLen(known):
		return event.ResumptionUnusable
	case !s.Alive(now):
		return event.ResumptionExpired
	// RFC 8446 §4.6.1, RFC 6066 §3: only with the name that it was made with.
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

// SessionQuestion is one of the two that a server asks for a session: OpenTicket, or LoadSession by an ID.
type SessionQuestion interface {
	want.Question
	Result() (*want.Session, error)
}

// Acceptable says whether a server may go on with a session that a client shows: ResumptionTaken, or what stands against
// it.
func Acceptable(d *hs.Desk, n *hs.Negotiated, s *want.Session) event.ResumptionReason {
	why := Resumable(d.Config, d.Role, s, n.ServerName, d.Now)
	switch {
	case why != event.ResumptionTaken:
		return why
	case s.Version != n.Version:
		return event.ResumptionOtherVersion
	// A session with a client that we would ask for a certificate, and has none, or the other way round.
	case !fitsClientAuth(d.Config.ClientAuth, len(s.PeerCertificates) > 0):
		return event.ResumptionOtherSettings
	// A session that was made for one application says nothing of who may speak to another.
	case s.Protocol != n.Protocol:
		return event.ResumptionOtherProtocol
	}
	return why
}

func fitsClientAuth(mode hs.ClientAuth, known bool) bool {
	switch mode {
	case hs.NoClientCertificate:
		return !known
	case hs.RequireClientCertificate:
		return known
	}
	return true
}

// secretLen is that of the master secret, or of the pre-shared key. RFC 5246 §8.1, RFC 8446 §4.6.1.
func secretLen(s *suite.Suite) int {
	if s.Version == wire.TLS12 {
		return keys12.MasterLen
	}
	return s.Hash.Size()
}

// Resume puts a session into the offer. It returns ResumptionTaken, or why not.
func (o *Offer) Resume(c *hs.Compiled, s *want.Session, now time.Time) (event.ResumptionReason, error) {
	why := Resumable(c, fault.Client, s, c.ServerName, now)
	switch {
	case why != event.ResumptionTaken:
		return why, nil
	case len(s.Ticket) > MaxTicket || len(s.PeerCertificates) == 0:
		return event.ResumptionUnusable, nil
	case s.Protocol != "" && !slices.Contains(c.Protocols, s.Protocol):
		return event.ResumptionOtherProtocol, nil
	case s.Version == wire.TLS12:
		return o.resume12(c, s)
	case len(s.Ticket) == 0:
		return event.ResumptionUnusable, nil
	case !slices.ContainsFunc(c.Suites13, func(have *suite.Suite) bool { return have.Hash == suite.ByID(s.Suite).Hash }):
		return event.ResumptionOtherHash, nil
	}
	o.Session = s
	o.renew(now)
	return why, nil
}

// resume12 shows a session's ticket, which only the server can read (RFC 5077 §4), or its ID. RFC 5077 §3.4, RFC 5246
// §7.4.1.2.
func (o *Offer) resume12(c *hs.Compiled, s *want.Session) (event.ResumptionReason, error) {
	m := o.Hello
	switch {
	case len(s.Ticket) == 0 && (len(s.ID) == 0 || len(s.ID) > SessionIDLen):
		return event.ResumptionUnusable, nil
	// RFC 5246 §7.4.1.2: the list of suites has that of the session.
	case !slices.Contains(c.CipherSuites, s.Suite):
		return event.ResumptionOtherSuite, nil
	// RFC 7627 §5.3, §5.4: our hellos always ask for the extended master secret, so that a session without it is never resumed.
	case !s.ExtendedMaster:
		return event.ResumptionOtherMaster, nil
	}
	o.Session = s
	if len(s.Ticket) == 0 {
		m.SessionID = s.ID
		return event.ResumptionTaken, nil
	}
	m.SessionTicket = s.Ticket
	if len(m.SessionID) > 0 { // made up already, for middleboxes
		return event.ResumptionTaken, nil
	}
	// RFC 5077 §3.4: a server that takes the ticket returns the session ID that came with it, and so says that it does.
	m.SessionID = make([]byte, SessionIDLen)
	if err := c.Draw(m.SessionID); err != nil {
		return 0, err
	}
	return event.ResumptionTaken, nil
}

// SessionIDLen is the length of the IDs that we give: the most that TLS 1.2 has room for. RFC 5246 §7.4.1.2.
const SessionIDLen = 32

// MaxTicket leaves room for the rest of a ClientHello, whose extensions have 64 KiB in all.
const MaxTicket = 32 << 10

// renew writes pre_shared_key behind everything else: RFC 8446 §4.2.11 has it come last. The binder is nothing but its length yet.
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
	case !o.hasPSK():
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

func (o *Offer) hasPSK() bool { return o.Session != nil && o.Session.Version == wire.TLS13 }

// Send sends the offer, with the proof that the client has the session's secret.
func (o *Offer) Send(d *hs.Desk) error {
	if !o.hasPSK() {
		return d.Send(o.Hello)
	}
	return d.SendHello(o.Hello, suite.ByID(o.Session.Suite), o.Session.Secret)
}
