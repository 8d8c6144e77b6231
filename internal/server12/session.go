package server12

import (
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Resumption: the master secret of an earlier session makes new keys, and half of the handshake falls away.
// RFC 5246 §7.3, Figure 2.

// resume looks for the session that a client would go on with, before there is a full handshake.
func (h *handshake) resume(d *hs.Desk) (hs.State, error) {
	ch := h.ClientHello
	switch {
	// RFC 5077 §3.4: where there is a ticket, the session ID only says whether it was taken.
	case d.Config.ServerSessions && len(ch.SessionTicket) > 0:
		h.session = want.NewOpenTicket(d.Asker, ch.SessionTicket, d.Now)
	case d.Config.ServerStore && len(ch.SessionID) == hello.SessionIDLen:
		h.session = want.NewLoadByID(d.Asker, ch.SessionID, d.Now, d.Stream.Watched())
	default:
		return h.certify(d)
	}
	d.Ask(h.session)
	return awaitSession{h}, nil
}

// awaitSession: which session is in the ticket, or goes by the ID?
type awaitSession struct{ *handshake }

func (s awaitSession) Question() want.Question { return s.session }

func (s awaitSession) Resume(d *hs.Desk) (hs.State, error) {
	session, err := s.session.Result()
	if err != nil || session == nil {
		return s.unknown(d)
	}
	ch := s.ClientHello
	if why := hello.Acceptable(d, s.Negotiated, session); why != event.ResumptionTaken {
		return s.full(d, why)
	}
	// RFC 5246 §7.4.1.3: with the session comes its suite.
	i := slices.Index(d.Config.CipherSuites, session.Suite)
	if i < 0 || !ch.Offers(session.Suite) {
		return s.full(d, event.ResumptionOtherSuite)
	}
	// RFC 7627 §5.3, §5.4: nor does a session change its way to the master secret. A client that no longer has the new way may
	// be one in the middle.
	switch {
	case session.ExtendedMaster && !s.ExtendedMaster:
		return nil, fault.New(fault.ExtendedMasterDropped)
	case !session.ExtendedMaster && s.ExtendedMaster:
		return s.full(d, event.ResumptionOtherMaster)
	}
	s.Suite = d.Config.Suites[i]
	s.Negotiated.Resume(session)
	if s.verdict = hello.AskClientVerdict(d, s.Negotiated); s.verdict != nil {
		return awaitOldClient(s), nil
	}
	return s.accept(d)
}

// full goes on with a full handshake.
func (s awaitSession) full(d *hs.Desk, why event.ResumptionReason) (hs.State, error) {
	hs.Tell(d, 0, event.Resumption{Why: why})
	return s.certify(d)
}

// unknown: clients of TLS 1.3 make up a session ID (RFC 8446 §D.4), so that not to know it says nothing.
func (s awaitSession) unknown(d *hs.Desk) (hs.State, error) {
	if _, byID := s.session.(*want.LoadSession); byID && s.ClientHello.Has(wire.ExtSupportedVersions) {
		return s.certify(d)
	}
	return s.full(d, event.ResumptionUnknownTicket)
}

// awaitOldClient: is the client of the session still trusted, or one without a certificate still welcome? If not, it may
// introduce itself anew.
type awaitOldClient struct{ *handshake }

func (s awaitOldClient) Question() want.Question { return s.verdict }

func (s awaitOldClient) Resume(d *hs.Desk) (hs.State, error) {
	verdict, err := s.verdict.Result()
	if err != nil || verdict.Err != nil {
		s.Forget()
		return awaitSession(s).full(d, event.ResumptionPeerRefused)
	}
	if _, err := hello.TakeVerdict(d, s.Negotiated, s.verdict); err != nil {
		return nil, err
	}
	return s.accept(d)
}

// accept is the flight of a server that resumes: it has the first Finished. The ticket stays as it is, for resuming
// makes no session younger, and its key outlives it.
func (h *handshake) accept(d *hs.Desk) (hs.State, error) {
	hs.TellResumed(d, h.Session)
	err := h.greet(d)
	if err != nil {
		return nil, err
	}
	if h.keys, err = d.ResumeKeys12(h.Negotiated); err != nil {
		return nil, err
	}
	if err := h.finish(d); err != nil {
		return nil, err
	}
	return waitChangeCipherSpec{h}, nil
}

// newSession is what a client may resume later. RFC 5246 §F.1.4: not for ever.
func (h *handshake) newSession(d *hs.Desk) *want.Session {
	session := h.NewSession(d)
	session.Secret = slices.Clone(h.keys.Schedule.Master())
	session.Issued, session.Lifetime = d.Now, d.Config.SessionLifetime
	return session
}

// announce says in the ServerHello how a client may resume later: by a ticket, or by a session ID. RFC 5077 §3.2.
func announce(d *hs.Desk, ch *wire.ClientHello, sh *wire.ServerHello) error {
	switch {
	case d.Config.ServerSessions && ch.Has(wire.ExtSessionTicket):
		sh.Add(wire.ExtSessionTicket)
	case d.Config.ServerStore:
		sh.SessionID = make([]byte, hello.SessionIDLen)
		if err := d.Config.Draw(sh.SessionID); err != nil {
			return err
		}
	}
	return nil
}

// awaitTicket: the ticket belongs to the last flight. RFC 5077 §3.3.
type awaitTicket struct{ *handshake }

func (s awaitTicket) Question() want.Question { return s.ticket }

func (s awaitTicket) Resume(d *hs.Desk) (hs.State, error) {
	ticket := d.Slots().NewSessionTicket() // RFC 5077 §3.3: empty, if there is none after all
	if sealed, err := s.ticket.Result(); err == nil && len(sealed) > 0 && len(sealed) <= hello.MaxTicket {
		ticket.Ticket, ticket.Lifetime = sealed, uint32(s.ticket.Session.Lifetime.Seconds())
	}
	if err := d.Send(ticket); err != nil {
		return nil, err
	}
	return s.conclude(d)
}
