package main

import (
	"errors"
	"io"
	"net"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/want"
)

// link is an engine with the runner at its other end.
type link struct {
	*observed
	conn           net.Conn
	engine         *engine.Engine
	in             []byte          // read and not yet taken
	late           want.Question   // asked once and not yet answered
	later          []want.Question // after the handshake, where nothing waits for an answer
	answered       chan struct{}   // an answer has been given
	renegotiations uint64
	unfinished     []byte // of a record that has been begun
	resumption
}

func newLink(conn net.Conn, compiled *engine.Compiled, o *observed, m *memory) *link {
	l := &link{observed: o, conn: conn, answered: make(chan struct{}, 1), resumption: resumption{memory: m}}
	options := engine.Options{Notify: func() { l.answered <- struct{}{} }}
	if o.server {
		l.engine = engine.NewServer(compiled, options)
	} else {
		l.engine = engine.NewClient(compiled, options)
	}
	return l
}

// shake drives the engine to the handshake's end. With -async it is fed byte by byte.
func (l *link) shake() error {
	for {
		switch w := l.engine.Step(l.now()).(type) {
		case want.NeedInput:
			if err := l.feed(); err != nil {
				return err
			}
		case want.HaveOutput:
			if err := l.flush(); err != nil {
				return err
			}
		case want.Ready:
			if len(l.later) == 0 {
				return l.flush() // a ticket waits for company
			}
			l.catchUp()
		case want.Failed:
			return w.Err
		case want.Question:
			l.resolve(w)
		}
	}
}

func (l *link) feed() error {
	if len(l.in) == 0 {
		switch err := l.fill(); {
		case errors.Is(err, io.EOF):
			return l.engine.CloseInput()
		case err != nil:
			return l.lost(err)
		}
	}
	n := len(l.in)
	if l.async {
		n = 1
	}
	l.in = l.in[l.engine.Feed(l.in[:n]):]
	return nil
}

func (l *link) fill() error {
	var buf [4096]byte
	n, err := l.conn.Read(buf[:])
	l.in = append(l.in, buf[:n]...)
	if n > 0 {
		return nil
	}
	return err
}

// lost: the network broke. What the engine has to say is written if it still can be.
func (l *link) lost(err error) error {
	err = l.engine.Abort(err)
	_, _ = l.conn.Write(l.engine.Output())
	return err
}

func (l *link) flush() error {
	out := l.engine.Output()
	for len(out) > 0 {
		n := len(out)
		if l.async {
			n = 1
		}
		if _, err := l.conn.Write(out[:n]); err != nil {
			return l.lost(err)
		}
		out = out[n:]
	}
	return nil
}

// resolve answers a question on the spot or, with -async, from another goroutine once the engine has gone on without the
// answer as far as it can.
func (l *link) resolve(q want.Question) {
	switch {
	case !l.async:
		l.answer(q)
	case !l.engine.HasHandshake():
		l.later = append(l.later, q)
		return
	case q != l.late:
		l.late = q
		return
	default:
		go l.answer(q)
	}
	<-l.answered
}

// catchUp answers what the engine has long forgotten to have asked.
func (l *link) catchUp() {
	for _, q := range l.later {
		go l.answer(q)
		<-l.answered
	}
	l.later = nil
}
