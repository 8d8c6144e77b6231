package client12

import (
	"bytes"
	"slices"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Resumption: the master secret of an earlier session makes new keys, and half of the handshake falls away.
// RFC 5246 §7.3, Figure 2.

// resumes reports whether a ServerHello takes up the session that was offered: it returns the session ID that came with
// it. RFC 5246 §7.4.1.3, RFC 5077 §3.4.
func resumes(offer *hello.Offer, sh *wire.ServerHello) (bool, error) {
	ch := offer.Hello
	if len(ch.SessionID) == 0 || !bytes.Equal(sh.SessionID, ch.SessionID) {
		return false, nil
	}
	session := offer.Session
	switch {
	// RFC 8446 §4.1.3: a session ID that we made up to please middleboxes names no session that a server could resume.
	case session == nil || session.Version != wire.TLS12:
		return false, fault.New(fault.SessionIDEchoed)
	// RFC 5246 §7.4.1.3: with the session comes its suite.
	case sh.CipherSuite != session.Suite:
		return false, fault.New(fault.ResumedOtherSuite).
			Between("cipher suites", []string{session.Suite.String()}, []string{sh.CipherSuite.String()})
	// RFC 7627 §5.3, §5.4: and its way to the master secret.
	case !sh.Has(wire.ExtExtendedMasterSecret):
		return false, fault.New(fault.ExtendedMasterDropped)
	}
	return true, nil
}

// resume goes on with an earlier session. The caller is asked about the server in any case: what was trusted then need
// not be now.
func resume(d *hs.Desk, h *handshake, session *want.Session) hs.State {
	hs.TellResumed(d, session)
	h.Resume(session)
	h.verdict = hello.AskVerdict(d, h.Negotiated)
	return awaitOldServer{h}
}

// awaitOldServer: is the server of the session still trusted?
type awaitOldServer struct{ *handshake }

func (s awaitOldServer) Question() want.Question { return s.verdict }

func (s awaitOldServer) Resume(d *hs.Desk) (hs.State, error) {
	_, err := hello.TakeVerdict(d, s.Negotiated, s.verdict)
	if err != nil {
		return nil, err
	}
	if s.keys, err = d.ResumeKeys12(s.Negotiated); err != nil {
		return nil, err
	}
	return s.serversEnd(), nil
}

// lifetimeUnsaid is how long a session is kept whose server does not say. RFC 5246 §F.1.4 suggests a day at most.
const lifetimeUnsaid = 24 * time.Hour

// keepSession asks for the session to be stored, once the server's Finished has been checked. One that was resumed is
// stored again, as old as it is, since whoever loaded it took it out.
func keepSession(d *hs.Desk, n *hs.Negotiated, master []byte, ticket *wire.NewSessionTicket) {
	// RFC 7627 §5.3: without the extended master secret a session could not be resumed by a hello that asks for it.
	if !d.Config.ClientSessions || !n.ExtendedMaster {
		return
	}
	var session *want.Session
	switch {
	case ticket != nil && len(ticket.Ticket) > 0:
		session = n.NewSession(d)
		session.Issued, session.Ticket = d.Now, slices.Clone(ticket.Ticket)
		session.Lifetime = min(time.Duration(ticket.Lifetime)*time.Second, want.MaxSessionLifetime)
		if ticket.Lifetime == 0 { // RFC 5077 §3.3: not said
			session.Lifetime = lifetimeUnsaid
		}
	case n.Resumed:
		session = n.Session
	case len(n.ServerHello.SessionID) > 0:
		session = n.NewSession(d)
		session.Issued, session.Lifetime, session.ID = d.Now, lifetimeUnsaid, slices.Clone(n.ServerHello.SessionID)
	default:
		return
	}
	if !n.Resumed || session != n.Session {
		session.Secret = slices.Clone(master)
	}
	d.AskAside(hs.Aside{Session: session})
}
