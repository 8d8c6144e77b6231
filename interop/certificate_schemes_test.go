package interop

import (
	std "crypto/tls"
	"crypto/x509"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 5246 §7.4.2, RFC 8446 §4.4.2.2: what a peer lists of signatures is for the certificates of a chain too.

// twoChains are certificates with the same kind of key: the issuer of the first signs with RSA, that of the second with
// ECDSA.
func twoChains(t *testing.T) (byRSA, byECDSA *pki.Certificate) {
	return testkit.IssuedBy(t, testkit.RSA, testkit.P256, testkit.Host), testkit.IssuedBy(t, testkit.P256, testkit.P256, testkit.Host)
}

func TestServerChoosesChain(t *testing.T) { eachVersion(t, testServerChoosesChain) }

func testServerChoosesChain(t *testing.T, v spoken) {
	byRSA, byECDSA := twoChains(t)
	for _, c := range []struct {
		visitor visitor
		want    *pki.Certificate
	}{
		{sClientVisitor("-showcerts", "-sigalgs", "ECDSA+SHA256:RSA+SHA256"), byRSA},
		{sClientVisitor("-showcerts", "-sigalgs", "ECDSA+SHA256"), byECDSA},
		{gnuTLSVisitor("--print-cert", "--priority", "NORMAL:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256:+SIGN-RSA-SHA256"), byRSA},
		{gnuTLSVisitor("--print-cert", "--priority", "NORMAL:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256"), byECDSA},
	} {
		v.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
			config := v.serverConfig(t)
			config.Certificates = []tls.Certificate{certificate(t, byRSA), certificate(t, byECDSA)}
			server := serve(t, config, answerPost)
			out := c.visitor.run(t, server.addr)
			server.servedGreeting(t)
			sawChain(t, out, c.want, byRSA, byECDSA)
		})
	}
}

// sawChain asserts that a program printed one certificate in PEM, and not the others.
func sawChain(t *testing.T, out string, want *pki.Certificate, all ...*pki.Certificate) {
	t.Helper()
	printed, err := pki.DecodeCertificates([]byte(out))
	if err != nil {
		t.Fatalf("the peer printed no certificates: %v\n%s", err, clip(out))
	}
	for _, c := range all {
		saw := slices.ContainsFunc(printed, func(p *x509.Certificate) bool { return p.Equal(c.Leaf) })
		if saw != (c == want) {
			t.Errorf("the certificate that is signed with %v: seen %v", c.Leaf.SignatureAlgorithm, saw)
		}
	}
}

func TestClientChoosesChain(t *testing.T) { eachVersion(t, testClientChoosesChain) }

func testClientChoosesChain(t *testing.T, v spoken) {
	byRSA, byECDSA := clientChains(t)
	for list, want := range map[string]*pki.Certificate{"ECDSA+SHA256:RSA+SHA256:RSA-PSS+SHA256": byRSA, "ECDSA+SHA256": byECDSA} {
		v.feature(t, openSSL, fault.Client, func(t *testing.T) {
			server := startSServer(t, testkit.Leaf(testkit.P256), "-rev", "-naccept", "1", "-Verify", "3",
				"-CAfile", testkit.RootFile(t), "-client_sigalgs", list)
			config := v.clientConfig()
			config.Certificates = []tls.Certificate{certificate(t, byRSA), certificate(t, byECDSA)}
			conn := mustDial(t, server.addr(), config)
			server.talk(t, conn, greeting)
			sees(t, server.wait(), "depth=0 .*"+want.Leaf.Subject.CommonName)
		})
	}
}

// clientChains are two certificates of one client, whose names say what they are signed with.
func clientChains(t *testing.T) (byRSA, byECDSA *pki.Certificate) {
	issue := func(kind testkit.Kind, name string) *pki.Certificate {
		ca, err := testkit.PKI().Root.Intermediate(testkit.CAOptions{Key: kind, Now: testkit.Now})
		if err != nil {
			t.Fatal(err)
		}
		c, err := ca.Issue(testkit.LeafOptions{CommonName: name, Key: testkit.P256, Now: testkit.Now, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return issue(testkit.RSA, "alice by RSA"), issue(testkit.P256, "alice by ECDSA")
}

// RFC 8446 §4.2.3: a list for certificates alone is understood, and in nobody's way.
func TestSignatureAlgorithmsCert(t *testing.T) {
	narrow := func() *tls.Config {
		config := v13.clientConfig()
		config.CertificateSchemes = []tls.SignatureScheme{std.ECDSAWithP256AndSHA256}
		return config
	}
	v13.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := startSServer(t, testkit.Leaf(testkit.P256), "-rev", "-naccept", "1", "-trace")
		server.talk(t, mustDial(t, server.addr(), narrow()), greeting)
		sees(t, server.wait(), `extension_type=signature_algorithms_cert\(50\), length=4\s+0000 - 00 02 04 03 `)
	})
	v13.feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := startGnuTLSServer(t, testkit.Leaf(testkit.P256), "--echo")
		server.talk(t, mustDial(t, server.addr(), narrow()), greeting)
	})
	v13.feature(t, goTLS, fault.Client, func(t *testing.T) {
		config := goConfig(testkit.P256)
		saw := make(chan bool, 1)
		config.GetConfigForClient = func(hello *std.ClientHelloInfo) (*std.Config, error) {
			saw <- slices.Contains(hello.Extensions, uint16(wire.ExtSignatureAlgsCert))
			return nil, nil
		}
		server := goServe(t, config)
		server.talk(t, mustDial(t, server.addr(), narrow()), greeting)
		if !<-saw {
			t.Error("crypto/tls saw no signature_algorithms_cert")
		}
	})
	// The server's CertificateRequest has it too.
	certFile, keyFile := testkit.Files(t, clientLeaf(t, testkit.P256))
	for _, c := range []struct {
		visitor visitor
		sees    string
	}{
		{sClientVisitor("-trace", "-cert", certFile, "-key", keyFile), `(?s)CertificateRequest, Length=.*signature_algorithms_cert\(50\), length=4`},
		{gnuTLSVisitor("--x509certfile", certFile, "--x509keyfile", keyFile), ``},
	} {
		v13.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
			config := v13.serverConfig(t, testkit.P256)
			config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, testkit.PKI().Roots
			config.CertificateSchemes = []tls.SignatureScheme{std.ECDSAWithP256AndSHA256}
			server := serve(t, config, answerPost)
			sees(t, c.visitor.run(t, server.addr), c.sees)
			if s := server.servedGreeting(t); len(s.VerifiedChains) == 0 {
				t.Error("the client's chain was not verified")
			}
		})
	}
}
