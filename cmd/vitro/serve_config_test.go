package main

import (
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	stdtls "crypto/tls"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// Without certificates and without a CA, one is made where programs keep their settings, and it is said where its
// roots are. The next server uses it again.
func TestServeMakesItsCA(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config) // Linux and other Unixes
	t.Setenv("HOME", config)            // macOS
	t.Setenv("AppData", config)         // Windows
	dir, err := caDir("")
	if err != nil || !strings.HasPrefix(dir, config) || filepath.Base(dir) != "vitro" {
		t.Fatalf("the CA is in %q, %v", dir, err)
	}
	first := startServe(t, "--text", "x", "--host", "vitro.example")
	first.stderr.await(t, "made a local CA in "+dir, "curl --cacert "+filepath.Join(dir, "ca.pem"))
	second := startServe(t, "--text", "x", "--ca-dir", dir)
	if strings.Contains(second.stderr.await(t, "from the local CA in "+dir), "made a local CA") {
		t.Errorf("the CA was made twice:\n%s", second.stderr)
	}
	roots, err := pki.LoadPool(filepath.Join(dir, pki.RootsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*running{first, second} {
		for name, client := range visitors(t, roots) {
			if _, body := fetchFrom(t, client, s.url); body != "x" {
				t.Errorf("%s: %q", name, body)
			}
		}
	}
	names := []string{"localhost", "127.0.0.1", "::1", "vitro.example"}
	for _, id := range []uint16{stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256} {
		for _, name := range names {
			conn, err := stdtls.Dial("tcp", first.host, &stdtls.Config{RootCAs: roots, ServerName: name,
				MaxVersion: stdtls.VersionTLS12, CipherSuites: []uint16{id}})
			if err != nil {
				t.Errorf("%s as %s: %v", stdtls.CipherSuiteName(id), name, err)
				continue
			}
			conn.Close()
		}
	}
}

// What is left of a CA is not replaced by a new one.
func TestServeLeavesAPartOfACA(t *testing.T) {
	dir := t.TempDir()
	if _, err := pki.Init(dir, pki.CAOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, pki.RSAKeyFile)); err != nil {
		t.Fatal(err)
	}
	code, out, errs := vitro(t, "serve", "--text", "x", "--ca-dir", dir)
	if code != exitUsage || out != "" || !strings.Contains(errs, pki.RSAKeyFile) {
		t.Errorf("exit %d, stdout %q, stderr:\n%s", code, out, errs)
	}
	if _, err := os.Lstat(filepath.Join(dir, pki.RSAKeyFile)); err == nil {
		t.Error("a key was made")
	}
}

// A CA that is bound to some names gives the server only those, and the server says so when none is left.
func TestServeWithABoundCA(t *testing.T) {
	ca, err := pki.Init(t.TempDir(), pki.CAOptions{PermittedDNSDomains: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	s := startServe(t, "--text", "x", "--ca-dir", ca.Path)
	conn, err := stdtls.Dial("tcp", s.host, &stdtls.Config{RootCAs: ca.Pool(), ServerName: "localhost", MaxVersion: stdtls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	if got := namesOf(conn.ConnectionState().PeerCertificates[0]); !slices.Equal(got, []string{"localhost"}) {
		t.Errorf("the certificate is for %v", got)
	}
	conn.Close()
	if code, _, errs := vitro(t, "serve", "--text", "x", "--ca-dir", ca.Path, "--host", "example.com"); code != exitUsage ||
		!strings.Contains(errs, "may not issue for example.com") {
		t.Errorf("--host outside: exit %d\n%s", code, errs)
	}
	other, err := pki.Init(t.TempDir(), pki.CAOptions{PermittedDNSDomains: []string{"example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := vitro(t, "serve", "--text", "x", "--ca-dir", other.Path); code != exitUsage || !strings.Contains(errs, "--host") {
		t.Errorf("no name is left: exit %d\n%s", code, errs)
	}
}

// What cannot work is said before the address, with an exit code of its kind.
func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "file"), "x")
	ecdsaCert, ecdsaKey := testkit.Files(t, testkit.Leaf(testkit.P256))
	rsaCert, rsaKey := testkit.Files(t, testkit.Leaf(testkit.RSA))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	good := []string{"--cert", ecdsaCert, "--key", ecdsaKey}
	for name, c := range map[string]struct {
		variable string
		args     []string
		code     int
		says     string
	}{
		"nothing to serve":    {"", good, exitUsage, "Give a directory"},
		"both":                {"", append([]string{dir, "--text", "x"}, good...), exitUsage, "not both"},
		"two directories":     {"", append([]string{dir, dir}, good...), exitUsage, "at most 1 arg"},
		"no such directory":   {"", append([]string{dir + "/none"}, good...), exitUsage, "none"},
		"a file":              {"", append([]string{file}, good...), exitUsage, "is not a directory"},
		"port taken":          {"", append([]string{dir, "--listen", taken.Addr().String()}, good...), exitConnect, "another program listens there"},
		"no port":             {"", append([]string{dir, "--listen", "8443"}, good...), exitUsage, "127.0.0.1:8443"},
		"policy":              {"", append([]string{dir, "--policy", "old"}, good...), exitUsage, `unknown policy "old"`},
		"policy variable":     {"old", append([]string{dir}, good...), exitUsage, tls.PolicyVariable},
		"policy against kx":   {"", append([]string{dir, "--policy", "modern", "--key-exchange", "rsa"}, good...), exitUsage, "--policy legacy"},
		"key exchange":        {"", append([]string{dir, "--key-exchange", "dh"}, good...), exitUsage, "rsa, dhe and ecdhe"},
		"explain":             {"", append([]string{dir, "--explain", "much"}, good...), exitUsage, "none, brief, full and bytes"},
		"explain and json":    {"", append([]string{dir, "--explain", "full", "--json"}, good...), exitUsage, "json"},
		"color":               {"", append([]string{dir, "--color", "red"}, good...), exitUsage, "auto, always and never"},
		"timeout":             {"", append([]string{dir, "--handshake-timeout", "0s"}, good...), exitUsage, "--handshake-timeout"},
		"key log":             {"", append([]string{dir, "--keylog", dir}, good...), exitWrite, "key log"},
		"key without cert":    {"", []string{dir, "--key", ecdsaKey}, exitUsage, "goes with a certificate"},
		"fewer keys":          {"", append([]string{dir, "--cert", rsaCert}, good...), exitUsage, "give a key for each"},
		"keys swapped":        {"", []string{dir, "--cert", ecdsaCert, "--key", rsaKey}, exitUsage, "does not belong"},
		"cert and key turned": {"", []string{dir, "--cert", ecdsaKey, "--key", ecdsaCert}, exitUsage, "no certificate in it"},
		"no such cert":        {"", []string{dir, "--cert", dir + "/none.pem"}, exitUsage, "none.pem"},
		"not a cert":          {"", []string{dir, "--cert", file}, exitUsage, "not PEM"},
		"host with cert":      {"", append([]string{dir, "--host", "x"}, good...), exitUsage, "host"},
		"ALPN":                {"", append([]string{dir, "--alpn", strings.Repeat("x", 256)}, good...), exitUsage, "1 to 255 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv(tls.PolicyVariable, c.variable)
			}
			code, out, errs := vitro(t, append([]string{"serve", "--listen", "127.0.0.1:0"}, c.args...)...)
			if code != c.code || out != "" || !strings.Contains(errs, c.says) {
				t.Errorf("exit %d, want %d; stdout %q; %q is to be in:\n%s", code, c.code, out, c.says, errs)
			}
		})
	}
}

// A certificate and its key may be in one file.
func TestServeCertAndKeyInOneFile(t *testing.T) {
	certFile, keyFile := testkit.Files(t, testkit.Leaf(testkit.P256))
	var both []byte
	for _, name := range []string{keyFile, certFile} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, text...)
	}
	one := writeFile(t, filepath.Join(t.TempDir(), "both.pem"), string(both))
	s := startServe(t, "--cert", one, "--text", "x")
	if _, body := fetchFrom(t, visitors(t, testkit.PKI().Roots)["crypto/tls"], s.url); body != "x" {
		t.Errorf("%q", body)
	}
}

// The address names a host by which this machine gets there.
func TestServeAddress(t *testing.T) {
	bound := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}
	for listen, want := range map[string]string{
		":0": "localhost", "0.0.0.0:0": "localhost", "[::]:0": "localhost", "localhost:0": "localhost", "127.0.0.1:0": "127.0.0.1",
	} {
		if got := (&serveOptions{listen: listen}).urlHost(bound); got != want {
			t.Errorf("--listen %s: %s, want %s", listen, got, want)
		}
	}
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x", "--listen", "localhost:0")...)
	if !strings.HasPrefix(s.url, "https://localhost:") {
		t.Errorf("the address is %s", s.url)
	}
}

func parsePEM(t *testing.T, text string) []*x509.Certificate {
	t.Helper()
	certs, err := pki.DecodeCertificates([]byte(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return certs
}
