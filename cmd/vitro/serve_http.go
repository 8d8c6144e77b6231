package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	headerTimeout  = 10 * time.Second
	requestTimeout = time.Minute
	idleTimeout    = time.Minute
	// grace is how long requests in flight may take once the server is told to stop.
	grace = 5 * time.Second
)

// serveHTTP serves until ctx ends, and then gives what is in flight the time of grace.
func serveHTTP(ctx context.Context, listener *handshakes, handler http.Handler, grace time.Duration, say sayFunc) error {
	var fresh newcomers
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		IdleTimeout:       idleTimeout,
		ConnState:         fresh.changed,
		ErrorLog:          log.New(sayWriter{say}, "", 0),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return &exitError{code: exitConnect, err: err}
	case <-ctx.Done():
	}
	say("stopping: requests in flight have %v", grace)
	fresh.dismiss()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := server.Shutdown(limit); errors.Is(err, context.DeadlineExceeded) {
		say("stopped with requests cut short")
		_ = server.Close()
	}
	<-served
	return nil
}

// newcomers are the connections on which no request has come yet. http.Server.Shutdown waits for them as if one
// were under way; those that have not sent a byte need no waiting.
type newcomers struct {
	mu       sync.Mutex
	stopping bool
	list     map[*visitor]bool
}

func (n *newcomers) changed(conn net.Conn, state http.ConnState) {
	v, ok := conn.(*visitor)
	if !ok {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(n.list, v)
	case n.stopping:
		go v.Close()
	default:
		if n.list == nil {
			n.list = make(map[*visitor]bool)
		}
		n.list[v] = true
	}
}

func (n *newcomers) dismiss() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopping = true
	for v := range n.list {
		if !v.asked.Load() {
			go v.Close()
		}
	}
}

// sayWriter takes what net/http has to complain of.
type sayWriter struct{ say sayFunc }

var _ io.Writer = sayWriter{}

func (w sayWriter) Write(line []byte) (int, error) {
	w.say("%s", strings.TrimSpace(string(line)))
	return len(line), nil
}
