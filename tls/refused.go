package tls

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
)

// A peer that refuses us says why and closes. Whoever is writing meets the closed connection while the alert still lies
// unread: in TLS 1.3 a server judges its client's certificate when the client is done already. RFC 8446 §4.4.2.4.

// refusedWrite is an error of the network's, and the peer's alert, which is its reason.
type refusedWrite struct{ alert, network error }

func (e *refusedWrite) Error() string   { return e.alert.Error() }
func (e *refusedWrite) Unwrap() []error { return []error{e.alert, e.network} }

// refusalTime is for bytes that are here, and for the goroutine that reads them.
const refusalTime = 100 * time.Millisecond

func closedByPeer(err error) bool {
	return slices.ContainsFunc(closedErrors, func(closed error) bool { return errors.Is(err, closed) })
}

// reasonOf puts the alert that the peer closed with, if it did with one, in front of the error of a Write.
func (c *Conn) reasonOf(err error) error {
	if !closedByPeer(err) {
		return err
	}
	c.write.refused.Do(c.listen)
	return c.withAlert(err)
}

func (c *Conn) withAlert(err error) error {
	var alert *fault.PeerAlert
	if errors.As(c.engine.Failure(), &alert) {
		return &refusedWrite{c.findable(alert), err}
	}
	return err
}

// listen reads what has arrived, up to an alert, or waits until a Read that is going on has done so. Data in front of it
// are for a Read to come, of which there may be none.
func (c *Conn) listen() {
	returned := make(chan struct{}, 1)
	c.read.returned.Store(&returned)
	late := time.NewTimer(refusalTime)
	defer late.Stop()
	for c.engine.Failure() == nil && !c.hear() {
		select {
		case <-returned:
		case <-late.C:
			return
		}
	}
}

// hear reads, where nobody else does, and reports whether the peer has no more to say.
func (c *Conn) hear() bool {
	if !c.read.mu.TryLock() {
		return false
	}
	defer c.read.mu.Unlock()
	if c.conn.SetReadDeadline(time.Now().Add(refusalTime)) != nil {
		return true
	}
	defer c.read.deadline.restore(c.conn.SetReadDeadline)
	for len(c.read.plaintext) == 0 {
		rec, err := c.nextRecord()
		if err == nil {
			err = c.attend(c.engine.OpenRecord(nil, rec))
		}
		if err != nil {
			c.read.lent.tidy()
			return true
		}
	}
	return false
}

// listenInHandshake is listen for a write of the handshake, whose goroutine is the one that reads.
func (c *Conn) listenInHandshake() {
	if c.conn.SetReadDeadline(time.Now().Add(refusalTime)) != nil {
		return
	}
	defer c.read.deadline.restore(c.conn.SetReadDeadline)
	for c.engine.Failure() == nil {
		switch c.engine.Step(c.config.now()).(type) {
		case want.NeedInput:
			if c.readMore() != nil {
				return
			}
			c.feed()
		case want.HaveOutput:
			c.engine.Output() // nobody hears it
		case want.Ready:
			c.hear()
			return
		default:
			return
		}
	}
}

// keptDeadline is the caller's deadline for reading, while another one is in force.
type keptDeadline struct{ micro atomic.Int64 } // since 1970, moved down by one up to there; 0 for none

func (k *keptDeadline) keep(t time.Time) {
	micro := int64(0)
	if !t.IsZero() {
		if micro = t.UnixMicro(); micro <= 0 {
			micro--
		}
	}
	k.micro.Store(micro)
}

// restore puts it in force again, and any other that the caller sets meanwhile.
func (k *keptDeadline) restore(set func(time.Time) error) {
	for {
		kept, t := k.micro.Load(), time.Time{}
		switch {
		case kept > 0:
			t = time.UnixMicro(kept)
		case kept < 0:
			t = time.UnixMicro(kept + 1)
		}
		if set(t) != nil || k.micro.Load() == kept {
			return
		}
	}
}
