//go:build linux

package main

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/want"
)

// conn is one connection. While nothing is in flight it holds no buffer.
type conn struct {
	loop    *loop
	fd      int // -1: closed
	peer    netip.AddrPort
	engine  *engine.Engine
	watched uint32 // what epoll is told to watch for

	in  []byte // came, and cannot be used yet: a part of a record, or whatever comes while a question is open
	out []byte // is to go out

	asked    want.Question // the last question, answered or not
	reason   error         // why nothing more will be said; what is in out still goes
	shut     bool          // our direction is closed: the alert is on its way
	deadline time.Time     // zero: there is none
}

// errGoodbye is the end that is no failure: the peer has said close_notify, or just gone.
var errGoodbye = errors.New("goodbye")

// needs says what has to happen before the next turn. Who does not take what we say is not listened to either: otherwise
// a peer that only talks would fill our memory.
func (c *conn) needs() uint32 {
	switch {
	case len(c.out) > 0:
		return unix.EPOLLOUT
	case c.engine.HasHandshake() && c.asked != nil && !answered(c.asked):
		return 0 // loop.wake comes with the answer
	}
	return unix.EPOLLIN
}

func answered(q want.Question) bool {
	select {
	case <-q.Done():
		return true
	default:
		return false
	}
}

// turn does what can be done without waiting. An error is why the connection is over.
func (c *conn) turn(events uint32, now time.Time) error {
	came, err := c.read(events)
	if err != nil {
		return err
	}
	if c.reason == nil {
		c.consume(came, now)
	}
	if err := c.write(); err != nil || len(c.out) > 0 || c.reason == nil {
		return err
	}
	if errors.Is(c.reason, errGoodbye) {
		return c.reason
	}
	// A socket that is closed with bytes unread sends a reset, which would destroy an alert that the peer has not read
	// yet. So only our direction is closed, and what still comes is thrown away, until the peer closes too or its time is up.
	if !c.shut {
		c.shut = true
		c.loop.expireAfter(c, now)
		_ = unix.Shutdown(c.fd, unix.SHUT_WR) // where that fails, the next read does too
	}
	return nil
}

// read returns what has come: in the loop's buffer or, behind what came before, in the connection's.
func (c *conn) read(events uint32) ([]byte, error) {
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) == 0 {
		return c.in, nil
	}
	n, err := unix.Read(c.fd, c.loop.buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return c.in, nil
	case err != nil || n == 0:
		return nil, c.ended(err)
	case len(c.in) > 0:
		c.in = append(c.in, c.loop.buf[:n]...)
		return c.in, nil
	}
	return c.loop.buf[:n], nil
}

// ended says why it is over when nothing more can be read.
func (c *conn) ended(broken error) error {
	switch {
	case c.reason != nil:
		return c.reason
	case broken != nil:
		return c.engine.Abort(broken)
	case len(c.in) > 0:
		return c.engine.Abort(io.ErrUnexpectedEOF)
	}
	if err := c.engine.CloseInput(); !errors.Is(err, io.EOF) {
		return err
	}
	return errGoodbye
}

// expire says why it is over when its time is up.
func (c *conn) expire() error {
	if c.reason != nil {
		return c.reason
	}
	return c.engine.Abort(context.DeadlineExceeded)
}

// consume gives the engine what has come, and keeps what cannot be used yet.
func (c *conn) consume(came []byte, now time.Time) {
	rest, err := c.step(came, now)
	if err == nil && !c.engine.HasHandshake() {
		c.deadline = time.Time{}
		rest, err = c.echo(rest)
	}
	c.out = c.engine.AppendOutput(c.out)
	if err != nil {
		c.reason, rest = err, nil
	}
	if c.in = append(c.in[:0], rest...); len(rest) == 0 {
		c.in = nil
	}
}

// step does what the engine wants until it is ready for data, or needs more bytes or an answer.
func (c *conn) step(b []byte, now time.Time) (rest []byte, err error) {
	for {
		switch w := c.engine.Step(now).(type) {
		case want.NeedInput:
			if len(b) == 0 {
				return nil, nil
			}
			b = b[c.engine.Feed(b):]
		case want.HaveOutput:
			c.out = c.engine.AppendOutput(c.out)
		case want.Question:
			if w == c.asked {
				return b, nil // there is no answer yet
			}
			c.asked = w
			c.loop.ask(w)
		case want.Ready:
			return b, nil
		case want.Failed:
			return nil, w.Err
		}
	}
}

// echo answers every whole record with what is in it.
func (c *conn) echo(b []byte) (rest []byte, err error) {
	for {
		size, err := c.engine.RecordSize(b)
		if err != nil {
			return nil, c.last(err)
		}
		if size == 0 || size > len(b) {
			return b, nil
		}
		said, err := c.engine.Open(b[:size])
		if err != nil {
			return nil, c.last(err)
		}
		b = b[size:]
		if len(said) == 0 {
			continue // a message of TLS's own
		}
		if c.out, err = c.engine.Seal(c.out, said); err != nil {
			return nil, err
		}
	}
}

// last answers the peer's close_notify with ours. Anything else is a failure, for which the engine has an alert.
func (c *conn) last(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	c.engine.Close()
	return errGoodbye
}

// write sends what the socket takes.
func (c *conn) write() error {
	for len(c.out) > 0 {
		n, err := unix.Write(c.fd, c.out)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return nil
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return c.ended(err)
		default:
			c.out = c.out[n:]
		}
	}
	c.out = nil
	return nil
}

// goodbye says close_notify, if the socket takes it.
func (c *conn) goodbye() {
	c.engine.Close()
	c.out = c.engine.AppendOutput(c.out)
	_ = c.write()
}
