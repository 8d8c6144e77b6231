package main

import (
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
)

// A visitor with a certificate of the right CA gets in, one without is turned away and is told what to do, in both
// versions.
func TestClientAuth(t *testing.T) {
	ca, c := alice(t)
	certFile, keyFile := testkit.Files(t, c)
	roots := writeFile(t, t.TempDir()+"/clients.pem", string(pki.EncodeCertificates(ca.Certificate.Raw)))
	for _, version := range []string{"1.2", "1.3"} {
		server := startServe(t, append(certFlags(t, testkit.P256), "--text", "welcome", "--client-ca", roots)...)
		url := strings.Replace(server.url, "127.0.0.1", "localhost", 1)
		code, stdout, stderr := get(t, "--tls", version, "--cert", certFile, "--key", keyFile, url)
		if code != 0 || stdout != "welcome" {
			t.Errorf("TLS %s, with a certificate: %d, %q\n%s", version, code, stdout, stderr)
		}
		if code, _, stderr = get(t, "--tls", version, url); code == 0 || !strings.Contains(stderr, "--cert") {
			t.Errorf("TLS %s, without: %d\n%s", version, code, stderr)
		}
	}
}

// What does not go together is refused before anything is sent.
func TestClientAuthUsage(t *testing.T) {
	for _, args := range [][]string{
		{"get", "--key", "x.pem", "https://localhost:1/"},
		{"get", "--cert", "/nowhere.pem", "https://localhost:1/"},
		append([]string{"serve", "--text", "x", "--client-auth", "maybe"}, certFlags(t, testkit.P256)...),
		append([]string{"serve", "--text", "x", "--client-ca", "/nowhere.pem"}, certFlags(t, testkit.P256)...),
		append([]string{"serve", "--text", "x", "--client-auth", "verify"}, certFlags(t, testkit.P256)...),
		append([]string{"serve", "--text", "x", "--client-auth", "verify-if-given"}, certFlags(t, testkit.P256)...),
		append([]string{"serve", "--text", "x", "--client-auth", "none", "--client-ca", "x"}, certFlags(t, testkit.P256)...),
	} {
		if code, _, stderr := vitro(t, args...); code == 0 || stderr == "" {
			t.Errorf("%v: %d, %q", args, code, stderr)
		}
	}
}
