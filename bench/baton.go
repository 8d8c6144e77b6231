package bench

import (
	"net"
	"runtime"
	"time"
)

// baton is held by the one side of two that works, so that what is spent meanwhile is that side's.
type baton struct {
	turn  [2]chan struct{}
	meter meter
	spent [2]uint64
	mark  uint64
}

// meter is read at every change of hands.
type meter func() uint64

func newBaton(m meter) *baton {
	return &baton{turn: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}, meter: m}
}

// allocationMeter counts this process's allocations.
func allocationMeter() meter {
	var stats runtime.MemStats
	return func() uint64 {
		runtime.ReadMemStats(&stats)
		return stats.Mallocs
	}
}

// processorMeter counts the nanoseconds that this process has been on a processor: other people's work on the same
// machine does not count.
func processorMeter() uint64 { return uint64(processorTime() / time.Nanosecond) }

// start gives it to side 0.
func (b *baton) start() { b.mark = b.meter() }

// begin waits for it the first time.
func (b *baton) begin(side int) { <-b.turn[side] }

// wait gives it away and waits for it.
func (b *baton) wait(side int) {
	b.end(side)
	<-b.turn[side]
}

// end gives it away.
func (b *baton) end(side int) {
	now := b.meter()
	b.spent[side] += now - b.mark
	b.mark = now
	b.turn[1-side] <- struct{}{}
}

// turnTaker is an end of a connection whose peer stands still while it works itself, and the other way round.
type turnTaker struct {
	*duplex
	pass *baton
	side int
}

func (t *turnTaker) Read(b []byte) (int, error) {
	if t.in.waiting() == 0 {
		t.pass.wait(t.side)
	}
	return t.duplex.Read(b)
}

var _ net.Conn = (*turnTaker)(nil)
