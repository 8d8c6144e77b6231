// Package acme has what gets certificates by itself, over Vitro: autocert and certmagic, with a CA of its own on
// loopback. It is a module of its own because of what certmagic needs; run its tests with
//
//	cd interop/acme && go test ./...
package acme

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	vitro "github.com/vitro-tls/vitro/tls"
)

const domain = "shop.vitro.test"

// serve greets every visitor over Vitro, until the test ends.
func serve(t *testing.T, config *vitro.Config) net.Addr {
	t.Helper()
	l, err := vitro.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(time.Minute))
				io.WriteString(conn, "welcome")
			}()
		}
	}()
	return l.Addr()
}

// visit is a client that trusts the CA, first crypto/tls's, then Vitro's.
func visit(t *testing.T, ca *authority, addr net.Addr) {
	t.Helper()
	theirs, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", addr.String(), &tls.Config{RootCAs: ca.roots(), ServerName: domain})
	if err != nil {
		t.Fatalf("crypto/tls: %v", err)
	}
	defer theirs.Close()
	ours, err := vitro.DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", addr.String(), &vitro.Config{RootCAs: ca.roots(), ServerName: domain})
	if err != nil {
		t.Fatalf("vitro: %v", err)
	}
	defer ours.Close()
	for name, conn := range map[string]net.Conn{"crypto/tls": theirs, "vitro": ours} {
		if greeting, err := io.ReadAll(conn); string(greeting) != "welcome" || err != nil {
			t.Errorf("%s reads %q, %v", name, greeting, err)
		}
	}
}

// autocert gets a certificate when the first visitor comes, and answers the CA's visit (RFC 8737) in between.
func TestAutocert(t *testing.T) {
	ca := newAuthority(t)
	m := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		HostPolicy: autocert.HostWhitelist(domain),
		Client:     &acme.Client{DirectoryURL: ca.directory()},
	}
	ca.target = serve(t, vitro.FromStd(m.TLSConfig()))
	visit(t, ca, ca.target)
	if issued, checked := ca.counts(); issued != 1 || checked != 1 {
		t.Errorf("the CA has issued %d certificates after %d visits", issued, checked)
	}
}

// The same by AdaptGetCertificate, in a Config of our own.
func TestAutocertAdapted(t *testing.T) {
	ca := newAuthority(t)
	m := &autocert.Manager{Prompt: autocert.AcceptTOS, Client: &acme.Client{DirectoryURL: ca.directory()}}
	ca.target = serve(t, &vitro.Config{
		GetCertificate: vitro.AdaptGetCertificate(m.GetCertificate),
		NextProtos:     []string{"http/1.1", acme.ALPNProto},
	})
	visit(t, ca, ca.target)
}

// A host that autocert does not serve gets no certificate, and the reason stays readable.
func TestAutocertRefuses(t *testing.T) {
	ca := newAuthority(t)
	refused := errors.New("not our host")
	m := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		HostPolicy: func(context.Context, string) error { return refused },
		Client:     &acme.Client{DirectoryURL: ca.directory()},
	}
	client, server := net.Pipe()
	go vitro.Client(client, &vitro.Config{ServerName: domain}).Handshake()
	if err := vitro.Server(server, vitro.FromStd(m.TLSConfig())).Handshake(); !errors.Is(err, refused) {
		t.Errorf("the handshake ends with %v", err)
	}
}

// certmagic gets its certificate before anybody comes, with the CA's visit at the listener that Vitro serves.
func TestCertmagic(t *testing.T) {
	ca := newAuthority(t)
	logs := zap.NewNop()
	var config *certmagic.Config
	cache := certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return config, nil },
		Logger:           logs,
	})
	defer cache.Stop()
	config = certmagic.New(cache, certmagic.Config{Storage: &certmagic.FileStorage{Path: t.TempDir()}, Logger: logs})
	config.OCSP.DisableStapling = true
	ours := vitro.FromStd(config.TLSConfig())
	ours.NextProtos = append([]string{"http/1.1"}, ours.NextProtos...)
	ca.target = serve(t, ours)
	// certmagic finds the port in use, and leaves the CA's visit to whoever listens there.
	config.Issuers = []certmagic.Issuer{certmagic.NewACMEIssuer(config, certmagic.ACMEIssuer{
		CA: ca.directory(), Email: "shop@vitro.test", Agreed: true, Logger: logs,
		DisableHTTPChallenge: true, ListenHost: "127.0.0.1", AltTLSALPNPort: ca.target.(*net.TCPAddr).Port,
	})}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := config.ManageSync(ctx, []string{domain}); err != nil {
		t.Fatal(err)
	}
	visit(t, ca, ca.target)
	if issued, checked := ca.counts(); issued != 1 || checked != 1 {
		t.Errorf("the CA has issued %d certificates after %d visits", issued, checked)
	}
}
