package tls

import (
	"errors"

	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
)

// ClientSessionCache keeps a client's sessions. Put with nil removes a session. One that also has
//
//	Take(sessionKey string) (*ClientSessionState, bool)
//
// gives each session away once, even to connections that are made at the same time. Its methods are called in the
// goroutines of Handshake and Read, by many connections at once.
//
// Configs with other Certificates may share a cache: none resumes as another. Who GetClientCertificate speaks for nobody
// knows before it is called, so that one that speaks for several needs a cache for each.
type ClientSessionCache interface {
	// Get returns a session, and whether there is one.
	Get(sessionKey string) (session *ClientSessionState, ok bool)
	// Put keeps a session in the place of the one before; nil removes that.
	Put(sessionKey string, cs *ClientSessionState)
}

// NewLRUClientSessionCache returns a cache in memory; a capacity below 1 is 64.
func NewLRUClientSessionCache(capacity int) ClientSessionCache {
	return ClientSessionsIn(session.NewCache(capacity))
}

// ClientSessionsIn keeps a client's sessions in a store of open values.
func ClientSessionsIn(store session.Store) ClientSessionCache { return &inStore{store} }

// inStore is used by its pointer, so that caches can be compared: two over one store are two.
type inStore struct{ store session.Store }

func (c *inStore) Get(key string) (*ClientSessionState, bool) { return clientState(c.store.Get(key)) }

// Take gives each session away once, where the store can.
func (c *inStore) Take(key string) (*ClientSessionState, bool) {
	return clientState(session.Take(c.store, key))
}

func (c *inStore) Put(key string, cs *ClientSessionState) {
	if cs == nil {
		c.store.Put(key, nil)
		return
	}
	c.store.Put(key, cs.session)
}

func clientState(s *want.Session, ok bool) (*ClientSessionState, bool) {
	if !ok || s == nil {
		return nil, false
	}
	return &ClientSessionState{s}, true
}

// take takes a session out of a cache, nil for none: at once where the cache can, else by Get and Put, between which
// another connection may get the same.
func take(cache ClientSessionCache, key string) *want.Session {
	if c, ok := cache.(*inStore); ok {
		if s, ok := session.Take(c.store, key); ok {
			return s
		}
		return nil
	}
	taker, can := cache.(interface {
		Take(sessionKey string) (*ClientSessionState, bool)
	})
	var cs *ClientSessionState
	var ok bool
	switch {
	case can:
		cs, ok = taker.Take(key)
	default:
		if cs, ok = cache.Get(key); ok {
			cache.Put(key, nil)
		}
	}
	if !ok || cs == nil {
		return nil
	}
	return cs.session
}

// ClientSessionState is what a client can resume a connection with. It holds secrets.
type ClientSessionState struct{ session *want.Session }

// ResumptionState takes a session apart, for a store elsewhere: what the client will show the server, and the rest, which
// SessionState.Bytes encodes.
func (cs *ClientSessionState) ResumptionState() (ticket []byte, state *SessionState, err error) {
	if cs == nil || cs.session == nil {
		return nil, nil, nil
	}
	if ticket = cs.session.Ticket; len(ticket) == 0 {
		ticket = cs.session.ID // TLS 1.2 without tickets
	}
	return ticket, newSessionState(cs.session), nil
}

// NewResumptionState puts together what ResumptionState took apart.
func NewResumptionState(ticket []byte, state *SessionState) (*ClientSessionState, error) {
	s, err := state.resumable()
	if err != nil {
		return nil, err
	}
	if len(s.Ticket) == 0 && len(s.ID) > 0 {
		s.ID = ticket
	} else {
		s.Ticket = ticket
	}
	return &ClientSessionState{s}, nil
}

// SessionState is a session in the hands of the program: a client's, between ResumptionState and NewResumptionState, or a
// server's, between WrapSession and UnwrapSession.
type SessionState struct {
	// Extra is the program's, to append to; it is encoded with the session.
	Extra [][]byte
	// EarlyData says whether 0-RTT may come with it, of which there is none yet: it is always false, and not encoded.
	EarlyData bool

	session *want.Session
}

func newSessionState(s *want.Session) *SessionState { return &SessionState{Extra: s.Extra, session: s} }

var errNoSession = errors.New("tls: a SessionState that neither this package nor ParseSessionState has made")

// resumable returns the session with the program's Extra. It may be changed.
func (s *SessionState) resumable() (*want.Session, error) {
	if s == nil || s.session == nil {
		return nil, errNoSession
	}
	own := *s.session
	own.Extra = s.Extra
	return &own, nil
}

// Bytes encodes the session for ParseSessionState. The bytes are as secret as the session, and those of crypto/tls are
// others.
func (s *SessionState) Bytes() ([]byte, error) {
	own, err := s.resumable()
	if err != nil {
		return nil, err
	}
	return own.Marshal()
}

// ParseSessionState decodes what Bytes made.
func ParseSessionState(data []byte) (*SessionState, error) {
	s, err := want.UnmarshalSession(data)
	if err != nil {
		return nil, err
	}
	return newSessionState(s), nil
}
