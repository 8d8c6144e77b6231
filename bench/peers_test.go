package bench

import (
	std "crypto/tls"
	"crypto/x509"
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
	client, server func(net.Conn) conn
}

// agreement is the one thing that both ends offer.
type agreement struct {
	name  string
	suite uint16
	kind  testkit.Kind
}

var exchanges = []agreement{
	{"RSA", std.TLS_RSA_WITH_AES_128_GCM_SHA256, testkit.RSA},
	{"ECDHE-RSA", std.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, testkit.RSA},
	{"ECDHE-ECDSA", std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, testkit.P256},
}

var ciphers = []agreement{
	{"AES-128-GCM", std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, testkit.P256},
	{"AES-256-GCM", std.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, testkit.P256},
	{"ChaCha20-Poly1305", std.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, testkit.P256},
}

func (a agreement) certificates() []std.Certificate {
	c := testkit.Leaf(a.kind)
	return []std.Certificate{{Certificate: c.Chain, PrivateKey: c.Key, Leaf: c.Leaf}}
}

// vitro makes Vitro's ends; tracer is nil where nobody watches.
func (a agreement) vitro(roots *x509.CertPool, tracer event.Tracer) peers {
	config := tls.Config{
		Time:             testkit.Clock,
		MaxVersion:       tls.VersionTLS12,
		CipherSuites:     []uint16{a.suite},
		CurvePreferences: []tls.CurveID{std.X25519},
		Tracer:           tracer,
	}
	client, server := config.Clone(), config.Clone()
	client.RootCAs, client.ServerName = roots, testkit.Host
	server.Certificates = a.certificates()
	return peers{
		"vitro",
		func(c net.Conn) conn { return tls.Client(c, client) },
		func(c net.Conn) conn { return tls.Server(c, server) },
	}
}

// cryptoTLS makes crypto/tls's ends. Its records are of full size from the first on, as Vitro's are.
func (a agreement) cryptoTLS(roots *x509.CertPool) peers {
	config := std.Config{
		Time:                        testkit.Clock,
		MinVersion:                  std.VersionTLS12,
		MaxVersion:                  std.VersionTLS12,
		CipherSuites:                []uint16{a.suite},
		CurvePreferences:            []std.CurveID{std.X25519},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
	}
	client, server := config.Clone(), config.Clone()
	client.RootCAs, client.ServerName = roots, testkit.Host
	server.Certificates = a.certificates()
	return peers{
		"crypto-tls",
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
	a, b := newDuplex()
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

// connect shakes hands over a network connection.
func (p peers) connect(t testing.TB, under network) (client, server conn) {
	t.Helper()
	a, b := under.pair(t)
	client, server = p.client(a), p.server(b)
	served := make(chan error, 1)
	go func() {
		err := server.Handshake()
		if err != nil {
			b.Close()
		}
		served <- err
	}()
	if err := client.Handshake(); err != nil {
		a.Close()
		t.Fatalf("%s: client: %v; server: %v", p.impl, err, <-served)
	}
	if err := <-served; err != nil {
		t.Fatalf("%s: server: %v", p.impl, err)
	}
	return client, server
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
				for role, c := range map[string]conn{"client": client, "server": server} {
					got := stateOf(t, c)
					want := agreed{std.VersionTLS12, a.suite, std.X25519, 0}
					if a.suite == std.TLS_RSA_WITH_AES_128_GCM_SHA256 {
						want.group = 0
					}
					if role == "client" {
						want.chain = 3
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
	chain          int // certificates in the verified chain, with its root
}

func stateOf(t *testing.T, c conn) agreed {
	length := func(chains [][]*x509.Certificate) int {
		if len(chains) == 0 {
			return 0
		}
		return len(chains[0])
	}
	switch c := c.(type) {
	case *tls.Conn:
		s := c.ConnectionState()
		return agreed{s.Version, s.CipherSuite, s.CurveID, length(s.VerifiedChains)}
	case *std.Conn:
		s := c.ConnectionState()
		return agreed{s.Version, s.CipherSuite, s.CurveID, length(s.VerifiedChains)}
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
