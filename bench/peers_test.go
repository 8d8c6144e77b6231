package bench

import (
	std "crypto/tls"
	"crypto/x509"
	"runtime"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

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
