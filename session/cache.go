package session

import (
	"sync"

	"github.com/vitro-tls/vitro/want"
)

// Store keeps a client's sessions, by a key that names the server, or a server's by their ID, which is as secret as what
// it leads to. A store elsewhere keeps them as [want.Session.Marshal] makes them, and minds its own time limits: Get is
// waited for. Its methods are called by many connections at once.
type Store interface {
	// Get returns a session. That it was there says nothing of its age.
	Get(key string) (s *want.Session, ok bool)
	// Put keeps a session in the place of the one before; nil removes that.
	Put(key string, s *want.Session)
}

// Taker is a Store that gives each session away once. RFC 8446 §C.4: who uses a ticket twice tells those on the way
// that both connections are his.
type Taker interface {
	Take(key string) (s *want.Session, ok bool)
}

// Take takes a session out of a store: at once where the store can, else by Get and Put, between which another
// connection may get the same.
func Take(store Store, key string) (*want.Session, bool) {
	if t, ok := store.(Taker); ok {
		return t.Take(key)
	}
	s, ok := store.Get(key)
	if ok {
		store.Put(key, nil)
	}
	return s, ok && s != nil
}

// DefaultCapacity is that of a Cache without another one.
const DefaultCapacity = 64

// Cache is a Store in memory that forgets what was not asked for the longest. It may be used by many connections at
// once.
type Cache struct {
	mu       sync.Mutex
	capacity int
	order    entry  // the ring of those that are kept, the latest behind it
	spare    *entry // to be used again: a session that is resumed is taken out, and another put in
	byKey    map[string]*entry
}

type entry struct {
	key        string
	session    *want.Session
	prev, next *entry
}

func (e *entry) unlink() { e.prev.next, e.next.prev = e.next, e.prev }

// link puts e behind another one.
func (e *entry) link(behind *entry) {
	e.prev, e.next = behind, behind.next
	e.prev.next, e.next.prev = e, e
}

// NewCache makes a Cache; a capacity below 1 is DefaultCapacity.
func NewCache(capacity int) *Cache {
	if capacity < 1 {
		capacity = DefaultCapacity
	}
	c := &Cache{capacity: capacity, byKey: map[string]*entry{}}
	c.order.prev, c.order.next = &c.order, &c.order
	return c
}

// Get returns a session and leaves it in its place.
func (c *Cache) Get(key string) (*want.Session, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	e.unlink()
	e.link(&c.order)
	return e.session, true
}

// Take returns a session and forgets it.
func (c *Cache) Take(key string) (*want.Session, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	s := e.session
	c.remove(e)
	return s, true
}

// Put keeps a session; nil removes the one that is there.
func (c *Cache) Put(key string, s *want.Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.remove(e)
	}
	if s == nil {
		return
	}
	e := c.spare
	if c.spare = nil; e == nil {
		e = new(entry)
	}
	e.key, e.session = key, s
	e.link(&c.order)
	c.byKey[key] = e
	if len(c.byKey) > c.capacity {
		c.remove(c.order.prev)
	}
}

func (c *Cache) remove(e *entry) {
	e.unlink()
	delete(c.byKey, e.key)
	*e = entry{}
	c.spare = e
}
