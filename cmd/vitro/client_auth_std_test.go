package main

import (
	stdtls "crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
)

// alice is a client's certificate and the CA that it comes from.
func alice(t *testing.T) (ca *testkit.CA, c *testkit.Certificate) {
	t.Helper()
	ca = testkit.NewCA(t, testkit.CAOptions{Name: "Clients"})
	c, err := ca.Issue(testkit.LeafOptions{CommonName: "alice", Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Fatal(err)
	}
	return ca, c
}

var bothVersions = map[string]uint16{"1.2": stdtls.VersionTLS12, "1.3": stdtls.VersionTLS13}

// A server of crypto/tls sees the certificate that get has; without one get fails, and says which flags are missing.
func TestGetShowsItsCertificate(t *testing.T) {
	ca, c := alice(t)
	certFile, keyFile := testkit.Files(t, c)
	for name, version := range bothVersions {
		p := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) {
			c.MinVersion, c.MaxVersion = version, version
			c.ClientAuth, c.ClientCAs = stdtls.RequireAndVerifyClientCert, ca.Pool()
		})
		code, out, errs := get(t, "--cert", certFile, "--key", keyFile, p.url("/client"))
		if code != exitOK || out != "CN=alice\n" {
			t.Errorf("TLS %s: exit %d, the server saw %q\n%s", name, code, out, errs)
		}
		code, _, errs = get(t, p.url("/client"))
		words := strings.Join(strings.Fields(errs), " ")
		if want := "give the client a certificate (Certificates; --cert and --key) from a CA that the server trusts"; code == exitOK || !strings.Contains(words, want) {
			t.Errorf("TLS %s, without a certificate: exit %d, want %q in\n%s", name, code, want, errs)
		}
	}
}

// What each mode of serve does with the visitors of crypto/tls: with a certificate of the right CA, of another one, and
// without.
func TestServeAsksVisitors(t *testing.T) {
	ca, good := alice(t)
	_, foreign := alice(t)
	roots := writeFile(t, t.TempDir()+"/clients.pem", string(pki.EncodeCertificates(ca.Certificate.Raw)))
	for mode, lets := range map[string]struct{ good, foreign, none bool }{
		"none":            {true, true, true},
		"request":         {true, true, true},
		"require":         {true, true, false},
		"verify-if-given": {true, false, true},
		"verify":          {true, false, false},
	} {
		args := append(certFlags(t, testkit.P256), "--text", "welcome", "--client-auth", mode)
		if mode != "none" {
			args = append(args, "--client-ca", roots)
		}
		server := startServe(t, args...)
		for name, version := range bothVersions {
			for who, visitor := range map[string]struct {
				certificate *testkit.Certificate
				welcome     bool
			}{"alice": {good, lets.good}, "another alice": {foreign, lets.foreign}, "nobody": {nil, lets.none}} {
				err := visitAs(server.url, version, visitor.certificate)
				if (err == nil) != visitor.welcome {
					t.Errorf("%s, TLS %s, %s: %v; want a welcome: %v", mode, name, who, err, visitor.welcome)
				}
			}
		}
	}
}

// visitAs fetches a page with crypto/tls and a certificate that is shown whatever CAs the server names.
func visitAs(url string, version uint16, c *testkit.Certificate) error {
	config := &stdtls.Config{RootCAs: testkit.PKI().Roots, MinVersion: version, MaxVersion: version}
	config.GetClientCertificate = func(*stdtls.CertificateRequestInfo) (*stdtls.Certificate, error) {
		if c == nil {
			return new(stdtls.Certificate), nil
		}
		return &stdtls.Certificate{Certificate: c.Chain, PrivateKey: c.Key}, nil
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(body) != "welcome" {
		err = fmt.Errorf("the page is %q", body)
	}
	return err
}
