package tls

import (
	"sync"

	"github.com/vitro-tls/vitro/session"
)

// ticketKeys are a Config's, made when they are needed first.
type ticketKeys struct {
	mu      sync.Mutex
	tickets *session.Tickets
	set     bool     // by SetSessionTicketKeys or SessionTicketKey
	field   [32]byte // SessionTicketKey, as it was taken over
}

func (k *ticketKeys) get(c *Config) (tickets *session.Tickets, set bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tickets == nil {
		k.tickets = &session.Tickets{Rand: c.Rand}
	}
	if c.SessionTicketKey != k.field {
		k.field, k.tickets, k.set = c.SessionTicketKey, &session.Tickets{Rand: c.Rand}, true
		_ = k.tickets.SetKeys(c.SessionTicketKey) // which only fails without a key
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
	c.ticketKeys.tickets, c.ticketKeys.set, c.ticketKeys.field = tickets, true, c.SessionTicketKey
}

// EncryptTicket seals a session into a ticket with the keys in force, as is done without WrapSession. cs is not looked at.
func (c *Config) EncryptTicket(cs ConnectionState, ss *SessionState) ([]byte, error) {
	s, err := ss.resumable()
	if err != nil {
		return nil, err
	}
	tickets, _ := c.ticketKeys.get(c)
	return tickets.SealWith(c.Rand, c.now(), s)
}

// DecryptTicket opens what EncryptTicket sealed, as is done without UnwrapSession: nil, nil where that was with another
// key, or too long ago. cs is not looked at.
func (c *Config) DecryptTicket(identity []byte, cs ConnectionState) (*SessionState, error) {
	tickets, _ := c.ticketKeys.get(c)
	s := tickets.Open(c.now(), identity)
	if s == nil {
		return nil, nil
	}
	return newSessionState(s), nil
}
