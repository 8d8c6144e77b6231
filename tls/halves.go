package tls

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/internal/record"
)

// maxWrite is how much plaintext goes into one write to the network: a full record. Four at once cost a twentieth of the
// throughput, because what was sealed first had left the cache when the kernel came to copy it.
const maxWrite = record.MaxPlaintext

// sealed are lent to Write.
var sealed = sync.Pool{New: func() any {
	b := make([]byte, 0, record.MaxPlaintext+1024)
	return &b
}}

type readHalf struct {
	mu        sync.Mutex
	lent      lentBuffer
	plaintext []byte // of the last record, not yet read
	broken    error  // a read from the network failed, and stays failed

	deadline keptDeadline
	returned atomic.Pointer[chan struct{}] // told when a Read returns, for a Write that waits for what it finds
}

func (r *readHalf) unlock() {
	r.mu.Unlock()
	if told := r.returned.Load(); told != nil {
		select {
		case *told <- struct{}{}:
		default:
		}
	}
}

type writeHalf struct {
	mu      sync.Mutex
	broken  error        // a write to the network failed: part of a record may be out
	alerted atomic.Bool  // a fatal alert went out
	beside  atomic.Int32 // writes of session tickets or an answer beside a Read, from before they lock
	refused sync.Once    // a Write has failed, and the peer's reason been looked for
	soon    atomic.Bool  // so does, in a moment, what the read half has to say
}

// writeOut writes to the network; write.mu is held. After an error nobody knows what got out, so that nothing may
// follow.
func (c *Conn) writeOut(b []byte) error {
	if c.write.broken != nil || len(b) == 0 {
		return c.write.broken
	}
	_, err := c.conn.Write(b)
	c.write.broken = err
	return err
}

// flush writes what the read half has to say, if anything. What is no fatal alert is left to a Write that is going on:
// a peer that writes before it reads would wait for us otherwise, and we for it.
func (c *Conn) flush() {
	for c.engine.HasOutput() {
		if c.engine.Failed() {
			c.flushAlert()
			return
		}
		if !c.write.mu.TryLock() {
			return
		}
		_ = c.writeOut(c.engine.Output())
		c.write.mu.Unlock()
	}
}

// answerDelay is how long what the read half has to say may wait for a Write to go with.
var answerDelay = 100 * time.Millisecond

// flushSoon has it written in a moment, if no Write comes before. RFC 8446 §4.6.3: of a peer's requests for new keys all
// that come while we are silent get one answer. A Read does not wait until the peer has taken it.
func (c *Conn) flushSoon() {
	if !c.engine.HasOutput() || c.write.soon.Swap(true) {
		return
	}
	time.AfterFunc(answerDelay, c.sayAside)
}

// sayAside writes what the read half has to say, so that a Close waits for it. A Write that is going on takes it along.
func (c *Conn) sayAside() {
	c.write.soon.Store(false)
	if !c.engine.HasOutput() {
		return
	}
	c.write.beside.Add(1)
	defer c.write.beside.Add(-1)
	if !c.write.mu.TryLock() {
		return
	}
	said := c.engine.Output()
	if c.engine.Failed() { // meanwhile, so that the alert may be among it
		c.write.alerted.Store(true)
	}
	_ = c.writeOut(said)
	c.write.mu.Unlock()
	c.flush() // what a Read had to say meanwhile
}

// lockInTime locks the write half. A write that is stuck in it is interrupted by a deadline; where there is none, nobody
// waits for the write.
func (c *Conn) lockInTime() bool {
	if c.conn.SetWriteDeadline(time.Now().Add(alertTimeout)) != nil {
		return c.write.mu.TryLock()
	}
	c.write.mu.Lock()
	return true
}

// flushAlert writes a fatal alert. A peer that does not take it holds us up for a moment only.
func (c *Conn) flushAlert() {
	if !c.lockInTime() {
		return
	}
	defer c.write.mu.Unlock()
	_ = c.writeOut(c.engine.Output())
	c.write.alerted.Store(true)
}

// sayGoodbye says close_notify, once; write.mu is held.
func (c *Conn) sayGoodbye() error {
	c.tick()
	c.engine.Close()
	if !c.engine.HasOutput() {
		return nil
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(alertTimeout))
	err := c.writeOut(c.engine.Output())
	// Whatever the deadline was, nothing is written any more.
	_ = c.conn.SetWriteDeadline(time.Now())
	return err
}
