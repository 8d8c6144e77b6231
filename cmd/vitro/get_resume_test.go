package main

import (
	stdtls "crypto/tls"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// The second connection of a command resumes what the first one left, as the server says too, and it is told so.
func TestGetResumes(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), only13)
	code, out, errs := get(t, p.url("/session"), p.url("/session"), p.url("/session"))
	if code != exitOK || out != "resumed=false\nresumed=true\nresumed=true\n" {
		t.Fatalf("exit %d, the server saw\n%s%s", code, out, errs)
	}
	headline := "TLS 1.3      TLS_AES_128_GCM_SHA256, X25519MLKEM768, "
	if got := strings.Count(errs, headline+"ecdsa_secp256r1_sha256\n"); got != 1 {
		t.Errorf("%d full handshakes are told:\n%s", got, errs)
	}
	if got := strings.Count(errs, headline+"resumed\n"); got != 2 {
		t.Errorf("%d resumed connections are told:\n%s", got, errs)
	}
	if got := strings.Count(errs, "\nsession      resumed: no certificate, no signature"); got != 2 || strings.Contains(errs, "an earlier session") {
		t.Errorf("what resuming changed is told %d times, or a session was declined:\n%s", got, errs)
	}
	code, out, errs = get(t, "--json", p.url("/session"), p.url("/session"))
	if code != exitOK || out != "resumed=false\nresumed=true\n" || strings.Count(errs, `"resumed":true`) != 1 {
		t.Errorf("--json: exit %d, the server saw\n%s%s", code, out, errs)
	}
}

// A server that declines the session that it was offered: there is a full handshake, and it is told why.
func TestGetTellsWhyItDidNotResume(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) {
		only13(c)
		c.UnwrapSession = func([]byte, stdtls.ConnectionState) (*stdtls.SessionState, error) { return nil, nil }
	})
	const why = "session an earlier session was offered, and the server wants a full handshake certificate"
	code, out, errs := get(t, p.url("/session"), p.url("/session"))
	if code != exitOK || out != "resumed=false\nresumed=false\n" || strings.Count(strings.Join(strings.Fields(errs), " "), why) != 1 {
		t.Errorf("exit %d, the server saw\n%swant %q once in\n%s", code, out, why, errs)
	}
}

// With Vitro's own server it is the same.
func TestGetResumesWithServe(t *testing.T) {
	server := startServe(t, append(certFlags(t, testkit.P256), "--text", "welcome")...)
	url := strings.Replace(server.url, "127.0.0.1", "localhost", 1)
	code, out, errs := get(t, url, url)
	if code != exitOK || out != "welcomewelcome" || strings.Count(errs, ", resumed\n") != 1 {
		t.Errorf("exit %d, %q\n%s", code, out, errs)
	}
}

// Of several URLs each is told under its name, set apart from what was told before; one alone needs no name.
func TestGetTellsWhichURL(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), only13)
	_, _, errs := get(t, p.url("/a"), p.url("/b"))
	first, second := "── "+p.url("/a")+" ──\nTLS 1.3 ", "\n\n── "+p.url("/b")+" ──\nTLS 1.3 "
	if !strings.HasPrefix(errs, first) || strings.Count(errs, second) != 1 || strings.Contains(errs, "── connection") {
		t.Errorf("want headings %q and %q in\n%s", first, second, errs)
	}
	if _, _, errs = get(t, p.url("/a")); strings.Contains(errs, "──") {
		t.Errorf("one URL has a heading:\n%s", errs)
	}
}

// Over TLS 1.2 the second connection resumes too, by ticket, and says that there is no fresh key exchange in it.
func TestGetResumes12(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) { c.MaxVersion = stdtls.VersionTLS12 })
	code, out, errs := get(t, p.url("/session"), p.url("/session"))
	words := strings.Join(strings.Fields(errs), " ")
	if code != exitOK || out != "resumed=false\nresumed=true\n" || strings.Count(words, "session resumed: no certificate, no key exchange") != 1 {
		t.Errorf("exit %d, the server saw\n%s%s", code, out, errs)
	}
}
