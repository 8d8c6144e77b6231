package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// demoHost is the name that the demo's certificate has. It is never looked up.
const demoHost = "localhost"

// demo is a client and an HTTPS server in one process, both watched by one tracer.
type demo struct {
	variant variant
	resume  bool // tell a second visit, which takes up the session of a first one that is not told
	tracer  event.Tracer
	note    func(string) // tells what is no event; nil for not at all
	dial    func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (d *demo) run(ctx context.Context) error {
	ca, certificate, err := demoCertificate()
	if err != nil {
		return err
	}
	curtain := &curtain{tracer: d.tracer}
	server, err := d.serve(ctx, certificate, curtain)
	if err != nil {
		return err
	}
	config := d.variant.client(&tls.Config{
		RootCAs:     ca.Pool(),
		NextProtos:  []string{"http/1.1"},
		StrictClose: true,
		Tracer:      curtain,
	})
	again, before := "", ""
	if d.resume {
		again, before = " once more", "A first visit, which is not told, has left a session.\n"
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
		err = d.call(ctx, server, config, false)
	}
	if err == nil {
		curtain.up.Store(true)
		d.say(fmt.Sprintf("Vitro visits https://%s/%s over %v.\n"+
			"The server is its own, at %s; the CA %q and\n"+
			"the server's certificate were made in memory just now.\n%s\n",
			demoHost, again, d.variant, server.address, ca.Name(), before))
		err = d.call(ctx, server, config, d.resume)
	}
	return errors.Join(err, server.stop())
}

// call makes one connection, and waits until both ends have told of it.
func (d *demo) call(ctx context.Context, server *demoServer, config *tls.Config, resumed bool) error {
	dial := d.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", server.address)
	if err != nil {
		return err
	}
	err = d.visit(ctx, conn, config, resumed)
	server.awaitEnd(ctx)
	return err
}

// curtain is a tracer that tells nothing until it is up.
type curtain struct {
	tracer event.Tracer
	up     atomic.Bool
}

func (c *curtain) Event(m event.Meta, e event.Event) {
	if c.up.Load() {
		c.tracer.Event(m, e)
	}
}

func (d *demo) say(s string) {
	if d.note != nil && s != "" {
		d.note(s)
	}
}

// demoCertificate makes a CA and a certificate with RSA keys: with RSA key exchange the server decrypts by its key.
func demoCertificate() (*pki.CA, tls.Certificate, error) {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Vitro Demo CA", Key: pki.RSA2048, Lifetime: time.Hour})
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	leaf, err := ca.Issue(pki.LeafOptions{Hosts: []string{demoHost}, Key: pki.RSA2048, Lifetime: time.Hour})
	if err != nil {
		return nil, tls.Certificate{}, err
	}
	return ca, tls.Certificate{Certificate: leaf.Chain, PrivateKey: leaf.Key, Leaf: leaf.Leaf}, nil
}

// demoServer is an HTTPS server on loopback.
type demoServer struct {
	address string
	http    *http.Server
	served  chan error
	closed  chan struct{} // tells of each visitor's connection
	conns   sync.WaitGroup
}

func (d *demo) serve(ctx context.Context, certificate tls.Certificate, tracer event.Tracer) (*demoServer, error) {
	inner, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	// The server allows every variant, so that its choice is one.
	listener := tls.NewListener(inner, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		Policy:       tls.PolicyLegacy,
		NextProtos:   []string{"http/1.1"},
		Tracer:       tracer,
	})
	s := &demoServer{address: inner.Addr().String(), served: make(chan error, 1), closed: make(chan struct{}, 2)}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(demoPage),
		ReadHeaderTimeout: demoTimeout,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				s.conns.Add(1)
			case http.StateClosed:
				s.closed <- struct{}{}
				s.conns.Done()
			}
		},
	}
	go func() { s.served <- s.http.Serve(listener) }()
	return s, nil
}

// awaitEnd waits for the visitor's connection to end by itself: then the server has told everything.
func (s *demoServer) awaitEnd(ctx context.Context) {
	select {
	case <-s.closed:
	case <-ctx.Done():
	}
}

// stop returns when nothing is going on any more, and nothing will be told.
func (s *demoServer) stop() error {
	_ = s.http.Close()
	err := <-s.served
	s.conns.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func demoPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, "Hello from the other end.\nWhoever listened on the way saw how this began, and then ciphertext.\n")
}

var errNotResumed = errors.New("the server did not take up the session of the first visit")

// visit is the client: it shakes hands, asks for the page, and closes as RFC 5246 §7.2.1 wants it, close_notify for
// close_notify, which in TLS 1.3 is no duty.
func (d *demo) visit(ctx context.Context, inner net.Conn, config *tls.Config, resumed bool) error {
	conn := tls.Client(inner, config)
	defer conn.Close()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if conn.ConnectionState().DidResume != resumed {
		return errNotResumed
	}
	told, err := d.ask(ctx, conn)
	if err != nil {
		return err
	}
	if resumed || !d.resume {
		d.say(told)
	}
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}

// ask fetches the page, and tells of the request and the response.
func (d *demo) ask(ctx context.Context, conn net.Conn) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+demoHost+"/", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("User-Agent", "vitro")
	var sent, received bytes.Buffer
	if err := req.Write(io.MultiWriter(&sent, conn)); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &received)), req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return "", err
	}
	return "The HTTP request, sent encrypted:\n\n" + indent(sent.String()) +
		"\nThe HTTP response, received encrypted:\n\n" + indent(received.String()) + "\n", nil
}

func indent(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(s, "\r\n")) {
		b.WriteString(strings.TrimRight("    "+line, " \r\n") + "\n")
	}
	return b.String()
}
