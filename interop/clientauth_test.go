package interop

import (
	"crypto/x509"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// clientLeaf is a certificate that a client may show, of a CA that peers are told to trust.
func clientLeaf(t *testing.T, kind testkit.Kind) *pki.Certificate {
	t.Helper()
	c, err := testkit.PKI().Root.Issue(testkit.LeafOptions{CommonName: "alice", Key: kind, Now: testkit.Now,
		Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var clientKinds = []testkit.Kind{testkit.RSA, testkit.P256, testkit.Ed25519}

// A server that requires a certificate takes ours. RFC 5246 §7.4.8, RFC 8446 §4.4.3.
func TestClientCertificateShown(t *testing.T) { eachVersion(t, testClientCertificateShown) }

func testClientCertificateShown(t *testing.T, v spoken) {
	for p, begin := range certificateAskers(true) {
		for _, kind := range clientKinds {
			v.feature(t, p, fault.Client, func(t *testing.T) {
				server := begin(t)
				config := v.clientConfig()
				config.Certificates = []tls.Certificate{certificate(t, clientLeaf(t, kind))}
				conn := mustDial(t, server.addr(), config)
				server.talk(t, conn, greeting)
			})
		}
	}
}

// Our server knows who comes, in both versions and with every kind of key.
func TestServerKnowsClient(t *testing.T) { eachVersion(t, testServerKnowsClient) }

func testServerKnowsClient(t *testing.T, v spoken) {
	for _, kind := range clientKinds {
		certFile, keyFile := testkit.Files(t, clientLeaf(t, kind))
		for _, visitor := range []visitor{
			sClientVisitor("-cert", certFile, "-key", keyFile),
			gnuTLSVisitor("--x509certfile", certFile, "--x509keyfile", keyFile),
			curlVisitor("--cert", certFile, "--key", keyFile),
		} {
			v.feature(t, visitor.peer, fault.Server, func(t *testing.T) {
				config := v.serverConfig(t, testkit.P256)
				config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, testkit.PKI().Roots
				server := serve(t, config, answerPost)
				visitor.run(t, server.addr)
				s := server.servedGreeting(t)
				if len(s.VerifiedChains) == 0 || s.PeerCertificates[0].Subject.CommonName != "alice" {
					t.Errorf("our server knows %v", s.PeerCertificates)
				}
			})
		}
	}
}

// A visitor without a certificate is served where we only ask, and turned away with the version's alert where we
// require one.
func TestServerAsksClient(t *testing.T) { eachVersion(t, testServerAsksClient) }

func testServerAsksClient(t *testing.T, v spoken) {
	for _, visitor := range []visitor{sClientVisitor(), gnuTLSVisitor(), curlVisitor()} {
		v.feature(t, visitor.peer, fault.Server, func(t *testing.T) {
			config := v.serverConfig(t, testkit.P256)
			config.ClientAuth, config.ClientCAs = tls.VerifyClientCertIfGiven, testkit.PKI().Roots
			server := serve(t, config, answerPost)
			visitor.run(t, server.addr)
			server.servedGreeting(t)
		})
		v.failure(t, visitor.peer, fault.Server, func(t *testing.T) {
			config := v.serverConfig(t, testkit.P256)
			config.ClientAuth, config.ClientCAs = tls.RequireAnyClientCert, testkit.PKI().Roots
			server := serve(t, config, answerPost)
			visitor.run(t, server.addr)
			rule := fault.ClientCertificateRequired
			if v.Version == wire.TLS12 {
				rule = fault.ClientCertificateRequiredTLS12
			}
			isRule(t, server.done().err, rule, fault.Server)
		})
	}
}
