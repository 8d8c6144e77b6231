package main

import (
	stdtls "crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// accept listens on loopback and hands every connection over.
func accept(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String()
}

// lastLine is how --json ends a failure.
type lastLine struct {
	Event, URL, Error, Rule, Probed string
	Exit                            int
}

func getJSON(t *testing.T, args ...string) (code int, last lastLine, stderr string) {
	t.Helper()
	code, _, stderr = get(t, append([]string{"--json"}, args...)...)
	lines := strings.Split(strings.TrimSpace(stderr), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("not a JSON line: %q", line)
		}
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatalf("%v: %q", err, stderr)
	}
	if last.Event != "error" || last.Exit != code {
		t.Errorf("the last line is %+v, and the exit code %d", last, code)
	}
	return code, last, stderr
}

// A certificate that is not trusted is an exit code of its own, and its reason is told, in text and in JSON.
func TestGetDistrusts(t *testing.T) {
	for flaw, rule := range map[testkit.Flaw]string{
		testkit.UntrustedRoot:       "unknown_ca",
		testkit.SelfSigned:          "self_signed",
		testkit.MissingIntermediate: "missing_intermediate",
		testkit.WrongHost:           "wrong_host",
		testkit.Expired:             "certificate_expired",
		testkit.NotYetValid:         "certificate_not_yet_valid",
		testkit.WrongUsage:          "wrong_key_usage",
	} {
		p := newPeer(t, testkit.Flawed(flaw, testkit.P256), nil)
		code, last, _ := getJSON(t, p.url("/"))
		if code != exitNotTrusted || last.Rule != rule {
			t.Errorf("%s: exit %d, rule %q; want %d, %q", flaw, code, last.Rule, exitNotTrusted, rule)
		}
		for _, level := range []string{"none", "brief", "full"} {
			code, _, errs := get(t, "--explain", level, p.url("/"))
			if code != exitNotTrusted || strings.Count(errs, rule+",") != 1 {
				t.Errorf("%s, --explain %s: exit %d, want %d and the rule told once\n%s", flaw, level, code, exitNotTrusted, errs)
			}
		}
		if n := p.requests.Load(); n != 0 {
			t.Errorf("%s: %d requests were sent", flaw, n)
		}
		if code, _, errs := get(t, "--insecure", p.url("/")); code != exitOK || !strings.Contains(errs, "WARNING") {
			t.Errorf("%s, --insecure: exit %d, want 0 and a warning\n%s", flaw, code, errs)
		}
	}
}

// A server that only speaks RSA key exchange refuses the default policy with an alert that does not say so; get asks
// once more and names it, but not where the user chose the policy.
func TestGetNamesRSAOnlyServers(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.RSA), onlyRSA)
	const named = "it only speaks RSA key exchange; policy legacy allows it: --policy legacy"
	code, _, errs := get(t, p.url("/"))
	if code != exitHandshake || !strings.Contains(errs, named) || !strings.Contains(errs, "asking once more") {
		t.Errorf("exit %d, want %d and %q\n%s", code, exitHandshake, named, errs)
	}
	if code, last, _ := getJSON(t, p.url("/")); code != exitHandshake || last.Probed != named {
		t.Errorf("--json: exit %d, probed %q", code, last.Probed)
	}
	if n := p.requests.Load(); n != 0 {
		t.Errorf("%d requests were sent to find out why", n)
	}
	if code, _, errs := get(t, "--policy", "modern", p.url("/")); code != exitHandshake || strings.Contains(errs, "asking once more") {
		t.Errorf("--policy modern: exit %d, want %d and no second question\n%s", code, exitHandshake, errs)
	}
}

// So with one that only has older ciphers: with forward secrecy, and so under the policy between.
func TestGetNamesServersWithOlderCiphers(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.RSA), func(c *stdtls.Config) {
		c.CipherSuites = []uint16{stdtls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, stdtls.TLS_RSA_WITH_AES_128_CBC_SHA}
	})
	const named = "it only speaks older ciphers; policy compatible allows them: --policy compatible"
	if code, _, errs := get(t, p.url("/")); code != exitHandshake || !strings.Contains(errs, named) {
		t.Errorf("exit %d, want %d and %q\n%s", code, exitHandshake, named, errs)
	}
	if code, out, errs := get(t, "--policy", "compatible", p.url("/")); code != exitOK || !strings.Contains(out, "suite=TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA") {
		t.Errorf("--policy compatible: exit %d, stdout %q\n%s", code, out, errs)
	}
}

func TestGetProbesWithoutLuck(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.RSA), func(c *stdtls.Config) {
		c.CipherSuites = []uint16{stdtls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	})
	code, _, errs := get(t, p.url("/"))
	if code != exitHandshake || !strings.Contains(errs, "it refuses what policy legacy allows too") {
		t.Errorf("exit %d, want %d\n%s", code, exitHandshake, errs)
	}
}

// The environment's policy is the user's choice too.
func TestGetHeedsThePolicyVariable(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.RSA), onlyRSA)
	t.Setenv("VITRO_POLICY", "legacy")
	code, out, errs := get(t, p.url("/"))
	if code != exitOK || !strings.Contains(out, "suite=TLS_RSA_") || !strings.Contains(errs, "VITRO_POLICY") {
		t.Errorf("exit %d, stdout %q, want RSA key exchange and the variable named\n%s", code, out, errs)
	}
	t.Setenv("VITRO_POLICY", "ancient")
	if code, _, errs := get(t, p.url("/")); code != exitUsage || !strings.Contains(errs, `"ancient"`) {
		t.Errorf("an unknown policy: exit %d, want %d and the value\n%s", code, exitUsage, errs)
	}
}

// What is behind the port is not what was hoped for.
func TestGetNamesWhatAnswers(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	greets := func(s string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = io.WriteString(conn, s)
			_, _ = io.Copy(io.Discard, conn)
		}
	}
	wantsClient := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) { c.ClientAuth = stdtls.RequireAnyClientCert })
	wantsClient13 := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) {
		c.ClientAuth, c.MinVersion, c.MaxVersion = stdtls.RequireAnyClientCert, stdtls.VersionTLS13, 0
	})
	onlyDNS := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) { c.NextProtos = []string{"dot"} })
	newer := newPeer(t, testkit.Leaf(testkit.P256), func(c *stdtls.Config) { c.MinVersion, c.MaxVersion = stdtls.VersionTLS13, 0 })
	for _, c := range []struct {
		what, address string
		args          []string
		code          int
		want          string
	}{
		{"plain HTTP", plain.Listener.Addr().String(), nil, exitHandshake, "plain HTTP"},
		{"SSH", accept(t, greets("SSH-2.0-OpenSSH_9.9\r\n")), nil, exitHandshake, "SSH"},
		{"a hang-up", accept(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1<<14)) }), nil, exitHandshake, "step 1 (Client Hello)"},
		{"silence", accept(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }), []string{"--max-time", "0.2"}, exitTimeout, "fell silent"},
		{"a wish for a client certificate", wantsClient.Listener.Addr().String(), nil, exitHandshake, "client certificate"},
		{"the same in TLS 1.3", wantsClient13.Listener.Addr().String(), nil, exitHandshake, "certificate_required"},
		{"the same without a word", wantsClient13.Listener.Addr().String(), []string{"-s"}, exitHandshake, "certificate_required"},
		{"no HTTP", onlyDNS.Listener.Addr().String(), []string{"--alpn", "dot,h2"}, exitUsage, `chose "dot"`},
		{"TLS 1.3 only", newer.Listener.Addr().String(), []string{"--tls", "1.2"}, exitHandshake, "TLS 1.2"},
		{"nobody", unused(t), nil, exitConnect, "connection refused"},
	} {
		code, out, errs := get(t, append(c.args, c.address)...)
		if strings.Contains(errs, "readLoop") {
			t.Errorf("%s: the words of net/http's inside:\n%s", c.what, errs)
		}
		if code != c.code || !strings.Contains(strings.Join(strings.Fields(errs), " "), c.want) || out != "" {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", c.what, code, c.code, c.want, out, errs)
		}
	}
}

// unused returns an address on which nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// --max-time covers the response too.
func TestGetTimesOutInTheBody(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "so far")
		_ = http.NewResponseController(w).Flush()
		<-release
	}))
	leaf := testkit.Leaf(testkit.P256)
	server.TLS = &stdtls.Config{Certificates: []stdtls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}, MaxVersion: stdtls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	defer close(release)
	code, out, errs := get(t, "--max-time", "0.5", "https://"+server.Listener.Addr().String())
	if code != exitTimeout || out != "so far" {
		t.Errorf("exit %d, stdout %q, want %d and what had come\n%s", code, out, exitTimeout, errs)
	}
}

func TestConnectErrorsAreNamed(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&net.DNSError{Name: "nowhere.test", IsNotFound: true, Err: "no such host"}, `could not find the host "nowhere.test"`},
		{&net.DNSError{Name: "nowhere.test", Err: "server misbehaving"}, `could not look up the host "nowhere.test": server misbehaving`},
		{io.ErrUnexpectedEOF, "could not connect to nowhere.test:443: unexpected EOF"},
	} {
		err := &connectError{"nowhere.test:443", &net.OpError{Op: "dial", Err: c.err}}
		if c.err == io.ErrUnexpectedEOF {
			err.err = c.err
		}
		if got := err.Error(); !strings.Contains(got, c.want) {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
		if code := exitCodeOf(fmt.Errorf("wrapped: %w", err)); code != exitConnect {
			t.Errorf("%v: exit %d, want %d", c.err, code, exitConnect)
		}
	}
}
