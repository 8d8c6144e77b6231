package https

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/tls"
)

// Server serves HTTP/1.1 and HTTP/2 over TLS. Its fields must not be changed once it serves. Its methods may be called
// by several goroutines. What a handler hijacks is a net.Conn around the *tls.Conn that ConnOf gives.
type Server struct {
	// HTTP has the handler, the timeouts and the other settings of net/http; nil is the zero http.Server. They are copied
	// when Server is first used: what the methods of HTTP do has no effect here, and HTTP may serve something else. Its
	// ConnState and ConnContext see connections that are a *tls.Conn. Protocols may leave out HTTP/1.1 or HTTP/2.
	// TLSNextProto has no other use than to leave out HTTP/2.
	HTTP *http.Server
	// Config has the certificates. Its NextProtos, if nil, are h2 and http/1.1; a client that agrees on something else is
	// closed after the handshake. A nil Config is that of HTTP's TLSConfig, by tls.FromStd.
	Config *tls.Config
	// ConnConfig, if not nil, says under which Config one connection is served: it gets the one in force, whose NextProtos are
	// what is spoken, and returns that or a changed copy, with a Tracer of the connection's own for example. It is called by
	// several goroutines at once, and must not read or write conn.
	ConnConfig func(conn net.Conn, config *tls.Config) *tls.Config
	// HandshakeTimeout bounds a handshake; 0 is ten seconds.
	HandshakeTimeout time.Duration
	// StallTimeout closes a connection whose client takes nothing of what it asked for, for that long; 0 is never. Unlike
	// HTTP's WriteTimeout, which must be 0 then, it lets a long response take its time.
	StallTimeout time.Duration
	// HandshakeError hears of handshakes that failed, from several goroutines at once. The connection is about to be closed.
	// Nil is a line in HTTP's ErrorLog.
	HandshakeError func(conn *tls.Conn, err error)

	once     sync.Once
	settings http.Server // as it was found in HTTP
	server   *http.Server
	config   *tls.Config // with the protocols that are spoken; nil: none was given
	err      error

	fresh   newcomers
	shaking sync.WaitGroup
}

// defaultHandshakeTimeout is that of http.DefaultTransport, on the other side.
const defaultHandshakeTimeout = 10 * time.Second

// ListenAndServe serves handler at addr, ":https" if empty, with the certificate and the key in two PEM files, until
// something fails. A nil handler is http.DefaultServeMux.
func ListenAndServe(addr, certFile, keyFile string, handler http.Handler) error {
	cert, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return err
	}
	s := &Server{
		HTTP:   &http.Server{Addr: addr, Handler: handler},
		Config: &tls.Config{Certificates: []tls.Certificate{cert}},
	}
	return s.ListenAndServe()
}

// Serve serves handler to who comes by l, until something fails.
func Serve(l net.Listener, handler http.Handler, config *tls.Config) error {
	s := &Server{HTTP: &http.Server{Handler: handler}, Config: config}
	return s.Serve(l)
}

// ListenAndServe listens at the Addr of HTTP, ":https" if empty, and serves until Shutdown or Close, after which it
// returns http.ErrServerClosed at once: Shutdown goes on. Any other error is why it cannot serve.
func (s *Server) ListenAndServe() error {
	if err := s.check(); err != nil {
		return err
	}
	addr := s.settings.Addr
	if addr == "" {
		addr = ":https"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	return s.Serve(l)
}

// Serve is ListenAndServe with a listener, which it closes. Connections that are a *tls.Conn already, such as those of
// tls.NewListener, are served under their own Config.
func (s *Server) Serve(l net.Listener) error {
	if err := s.check(); err != nil {
		_ = l.Close()
		return err
	}
	return s.server.Serve(shakeHands(s, l))
}

// Shutdown stops to listen, gives handshakes up, and waits until the requests that are under way have been answered, or
// ctx ends: then its error is returned, and Close cuts the rest short. It does not wait for connections on which nothing
// came. A Server cannot serve again.
func (s *Server) Shutdown(ctx context.Context) error {
	_ = s.check()
	s.fresh.dismiss()
	err := s.server.Shutdown(ctx)
	over := make(chan struct{})
	go func() { s.shaking.Wait(); close(over) }()
	select {
	case <-over:
		return err
	case <-ctx.Done():
		return cmp.Or(err, ctx.Err())
	}
}

// Close stops at once. Connections that a handler has taken over stay open.
func (s *Server) Close() error {
	_ = s.check()
	return s.server.Close()
}

// RegisterOnShutdown is that of http.Server: f is called when Shutdown begins, in a goroutine of its own.
func (s *Server) RegisterOnShutdown(f func()) {
	_ = s.check()
	s.server.RegisterOnShutdown(f)
}

// check sets the server up, and returns what is wrong with its Config.
func (s *Server) check() error {
	s.once.Do(s.setUp)
	return s.err
}

var errNoConfig = fault.New(fault.BadConfig).With("a server needs a Config, or a listener of connections that have one")
