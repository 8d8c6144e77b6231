package https

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
)

// pair is a transport of net/http for each protocol, on one way to the servers. net/http speaks HTTP/2 over a foreign
// connection only where it is told that there is nothing else, and so it takes two of them. Which one a server is for shows
// when a connection has shaken hands: one that is the other's is carried over.
type pair struct {
	transport    *Transport
	proxy        *url.URL // nil: none
	http1, http2 *http.Transport

	mu       sync.Mutex
	known    map[string]bool          // by host: speaks HTTP/2
	learning map[string]chan struct{} // by host: closed when it is known, or the first request has failed
}

func newPair(t *Transport, proxy *url.URL) *pair {
	p := &pair{transport: t, proxy: proxy, known: make(map[string]bool), learning: make(map[string]chan struct{})}
	p.http1, p.http2 = p.net(false), p.net(true)
	return p
}

// net makes a transport of net/http that gets its connections from here.
func (p *pair) net(http2 bool) *http.Transport {
	n := p.transport.settings.Clone()
	n.Protocols = new(http.Protocols)
	n.Protocols.SetHTTP1(!http2)
	n.Protocols.SetUnencryptedHTTP2(http2)
	n.Proxy, n.DialTLS, n.TLSNextProto, n.TLSClientConfig = nil, nil, nil, nil //lint:ignore SA1019 a program may have set it
	n.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		return p.dial(ctx, network, addr, http2)
	}
	return n
}

// errOther: the server speaks the other protocol.
var errOther = errors.New("https: the server changes its protocol with every connection")

// errSpent: a body that has been read cannot be sent again.
var errSpent = errors.New("https: the connection was lost, and the request's body cannot be sent again")

func (p *pair) roundTrip(req *http.Request) (*http.Response, error) {
	host := strings.ToLower(req.URL.Host)
	release, err := p.await(req.Context(), host)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	defer release()
	t := &trip{}
	defer t.end()
	ctx := context.WithValue(req.Context(), tripKey{}, t)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		t.on(i.Conn)
		p.learn(host, t.conn().isHTTP2())
		release()
	}})
	body := lend(req)
	defer body.settle()
	for range 3 {
		attempt := req.WithContext(ctx)
		if err := body.give(attempt); err != nil {
			return nil, err
		}
		http2 := p.choose(host)
		via := p.http1
		if http2 {
			via = p.http2
		}
		resp, err := via.RoundTrip(attempt)
		if errors.Is(err, errOther) {
			p.learn(host, !http2)
			continue
		}
		if err != nil {
			return nil, t.conn().because(err)
		}
		t.conn().told(resp, req)
		return resp, nil
	}
	return nil, errOther
}

// choose tries HTTP/2 first.
func (p *pair) choose(host string) (http2 bool) {
	switch {
	case !p.transport.spoken.HTTP2():
		return false
	case !p.transport.spoken.HTTP1():
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	http2, known := p.known[host]
	return http2 || !known
}

// maxKnown bounds what is remembered; a host that is forgotten costs a connection.
const maxKnown = 4096

func (p *pair) learn(host string, http2 bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.known[host]; !ok && len(p.known) >= maxKnown {
		clear(p.known)
	}
	p.known[host] = http2
}

// await lets the first request to a host go ahead: those behind it share its connection, where that speaks HTTP/2.
func (p *pair) await(ctx context.Context, host string) (release func(), err error) {
	for {
		p.mu.Lock()
		if _, known := p.known[host]; known {
			p.mu.Unlock()
			return func() {}, nil
		}
		first, ok := p.learning[host]
		if !ok {
			first = make(chan struct{})
			p.learning[host] = first
			p.mu.Unlock()
			return sync.OnceFunc(func() {
				p.mu.Lock()
				defer p.mu.Unlock()
				delete(p.learning, host)
				close(first)
			}), nil
		}
		p.mu.Unlock()
		select {
		case <-first:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

type tripKey struct{}

// trip is one request on its way: net/http dials on its behalf, maybe for longer than it lasts.
type trip struct {
	mu      sync.Mutex
	carried *dialled // turned out to be the other protocol's, and not yet taken
	got     *dialled
	over    bool
}

func (t *trip) on(conn net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.got, _ = conn.(*dialled)
}

func (t *trip) conn() *dialled {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.got
}

// carry keeps a connection for the other protocol, if anybody still waits for it.
func (t *trip) carry(conn *dialled) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.carried != nil {
		go conn.Close()
		return
	}
	t.carried = conn
}

func (t *trip) take(http2 bool) *dialled {
	t.mu.Lock()
	defer t.mu.Unlock()
	conn := t.carried
	if conn == nil || conn.isHTTP2() != http2 {
		return nil
	}
	t.carried = nil
	return conn
}

func (t *trip) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	if t.carried != nil {
		go t.carried.Close()
		t.carried = nil
	}
}
