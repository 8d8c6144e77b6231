package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/tls"
)

const (
	headerTimeout  = 10 * time.Second
	requestTimeout = time.Minute
	idleTimeout    = time.Minute
	// stall is how long a client may refuse to take what it asked for.
	stall = time.Minute
	// grace is how long requests in flight may take once the server is told to stop.
	grace = 5 * time.Second
)

// server makes the server; each of its connections is told by a tracer that knows who is at the other end.
func (o *serveOptions) server(config *tls.Config, watch *serveWatch, handler http.Handler, say sayFunc) *https.Server {
	s := &https.Server{
		HTTP: &http.Server{
			Handler:           handler,
			ReadHeaderTimeout: headerTimeout,
			ReadTimeout:       requestTimeout,
			IdleTimeout:       idleTimeout,
			ErrorLog:          log.New(sayWriter{say}, "", 0),
		},
		Config:           config,
		HandshakeTimeout: o.handshakeTimeout,
		StallTimeout:     stall,
		HandshakeError:   func(*tls.Conn, error) {}, // the tracer tells
	}
	if watch.active() {
		s.ConnConfig = func(conn net.Conn, config *tls.Config) *tls.Config {
			config = config.Clone()
			config.Tracer = watch.tracer(conn.RemoteAddr())
			return config
		}
	}
	return s
}

// serveUntil serves until ctx ends, and then gives what is in flight the time of grace.
func serveUntil(ctx context.Context, server *https.Server, listener net.Listener, grace time.Duration, say sayFunc) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return &exitError{code: exitConnect, err: err}
	case <-ctx.Done():
	}
	say("stopping: requests in flight have %v", grace)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(limit); errors.Is(err, context.DeadlineExceeded) {
		say("stopped with requests cut short")
		_ = server.Close()
	}
	<-served
	return nil
}

// sayWriter takes what net/http has to complain of.
type sayWriter struct{ say sayFunc }

var _ io.Writer = sayWriter{}

func (w sayWriter) Write(line []byte) (int, error) {
	w.say("%s", strings.TrimSpace(string(line)))
	return len(line), nil
}
