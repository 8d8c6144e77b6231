package bench

import (
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// counter is the cheapest tracer.
type counter struct{ events atomic.Int64 }

func (c *counter) Event(event.Meta, event.Event) { c.events.Add(1) }

// Watched is what a handshake's events cost when nobody watches: how many there are, and what it costs to tell nobody of
// one.
type Watched struct {
	Handshake string
	Events    int           // of both ends, as a tracer that counts finds them
	Untold    time.Duration // of processor time, for a thousand events
}

// Watching counts the events of each kind of handshake.
func Watching(t TB) []Watched {
	t.Helper()
	var all []Watched
	untold := untold()
	for _, a := range exchanges {
		var told counter
		// The ends take turns: one counter serves both.
		p := a.vitro(testkit.PKI().Roots, &told)
		none := func() uint64 { return 0 }
		p.takeTurns(t, none, func(done int) bool { return done < 1 })
		told.events.Store(0)
		p.takeTurns(t, none, func(done int) bool { return done < 10 })
		all = append(all, Watched{a.name, int(told.events.Load()) / 10, untold})
	}
	return all
}

// untold is what a thousand events cost that nobody hears of. The event is a large one, made anew each time.
func untold() time.Duration {
	const thousands = 10_000
	var s event.Stream
	s.Init(nil, 0, 0)
	began := processorTime()
	for i := range thousands * 1000 {
		emit(&s, uint16(i))
	}
	return (processorTime() - began) / thousands
}

//go:noinline
func emit(s *event.Stream, suite uint16) {
	event.Emit(s, 2, event.SuiteChosen{Suite: wire.CipherSuite(suite)})
}
