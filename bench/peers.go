package bench

import (
	std "crypto/tls"
	"crypto/x509"
	"io"
	"net"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// TB is what is needed of testing.TB, so that what is measured by tests and benchmarks is measured by a program too.
type TB interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

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
	server := a.vitroServer()
	server.Tracer = tracer
	client := server.Clone()
	client.RootCAs, client.ServerName, client.ClientSessionCache = roots, testkit.Host, tls.NewLRUClientSessionCache(1)
	client.Certificates = nil
	return peers{
		Vitro, a.resumed,
		func(c net.Conn) conn { return tls.Client(c, client) },
		func(c net.Conn) conn { return tls.Server(c, server) },
	}
}

// vitroServer is the server's configuration, which may be changed before its first use.
func (a agreement) vitroServer() *tls.Config {
	return &tls.Config{
		Time:                   testkit.Clock,
		MinVersion:             a.version,
		MaxVersion:             a.version,
		CipherSuites:           []uint16{a.suite},
		CurvePreferences:       a.groups(),
		Certificates:           a.certificates(),
		SessionTicketsDisabled: !a.resumed,
	}
}

// cryptoTLS makes crypto/tls's ends.
func (a agreement) cryptoTLS(roots *x509.CertPool) peers {
	server := a.cryptoTLSServer()
	client := server.Clone()
	client.RootCAs, client.ServerName, client.ClientSessionCache = roots, testkit.Host, std.NewLRUClientSessionCache(1)
	client.Certificates = nil
	return peers{
		CryptoTLS, a.resumed,
		func(c net.Conn) conn { return std.Client(c, client) },
		func(c net.Conn) conn { return std.Server(c, server) },
	}
}

// cryptoTLSServer is the server's configuration, which may be changed before its first use. Its records are of full size
// from the first on, as Vitro's are.
func (a agreement) cryptoTLSServer() *std.Config {
	return &std.Config{
		Time:                        testkit.Clock,
		MinVersion:                  a.version,
		MaxVersion:                  a.version,
		CipherSuites:                []uint16{a.suite},
		CurvePreferences:            a.groups(),
		Certificates:                a.certificates(),
		SessionTicketsDisabled:      !a.resumed,
		DynamicRecordSizingDisabled: true,
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
	pair func(TB) (client, server net.Conn)
}

var networks = []network{{"memory", memoryPair}, {"tcp", tcpPair}}

func memoryPair(t TB) (client, server net.Conn) {
	a, b := newDuplex(0)
	t.Cleanup(func() { a.Close() })
	return a, b
}

func tcpPair(t TB) (client, server net.Conn) {
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
func (p peers) connect(t TB, under network) (client, server conn) {
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

// there brings out from one end to the other.
func there(from io.Writer, to io.Reader, out, in []byte) error {
	if _, err := from.Write(out); err != nil {
		return err
	}
	_, err := io.ReadFull(to, in[:len(out)])
	return err
}
