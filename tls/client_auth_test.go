package tls

import (
	std "crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// clientLeaf is a certificate that a client may show.
func clientLeaf(ca *testkit.CA) Certificate {
	c, err := ca.Issue(testkit.LeafOptions{CommonName: "alice", Now: testkit.Now, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		panic(err)
	}
	return Certificate{Certificate: c.Chain, PrivateKey: c.Key}
}

// modes are all of ClientAuthType, with what becomes of a client without a certificate, one with a good one, and one
// that a stranger issued.
var modes = []struct {
	mode                 ClientAuthType
	none, good, stranger *fault.Rule
	asked, verified      bool
}{
	{NoClientCert, nil, nil, nil, false, false},
	{RequestClientCert, nil, nil, nil, true, false},
	{RequireAnyClientCert, fault.ClientCertificateRequired, nil, nil, true, false},
	{VerifyClientCertIfGiven, nil, nil, fault.UnknownCA, true, true},
	{RequireAndVerifyClientCert, fault.ClientCertificateRequired, nil, fault.UnknownCA, true, true},
}

// The five modes mean what they mean in crypto/tls, down to which callbacks see what.
func TestClientAuthModes(t *testing.T) {
	good, stranger := clientLeaf(testkit.PKI().Intermediate), clientLeaf(testkit.PKI().Untrusted)
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		for _, m := range modes {
			for who, c := range map[string]struct {
				certificate *Certificate
				rule        *fault.Rule
			}{"none": {nil, m.none}, "good": {&good, m.good}, "stranger": {&stranger, m.stranger}} {
				t.Run(fmt.Sprintf("%x/%v/%s", version, m.mode, who), func(t *testing.T) {
					peers, connections := 0, 0
					cc, sc := clientConfig(), serverConfig(testkit.P256)
					cc.MaxVersion, sc.ClientAuth, sc.ClientCAs = version, m.mode, testkit.PKI().Roots
					sc.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
						peers++
						// A client that has no certificate to show is seen as that.
						if (len(raw) > 0) != (c.certificate != nil) || (m.verified && len(raw) > 0) != (len(chains) > 0) {
							t.Errorf("VerifyPeerCertificate sees %d certificates, %d chains", len(raw), len(chains))
						}
						return nil
					}
					sc.VerifyConnection = func(ConnectionState) error { connections++; return nil }
					// The names of the CAs would keep a stranger from showing its certificate.
					cc.GetClientCertificate = func(info *CertificateRequestInfo) (*Certificate, error) {
						if info.Version != version || len(info.AcceptableCAs) != 1 || len(info.SignatureSchemes) == 0 || info.Context() == nil {
							t.Errorf("GetClientCertificate sees %+v", info)
						}
						if c.certificate == nil {
							return new(Certificate), nil
						}
						return c.certificate, nil
					}
					client, server := pair(t, cc, sc)
					_, err := both(client, server)
					if c.rule != nil {
						if !errors.Is(err, c.rule) {
							t.Fatalf("failed with %v, want %s", err, c.rule.Name)
						}
						if _, err := client.Read(make([]byte, 1)); err == nil {
							t.Error("the client was not told")
						}
						return
					}
					shown := m.asked && c.certificate != nil
					s := server.ConnectionState()
					if err != nil || shown != (len(s.PeerCertificates) > 0) || (shown && m.verified) != (len(s.VerifiedChains) > 0) {
						t.Fatalf("%v; known are %d certificates, %d chains", err, len(s.PeerCertificates), len(s.VerifiedChains))
					}
					if m.asked != (peers == 1) || connections != 1 {
						t.Errorf("VerifyPeerCertificate was called %d times, VerifyConnection %d", peers, connections)
					}
				})
			}
		}
	}
}

// The fields are copied, and a callback that has no answer of its own leaves the choice to Certificates.
func TestClientAuthFields(t *testing.T) {
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	cc.Certificates = []Certificate{clientLeaf(testkit.PKI().Untrusted), clientLeaf(testkit.PKI().Intermediate)}
	cc.GetClientCertificate = func(*CertificateRequestInfo) (*Certificate, error) { return nil, nil }
	sc.ClientAuth, sc.ClientCAs = RequireAndVerifyClientCert, testkit.PKI().Roots
	client, server := pair(t, cc.Clone(), sc.Clone())
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	if s := server.ConnectionState(); len(s.VerifiedChains) == 0 || s.PeerCertificates[0].Subject.CommonName != "alice" {
		t.Errorf("the server knows %v", s.PeerCertificates)
	}
	bad := serverConfig(testkit.P256)
	bad.ClientAuth = 17
	if err := checkServer(bad); !errors.Is(err, fault.BadConfig) {
		t.Errorf("an unknown mode: %v", err)
	}
}

// crypto/tls is another implementation: it knows our client, and our server knows its client.
func TestClientAuthWithStd(t *testing.T) {
	alice := clientLeaf(testkit.PKI().Intermediate)
	leaf := testkit.Leaf(testkit.RSA)
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		t.Run(fmt.Sprintf("client/%x", version), func(t *testing.T) {
			c, s := tcp(t)
			server := std.Server(s, &std.Config{ClientAuth: std.RequireAndVerifyClientCert, ClientCAs: testkit.PKI().Roots, Time: testkit.Clock,
				Certificates: []Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}})
			cc := clientConfig()
			cc.MaxVersion, cc.Certificates = version, []Certificate{alice}
			client := Client(c, cc)
			done := make(chan error, 1)
			go func() { done <- server.Handshake() }()
			if cerr, serr := client.Handshake(), <-done; cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			if got := server.ConnectionState(); len(got.PeerCertificates) != 2 || got.Version != version {
				t.Errorf("crypto/tls knows %v", got.PeerCertificates)
			}
		})
		t.Run(fmt.Sprintf("server/%x", version), func(t *testing.T) {
			c, s := tcp(t)
			sc := serverConfig(testkit.RSA)
			sc.ClientAuth, sc.ClientCAs = RequireAndVerifyClientCert, testkit.PKI().Roots
			server := Server(s, sc)
			client := std.Client(c, &std.Config{ServerName: testkit.Host, RootCAs: testkit.PKI().Roots, Time: testkit.Clock,
				MaxVersion: version, Certificates: []Certificate{alice}})
			done := make(chan error, 1)
			go func() {
				_, err := client.Write([]byte("hello"))
				done <- err
			}()
			got := make([]byte, 5)
			if _, err := io.ReadFull(server, got); err != nil || <-done != nil || string(got) != "hello" {
				t.Fatalf("%q, %v", got, err)
			}
			if s := server.ConnectionState(); len(s.VerifiedChains) == 0 || s.Version != version {
				t.Errorf("known are %v", s.PeerCertificates)
			}
		})
	}
}
