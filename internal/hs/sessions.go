package hs

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// maxTickets bounds what a server gives away: each costs some hundred bytes, or more with a client's certificates.
const maxTickets = 16

func (c *Compiled) compileSessions() error {
	if c.Tickets == 0 {
		c.Tickets = 1
	}
	if c.SessionLifetime == 0 {
		c.SessionLifetime = 24 * time.Hour
	}
	if c.Tickets < 0 || c.Tickets > maxTickets {
		return badConfig("%d tickets after a handshake: 1 to %d", c.Tickets, maxTickets)
	}
	if c.SessionLifetime < time.Second || c.SessionLifetime > want.MaxSessionLifetime {
		return badConfig("a session lifetime of %v: one second to %v", c.SessionLifetime, want.MaxSessionLifetime)
	}
	return nil
}

// compileClientBinding: a session goes on as the client that it began as. Who shows other certificates, or none, would be
// taken for that one.
func (c *Compiled) compileClientBinding() {
	c.clientBinding = c.SessionBinding
	if c.AskCredential {
		c.clientBinding += " as whom the caller says"
	}
	if len(c.Credentials) == 0 {
		return
	}
	all := sha256.New()
	for _, cred := range c.Credentials {
		leaf := sha256.Sum256(cred.Chain[0])
		all.Write(leaf[:])
	}
	c.clientBinding += " as " + hex.EncodeToString(all.Sum(nil))
}

// Binding names what a session depends on: at a server SessionBinding, at a client who it is as well.
func (c *Compiled) Binding(role fault.Role) string {
	if role == fault.Client {
		return c.clientBinding
	}
	return c.SessionBinding
}

// Aside is a question after the handshake: nothing waits for its answer. Ask makes it in the Step that raises it, nil if
// there is none any more; Take, which may be nil, takes the answer. Without Ask it is whether to store a session.
type Aside struct {
	Ask  func(*Desk) want.Question
	Take func(*Desk) error

	Session *want.Session
	ID      []byte // that it goes by, at a server
}

func (a *Aside) question(d *Desk) want.Question {
	if a.Ask == nil {
		return want.NewStoreSession(d.Asker, a.Session, a.ID)
	}
	return a.Ask(d)
}

// maxAsides bounds what a peer can make us keep.
const maxAsides = maxTickets

// AskAside puts a question for after the handshake on the desk. Where too many wait, it is dropped.
func (d *Desk) AskAside(a Aside) {
	if len(d.asides) < maxAsides {
		d.asides = append(d.asides, a)
	}
}

// RaiseAside returns the next question to raise, nil for none.
func (d *Desk) RaiseAside() want.Question {
	for len(d.asides) > 0 {
		a := d.asides[0]
		if d.asides = d.asides[1:]; len(d.asides) == 0 {
			d.asides = nil
		}
		q := a.question(d)
		if q == nil {
			continue
		}
		d.Ask(q)
		if a.Take != nil {
			d.raised = append(d.raised, raisedAside{q, a.Take})
		}
		return q
	}
	return nil
}

type raisedAside struct {
	want.Question
	take func(*Desk) error
}

// TakeAsides takes the answers that have come.
func (d *Desk) TakeAsides() error {
	for i := 0; i < len(d.raised); {
		a := d.raised[i]
		if !a.Answered() {
			i++
			continue
		}
		if d.raised = append(d.raised[:i], d.raised[i+1:]...); len(d.raised) == 0 {
			d.raised = nil
		}
		Tell(d, 0, event.Answered{Want: a.Name()})
		if err := a.take(d); err != nil {
			return err
		}
	}
	return nil
}

// HasAsides reports whether there are questions to raise.
func (d *Desk) HasAsides() bool { return len(d.asides) > 0 }

// SendHello sends a ClientHello whose last bytes are a binder over those before them. RFC 8446 §4.2.11.2.
func (d *Desk) SendHello(m *wire.ClientHello, s *suite.Suite, psk []byte) error {
	return d.send(m, func(raw []byte) error {
		hash := d.Transcript.SumWith(s.Hash, raw[:len(raw)-m.BindersLen()])
		return m.SetBinders([][]byte{keys13.ResumptionBinder(make([]byte, 0, s.Hash.Size()), s, psk, hash)})
	})
}

// SendLater sends a message after the handshake that can wait for whatever is sent next.
func (d *Desk) SendLater(m wire.Message) error {
	raw, err := wire.Encode(m, d.Context)
	if err != nil {
		return internal(err)
	}
	said, err := d.Out.Later(wire.ContentHandshake, raw)
	if said {
		Tell(d, 0, event.Message{Sent: true, Message: m})
	}
	return err
}

// Later is Aside for what may wait for company: alone it is nothing that Waiting tells of, so that a client that does
// not read yet holds nobody up.
func (o *Outgoing) Later(t wire.ContentType, content []byte) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil {
		return false, nil
	}
	patient := o.patient || len(o.pending) == 0
	var err error
	o.pending, err = o.seal(o.pending, t, content)
	o.patient = patient
	return err == nil, err
}

// Patient reports whether something waits that may wait for company.
func (o *Outgoing) Patient() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.pending) > 0 && o.patient
}

// Resumption makes the resumption_master_secret, once the client's Finished is in the transcript. It consumes what is
// left of the key schedule.
func (a *Application13) Resumption(d *Desk) []byte { return a.master.Resumption(d.Transcript.Sum()) }

// Forget overwrites what Resumption would have been made of: from it all traffic secrets could be made again, those before a
// KeyUpdate too. RFC 8446 §7.2.
func (a *Application13) Forget() { a.master.Forget() }

// TellResumed tells that a session is resumed.
func TellResumed(d *Desk, s *want.Session) {
	Tell(d, 0, event.Resumption{Accepted: true, Version: s.Version, Created: s.Created})
}
