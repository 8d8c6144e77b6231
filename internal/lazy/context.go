// Package lazy has a context that costs nothing until somebody waits for it: it lies in what it belongs to, and makes its
// channel when Done is called. Most handshakes ask questions that are answered at once, and nobody waits.
package lazy

import (
	"context"
	"sync"
	"time"
)

// Context is cancelled by Cancel, or with the context that it follows. The zero value follows none. It must not be copied
// after its first use.
type Context struct {
	mu      sync.Mutex
	parent  context.Context
	err     error
	waiting *waiting // made by Done
}

// waiting is what a Context has that somebody waits for.
type waiting struct {
	done  chan struct{}
	turn  uint        // counts the parents, from 1
	stop  func() bool // ends waiting for parent
	after map[*func()]struct{}
}

// Leave makes the context follow none any more.
func (c *Context) Leave() { c.Follow(context.Background()) }

// Follow makes the context end with parent from now on, in the place of the one before. nil is Background.
func (c *Context) Follow(parent context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent = parent
	if w := c.waiting; w != nil {
		w.leave()
		w.turn++
		c.watch()
	}
}

func (w *waiting) leave() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

// watch waits for parent, now that somebody waits for c; mu is held.
func (c *Context) watch() {
	if c.err == nil && c.parent != nil && c.parent.Done() != nil {
		parent, turn := c.parent, c.waiting.turn
		c.waiting.stop = context.AfterFunc(parent, func() { c.end(parent.Err(), turn) })
	}
}

// Cancel ends the context.
func (c *Context) Cancel() { c.end(context.Canceled, 0) }

// end ends the context with err; turn is the parent's that has ended, 0 for none.
func (c *Context) end(err error, turn uint) {
	after := c.finish(err, turn)
	for f := range after { // package context starts goroutines where they are needed
		(*f)()
	}
}

func (c *Context) finish(err error, turn uint) (after map[*func()]struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.waiting
	if c.err != nil || turn != 0 && turn != w.turn {
		return nil
	}
	if c.err = err; w == nil {
		return nil
	}
	close(w.done)
	w.leave()
	after, w.after = w.after, nil
	return after
}

// Err is nil until the context has ended.
func (c *Context) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.parent != nil {
		return c.parent.Err()
	}
	return c.err
}

// Done is closed when the context ends.
func (c *Context) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		c.waiting = &waiting{done: make(chan struct{}), turn: 1}
		if c.err != nil {
			close(c.waiting.done)
		}
		c.watch()
	}
	return c.waiting.done
}

// Deadline and Value are those of the context that is followed.
func (c *Context) Deadline() (time.Time, bool) { return c.followed().Deadline() }
func (c *Context) Value(key any) any           { return c.followed().Value(key) }

func (c *Context) followed() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parent == nil {
		return context.Background()
	}
	return c.parent
}

// over has ended.
var over = func() context.Context {
	c, cancel := context.WithCancel(context.Background())
	cancel()
	return c
}()

// AfterFunc lets package context follow c without a goroutine that waits.
func (c *Context) AfterFunc(f func()) (stop func() bool) {
	c.Done() // from here on parent is waited for
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return context.AfterFunc(over, f) // elsewhere: package context holds a lock here that f takes

	}
	defer c.mu.Unlock()
	w := c.waiting
	if w.after == nil {
		w.after = make(map[*func()]struct{})
	}
	w.after[&f] = struct{}{}
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		_, waiting := w.after[&f]
		delete(w.after, &f)
		return waiting
	}
}
