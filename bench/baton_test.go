package bench

import "runtime"

// baton is held by the one side of two that works, so that what is allocated meanwhile is that side's.
type baton struct {
	turn        [2]chan struct{}
	allocations [2]uint64
	before      uint64
	stats       runtime.MemStats
}

func newBaton() *baton {
	return &baton{turn: [2]chan struct{}{make(chan struct{}, 1), make(chan struct{}, 1)}}
}

func (b *baton) now() uint64 {
	runtime.ReadMemStats(&b.stats)
	return b.stats.Mallocs
}

// start gives it to side 0.
func (b *baton) start() { b.before = b.now() }

// begin waits for it the first time.
func (b *baton) begin(side int) { <-b.turn[side] }

// wait gives it away and waits for it.
func (b *baton) wait(side int) {
	b.end(side)
	<-b.turn[side]
}

// end gives it away.
func (b *baton) end(side int) {
	now := b.now()
	b.allocations[side] += now - b.before
	b.before = now
	b.turn[1-side] <- struct{}{}
}
