package session

import (
	"container/list"
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
	order    list.List // of *entry, the latest first
	byKey    map[string]*list.Element
}

type entry struct {
	key     string
	session *want.Session
}

// NewCache makes a Cache; a capacity below 1 is DefaultCapacity.
func NewCache(capacity int) *Cache {
	if capacity < 1 {
		capacity = DefaultCapacity
	}
	return &Cache{capacity: capacity, byKey: map[string]*list.Element{}}
}

// Get returns a session and leaves it in its place.
func (c *Cache) Get(key string) (*want.Session, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*entry).session, true
}

// Take returns a session and forgets it.
func (c *Cache) Take(key string) (*want.Session, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.remove(e)
	return e.Value.(*entry).session, true
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
	c.byKey[key] = c.order.PushFront(&entry{key, s})
	if len(c.byKey) > c.capacity {
		c.remove(c.order.Back())
	}
}

func (c *Cache) remove(e *list.Element) {
	c.order.Remove(e)
	delete(c.byKey, e.Value.(*entry).key)
}
