package server13

import (
	"crypto/hmac"
	"encoding/binary"
	"slices"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Resumption: a ticket of before takes the place of certificate and signature. RFC 8446 §2.2.

// maxIdentities is how many of a client's tickets are looked at; each is a question.
const maxIdentities = 4

// withoutBinders is what the binders of a ClientHello cover of it. RFC 8446 §4.2.11.2.
func withoutBinders(ch *wire.ClientHello) []byte { return ch.Raw()[:len(ch.Raw())-ch.BindersLen()] }

func hashWithoutBinders(s *suite.Suite, ch *wire.ClientHello) []byte {
	if !ch.Has(wire.ExtPreSharedKey) {
		return nil
	}
	return mac.Sum(make([]byte, 0, s.Hash.Size()), s.Hash, withoutBinders(ch))
}

// resume looks at the tickets that a client shows, before there is a full handshake.
func resume(d *hs.Desk, n *hs.Negotiated, share *wire.KeyShare, truncated []byte) (hs.State, error) {
	ch := n.ClientHello
	if !ch.Has(wire.ExtPreSharedKey) {
		return certify(d, n, share)
	}
	// RFC 8446 §4.1.1, §4.2.9, §9.2: a client says how its keys may be used.
	if !ch.Has(wire.ExtPSKModes) {
		return nil, fault.New(fault.MissingExtension).With(wire.ExtPSKModes.String())
	}
	if !d.Config.ServerSessions && !d.Config.ServerStore {
		return certify(d, n, share)
	}
	if !slices.Contains(ch.PSKModes, wire.PSKModeDHE) {
		hs.Tell(d, 0, event.Resumption{Why: event.ResumptionNoMode})
		return certify(d, n, share)
	}
	return ticketCheck{n, share, truncated, 0}.ask(d)
}

// ticketCheck is what is known while the ticket number at is looked at.
type ticketCheck struct {
	*hs.Negotiated
	share     *wire.KeyShare
	truncated []byte
	at        int
}

func (c ticketCheck) ask(d *hs.Desk) (hs.State, error) {
	ticket := c.ClientHello.PSKIdentities[c.at].Identity
	var question hello.SessionQuestion
	switch {
	case d.Config.ServerSessions:
		question = want.NewOpenTicket(d.Asker, ticket, d.Now)
	case len(ticket) == hello.SessionIDLen:
		question = want.NewLoadByID(d.Asker, ticket, d.Now, d.Stream.Watched())
	default:
		return c.next(d, event.ResumptionUnknownTicket)
	}
	d.Ask(question)
	return awaitTicket{c, question}, nil
}

// next goes on when a ticket is of no use.
func (c ticketCheck) next(d *hs.Desk, why event.ResumptionReason) (hs.State, error) {
	hs.Tell(d, 0, event.Resumption{Why: why})
	if c.at++; c.at < min(len(c.ClientHello.PSKIdentities), maxIdentities) {
		return c.ask(d)
	}
	return certify(d, c.Negotiated, c.share)
}

// awaitTicket: which session is in the ticket, or in the store under it?
type awaitTicket struct {
	ticketCheck
	question hello.SessionQuestion
}

func (s awaitTicket) Question() want.Question { return s.question }

func (s awaitTicket) Resume(d *hs.Desk) (hs.State, error) {
	session, err := s.question.Result()
	if err != nil || session == nil {
		return s.next(d, event.ResumptionUnknownTicket)
	}
	// The age that the client says is for early data (RFC 8446 §4.2.11.1); our own ticket says when it was made.
	if why := hello.Acceptable(d, s.Negotiated, session); why != event.ResumptionTaken {
		return s.next(d, why)
	}
	if suite.ByID(session.Suite).Hash != s.Suite.Hash {
		return s.next(d, event.ResumptionOtherHash)
	}
	// RFC 8446 §4.2.11: no session is taken up without the proof that the client has its secret. In constant time.
	var space [mac.MaxSize]byte
	binder := keys13.ResumptionBinder(space[:0], s.Suite, session.Secret, s.truncated)
	if !hmac.Equal(binder, s.ClientHello.PSKBinders[s.at]) {
		return nil, fault.New(fault.WrongBinder)
	}
	n := s.Resuming(session)
	if len(n.PeerCertificates) == 0 {
		return s.accept(d, n)
	}
	return awaitOldPeer{s.ticketCheck, n, hello.AskVerdict(d, n)}, nil
}

// awaitOldPeer: is the client of the session still trusted? If not, it may introduce itself anew.
type awaitOldPeer struct {
	ticketCheck
	resumed  *hs.Negotiated
	question *want.VerifyPeer
}

func (s awaitOldPeer) Question() want.Question { return s.question }

func (s awaitOldPeer) Resume(d *hs.Desk) (hs.State, error) {
	verdict, err := s.question.Result()
	if err != nil || verdict.Err != nil {
		return s.next(d, event.ResumptionPeerRefused)
	}
	n, err := hello.TakeVerdict(d, s.resumed, s.question)
	if err != nil {
		return nil, err
	}
	return s.accept(d, n)
}

// accept is the flight of a server that resumes: no certificate, no signature, no request for any. RFC 8446
// §2.2, §4.3.2.
func (c ticketCheck) accept(d *hs.Desk, n *hs.Negotiated) (hs.State, error) {
	hs.TellResumed(d, n.Session)
	n.SelectedIdentity = uint16(c.at)
	h, err := serverHello(d, n, c.share)
	if err != nil {
		return nil, err
	}
	if err := d.Send(encryptedExtensions(d, h.Negotiated)); err != nil {
		return nil, err
	}
	return finish(d, h)
}

// giveTickets has tickets sealed once the handshake is done, for a client that can use them. RFC 8446 §4.6.1.
func giveTickets(d *hs.Desk, n *hs.Negotiated, a *hs.Application13) {
	if !d.Config.ServerSessions && !d.Config.ServerStore || !slices.Contains(n.ClientHello.PSKModes, wire.PSKModeDHE) {
		a.Forget()
		return
	}
	secret, suite, session := a.Resumption(d), n.Suite, n.NewSession(d)
	for i := range d.Config.Tickets {
		// RFC 8446 §4.6.1: another nonce for each ticket of a connection.
		nonce := []byte{byte(i)}
		own := session
		if i+1 < d.Config.Tickets {
			own = new(*session)
		}
		own.Secret = keys13.ResumptionPSK(suite, secret, nonce)
		giveTicket(d, own, nonce)
	}
	clear(secret)
}

// giveTicket has a session sealed into a ticket or, where there are no tickets, stored under an ID that is shown as one.
func giveTicket(d *hs.Desk, session *want.Session, nonce []byte) {
	var keep keeper
	d.AskAside(hs.Aside{
		Ask: func(d *hs.Desk) want.Question {
			session.Issued = d.Now
			left := session.Created.Add(d.Config.SessionLifetime).Sub(d.Now).Truncate(time.Second)
			session.Lifetime = min(left, d.Config.SessionLifetime) // the clock may have gone back
			if session.Lifetime <= 0 {
				return nil // a session is not made younger by resuming it
			}
			return keep.ask(d, session)
		},
		Take: func(d *hs.Desk) error {
			ticket := keep.ticket()
			if len(ticket) == 0 || len(ticket) > hello.MaxTicket {
				return nil // the client does without
			}
			add, err := draw(d, 4)
			if err != nil {
				return err
			}
			return d.SendLater(&wire.NewSessionTicket{
				Lifetime: uint32(session.Lifetime / time.Second),
				AgeAdd:   binary.BigEndian.Uint32(add),
				Nonce:    nonce,
				Ticket:   ticket,
			})
		},
	})
}

// keeper is one of two questions.
type keeper struct {
	seal  *want.SealTicket
	store *want.StoreSession
}

func (k *keeper) ask(d *hs.Desk, s *want.Session) want.Question {
	if d.Config.ServerSessions {
		k.seal = want.NewSealTicket(d.Asker, s, d.Now)
		return k.seal
	}
	id, err := draw(d, hello.SessionIDLen)
	if err != nil {
		return nil // the client does without
	}
	k.store = want.NewStoreSession(d.Asker, s, id)
	return k.store
}

// ticket is what the client will show, nil for nothing.
func (k *keeper) ticket() []byte {
	if k.seal != nil {
		sealed, _ := k.seal.Result()
		return sealed
	}
	if _, err := k.store.Result(); err != nil {
		return nil
	}
	return k.store.ID
}

func draw(d *hs.Desk, n int) ([]byte, error) {
	b := make([]byte, n)
	return b, d.Config.Draw(b)
}
