package tls

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

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

// sessionKey names the server in the cache, "" where nothing names it.
func (c *Conn) sessionKey() string {
	if c.config.ServerName != "" {
		return c.config.ServerName
	}
	if addr := c.conn.RemoteAddr(); addr != nil {
		return addr.String()
	}
	return ""
}

func (c *Conn) storeSession(q *want.StoreSession) {
	if c.role == fault.Server {
		c.config.SessionStore.Put(string(q.ID), q.Session)
		return
	}
	key := c.sessionKey()
	switch cache, ok := c.config.ClientSessionCache.(*inStore); {
	case key == "":
	case ok:
		cache.store.Put(key, q.Session)
	default:
		c.config.ClientSessionCache.Put(key, &ClientSessionState{q.Session})
	}
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
	key := c.sessionKey()
	if key == "" {
		return nil
	}
	s := take(c.config.ClientSessionCache, key)
	if s == nil || c.config.InsecureSkipVerify {
		return s
	}
	verdict := c.config.verifier(c.config.RootCAs).Verify(want.Peer{
		Chain:        s.PeerCertificates,
		Verified:     s.VerifiedChains,
		OCSPResponse: s.OCSPResponse,
		SCTs:         s.SCTs,
		State:        want.ConnectionState{ServerName: q.ServerName},
		Now:          q.Now,
		Watched:      q.Watched,
	}, c.role)
	if verdict.Err != nil {
		return nil
	}
	if c.shaking != nil {
		c.shaking.loaded = &verdict
	}
	return s
}

// storeSessions takes up what the engine has to store. It holds nothing up but this Read. What has to go out first, such
// as the answer to a KeyUpdate, may wait for a Write; then the next record is soon enough.
func (c *Conn) storeSessions() {
	for c.engine.HasQuestion() {
		switch w := c.engine.Step(c.config.now()).(type) {
		case want.Question:
			c.answer(w)
		case want.HaveOutput:
			if c.flush(); c.engine.HasOutput() {
				return
			}
		}
	}
}

// sendTickets sends a server's tickets when it begins to wait for its client, which may wait for them; read.mu is held.
// A client that writes before it reads is not waited for: the write goes on beside the Read. Where the server has spoken
// before, they are gone already.
func (c *Conn) sendTickets() {
	c.ticketsWait = false
	if !c.engine.HasTicket() {
		return
	}
	c.write.beside.Add(1)
	if !c.write.mu.TryLock() {
		c.write.beside.Add(-1)
		return
	}
	tickets := c.engine.Output()
	go func() {
		defer c.write.beside.Add(-1)
		_ = c.writeOut(tickets)
		c.write.mu.Unlock()
		c.flush() // what a Read had to say meanwhile
	}()
}

// lockToClose locks the write half, unless a Write is stuck in it, which the close interrupts. Tickets on their way are
// no Write of the caller's: they are waited for, within bounds, so that close_notify can follow.
func (c *Conn) lockToClose() bool {
	if c.write.beside.Load() > 0 {
		return c.lockInTime()
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
		s, err := c.openTicket(q)
		answer(q, s, err)
	case *want.SealTicket:
		ticket, err := c.sealTicket(q)
		answer(q, ticket, err)
	default:
		_ = q.Fail(fault.New(fault.InternalError).With("no answer to " + q.Name()))
	}
}

func answer[T any](q interface {
	Answer(T) error
	Fail(error) error
}, v T, err error) {
	if err != nil {
		_ = q.Fail(err)
		return
	}
	_ = q.Answer(v)
}

func (c *Conn) openTicket(q *want.OpenTicket) (*want.Session, error) {
	if c.config.UnwrapSession == nil {
		return c.tickets().Open(q.Now, q.Ticket), nil
	}
	s, err := c.config.UnwrapSession(q.Ticket, connectionState(c.engine.State()))
	if err != nil {
		c.refuse("UnwrapSession", err)
		return nil, err
	}
	if s == nil {
		return nil, nil
	}
	return s.resumable()
}

func (c *Conn) sealTicket(q *want.SealTicket) ([]byte, error) {
	if c.config.WrapSession == nil {
		return c.tickets().SealWith(c.config.Rand, q.Now, q.Session)
	}
	ticket, err := c.config.WrapSession(connectionState(c.engine.State()), newSessionState(q.Session))
	if err != nil {
		c.refuse("WrapSession", err)
	}
	return ticket, err
}

// refuse ends the handshake, if one is going on.
func (c *Conn) refuse(callback string, err error) {
	if c.shaking != nil {
		c.shaking.err = callbackFailed(callback, err)
	}
}

func callbackFailed(name string, err error) error {
	return fault.New(fault.InternalError).With(name + " failed").Advise("the program's own callback says why").Because(err)
}
