package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/tls"
)

// handshakes is a listener whose connections have shaken hands already, each in a goroutine of its own, so that
// a slow one holds up nobody and net/http sees only those that went well.
type handshakes struct {
	inner   net.Listener
	config  *tls.Config
	timeout time.Duration
	watch   *serveWatch

	ctx    context.Context
	cancel context.CancelFunc
	going  sync.WaitGroup
	ready  chan net.Conn
	errs   chan error
}

// shakeHands starts to accept. Inner gives connections of package tls.
func shakeHands(ctx context.Context, inner net.Listener, config *tls.Config, timeout time.Duration, watch *serveWatch) *handshakes {
	h := &handshakes{inner: inner, config: config, timeout: timeout, watch: watch,
		ready: make(chan net.Conn), errs: make(chan error)}
	h.ctx, h.cancel = context.WithCancel(ctx)
	h.going.Go(h.acceptAll)
	return h
}

func (h *handshakes) acceptAll() {
	for {
		conn, err := h.inner.Accept()
		if err == nil {
			h.going.Go(func() { h.shake(conn.(*tls.Conn)) })
			continue
		}
		// Whoever calls Accept decides how long to wait after an error.
		select {
		case h.errs <- err:
		case <-h.ctx.Done():
			return
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
	}
}

// shake gives up after the timeout. What went wrong is told by the tracer.
func (h *handshakes) shake(conn *tls.Conn) {
	if h.watch.active() {
		// Each connection has its own tracer, which knows who is at the other end.
		config := h.config.Clone()
		config.Tracer = h.watch.tracer(conn.RemoteAddr())
		conn = tls.Server(conn.NetConn(), config)
	}
	ctx, cancel := context.WithTimeout(h.ctx, h.timeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		go conn.Close() // it may linger, so that the alert arrives
		return
	}
	select {
	case h.ready <- &visitor{Conn: conn}:
	case <-h.ctx.Done():
		_ = conn.Close()
	}
}

// Accept returns a connection whose handshake is done.
func (h *handshakes) Accept() (net.Conn, error) {
	select {
	case conn := <-h.ready:
		return conn, nil
	case err := <-h.errs:
		return nil, err
	case <-h.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close stops to accept and gives up the handshakes that are going on, which have ended when it returns.
func (h *handshakes) Close() error {
	h.cancel()
	err := h.inner.Close()
	h.going.Wait()
	return err
}

func (h *handshakes) Addr() net.Addr { return h.inner.Addr() }

// stall is how long a client may refuse to take what it asked for.
const stall = time.Minute

// visitor is a connection that knows whether anything was asked on it.
type visitor struct {
	*tls.Conn
	asked atomic.Bool
}

func (v *visitor) Read(b []byte) (int, error) {
	n, err := v.Conn.Read(b)
	if n > 0 {
		v.asked.Store(true)
	}
	return n, err
}

func (v *visitor) Write(b []byte) (int, error) {
	if err := v.SetWriteDeadline(time.Now().Add(stall)); err != nil {
		return 0, err
	}
	return v.Conn.Write(b)
}
