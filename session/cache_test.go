package session

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vitro-tls/vitro/want"
)

// The cache keeps what was asked for last, and one session for each key.
func TestCache(t *testing.T) {
	c := NewCache(2)
	a, b, d := &want.Session{ServerName: "a"}, &want.Session{ServerName: "b"}, &want.Session{ServerName: "d"}
	c.Put("a", b)
	c.Put("a", a)
	c.Put("b", b)
	if s, ok := c.Get("a"); !ok || s != a {
		t.Errorf("a: %v, %v", s, ok)
	}
	c.Put("d", d)
	if _, ok := c.Get("b"); ok {
		t.Error("what was not asked for the longest is still there")
	}
	if s, ok := c.Get("a"); !ok || s != a {
		t.Error("what was asked for is gone")
	}
	c.Put("a", nil)
	if _, ok := c.Get("a"); ok {
		t.Error("Put with nil removes nothing")
	}
	c.Put("never there", nil)
	if s, ok := c.Take("d"); !ok || s != d {
		t.Errorf("Take: %v, %v", s, ok)
	}
	if _, ok := c.Take("d"); ok {
		t.Error("taken twice")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := NewCache(0)
	for i := range 10 * DefaultCapacity {
		c.Put(fmt.Sprint(i), &want.Session{})
	}
	inOrder := 0
	for e := c.order.next; e != &c.order; e = e.next {
		inOrder++
	}
	if len(c.byKey) != DefaultCapacity || inOrder != DefaultCapacity {
		t.Errorf("it holds %d, and %d in order", len(c.byKey), inOrder)
	}
}

// Of many connections that are made at once, one gets the session.
func TestTakenOnce(t *testing.T) {
	c := NewCache(0)
	for range 100 {
		c.Put("host", &want.Session{})
		var got atomic.Int32
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, ok := Take(c, "host"); ok {
					got.Add(1)
				}
			})
		}
		if group.Wait(); got.Load() != 1 {
			t.Fatalf("%d connections got the same session", got.Load())
		}
	}
}

// plain is a store that cannot Take.
type plain struct{ c *Cache }

func (p plain) Get(key string) (*want.Session, bool) { return p.c.Get(key) }
func (p plain) Put(key string, s *want.Session)      { p.c.Put(key, s) }

func TestTakeFromPlainStore(t *testing.T) {
	p := plain{NewCache(0)}
	p.Put("host", &want.Session{})
	if s, ok := Take(p, "host"); !ok || s == nil {
		t.Error("nothing to take")
	}
	if _, ok := Take(p, "host"); ok {
		t.Error("taken twice")
	}
}
