package differential

import (
	std "crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// seen is what a client makes of a whole flight and of what comes behind it.
type seen struct {
	outcome
	Done    bool   // the handshake was completed
	Data    string // that it read
	Kept    int    // sessions that it put into its cache
	NewKeys int    // KeyUpdates that it sent
	Proved  bool   // it has shown a certificate
	empty   bool   // it was sent an empty record of a handshake
	asked   bool   // it was sent a HelloRequest
}

func (s seen) String() string {
	return fmt.Sprintf("%v; done=%v data=%q kept=%d new keys=%d proved=%v (%v)", s.outcome, s.Done, s.Data, s.Kept, s.NewKeys, s.Proved, s.why)
}

func (s seen) same(o seen) bool {
	s.why, o.why = nil, nil
	return s == o
}

// stage is the network between a keyed server and a client.
type stage struct {
	line
	mu     sync.Mutex // Vitro answers a request for new keys from a goroutine of its own where nobody writes
	server *keyed
	over   bool // the server has said all, and the client wanted more
}

func (s *stage) Read(b []byte) (int, error) {
	if len(s.in) == 0 {
		s.mu.Lock()
		s.in = s.server.next(s.said)
		s.mu.Unlock()
		s.over = s.over || s.in == nil
	}
	return s.line.Read(b)
}

func (s *stage) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.line.Write(b)
}

// secure is what both implementations' connections have.
type secure interface {
	net.Conn
	Handshake() error
}

// watch lets a client go through a play.
func (p play) watch(script []step, kept func() int, before *met, connect func(net.Conn, io.Writer) (secure, func() outcome)) seen {
	server := &keyed{script: slices.Clone(script), secrets: map[string][]byte{}, tls13: p.tls13, kind: p.kind, resumes: before.resumes}
	if before.resumes && !p.tls13 {
		server.secrets["CLIENT_RANDOM"] = before.master // crypto/tls logs it once
	}
	defer func() { before.master = server.secrets["CLIENT_RANDOM"] }()
	s := &stage{server: server}
	conn, state := connect(s, server)
	had := kept()
	err := conn.Handshake()
	var result seen
	if err == nil {
		result.outcome, result.Done = state(), true
		var data []byte
		b := make([]byte, 64)
		for err == nil {
			var n int
			n, err = conn.Read(b)
			data = append(data, b[:n]...)
		}
		result.Data = string(data)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		_, _ = conn.Write([]byte("end"))
	}
	s.mu.Lock()
	server.hear(s.said)
	s.mu.Unlock()
	defer conn.Close()
	result.Alert, result.why = server.alert, err
	switch {
	case server.alert != "" || result.Done && err == nil:
	case s.over:
		result.Alert = "waits"
	default:
		result.Alert = "hangs up"
	}
	result.empty = slices.ContainsFunc(script, func(s step) bool { return s.record == wire.ContentHandshake && len(s.content) == 0 })
	result.asked = slices.ContainsFunc(script, func(s step) bool { return s.record == 0 && s.kind == wire.TypeHelloRequest })
	result.Kept, result.NewKeys, result.Proved = kept()-had, server.newKeys, server.verifies
	return result
}

// ours and theirs are the two clients, each with its cache.
type clients struct {
	ours   *tls.Config
	theirs *std.Config
	put    [2]int
	met    [2]met
}

// met is what a server knows of a client that it has met.
type met struct {
	resumes bool // it resumes the session of then
	master  []byte
}

type vitroCache struct {
	tls.ClientSessionCache
	put *int
}

func (c vitroCache) Put(key string, s *tls.ClientSessionState) {
	if s != nil {
		*c.put++
	}
	c.ClientSessionCache.Put(key, s)
}

type stdCache struct {
	std.ClientSessionCache
	put *int
}

func (c stdCache) Put(key string, s *std.ClientSessionState) {
	if s != nil {
		*c.put++
	}
	c.ClientSessionCache.Put(key, s)
}

func (p play) clients() *clients {
	c := new(clients)
	c.ours = &tls.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, CipherSuites: suites,
		CurvePreferences: groups, NextProtos: protocols, ClientSessionCache: vitroCache{tls.NewLRUClientSessionCache(4), &c.put[0]}}
	c.theirs = &std.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, CipherSuites: suites,
		CurvePreferences: groups, NextProtos: protocols, ClientSessionCache: stdCache{std.NewLRUClientSessionCache(4), &c.put[1]}}
	if p.client {
		leaf := testkit.Leaf(testkit.P256)
		c.ours.Certificates = []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key, Leaf: leaf.Leaf}}
		c.theirs.Certificates = []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key, Leaf: leaf.Leaf}}
	}
	return c
}

func (p play) vitro(c *clients, script []step) seen {
	return p.watch(script, func() int { return c.put[0] }, &c.met[0], func(n net.Conn, log io.Writer) (secure, func() outcome) {
		config := c.ours.Clone()
		config.KeyLogWriter = log
		conn := tls.Client(n, config)
		return conn, func() outcome {
			s := conn.ConnectionState()
			return outcome{Version: wire.Version(s.Version), Suite: wire.CipherSuite(s.CipherSuite), Group: wire.NamedGroup(s.CurveID),
				Retry: s.HelloRetryRequest, Resumed: s.DidResume, Protocol: s.NegotiatedProtocol}
		}
	})
}

func (p play) std(c *clients, script []step) seen {
	return p.watch(script, func() int { return c.put[1] }, &c.met[1], func(n net.Conn, log io.Writer) (secure, func() outcome) {
		config := c.theirs.Clone()
		config.KeyLogWriter = log
		conn := std.Client(n, config)
		return conn, func() outcome {
			s := conn.ConnectionState()
			return outcome{Version: wire.Version(s.Version), Suite: wire.CipherSuite(s.CipherSuite), Group: wire.NamedGroup(s.CurveID),
				Retry: s.HelloRetryRequest, Resumed: s.DidResume, Protocol: s.NegotiatedProtocol}
		}
	})
}

// both plays a script to both clients. Where a session is to be resumed, each has had one before.
func (p play) both(script []step) (ours, theirs seen) {
	c := p.clients()
	if p.resumed {
		first := plays()[slices.IndexFunc(plays(), func(q play) bool { return q.tls13 == p.tls13 })]
		if a, b := p.vitro(c, first.script), p.std(c, first.script); a.Kept == 0 || b.Kept == 0 {
			panic(fmt.Sprintf("no session to resume: %v; %v", a, b))
		}
		c.met[0].resumes, c.met[1].resumes = true, true
	}
	return p.vitro(c, script), p.std(c, script)
}

// hold compares them, and returns by which reason they differ, "" where they agree.
func (p play) hold(script []step) (why string, ours, theirs seen) {
	ours, theirs = p.both(script)
	if ours.same(theirs) {
		return "", ours, theirs
	}
	for _, d := range flightDifferences {
		if d.is(ours, theirs) {
			return d.why, ours, theirs
		}
	}
	return notListed, ours, theirs
}

const notListed = "not listed"

func said(o seen, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(fmt.Sprint(o.why), w) })
}
