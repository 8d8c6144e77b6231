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
)

// Handshake shakes hands, if that has not been done. Read and Write call it.
func (c *Conn) Handshake() error { return c.HandshakeContext(context.Background()) }

// HandshakeContext shakes hands, until ctx ends; after that the connection is of no use. Once the handshake is done,
// ctx has no more effect. The error is a *fault.Error, or a *fault.PeerAlert if the peer refused.
func (c *Conn) HandshakeContext(ctx context.Context) error {
	if c.handshakeDone.Load() {
		return nil
	}
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	if c.handshakeErr != nil || c.handshakeDone.Load() {
		return c.handshakeErr
	}
	// A callback of the caller's may panic or end the goroutine; the next caller must not go on from there.
	c.handshakeErr = fault.New(fault.InternalError).With("a callback did not return")
	c.handshakeErr = c.handshake(ctx)
	return c.handshakeErr
}

func (c *Conn) handshake(ctx context.Context) error {
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
	// Both contexts end it: the caller's, and the connection's when it is closed.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	// A network call that is going on is interrupted by a deadline in the past.
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_ = c.conn.SetDeadline(time.Unix(1, 0))
		close(interrupted)
	})

	options := engine.Options{Context: ctx}
	if c.role == fault.Client {
		c.engine = engine.NewClient(compiled, options)
	} else {
		c.engine = engine.NewServer(compiled, options)
	}
	err = c.drive(ctx)
	if !stop() {
		<-interrupted
		_ = c.conn.SetDeadline(time.Time{})
		if err == nil {
			err = c.giveUp(ctx.Err())
		}
	}
	if err != nil {
		c.read.lent.end = c.read.lent.start
	}
	c.read.lent.tidy()
	if err != nil {
		return err
	}
	c.state = connectionState(c.engine.State())
	c.handshakeDone.Store(true)
	return nil
}

// drive is the loop over what the engine wants.
func (c *Conn) drive(ctx context.Context) error {
	for {
		switch w := c.engine.Step(c.config.now()).(type) {
		case want.NeedInput:
			if err := c.feed(); err != nil {
				return c.inputFailed(ctx, err)
			}
		case want.HaveOutput:
			if err := c.writeHandshake(c.engine.Output()); err != nil {
				return c.inputFailed(ctx, err)
			}
		case want.Ready:
			return nil
		case want.Failed:
			c.write.alerted.Store(true)
			return w.Err
		case want.Question:
			c.answer(w)
			select {
			case <-w.Done():
			case <-ctx.Done():
				return c.giveUp(ctx.Err())
			}
		}
	}
}

// feed gives the engine what has come, or reads more. The buffer is kept until the handshake ends: what the engine
// has taken may be part of a record or of a flight only.
func (c *Conn) feed() error {
	if len(c.read.lent.bytes()) == 0 {
		if err := c.read.lent.fill(c.conn); err != nil {
			return err
		}
	}
	n := c.engine.Feed(c.read.lent.bytes())
	c.read.lent.take(n)
	return nil
}

func (c *Conn) writeHandshake(b []byte) error {
	c.write.mu.Lock()
	defer c.write.mu.Unlock()
	return c.writeOut(b)
}

// inputFailed ends a handshake whose network failed or whose time is up.
func (c *Conn) inputFailed(ctx context.Context, err error) error {
	var timeout net.Error
	switch {
	case c.closed.Load():
		return c.giveUp(net.ErrClosed)
	case ctx.Err() != nil:
		return c.giveUp(ctx.Err())
	case errors.Is(err, io.EOF):
		return c.engine.CloseInput()
	case errors.As(err, &timeout) && timeout.Timeout():
		return c.giveUp(fault.New(fault.Silence).Because(err))
	}
	return c.giveUp(err)
}

// giveUp ends a handshake and tells the peer, if that is of use.
func (c *Conn) giveUp(reason error) error {
	err := c.engine.Abort(reason)
	if c.engine.HasOutput() {
		_ = c.conn.SetWriteDeadline(time.Now().Add(alertTimeout))
		_ = c.writeHandshake(c.engine.Output())
		c.write.alerted.Store(true)
	}
	return err
}

func connectionState(s want.ConnectionState) ConnectionState {
	return ConnectionState{
		Version:                     uint16(s.Version),
		HandshakeComplete:           s.Complete,
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
	}
}
