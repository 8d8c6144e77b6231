package tls

import (
	"sync"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

// ClientSessionCache keeps a client's sessions. Unlike crypto/tls's its sessions are open values, which
// [want.Session.Marshal] makes ready for a store elsewhere. Put with nil removes a session. One that also has
//
//	Take(key string) (*want.Session, bool)
//
// gives each session away once, even to connections that are made at the same time. Its methods are called in the
// goroutines of Handshake and Read, by many connections at once.
//
// Configs with other Certificates may share a cache: none resumes as another. Who GetClientCertificate speaks for nobody
// knows before it is called, so that one that speaks for several needs a cache for each.
type ClientSessionCache = session.Store

// NewLRUClientSessionCache returns a cache in memory; a capacity below 1 is 64.
func NewLRUClientSessionCache(capacity int) ClientSessionCache { return session.NewCache(capacity) }

// ticketKeys are a Config's, made when they are needed first.
type ticketKeys struct {
	mu      sync.Mutex
	tickets *session.Tickets
	set     bool // by SetSessionTicketKeys
}

func (k *ticketKeys) get(c *Config) (tickets *session.Tickets, set bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tickets == nil {
		k.tickets = &session.Tickets{Rand: c.Rand}
	}
	return k.tickets, k.set
}

// SetSessionTicketKeys sets the keys of a server's session tickets, for servers that share them: the first seals, all
// open. It may be called while the Config is in use, and is to be called again and again: whoever gets hold of a key can
// take up the sessions in its tickets. Without it, keys change every day by themselves. It panics without a key, as
// crypto/tls does.
func (c *Config) SetSessionTicketKeys(keys [][32]byte) {
	tickets := &session.Tickets{Rand: c.Rand}
	if err := tickets.SetKeys(keys...); err != nil {
		panic("tls: " + err.Error())
	}
	c.ticketKeys.mu.Lock()
	defer c.ticketKeys.mu.Unlock()
	c.ticketKeys.tickets, c.ticketKeys.set = tickets, true
}

// tickets are those of the Config in force if it has keys of its own, else those of the one that the connection began
// with: GetConfigForClient may make a new Config for each client.
func (c *Conn) tickets() *session.Tickets {
	tickets, set := c.config.ticketKeys.get(c.config)
	if !set && c.config != c.first {
		tickets, _ = c.first.ticketKeys.get(c.first)
	}
	return tickets
}

// sessionBinding names what a session rests on: with anything else there is a full handshake. The roots and the name are
// not in it, because the certificates of a session are verified anew.
func (c *Config) sessionBinding() string {
	binding := ""
	if c.InsecureSkipVerify {
		binding = "not verified"
	}
	if c.ClientAuth != NoClientCert {
		binding += " client authentication " + c.ClientAuth.String()
	}
	return binding
}

// sessionKey names the server in the cache.
func (c *Conn) sessionKey() string {
	if c.config.ServerName != "" {
		return c.config.ServerName
	}
	return c.conn.RemoteAddr().String()
}

func (c *Conn) storeSession(q *want.StoreSession) {
	if c.role == fault.Server {
		c.config.SessionStore.Put(string(q.ID), q.Session)
		return
	}
	c.config.ClientSessionCache.Put(c.sessionKey(), q.Session)
}

func (c *Conn) loadSession(q *want.LoadSession) *want.Session {
	if c.role == fault.Server {
		s, _ := c.config.SessionStore.Get(string(q.ID))
		return s
	}
	return c.takeSession(q)
}

// takeSession takes a session whose server would be trusted today: one that would not be is left out now, rather than
// refused later when only a new connection could help.
func (c *Conn) takeSession(q *want.LoadSession) *want.Session {
	s, ok := session.Take(c.config.ClientSessionCache, c.sessionKey())
	if !ok || s == nil || c.config.InsecureSkipVerify {
		return s
	}
	verdict := c.config.verifier(c.config.RootCAs).Verify(want.Peer{
		Chain:        s.PeerCertificates,
		OCSPResponse: s.OCSPResponse,
		SCTs:         s.SCTs,
		State:        want.ConnectionState{ServerName: q.ServerName},
		Now:          q.Now,
		Watched:      q.Watched,
	}, c.role)
	if verdict.Err != nil {
		return nil
	}
	c.loaded = &verdict
	return s
}

// storeSessions takes up what the engine has to store. It holds nothing up but this Read.
func (c *Conn) storeSessions() {
	for c.engine.HasQuestion() {
		if q, ok := c.engine.Step(c.config.now()).(want.Question); ok {
			c.answer(q)
		}
	}
}

// sendTickets sends a server's tickets when it begins to wait for its client, which may wait for them; read.mu is held.
// A client that writes before it reads is not waited for: the write goes on beside the Read. Where the server has spoken
// before, they are gone already.
func (c *Conn) sendTickets() {
	c.read.tickets = false
	if !c.engine.HasTicket() || !c.write.mu.TryLock() {
		return
	}
	tickets := c.engine.Output()
	c.write.tickets.Store(true)
	go func() {
		_ = c.writeOut(tickets)
		c.write.mu.Unlock()
		c.write.tickets.Store(false)
		c.flush() // what a Read had to say meanwhile
	}()
}

// lockToClose locks the write half, unless a Write is stuck in it, which the close interrupts. Tickets on their way are
// no Write of the caller's: they are waited for, within bounds, so that close_notify can follow.
func (c *Conn) lockToClose() bool {
	if c.write.tickets.Load() {
		_ = c.conn.SetWriteDeadline(time.Now().Add(alertTimeout))
		c.write.mu.Lock()
		return true
	}
	return c.write.mu.TryLock()
}

func (c *Conn) answerSession(q want.Question) {
	switch q := q.(type) {
	case *want.LoadSession:
		_ = q.Answer(c.loadSession(q))
	case *want.StoreSession:
		c.storeSession(q)
		_ = q.Answer(struct{}{})
	case *want.OpenTicket:
		_ = q.Answer(c.tickets().Open(q.Now, q.Ticket))
	case *want.SealTicket:
		ticket, err := c.tickets().Seal(q.Now, q.Session)
		if err != nil {
			_ = q.Fail(err)
			return
		}
		_ = q.Answer(ticket)
	default:
		_ = q.Fail(fault.New(fault.InternalError).With("no answer to " + q.Name()))
	}
}
