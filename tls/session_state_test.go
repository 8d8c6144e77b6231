package tls

import (
	"reflect"
	"testing"

	"github.com/vitro-tls/vitro/session"
)

// saved is a session as it may lie in a store elsewhere.
type saved struct{ ticket, state []byte }

// elsewhere is such a store, which can do no more than Get and Put.
type elsewhere map[string]saved

func (e elsewhere) Get(key string) (*ClientSessionState, bool) {
	state, err := ParseSessionState(e[key].state)
	if err != nil {
		return nil, false
	}
	cs, err := NewResumptionState(e[key].ticket, state)
	return cs, err == nil
}

func (e elsewhere) Put(key string, cs *ClientSessionState) {
	delete(e, key)
	ticket, state, err := cs.ResumptionState()
	if cs == nil || err != nil {
		return
	}
	if b, err := state.Bytes(); err == nil {
		e[key] = saved{ticket, b}
	}
}

// A store elsewhere keeps sessions as bytes.
func TestStoreElsewhere(t *testing.T) {
	cc, sc := resumingConfigs()
	store := elsewhere{}
	cc.ClientSessionCache = store
	for i := range 3 {
		if cs, _ := echo(t, cc, sc); cs.DidResume != (i > 0) || len(store) != 1 {
			t.Errorf("connection %d: resumed %v, with %d in store", i, cs.DidResume, len(store))
		}
	}
}

// What is no session is none that could be resumed.
func TestNoSession(t *testing.T) {
	if cs, err := NewResumptionState([]byte("ticket"), new(SessionState)); cs != nil || err == nil {
		t.Errorf("a SessionState of the caller's own makes %v", cs)
	}
	if _, err := new(SessionState).Bytes(); err == nil {
		t.Error("and has bytes")
	}
	if _, err := ParseSessionState([]byte("no session")); err == nil {
		t.Error("any bytes are a session")
	}
	var none *ClientSessionState
	if ticket, state, err := none.ResumptionState(); ticket != nil || state != nil || err != nil {
		t.Errorf("no session is %v, %v, %v", ticket, state, err)
	}
	// Put by a wrapper that has nothing, and a cache that lies.
	if s := take(liar{}, "key"); s != nil {
		t.Errorf("a cache that has none gives %v", s)
	}
}

type liar struct{}

func (liar) Get(string) (*ClientSessionState, bool) { return nil, true }
func (liar) Put(key string, cs *ClientSessionState) {}

// A cache is a pointer, as in crypto/tls: programs ask whether two Configs have the same.
func TestSessionCacheIsAPointer(t *testing.T) {
	for name, cache := range map[string]ClientSessionCache{
		"NewLRUClientSessionCache": NewLRUClientSessionCache(1), "ClientSessionsIn": ClientSessionsIn(session.NewCache(1)),
	} {
		if kind := reflect.TypeOf(cache).Kind(); kind != reflect.Pointer {
			t.Errorf("%s returns a %s", name, kind)
		}
	}
}
