package bench

import (
	"runtime"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
)

func BenchmarkWatching(b *testing.B) {
	roots := testkit.PKI().Roots
	for _, watched := range []struct {
		name   string
		tracer event.Tracer
	}{{"none", nil}, {"counting", new(counter)}} {
		for _, a := range exchanges {
			b.Run("of=handshake/kx="+a.name+"/tracer="+watched.name, func(b *testing.B) {
				handshakes(b, a.vitro(roots, watched.tracer), networks[0])
			})
		}
		b.Run("of=record/tracer="+watched.name, func(b *testing.B) {
			oneProcessor(b)
			client, server := ciphers[0].vitro(roots, watched.tracer).connect(b, networks[0])
			record := throughConns(client, server, 1400)
			b.ReportAllocs()
			for b.Loop() {
				if err := record(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// With no tracer no allocation of a whole handshake is made on behalf of an event. That it would be found is shown
// by the same handshake with a tracer.
func TestWatchingCostsNothingWhenNobodyWatches(t *testing.T) {
	for _, a := range exchanges {
		if a.resumed {
			continue // engines would not
		}
		t.Run(a.name, func(t *testing.T) {
			for where, n := range eventAllocations(func() { a.engines(t, nil) }) {
				t.Errorf("nobody watches, and yet %d allocations in %s", n, where)
			}
			tracer := new(counter)
			found := int64(0)
			for _, n := range eventAllocations(func() { a.engines(t, tracer) }) {
				found += n
			}
			if events := tracer.events.Load(); events == 0 || found < events/2 {
				t.Errorf("%d events cost %d allocations that were found: the other half of this test sees nothing", events, found)
			}
		})
	}
}

// eventAllocations runs f and returns how many allocations were made under which function of package event.
func eventAllocations(f func()) map[string]int64 {
	before := runtime.MemProfileRate
	runtime.MemProfileRate = 1
	defer func() { runtime.MemProfileRate = before }()
	earlier := profile()
	f()
	found := map[string]int64{}
	for stack, n := range profile() {
		if n -= earlier[stack]; n > 0 {
			if where := eventFrame(stack); where != "" {
				found[where] += n
			}
		}
	}
	return found
}

type stack [32]uintptr

// profile returns the allocations so far. They become visible with the end of the second garbage collection.
func profile() map[stack]int64 {
	runtime.GC()
	runtime.GC()
	records := make([]runtime.MemProfileRecord, 1000)
	for {
		n, ok := runtime.MemProfile(records, true)
		if ok {
			records = records[:n]
			break
		}
		records = make([]runtime.MemProfileRecord, n+1000)
	}
	counts := map[stack]int64{}
	for _, r := range records {
		counts[r.Stack0] += r.AllocObjects
	}
	return counts
}

// eventFrame names the function of package event that an allocation was made under, and who called it.
func eventFrame(s stack) string {
	depth := 0
	for depth < len(s) && s[depth] != 0 {
		depth++
	}
	frames := runtime.CallersFrames(s[:depth])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "vitro/event.") {
			caller, _ := frames.Next()
			return frame.Function + ", called by " + caller.Function
		}
		if !more {
			return ""
		}
	}
}
