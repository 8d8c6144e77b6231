package client13

import (
	"fmt"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Resumption: a ticket of before takes the place of certificate and signature. RFC 8446 §2.2.

// checkSession: what a server resumes is the session that was offered, in the way that it was. RFC 8446 §4.2.9, §4.2.11.
func checkSession(offer *hello.Offer, sh *wire.ServerHello, s *suite.Suite) error {
	if !sh.Has(wire.ExtPreSharedKey) {
		return nil
	}
	switch {
	case int(sh.SelectedIdentity) >= len(offer.Hello.PSKIdentities) || offer.Session == nil:
		return fault.New(fault.PSKNotOffered).With(fmt.Sprintf("number %d of %d", sh.SelectedIdentity, len(offer.Hello.PSKIdentities)))
	case suite.ByID(offer.Session.Suite).Hash != s.Hash:
		return fault.New(fault.PSKNotOffered).With(fmt.Sprintf("with %v, whose hash is another one", s.ID))
	case !sh.Has(wire.ExtKeyShare):
		return fault.New(fault.PSKNotOffered).With("without a key exchange")
	}
	return nil
}

func takeSession(d *hs.Desk, n *hs.Negotiated, s *want.Session) *hs.Negotiated {
	if !n.ServerHello.Has(wire.ExtPreSharedKey) {
		hs.Tell(d, 0, event.Resumption{Why: event.ResumptionDeclined})
		return n
	}
	hs.TellResumed(d, s)
	return n.Resuming(s)
}

// afterExtensions: the server goes on to its certificate or, when it resumes, to its Finished. RFC 8446 §2.2. The
// caller is asked about the server in any case: what was trusted then need not be now.
func afterExtensions(d *hs.Desk, h handshake) hs.State {
	if h.Session == nil {
		return waitCertificate{h}
	}
	return awaitVerdict{h, hello.AskVerdict(d, h.Negotiated)}
}

// resumption is what tickets are made into sessions with. RFC 8446 §4.6.1.
type resumption struct {
	suite   *suite.Suite
	secret  []byte
	session *want.Session // all but what the ticket brings
}

// newResumption is called when the client's Finished is in the transcript.
func newResumption(d *hs.Desk, n *hs.Negotiated, a *hs.Application13) *resumption {
	if !d.Config.ClientSessions {
		a.Forget()
		return nil
	}
	return &resumption{n.Suite, a.Resumption(d), n.NewSession(d)}
}

// take makes a session of a ticket, and asks for it to be stored.
func (r *resumption) take(d *hs.Desk, m *wire.NewSessionTicket) {
	// RFC 8446 §4.6.1: a lifetime of 0 says that the ticket is to be thrown away.
	if r == nil || m.Lifetime == 0 {
		return
	}
	psk := keys13.ResumptionPSK(r.suite, r.secret, m.Nonce)
	d.AskAside(hs.Aside{Ask: func(d *hs.Desk) want.Question {
		s := *r.session
		s.Secret, s.Ticket, s.AgeAdd = psk, append([]byte(nil), m.Ticket...), m.AgeAdd
		// RFC 8446 §4.6.1: not longer than seven days, whatever the server says.
		s.Issued, s.Lifetime = d.Now, min(time.Duration(m.Lifetime)*time.Second, want.MaxSessionLifetime)
		return want.NewStoreSession(d.Asker, &s, nil)
	}})
}
