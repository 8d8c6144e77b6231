// Package event has the typed events that tell what happens on a connection, and the [Tracer] that receives them.
//
// An event is a small value. It says what happened and, where there was a choice, what it was chosen from; sentences
// about it are made in package explain. Secrets never ride in events: a [SecretSink] is the one way for them.
//
// Watching costs nothing when nobody watches: [Emit] is generic, so that an event without a listener is not even
// moved to the heap.
package event

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/fault"
)

// Meta says which connection an event belongs to and where in its story.
type Meta struct {
	Conn uint64     // unique in this process
	Role fault.Role // whose view this is
	Seq  uint64     // counts the connection's events from 1
	Step fault.Step // one of the thirteen, or 0; within one role each step comes at most once; TLS 1.3, and a handshake that resumes, take them in another order
	Time time.Time  // as handed to the engine
}

// Tracer receives the events of connections. Calls are serialised per connection, not between connections. Slices
// and messages in an event are valid during the call only, and the call must not use the connection.
type Tracer interface {
	Event(Meta, Event)
}

// TracerFunc is a function that serves as a Tracer.
type TracerFunc func(Meta, Event)

func (f TracerFunc) Event(m Meta, e Event) { f(m, e) }

// Event is one of the types of this package.
type Event interface {
	// Kind names the event for programs: suite_chosen.
	Kind() string
}

// SecretSink receives the secrets of connections: labels as in the NSS key log format (CLIENT_RANDOM: the master
// secret), and PREMASTER: the premaster secret of RSA key exchange. Slices are valid during the call only. Calls come
// from many connections at once.
type SecretSink interface {
	Secret(label string, clientRandom, secret []byte)
}

// LabelPremaster is the one label of a SecretSink that the NSS key log format does not have: its file keys the
// premaster secret by the ciphertext instead.
const LabelPremaster = "PREMASTER"

// Stream numbers the events of one connection. The zero value has no listener.
type Stream struct{ to *listener }

// listener is made only where there is one.
type listener struct {
	tracer Tracer
	role   fault.Role
	conn   uint64

	mu  sync.Mutex
	seq uint64
	now time.Time
}

var conns atomic.Uint64

// NextConn returns a number that no other connection of this process has.
func NextConn() uint64 { return conns.Add(1) }

// Init makes a stream for a connection; tracer may be nil.
func (s *Stream) Init(tracer Tracer, role fault.Role, conn uint64) {
	if s.to = nil; tracer != nil {
		s.to = &listener{tracer: tracer, role: role, conn: conn}
	}
}

// Watched reports whether somebody listens, for values that are costly to work out.
func (s *Stream) Watched() bool { return s.to != nil }

// SetTime sets the time of the events to come.
func (s *Stream) SetTime(now time.Time) {
	if s.to == nil {
		return
	}
	s.to.mu.Lock()
	s.to.now = now
	s.to.mu.Unlock()
}

// Emit tells the stream's tracer of an event, if there is one.
func Emit[E Event](s *Stream, step fault.Step, e E) {
	if s.to == nil {
		return
	}
	deliver(s.to, step, e)
}

func deliver(s *listener, step fault.Step, e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	s.tracer.Event(Meta{Conn: s.conn, Role: s.role, Seq: s.seq, Step: step, Time: s.now}, e)
}

// Tee returns a tracer that tells several, in order; nil ones are left out.
func Tee(tracers ...Tracer) Tracer {
	var all tee
	for _, t := range tracers {
		if t != nil {
			all = append(all, t)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

type tee []Tracer

func (t tee) Event(m Meta, e Event) {
	for _, one := range t {
		one.Event(m, e)
	}
}
