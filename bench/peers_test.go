package bench

import (
	std "crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// conn is a TLS connection of either implementation.
type conn interface {
	net.Conn
	Handshake() error
	CloseWrite() error
}

// peers are both ends of one implementation.
type peers struct {
	impl           string
	resumed        bool
	client, server func(net.Conn) conn
}

// agreement is the one thing that both ends offer.
type agreement struct {
	name    string
	version uint16
	suite   uint16
	kind    testkit.Kind
	group   std.CurveID
	resumed bool // each connection but the first resumes the one before
}

var exchanges = []agreement{
	{name: "RSA", version: std.VersionTLS12, suite: std.TLS_RSA_WITH_AES_128_GCM_SHA256, kind: testkit.RSA},
	{name: "ECDHE-RSA", version: std.VersionTLS12, suite: std.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, kind: testkit.RSA, group: std.X25519},
	{name: "ECDHE-ECDSA", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519},
	{name: "ECDHE-ticket", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, kind: testkit.P256, resumed: true},
	{name: "X25519-ECDSA", version: std.VersionTLS13, suite: std.TLS_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519},
	{name: "X25519MLKEM768-ECDSA", version: std.VersionTLS13, suite: std.TLS_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519MLKEM768},
	{name: "X25519-RSA", version: std.VersionTLS13, suite: std.TLS_AES_128_GCM_SHA256, kind: testkit.RSA, group: std.X25519},
	{name: "X25519-PSK", version: std.VersionTLS13, suite: std.TLS_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519, resumed: true},
}

var ciphers = []agreement{
	{name: "AES-128-GCM", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, kind: testkit.P256, group: std.X25519},
	{name: "AES-256-GCM", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, kind: testkit.P256, group: std.X25519},
	{name: "ChaCha20-Poly1305", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, kind: testkit.P256, group: std.X25519},
	{name: "AES-128-CBC-SHA256", version: std.VersionTLS12, suite: std.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, kind: testkit.P256, group: std.X25519},
}

func (a agreement) groups() []std.CurveID {
	if a.group == 0 {
		return []std.CurveID{std.X25519} // on offer, and not needed
	}
	return []std.CurveID{a.group}
}

func (a agreement) certificates() []std.Certificate {
	c := testkit.Leaf(a.kind)
	return []std.Certificate{{Certificate: c.Chain, PrivateKey: c.Key, Leaf: c.Leaf}}
}

// vitro makes Vitro's ends; tracer is nil where nobody watches.
func (a agreement) vitro(roots *x509.CertPool, tracer event.Tracer) peers {
	config := tls.Config{
		Time:                   testkit.Clock,
		MinVersion:             a.version,
		MaxVersion:             a.version,
		CipherSuites:           []uint16{a.suite},
		CurvePreferences:       a.groups(),
		SessionTicketsDisabled: !a.resumed,
		Tracer:                 tracer,
	}
	client, server := config.Clone(), config.Clone()
	client.RootCAs, client.ServerName, client.ClientSessionCache = roots, testkit.Host, tls.NewLRUClientSessionCache(1)
	server.Certificates = a.certificates()
	return peers{
		"vitro", a.resumed,
		func(c net.Conn) conn { return tls.Client(c, client) },
		func(c net.Conn) conn { return tls.Server(c, server) },
	}
}

// cryptoTLS makes crypto/tls's ends. Its records are of full size from the first on, as Vitro's are.
func (a agreement) cryptoTLS(roots *x509.CertPool) peers {
	config := std.Config{
		Time:                        testkit.Clock,
		MinVersion:                  a.version,
		MaxVersion:                  a.version,
		CipherSuites:                []uint16{a.suite},
		CurvePreferences:            a.groups(),
		SessionTicketsDisabled:      !a.resumed,
		DynamicRecordSizingDisabled: true,
	}
	client, server := config.Clone(), config.Clone()
	client.RootCAs, client.ServerName, client.ClientSessionCache = roots, testkit.Host, std.NewLRUClientSessionCache(1)
	server.Certificates = a.certificates()
	return peers{
		"crypto-tls", a.resumed,
		func(c net.Conn) conn { return std.Client(c, client) },
		func(c net.Conn) conn { return std.Server(c, server) },
	}
}

// both are the implementations to compare.
func (a agreement) both() []peers {
	roots := testkit.PKI().Roots
	return []peers{a.vitro(roots, nil), a.cryptoTLS(roots)}
}

// network makes the connection underneath.
type network struct {
	name string
	pair func(testing.TB) (client, server net.Conn)
}

var networks = []network{{"memory", memoryPair}, {"tcp", tcpPair}}

func memoryPair(t testing.TB) (client, server net.Conn) {
	a, b := newDuplex(0)
	t.Cleanup(func() { a.Close() })
	return a, b
}

func tcpPair(t testing.TB) (client, server net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if client, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

// connect makes a connection over a network.
func (p peers) connect(t testing.TB, under network) (client, server conn) {
	t.Helper()
	a, b := under.pair(t)
	client, server = p.client(a), p.server(b)
	served := make(chan error, 1)
	go func() {
		err := p.serve(server)
		if err != nil {
			b.Close()
		}
		served <- err
	}()
	if err := p.visit(client); err != nil {
		a.Close()
		t.Fatalf("%s: client: %v; server: %v", p.impl, err, <-served)
	}
	if err := <-served; err != nil {
		t.Fatalf("%s: server: %v", p.impl, err)
	}
	return client, server
}

// serve shakes hands. Where sessions are resumed, a byte follows: with it, or in front of it, comes the next ticket.
func (p peers) serve(server conn) error {
	if err := server.Handshake(); err != nil || !p.resumed {
		return err
	}
	_, err := server.Write([]byte{1})
	return err
}

// visit shakes hands, and takes the next ticket.
func (p peers) visit(client conn) error {
	if err := client.Handshake(); err != nil || !p.resumed {
		return err
	}
	var b [1]byte
	_, err := io.ReadFull(client, b[:])
	return err
}

// oneProcessor makes the rest of a benchmark run on one; the benchmark framework sets its own number for each.
func oneProcessor(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// What is compared must be the same: what was agreed on, and that the certificate was verified.
func TestBothAgreeOnTheSame(t *testing.T) {
	for _, a := range append(exchanges[:len(exchanges):len(exchanges)], ciphers...) {
		t.Run(a.name, func(t *testing.T) {
			for _, p := range a.both() {
				client, server := p.connect(t, networks[0])
				if a.resumed {
					client, server = p.connect(t, networks[0])
				}
				for role, c := range map[string]conn{"client": client, "server": server} {
					got := stateOf(t, c)
					want := agreed{a.version, a.suite, a.group, a.resumed, 0}
					if role == "client" {
						want.chain = 3
					}
					if a.resumed && a.version == std.VersionTLS12 {
						got.group = 0 // there is no key exchange; crypto/tls tells that of the session's first handshake
					}
					if got != want {
						t.Errorf("%s, %s: agreed on %+v, want %+v", p.impl, role, got, want)
					}
				}
			}
		})
	}
}

type agreed struct {
	version, suite uint16
	group          tls.CurveID
	resumed        bool
	chain          int // certificates in the verified chain, with its root
}

func stateOf(t testing.TB, c conn) agreed {
	length := func(chains [][]*x509.Certificate) int {
		if len(chains) == 0 {
			return 0
		}
		return len(chains[0])
	}
	switch c := c.(type) {
	case *tls.Conn:
		s := c.ConnectionState()
		return agreed{s.Version, s.CipherSuite, s.CurveID, s.DidResume, length(s.VerifiedChains)}
	case *std.Conn:
		s := c.ConnectionState()
		return agreed{s.Version, s.CipherSuite, s.CurveID, s.DidResume, length(s.VerifiedChains)}
	}
	t.Fatalf("%T", c)
	return agreed{}
}

// A client that would take any certificate would be faster than one that verifies.
func TestBothVerify(t *testing.T) {
	for _, a := range exchanges {
		others := testkit.PKI().Untrusted.Pool()
		for _, p := range []peers{a.vitro(others, nil), a.cryptoTLS(others)} {
			client, server := memoryPair(t)
			served := make(chan error, 1)
			go func() { served <- p.server(server).Handshake() }()
			if p.client(client).Handshake() == nil {
				t.Errorf("%s, %s: a certificate that no trusted root vouches for was accepted", p.impl, a.name)
			}
			client.Close()
			<-served
		}
	}
}
