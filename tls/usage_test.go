package tls

import (
	"crypto/x509"
	"errors"
	"fmt"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
)

func certificateOf(c *testkit.Certificate) Certificate {
	return Certificate{Certificate: c.Chain, PrivateKey: c.Key}
}

// Certificates whose key usage lacks digitalSignature work as in crypto/tls where a program chose the roots, and are
// refused by RFC 8446 §4.4.2.2 and RFC 5246 §7.4.2 where somebody else did, or where there is a Verifier.
func TestKeyUsageCountsUnderRootsOfOthers(t *testing.T) {
	pki := testkit.PKI()
	unfit := certificateOf(testkit.Flawed(testkit.NoDigitalSignature, testkit.RSA))
	alice, err := pki.Intermediate.Issue(testkit.LeafOptions{CommonName: "alice", Now: testkit.Now, KeyUsage: x509.KeyUsageKeyEncipherment,
		Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		client, server func(*Config)
		refused        bool
	}{
		{name: "roots of its own"},
		{name: "nothing verified", client: func(c *Config) { c.RootCAs, c.InsecureSkipVerify = nil, true }},
		{name: "a Verifier", client: func(c *Config) { c.Verifier = new(trust.Verifier) }, refused: true},
		{name: "a Verifier that takes it", client: func(c *Config) { c.Verifier = &trust.Verifier{AnyKeyUsage: true} }},
		{name: "roots of others", client: func(c *Config) { c.Verifier, c.RootCAs = &trust.Verifier{Roots: c.RootCAs}, nil }, refused: true},
		{name: "a client too", server: func(c *Config) { c.ClientAuth, c.ClientCAs = RequireAndVerifyClientCert, pki.Roots }},
		{name: "a client that nobody verifies", server: func(c *Config) { c.ClientAuth = RequireAnyClientCert }},
		{name: "a client, and a Verifier", refused: true,
			server: func(c *Config) {
				c.ClientAuth, c.ClientCAs, c.Verifier = RequireAndVerifyClientCert, pki.Roots, new(trust.Verifier)
			}},
		{name: "from a callback", server: func(c *Config) {
			c.Certificates, c.GetCertificate = nil, func(*ClientHelloInfo) (*Certificate, error) { return &unfit, nil }
		}},
	} {
		for _, version := range []uint16{VersionTLS12, VersionTLS13} {
			t.Run(fmt.Sprintf("%s, %s", c.name, VersionName(version)), func(t *testing.T) {
				cc, sc := clientConfig(), &Config{Certificates: []Certificate{unfit}, Time: testkit.Clock}
				cc.MaxVersion, cc.Certificates = version, []Certificate{certificateOf(alice)}
				for _, change := range []struct {
					by func(*Config)
					to *Config
				}{{c.client, cc}, {c.server, sc}} {
					if change.by != nil {
						change.by(change.to)
					}
				}
				cerr, serr := both(pair(t, cc, sc))
				if failure := errors.Join(cerr, serr); errors.Is(failure, fault.WrongKeyUsage) != c.refused || !c.refused && failure != nil {
					t.Errorf("client: %v; server: %v; want a refusal for %s: %v", cerr, serr, fault.WrongKeyUsage.Name, c.refused)
				}
			})
		}
	}
}

// Where one certificate may sign, the other is not shown.
func TestCertificateThatMaySignIsPreferred(t *testing.T) {
	unfit := certificateOf(testkit.Flawed(testkit.NoDigitalSignature, testkit.RSA))
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		cc, sc := clientConfig(), &Config{Certificates: []Certificate{unfit, certificateOf(testkit.Leaf(testkit.RSA))}, Time: testkit.Clock}
		cc.MaxVersion, cc.Verifier = version, new(trust.Verifier)
		if cerr, serr := both(pair(t, cc, sc)); cerr != nil {
			t.Errorf("%s: the client says %v, the server %v", VersionName(version), cerr, serr)
		}
	}
}
