package tls

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Handshake shakes hands, if that has not been done. Read and Write call it.
func (c *Conn) Handshake() error { return c.HandshakeContext(context.Background()) }

// HandshakeContext shakes hands, until ctx ends; after that the connection is of no use. Once the handshake is done,
// ctx has no more effect. The error is a *fault.Error, or a *fault.PeerAlert if the peer refused.
func (c *Conn) HandshakeContext(ctx context.Context) error {
	if c.handshakeDone.Load() {
		return nil
	}
	c.shakeOnce(ctx)
	return c.handshakeErr
}

var errNoReturn error = fault.New(fault.InternalError).With("a callback did not return")

// begin makes the engine.
func (c *Conn) begin(ctx context.Context) error {
	if c.closed.Load() {
		return net.ErrClosed
	}
	compiled, err := c.config.compile()
	if err == nil && c.role == fault.Client {
		err = checkClient(c.config)
	}
	if err != nil {
		return err
	}
	c.life.Follow(ctx)
	options := engine.Options{Context: &c.life}
	if c.role == fault.Client {
		c.engine = engine.NewClient(compiled, options)
	} else {
		c.engine = engine.NewServer(compiled, options)
	}
	return nil
}

// shakeOnce drives the handshake to its end, unless another caller has. Then handshakeErr is what it came to, for good.
func (c *Conn) shakeOnce(ctx context.Context) {
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	if c.handshakeErr != nil || c.handshakeDone.Load() {
		return
	}
	// A callback of the caller's may panic or end the goroutine; the next caller must not go on from there.
	c.handshakeErr = errNoReturn
	s := c.newStretch(ctx, false)
	defer c.shaken(s)
	if c.mayGoAway() { // who has not said anything yet is waited for on a small stack, but not with a Config that cannot serve
		if !c.config.served() {
			c.away(func() { _, s.early = c.config.compile() })
		}
		if s.early == nil {
			s.early = c.read.lent.fill(c.conn)
		}
	}
	c.drive(s)
	c.handshakeErr = s.err
}

// shaken has the last word of a handshake. It tells the peer if that came to no end, a callback that panics included.
func (c *Conn) shaken(s *stretch) {
	defer c.life.Leave()
	err := c.handshakeErr
	if s.calm() && err == nil {
		err = s.ctx.Err()
	}
	if err != nil && c.engine != nil {
		err = c.findable(c.giveUp(err))
		c.read.lent.drop()
		c.state = nil // of a handshake whose context has ended with it
	}
	c.read.lent.tidy()
	c.shaking = nil
	s.giveBack()
	c.handshakeErr = err
	c.handshakeDone.Store(err == nil)
}

// conclude keeps what is needed after a handshake.
func (c *Conn) conclude() {
	c.engine.SetContext(&c.life)
	c.ticketsWait = c.engine.HasTicket()
	c.state = c.engine.Agreed()
}

// interruptedBy makes the end of ctx interrupt a network call that is going on, by a deadline in the past. calm ends
// that, and takes the deadline back; it returns whether there was one.
func (c *Conn) interruptedBy(ctx context.Context) (calm func() bool) {
	if ctx.Done() == nil {
		return func() bool { return false }
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.conn.SetDeadline(time.Unix(1, 0))
		close(interrupted)
	})
	return func() bool {
		if stop() {
			return false
		}
		<-interrupted
		_ = c.conn.SetDeadline(time.Time{})
		return true
	}
}

// renegotiate shakes hands again, in the goroutine that reads; Writes wait. Whatever ends it ends the connection.
func (c *Conn) renegotiate() error {
	if err := c.shakeAgain(); err != nil {
		return err
	}
	c.read.plaintext = c.engine.Held()
	c.handshakeMu.Lock()
	c.state = c.engine.Agreed()
	c.handshakeMu.Unlock()
	return nil
}

// shakeAgain tells the peer if the handshake comes to no end, a callback that panics included.
func (c *Conn) shakeAgain() (err error) {
	c.write.mu.Lock()
	err = errNoReturn
	defer func() {
		if err != nil {
			err = c.engine.Abort(err)
		}
		c.write.mu.Unlock()
		c.flush()
	}()
	s := c.newStretch(context.Background(), true)
	c.drive(s)
	err = s.err
	c.shaking = nil
	s.giveBack()
	return err
}

// drive answers what only the program can answer, until the handshake has come to its end.
func (c *Conn) drive(s *stretch) {
	for c.away(s.run); s.question != nil; c.away(s.run) {
		q := s.question
		s.question = nil
		c.answer(q)
		if err := wait(&c.life, q); s.err == nil {
			s.err = err
		}
	}
}

// wait waits for an answer that has not come at once.
func wait(ctx context.Context, q want.Question) error {
	if q.Answered() {
		return nil
	}
	select {
	case <-q.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readMore waits for a whole record, so that the engine is not called for a part of one. The buffer is kept until the
// handshake ends: more than that may have come.
func (c *Conn) readMore() error {
	for !c.hasRecord() {
		if err := c.read.lent.fill(c.conn); err != nil {
			c.feed() // the engine says how far it got
			return err
		}
	}
	return nil
}

// hasRecord reports whether a whole record has come, or what the engine has found to be none.
func (c *Conn) hasRecord() bool {
	size, err := c.engine.RecordSize(c.read.lent.bytes())
	return err != nil || size > 0 && len(c.read.lent.bytes()) >= size
}

// feed gives the engine what has come, up to the end of a record.
func (c *Conn) feed() {
	if waiting := c.read.lent.bytes(); len(waiting) > 0 {
		c.read.lent.take(c.engine.Feed(waiting))
	}
}

// broken says why a handshake cannot go on whose network failed or whose time is up.
func (c *Conn) broken(err error) error {
	var timeout net.Error
	switch {
	case c.closed.Load():
		return net.ErrClosed
	case c.life.Err() != nil:
		return c.life.Err()
	case errors.Is(err, io.EOF):
		return c.engine.CloseInput()
	case errors.As(err, &timeout) && timeout.Timeout():
		return fault.New(fault.Silence).Because(err)
	}
	return err
}

// giveUp ends a handshake and tells the peer, if that is of use. It returns what the handshake failed with first. To a peer
// that does not speak TLS the caller may have an answer of its own, over the connection underneath: ours waits for Close.
func (c *Conn) giveUp(reason error) error {
	err := c.engine.Abort(reason)
	if errors.Is(err, fault.NotTLS) {
		c.discard()
	} else {
		c.lastWords()
	}
	return err
}

// discard reads what the peer has said already: who closes a socket with bytes unread takes back what he wrote last.
func (c *Conn) discard() {
	if c.conn.SetReadDeadline(time.Now().Add(discardTime)) != nil {
		return
	}
	buf := buffers.Get().(*[]byte)
	_, _ = c.conn.Read(*buf)
	buffers.Put(buf)
	_ = c.conn.SetReadDeadline(time.Time{})
}

// discardTime is for bytes that are here, not for those on their way.
const discardTime = 10 * time.Millisecond

// lastWords tells the peer of a failed handshake.
func (c *Conn) lastWords() {
	if c.engine == nil || !c.engine.HasOutput() {
		return
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(alertTimeout))
	c.write.mu.Lock()
	defer c.write.mu.Unlock()
	if c.writeOut(c.engine.Output()) == nil {
		c.write.alerted.Store(true)
	}
}

func connectionState(s want.ConnectionState) ConnectionState {
	return ConnectionState{
		Version:                     uint16(s.Version),
		HandshakeComplete:           s.Complete,
		DidResume:                   s.Resumed,
		CipherSuite:                 uint16(s.CipherSuite),
		CurveID:                     CurveID(s.Group),
		NegotiatedProtocol:          s.Protocol,
		NegotiatedProtocolIsMutual:  true,
		ServerName:                  s.ServerName,
		PeerCertificates:            s.PeerCertificates,
		VerifiedChains:              s.VerifiedChains,
		SignedCertificateTimestamps: s.SCTs,
		OCSPResponse:                s.OCSPResponse,
		SignatureScheme:             SignatureScheme(s.Scheme),
		ExtendedMasterSecret:        s.ExtendedMaster,
		TLSUnique:                   tlsUnique(s),
		HelloRetryRequest:           s.Retried,
		EncryptThenMAC:              s.EncryptThenMAC,
		export:                      s.Export,
	}
}

// tlsUnique: RFC 5929 §3.1: the first Finished, which in a resumed handshake is the server's. RFC 7627 §5.4, §6.1: without the
// extended master secret a resumed one binds to nothing.
func tlsUnique(s want.ConnectionState) []byte {
	switch {
	case s.Version >= wire.TLS13 || !s.Complete || s.Resumed && !s.ExtendedMaster:
		return nil
	case s.Resumed:
		return s.ServerFinished
	}
	return s.ClientFinished
}
