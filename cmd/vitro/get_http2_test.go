package main

import (
	stdtls "crypto/tls"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// newPeer2 is newPeer with HTTP/2.
func newPeer2(t *testing.T, kind testkit.Kind) *peer {
	t.Helper()
	return newPeer(t, testkit.Leaf(kind), func(c *stdtls.Config) {
		c.MaxVersion = stdtls.VersionTLS13
		c.NextProtos = []string{"h2", "http/1.1"}
		if kind == testkit.RSA {
			c.CipherSuites = []uint16{stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256}
		}
	})
}

// HTTP/2 is spoken where the server has it, and said to be, unless a flag leaves it out. Under RSA key exchange, which
// HTTP/2 forbids (RFC 9113 §9.2.2), it is not offered.
func TestGetSpeaksHTTP2(t *testing.T) {
	p := newPeer2(t, testkit.RSA)
	for _, c := range []struct {
		args []string
		name string
		told string
	}{
		{nil, "h2", "response     HTTP/2 200 OK"},
		{[]string{"--alpn", "h2"}, "h2", "response     HTTP/2 200 OK"},
		{[]string{"--http1.1"}, "http/1.1", "response     HTTP/1.1 200 OK"},
		{[]string{"--alpn", "http/1.1"}, "http/1.1", "response     HTTP/1.1 200 OK"},
		{[]string{"--alpn", ""}, "", "response     HTTP/1.1 200 OK"},
		{[]string{"--key-exchange", "rsa"}, "http/1.1", "response     HTTP/1.1 200 OK"},
	} {
		code, out, errs := get(t, append(c.args, p.url("/"))...)
		if code != exitOK || !strings.Contains(out, fmt.Sprintf(" alpn=%s host=localhost:%s agent=\"vitro\"", c.name, p.port)) || !strings.Contains(errs, c.told) {
			t.Errorf("%v: exit %d, want %q and %q in\n%s%s", c.args, code, c.name, c.told, out, errs)
		}
	}
	if code, out, _ := get(t, "-I", p.url("/")); code != exitOK || !strings.HasPrefix(out, "HTTP/2 200 OK\r\n") {
		t.Errorf("-I: exit %d, %q", code, out)
	}
	if code, _, errs := get(t, "--http1.1", "--alpn", "h2", p.url("/")); code != exitUsage || !strings.Contains(errs, "http1.1") {
		t.Errorf("--http1.1 and --alpn: exit %d, want %d\n%s", code, exitUsage, errs)
	}
}

// Over HTTP/2 too redirects stay on the connection, and failures have their exit codes and reasons.
func TestGetFailsOverHTTP2(t *testing.T) {
	p := newPeer2(t, testkit.P256)
	code, out, errs := get(t, "--location", p.url("/moved"))
	if code != exitOK || !strings.Contains(out, " alpn=h2 ") || strings.Count(errs, "TLS 1.3 ") != 1 {
		t.Errorf("a redirect: exit %d, want one handshake\n%s%s", code, out, errs)
	}
	for _, c := range []struct {
		path string
		args []string
		code int
		out  string
	}{
		{"/missing", nil, exitHTTP, "no such page\n"},
		{"/missing", []string{"--fail"}, exitHTTP, ""},
		{"/cut", nil, exitReceive, "0123456789"},
	} {
		if code, out, errs := get(t, append(c.args, p.url(c.path))...); code != c.code || out != c.out {
			t.Errorf("%s %v: exit %d and %q, want %d and %q\n%s", c.path, c.args, code, out, c.code, c.out, errs)
		}
	}
	wantsClient := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) {
		c.ClientAuth, c.MinVersion, c.MaxVersion, c.NextProtos = stdtls.RequireAnyClientCert, stdtls.VersionTLS13, 0, []string{"h2"}
	})
	for _, args := range [][]string{nil, {"-s"}, {"--json"}} {
		code, _, errs := get(t, append(args, wantsClient.url("/"))...)
		if code != exitHandshake || !strings.Contains(strings.Join(strings.Fields(errs), " "), "certificate_required") {
			t.Errorf("without a client certificate, %v: exit %d, want %d\n%s", args, code, exitHandshake, errs)
		}
	}
}

// A response that does not come to its end is given up with the time, and the connection with it.
func TestGetTimesOutOverHTTP2(t *testing.T) {
	p := newPeer2(t, testkit.P256)
	code, out, errs := get(t, "--max-time", "0.5", p.url("/stuck"))
	if code != exitTimeout || out != "so far" {
		t.Errorf("exit %d, stdout %q, want %d and what had come\n%s", code, out, exitTimeout, errs)
	}
}

// Get and serve speak HTTP/2 with each other.
func TestGetAndServeSpeakHTTP2(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "hello")...)
	url := strings.Replace(s.url, "127.0.0.1", "localhost", 1)
	code, out, errs := get(t, url)
	if code != exitOK || out != "hello" || !strings.Contains(errs, "HTTP/2 200 OK") {
		t.Errorf("exit %d, %q\n%s", code, out, errs)
	}
	if code, _, errs := get(t, "--http1.1", url); code != exitOK || !strings.Contains(errs, "HTTP/1.1 200 OK") {
		t.Errorf("--http1.1: exit %d\n%s", code, errs)
	}
}

// curl fetches from serve in the protocol that it is told to.
func TestServeAndCurl(t *testing.T) {
	if out, err := exec.Command("curl", "--version").Output(); err != nil || !strings.Contains(string(out), "HTTP2") {
		t.Skipf("curl is not here, or has no HTTP/2: %v", err)
	}
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "hello")...)
	url := strings.Replace(s.url, "127.0.0.1", "localhost", 1)
	for flag, version := range map[string]string{"--http2": "2", "--http1.1": "1.1", "--http2-prior-knowledge": "2"} {
		out, err := exec.Command("curl", "--silent", "--show-error", "--noproxy", "*", "--cacert", testkit.RootFile(t), flag,
			"--write-out", " %{http_version}", url).CombinedOutput()
		if want := "hello " + version; err != nil || string(out) != want {
			t.Errorf("curl %s: %v, %q, want %q", flag, err, out, want)
		}
	}
	plain := "http" + strings.TrimPrefix(url, "https")
	out, err := exec.Command("curl", "--silent", "--noproxy", "*", "--http2-prior-knowledge", plain).CombinedOutput()
	if err == nil || strings.Contains(string(out), "hello") {
		t.Errorf("curl without TLS: %q", out)
	}
}
