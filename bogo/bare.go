package main

import (
	"errors"
	"io"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/want"
)

// bare is an end that drives the engine itself.
type bare struct {
	link       *link
	engine     *engine.Engine
	in         []byte          // read and not yet taken
	late       want.Question   // asked once and not yet answered
	later      []want.Question // after the handshake, where nothing waits for an answer
	answered   chan struct{}   // an answer has been given
	unfinished []byte          // of a record that has been begun
}

func newBare(l *link, compiled *engine.Compiled) *bare {
	b := &bare{link: l, answered: make(chan struct{}, 1)}
	options := engine.Options{Notify: func() { b.answered <- struct{}{} }}
	if l.server {
		b.engine = engine.NewServer(compiled, options)
	} else {
		b.engine = engine.NewClient(compiled, options)
	}
	return b
}

func (b *bare) state() want.ConnectionState { return b.engine.State() }

func (b *bare) again() error {
	if w := b.engine.Step(b.link.now()); w.Name() != (want.Ready{}).Name() {
		return unexpected("after the handshake the engine wants %s", w.Name())
	}
	return nil
}

func (b *bare) updateKeys() error {
	if err := b.engine.UpdateKeys(false); err != nil {
		return err
	}
	return b.flush()
}

func (b *bare) close() error {
	b.engine.Close()
	return b.flush()
}

func (b *bare) settle() {} // it waits for each

func (b *bare) abort(reason error) error {
	_ = b.engine.Abort(reason)
	return b.flush()
}

// shake drives the engine to the handshake's end. With -async it is fed byte by byte.
func (b *bare) shake() error {
	for {
		switch w := b.engine.Step(b.link.now()).(type) {
		case want.NeedInput:
			if err := b.feed(); err != nil {
				return err
			}
		case want.HaveOutput:
			if err := b.flush(); err != nil {
				return err
			}
		case want.Ready:
			if len(b.later) == 0 {
				return b.flush() // a ticket waits for company
			}
			b.catchUp()
		case want.Failed:
			return w.Err
		case want.Question:
			b.resolve(w)
		}
	}
}

func (b *bare) feed() error {
	if len(b.in) == 0 {
		switch err := b.fill(); {
		case errors.Is(err, io.EOF):
			return b.engine.CloseInput()
		case err != nil:
			return b.lost(err)
		}
	}
	n := len(b.in)
	if b.link.async {
		n = 1
	}
	b.in = b.in[b.engine.Feed(b.in[:n]):]
	return nil
}

func (b *bare) fill() error {
	var buf [4096]byte
	n, err := b.link.conn.Read(buf[:])
	b.in = append(b.in, buf[:n]...)
	if n > 0 {
		return nil
	}
	return err
}

// lost: the network broke. What the engine has to say is written if it still can be.
func (b *bare) lost(err error) error {
	err = b.engine.Abort(err)
	_, _ = b.link.conn.Write(b.engine.Output())
	return err
}

func (b *bare) flush() error {
	out := b.engine.Output()
	for len(out) > 0 {
		n := len(out)
		if b.link.async {
			n = 1
		}
		if _, err := b.link.conn.Write(out[:n]); err != nil {
			return b.lost(err)
		}
		out = out[n:]
	}
	return nil
}

// resolve answers a question on the spot or, with -async, from another goroutine once the engine has gone on without the
// answer as far as it can.
func (b *bare) resolve(q want.Question) {
	switch {
	case !b.link.async:
		b.link.answer(q)
	case !b.engine.HasHandshake():
		b.later = append(b.later, q)
		return
	case q != b.late:
		b.late = q
		return
	default:
		go b.link.answer(q)
	}
	<-b.answered
}

// catchUp answers what the engine has long forgotten to have asked.
func (b *bare) catchUp() {
	for _, q := range b.later {
		go b.link.answer(q)
		<-b.answered
	}
	b.later = nil
}

// read returns the application data of the next record that has any.
func (b *bare) read() ([]byte, error) {
	for {
		size, err := b.engine.RecordSize(b.in)
		if err == nil && (size == 0 || len(b.in) < size) {
			if err = b.fill(); err == nil {
				continue
			}
			return nil, b.ended(err)
		}
		var data []byte
		if err == nil {
			record := b.in[:size]
			b.in = b.in[size:]
			data, err = b.engine.Open(record)
		}
		if err == nil && (b.engine.HasHandshake() || b.engine.HasQuestion()) {
			if err = b.shake(); err == nil {
				data = append(data, b.engine.Held()...)
			}
		}
		switch {
		case err != nil && !errors.Is(err, io.EOF):
			_ = b.flush() // the alert; what went wrong first is what counts
			return nil, err
		case err != nil || len(data) > 0:
			return data, err // a KeyUpdate that waits goes out with the reply
		}
	}
}

// ended: the network has no more.
func (b *bare) ended(err error) error {
	switch {
	case !errors.Is(err, io.EOF):
		return b.lost(err)
	case len(b.in) > 0:
		return b.lost(io.ErrUnexpectedEOF)
	}
	return b.engine.CloseInput()
}

func (b *bare) write(data []byte) error {
	out, err := b.engine.Seal(nil, data)
	if err != nil {
		return err
	}
	if _, err := b.link.conn.Write(out); err != nil {
		return b.lost(err)
	}
	return nil
}

// begin writes the first byte of what it seals; finish the rest, once something has been read.
func (b *bare) begin(data []byte) error {
	out, err := b.engine.Seal(nil, data)
	if err != nil {
		return err
	}
	b.unfinished = out[1:]
	_, err = b.link.conn.Write(out[:1])
	return err
}

func (b *bare) finish() error {
	_, err := b.link.conn.Write(b.unfinished)
	b.unfinished = nil
	return err
}
