// Package deep runs what needs a large stack on one that it gives back. A goroutine's stack grows to what its deepest call
// needs, and never returns to the 2 KiB that it began with: one that shook hands itself would keep 4 to 8 KiB for as long
// as its connection is open.
package deep

import (
	"runtime"
	"sync"
)

// Run runs f in a goroutine of its own and waits for it. It panics with what f panicked with, and ends the goroutine that
// called if f ended its own. The goroutine is a new one each time, rather than one of a pool: it is the caller's child, so
// that it has the caller's profiler labels and is in the caller's synctest bubble, and none is left behind.
func Run(f func()) {
	e := errands.Get().(*errand)
	e.f = f
	go e.start()
	e.mu.Lock()
	for !e.done {
		e.back.Wait()
	}
	e.mu.Unlock()
	returned, panicked := e.returned, e.panicked
	e.f, e.done, e.returned, e.panicked = nil, false, false, nil
	errands.Put(e)
	switch {
	case panicked != nil:
		panic(panicked)
	case !returned:
		runtime.Goexit()
	}
}

// errand is lent to one Run at a time.
type errand struct {
	f        func()
	start    func() // run, as a value that is made once
	mu       sync.Mutex
	back     sync.Cond // not a channel, which could not go from one synctest bubble to another
	done     bool
	returned bool
	panicked any
}

var errands = sync.Pool{New: func() any {
	e := new(errand)
	e.start, e.back.L = e.run, &e.mu
	return e
}}

func (e *errand) run() {
	defer e.end()
	grow(false)
	e.f()
	e.returned = true
}

func (e *errand) end() {
	e.panicked = recover()
	e.mu.Lock()
	e.done = true
	e.back.Signal()
	e.mu.Unlock()
}

// space is what a handshake needs, but for RSA; with what the runtime keeps for itself it makes a stack of 16 KiB.
const space = 12 << 10

// grow has a frame so large that the stack grows once, and not by every doubling on the way. It stays large until the
// goroutine ends.
//
//go:noinline
func grow(really bool) {
	if really { // never: the frame need not be cleared
		var frame [space]byte
		touch(&frame)
	}
}

//go:noinline
func touch(*[space]byte) {}
