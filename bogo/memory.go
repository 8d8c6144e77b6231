package main

import (
	"time"

	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

// memory is what outlasts a connection of a run: sessions, and the time.
type memory struct {
	tickets session.Tickets
	store   *session.Cache
	last    *want.Session        // at a client: of the connection before
	clock   time.Time            // stands still but for what the flags let pass: the runner counts milliseconds
	refuse  bool                 // VerifyPeer found the peer not to be trusted
	full    want.ConnectionState // of the last full handshake
}

func (m *memory) now() time.Time { return m.clock }

// resumption is what one connection has to do with sessions.
type resumption struct {
	*memory
	offered *want.Session // by us, a client
	given   *want.Session // to store, and not the one that was offered
}

// remember answers what a connection asks about sessions; it reports whether q is such a question.
func (l *link) remember(q want.Question) bool {
	r := &l.resumption
	switch q := q.(type) {
	case *want.LoadSession:
		if l.server {
			s, _ := r.store.Get(string(q.ID))
			_ = q.Answer(s)
			return true
		}
		r.offered = r.last
		_ = q.Answer(r.last)
	case *want.StoreSession:
		l.keep(q)
	case *want.OpenTicket:
		_ = q.Answer(r.tickets.Open(q.Now, q.Ticket))
	case *want.SealTicket:
		if l.skipTicket {
			_ = q.Answer(nil)
			return true
		}
		ticket, err := r.tickets.Seal(q.Now, q.Session)
		if err != nil {
			_ = q.Fail(err)
			return true
		}
		_ = q.Answer(ticket)
	default:
		return false
	}
	return true
}

func (l *link) keep(q *want.StoreSession) {
	r := &l.resumption
	switch {
	case !l.server:
		if q.Session != r.offered {
			r.given = q.Session
		}
	case l.noTicket && q.Session.Version == tls13:
		_ = q.Fail(errNoTicket)
		return
	default:
		r.given = q.Session
		r.store.Put(string(q.ID), q.Session)
	}
	_ = q.Answer(struct{}{})
}
