package bench

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// Contest is one thing that several do.
type Contest struct {
	Name        string
	Contestants []Contestant
}

// Contestant is who does it. Measure does it for about that long, and takes what it costs.
type Contestant struct {
	Name    string
	Measure func(t TB, about time.Duration) Cost
}

// Names of the contestants that are in most contests.
const (
	Vitro           = "vitro"
	CryptoTLS       = "crypto-tls"
	VitroClient     = "vitro client, crypto-tls server"
	CryptoTLSClient = "crypto-tls client, vitro server"
)

// Cost is what Count operations cost.
type Cost struct {
	Count          int
	Bytes          int64         // of plaintext that arrived
	CPU            time.Duration // of this process, in the kernel too
	Client, Server time.Duration // the ends' parts in it, 0 where they are not told apart
	Wall           time.Duration
	Allocations    uint64        // only those of the operations
	Blocked        time.Duration // spent by goroutines waiting for locks
}

// PerSecond is how many operations one processor does in a second.
func (c Cost) PerSecond() float64 { return float64(c.Count) / c.CPU.Seconds() }

// Gigabits is how many gigabits one processor moves in a second.
func (c Cost) Gigabits() float64 { return float64(c.Bytes) * 8 / 1e9 / c.CPU.Seconds() }

// Each is the allocations of one operation.
func (c Cost) Each() float64 { return float64(c.Allocations) / float64(c.Count) }

// Try runs f, whose TB ends it. It returns why, if that was a failure.
func Try(f func(TB)) (err error) {
	t := new(trial)
	defer func() {
		for i := len(t.cleanups) - 1; i >= 0; i-- {
			t.cleanups[i]()
		}
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.err
		default:
			panic(r)
		}
	}()
	f(t)
	return nil
}

type failure struct{ err error }

type trial struct{ cleanups []func() }

func (t *trial) Helper()                           {}
func (t *trial) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *trial) Fatal(args ...any)                 { panic(failure{fmt.Errorf("%s", fmt.Sprint(args...))}) }
func (t *trial) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// quiet makes the rest of f run on that many processors and on a heap that was just swept.
func quiet(processors int, f func()) {
	before := runtime.GOMAXPROCS(processors)
	defer runtime.GOMAXPROCS(before)
	runtime.GC()
	f()
}

// Handshakes are the kinds of handshake. An operation is both ends' part in one, in memory, on one processor.
func Handshakes() []Contest {
	var all []Contest
	for _, a := range exchanges {
		c := Contest{Name: a.name}
		for _, p := range a.all() {
			c.Contestants = append(c.Contestants, Contestant{p.impl, p.measureHandshakes})
		}
		all = append(all, c)
	}
	return all
}

// all are both implementations, and each as the other one's peer.
func (a agreement) all() []peers {
	roots := testkit.PKI().Roots
	ours, theirs := a.vitro(roots, nil), a.cryptoTLS(roots)
	return []peers{ours, theirs,
		{VitroClient, a.resumed, ours.client, theirs.server},
		{CryptoTLSClient, a.resumed, theirs.client, ours.server},
	}
}

func (p peers) measureHandshakes(t TB, about time.Duration) (cost Cost) {
	t.Helper()
	few := func(done int) bool { return done < 20 }
	quiet(1, func() {
		p.takeTurns(t, allocationMeter(), few) // what is made once, and the first session
		allocations := p.takeTurns(t, allocationMeter(), few)
		wall := wallTime()
		spent := p.takeTurns(t, processorMeter, func(done int) bool { return done == 0 || wallTime()-wall < about })
		cost = Cost{
			Count:  spent.handshakes,
			CPU:    time.Duration(spent.client + spent.server),
			Client: time.Duration(spent.client),
			Server: time.Duration(spent.server),
			Wall:   wallTime() - wall,
			// Of as many handshakes as were timed.
			Allocations: (allocations.client + allocations.server) * uint64(spent.handshakes) / uint64(allocations.handshakes),
		}
	})
	return cost
}

// Connections are what a handshake comes on: a TCP connection over loopback that is made, accepted, says one byte each way
// and is closed. An operation is both ends' part, the kernel's included.
func Connections() Contest {
	return Contest{"TCP connection", []Contestant{{"tcp", func(t TB, about time.Duration) (cost Cost) {
		quiet(1, func() { cost = connections(t, about) })
		return cost
	}}}}
}

func connections(t TB, about time.Duration) (cost Cost) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.CopyN(onlyWriter{c}, onlyReader{c}, 1)
				_, _ = c.Read(make([]byte, 1)) // the client closes first
			}()
		}
	}()
	counted, cpu, began := countAllocations(), processorTime(), wallTime()
	for cost.Count == 0 || wallTime()-began < about {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		var b [1]byte
		_, err = c.Write(b[:])
		if err == nil {
			_, err = io.ReadFull(c, b[:])
		}
		c.Close()
		if err != nil {
			t.Fatal(err)
		}
		cost.Count++
	}
	cost.CPU, cost.Wall, cost.Allocations = processorTime()-cpu, wallTime()-began, counted()
	return cost
}
