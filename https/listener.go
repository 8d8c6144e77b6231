package https

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/tls"
)

// handshakes is a listener whose connections have shaken hands, each in a goroutine of its own, so that a slow one
// holds up nobody and net/http sees only those that went well.
type handshakes struct {
	server *Server
	inner  net.Listener
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	ready  chan net.Conn
	errs   chan error
	start  sync.Once
}

// shakeHands starts to accept when net/http does, which it does not after Shutdown.
func shakeHands(s *Server, inner net.Listener) *handshakes {
	h := &handshakes{server: s, inner: inner, ready: make(chan net.Conn), errs: make(chan error)}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	return h
}

func (h *handshakes) acceptAll() {
	for {
		conn, err := h.inner.Accept()
		if err == nil {
			secure, ok := conn.(*tls.Conn)
			if ok || h.server.config != nil {
				h.server.shaking.Go(func() {
					if !ok {
						secure = h.wrap(conn)
					}
					h.shake(secure)
				})
				continue
			}
			_ = conn.Close()
			err = errNoConfig
		}
		// net/http decides whether to go on after an error, and how long to wait before.
		select {
		case h.errs <- err:
		case <-h.ctx.Done():
			return
		}
	}
}

func (h *handshakes) wrap(conn net.Conn) *tls.Conn {
	config := h.server.config
	if h.server.ConnConfig != nil {
		config = h.server.ConnConfig(conn, config)
	}
	return tls.Server(conn, config)
}

// shake shakes hands, and hands over to net/http.
func (h *handshakes) shake(conn *tls.Conn) {
	timeout := h.server.HandshakeTimeout
	if timeout <= 0 {
		timeout = defaultHandshakeTimeout
	}
	ctx, cancel := context.WithTimeout(h.ctx, timeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		if h.ctx.Err() == nil {
			h.failed(conn, err)
		}
		go conn.Close() // it may linger, so that the alert arrives
		return
	}
	v := h.welcome(conn)
	if v == nil {
		_ = conn.Close()
		return
	}
	select {
	case h.ready <- v:
	case <-h.ctx.Done():
		_ = conn.Close()
	}
}

func (h *handshakes) failed(conn *tls.Conn, err error) {
	if h.server.HandshakeError != nil {
		h.server.HandshakeError(conn, err)
		return
	}
	h.say("https: TLS handshake with %v failed: %v", conn.RemoteAddr(), err)
}

func (h *handshakes) say(format string, args ...any) {
	say := log.Printf
	if h.server.settings.ErrorLog != nil {
		say = h.server.settings.ErrorLog.Printf
	}
	say(format, args...)
}

// inadequate is a GOAWAY with INADEQUATE_SECURITY after empty SETTINGS. RFC 9113 §4.1, §6.5, §6.8.
const inadequate = "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + "\x00\x00\x08\x07\x00\x00\x00\x00\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x0c"

// welcome makes of a connection what net/http is to take it for, nil where it speaks nothing that we speak.
func (h *handshakes) welcome(conn *tls.Conn) net.Conn {
	ours := conn.ConnectionState()
	v := &visitor{Conn: conn, state: ours.Std()}
	if h.server.settings.WriteTimeout == 0 {
		v.stall = h.server.StallTimeout
	}
	p := h.server.server.Protocols
	switch {
	case ours.NegotiatedProtocol == nameHTTP2 && p.UnencryptedHTTP2():
		// RFC 9113 §9.2.2: a connection under an older kind of suite may be refused, and is.
		settings := h.server.settings.HTTP2
		if ours.Version == tls.VersionTLS12 && !fitForHTTP2(ours.CipherSuite) && (settings == nil || !settings.PermitProhibitedCipherSuites) {
			h.say("https: %v agreed on HTTP/2 with %s, which HTTP/2 forbids; refused", conn.RemoteAddr(), tls.CipherSuiteName(ours.CipherSuite))
			refuse(v)
			return nil
		}
		return &visitor2{visitor: v}
	case speaksHTTP1(ours.NegotiatedProtocol) && p.HTTP1():
		return visitor1{v}
	}
	return nil
}

// refuse says why, and hears the client out for a moment: who closes with bytes unread takes back what he said last.
func refuse(v *visitor) {
	_ = v.SetDeadline(time.Now().Add(lingering))
	if _, err := v.Write([]byte(inadequate)); err == nil && v.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, v)
	}
}

const lingering = time.Second

// Accept returns a connection whose handshake is done.
func (h *handshakes) Accept() (net.Conn, error) {
	h.start.Do(func() { h.server.shaking.Go(h.acceptAll) })
	select {
	case conn := <-h.ready:
		return conn, nil
	case err := <-h.errs:
		return nil, err
	case <-h.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close stops to accept and gives up the handshakes that are going on; Shutdown waits for them.
func (h *handshakes) Close() error {
	h.cancel()
	err := h.inner.Close()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (h *handshakes) Addr() net.Addr { return h.inner.Addr() }
