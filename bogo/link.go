package main

import (
	"crypto/x509"
	"errors"
	"io"
	"net"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
)

// link is an engine with the runner at its other end.
type link struct {
	*observed
	conn     net.Conn
	engine   *engine.Engine
	in       []byte        // read and not yet taken
	late     want.Question // asked once and not yet answered
	answered chan struct{} // an answer has been given
}

func newLink(conn net.Conn, compiled *engine.Compiled, o *observed) *link {
	l := &link{observed: o, conn: conn, answered: make(chan struct{}, 1)}
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
		switch w := l.engine.Step(time.Now()).(type) {
		case want.NeedInput:
			if err := l.feed(); err != nil {
				return err
			}
		case want.HaveOutput:
			if err := l.flush(); err != nil {
				return err
			}
		case want.Ready:
			return nil
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
	case q != l.late:
		l.late = q
		return
	default:
		go l.answer(q)
	}
	<-l.answered
}

// answer answers a question. That a second answer is an error is no matter here.
func (l *link) answer(q want.Question) {
	switch q := q.(type) {
	case *want.VerifyPeer:
		_ = q.Answer(l.verify(q.Peer))
	case *want.Sign:
		l.chosen = q.Credential
		_ = q.Run()
	case *want.DecryptPremaster:
		l.chosen = q.Credential
		_ = q.Run()
	case *want.ChooseConfig:
		if l.failEarlyCallback || l.failDDoS {
			_ = q.Fail(errors.New("a callback refuses"))
			return
		}
		_ = q.Answer(nil)
	case *want.ChooseCredential:
		_ = q.Fail(errors.New("a callback refuses"))
	default:
		_ = q.Fail(errors.New("no answer to " + q.Name()))
	}
}

// verify trusts everybody unless told otherwise: the runner's certificates have no names to check.
func (l *link) verify(p want.Peer) want.Verdict {
	switch {
	case !l.verifyPeer:
		return want.Verdict{Skipped: true}
	case l.verifyFail:
		return want.Verdict{Err: fault.New(fault.RejectedByCaller)}
	}
	options := x509.VerifyOptions{Roots: l.roots, Intermediates: x509.NewCertPool()}
	for _, c := range p.Chain[1:] {
		options.Intermediates.AddCert(c)
	}
	chains, err := p.Chain[0].Verify(options)
	if err != nil {
		return want.Verdict{Err: fault.New(fault.UnknownCA).Because(err)}
	}
	return want.Verdict{Chains: chains}
}
