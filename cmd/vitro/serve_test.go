package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/explain"
	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// written is what a program has written so far.
type written struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{} // closed and replaced with every write
}

func newWritten() *written { return &written{more: make(chan struct{})} }

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.more)
	w.more = make(chan struct{})
	return w.text.Write(b)
}

func (w *written) String() string {
	text, _ := w.now()
	return text
}

func (w *written) now() (text string, more <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String(), w.more
}

// await returns once the text has all the words. It gives up long after they should have come.
func (w *written) await(t *testing.T, words ...string) string {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		text, more := w.now()
		missing := ""
		for _, word := range words {
			if !strings.Contains(text, word) {
				missing = word
			}
		}
		if missing == "" {
			return text
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%q did not come:\n%s", missing, text)
		}
	}
}

// running is a vitro serve under test.
type running struct {
	url    string
	host   string // with its port
	stderr *written
	stop   func() int // as SIGTERM does; returns the exit code
}

// startServe runs vitro serve on a free port until the test ends.
func startServe(t *testing.T, args ...string) *running {
	t.Helper()
	return startRunning(t, func(ctx context.Context, stdout, stderr io.Writer) int {
		return run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), stdout, stderr)
	})
}

// startHandler runs what vitro serve runs, with a handler of the test's own, after adjust has seen the server.
func startHandler(t *testing.T, o *serveOptions, handler http.Handler, adjust func(*https.Server)) *running {
	t.Helper()
	return startRunning(t, func(ctx context.Context, stdout, stderr io.Writer) int {
		say := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
		config, err := o.config(say)
		if err != nil {
			say("%v", err)
			return exitUsage
		}
		listener, err := o.bind(config)
		if err != nil {
			say("%v", err)
			return exitConnect
		}
		server := o.server(config, o.watch(stderr, explain.Options{}), handler, say)
		adjust(server)
		fmt.Fprintf(stdout, "https://%v\n", listener.Addr())
		if err := serveUntil(ctx, server, counting{listener}, grace, say); err != nil {
			say("%v", err)
			return exitConnect
		}
		return exitOK
	})
}

func startRunning(t *testing.T, serve func(ctx context.Context, stdout, stderr io.Writer) int) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stdout, out := io.Pipe()
	s := &running{stderr: newWritten()}
	exit := make(chan int, 1)
	go func() {
		exit <- serve(ctx, out, s.stderr)
		out.Close()
	}()
	s.stop = sync.OnceValue(func() int { cancel(); return <-exit })
	t.Cleanup(func() { s.stop() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("no address came: %v\n%s", err, s.stderr)
	}
	s.url = strings.TrimSpace(line)
	s.host = strings.TrimPrefix(s.url, "https://")
	if s.host == s.url {
		t.Fatalf("the first line is %q, want an address with https://", line)
	}
	return s
}

// certFlags are --cert and --key for certificates of the test's CA.
func certFlags(t *testing.T, kinds ...testkit.Kind) []string {
	t.Helper()
	var flags []string
	for _, kind := range kinds {
		certFile, keyFile := testkit.Files(t, testkit.Leaf(kind))
		flags = append(flags, "--cert", certFile, "--key", keyFile)
	}
	return flags
}

// visitors are clients that two implementations make: Go's crypto/tls and Vitro.
func visitors(t *testing.T, roots *x509.CertPool) map[string]*http.Client {
	t.Helper()
	std := &http.Transport{TLSClientConfig: &stdtls.Config{RootCAs: roots, MaxVersion: stdtls.VersionTLS12}}
	std2 := &http.Transport{TLSClientConfig: &stdtls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	own := &http.Transport{DialTLSContext: (&tls.Dialer{Config: &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}}}).DialContext}
	own2 := &https.Transport{Config: &tls.Config{RootCAs: roots}}
	for _, transport := range []interface{ CloseIdleConnections() }{std, std2, own, own2} {
		t.Cleanup(transport.CloseIdleConnections)
	}
	clients := map[string]*http.Client{
		"crypto/tls": {Transport: std}, "crypto/tls, HTTP/2": {Transport: std2},
		"vitro/tls": {Transport: own}, "vitro/https, HTTP/2": {Transport: own2},
	}
	return clients
}

func fetchFrom(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A directory is served as net/http does it, and nothing outside of it: neither by dots nor by symbolic links.
func TestServeFiles(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "www")
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(base, "secret.txt"), "outside")
	writeFile(t, filepath.Join(dir, "a.txt"), "inside")
	for link, target := range map[string]string{"out": "../secret.txt", "abs": filepath.Join(base, "secret.txt"), "in": "a.txt"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := startServe(t, append(certFlags(t, testkit.P256), dir)...)
	for name, client := range visitors(t, testkit.PKI().Roots) {
		for path, want := range map[string]struct {
			status int
			body   string
		}{
			"/a.txt":               {200, "inside"},
			"/in":                  {200, "inside"},
			"/":                    {200, `<a href="sub/">sub/</a>`},
			"/none":                {404, "404"},
			"/out":                 {403, "403"},
			"/abs":                 {403, "403"},
			"/..%2fsecret.txt":     {404, "404"},
			"/%2e%2e/secret.txt":   {404, "404"},
			"/sub/..%5csecret.txt": {404, "404"},
		} {
			if status, body := fetchFrom(t, client, s.url+path); status != want.status || !strings.Contains(body, want.body) {
				t.Errorf("%s: %s: %d %q, want %d and %q", name, path, status, body, want.status, want.body)
			}
		}
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit %d, want %d\n%s", code, exitOK, s.stderr)
	}
}

func TestServeText(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "hello")...)
	client := visitors(t, testkit.PKI().Roots)["crypto/tls"]
	if status, body := fetchFrom(t, client, s.url+"/any/path"); status != 200 || body != "hello" {
		t.Errorf("%d %q, want 200 and the text as it was given", status, body)
	}
	resp, err := client.Post(s.url, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s, want 405", resp.Status)
	}
}

// stdConfig is a client with one cipher suite.
func stdConfig(id uint16) *stdtls.Config {
	return &stdtls.Config{RootCAs: testkit.PKI().Roots, ServerName: "localhost", MaxVersion: stdtls.VersionTLS12,
		CipherSuites: []uint16{id}}
}

// Two certificates stand side by side, and the client's suites say which one it sees.
func TestServeTwoKindsOfKey(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.RSA, testkit.P256), "--policy", "legacy", "--text", "x")...)
	for id, isRSA := range map[uint16]bool{
		stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: false,
		stdtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:   true,
		stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256:         true,
	} {
		conn, err := stdtls.Dial("tcp", s.host, stdConfig(id))
		if err != nil {
			t.Errorf("%s: %v", stdtls.CipherSuiteName(id), err)
			continue
		}
		switch key := conn.ConnectionState().PeerCertificates[0].PublicKey.(type) {
		case *rsa.PublicKey:
			if !isRSA {
				t.Errorf("%s: an RSA key", stdtls.CipherSuiteName(id))
			}
		case *ecdsa.PublicKey:
			if isRSA {
				t.Errorf("%s: an ECDSA key", stdtls.CipherSuiteName(id))
			}
		default:
			t.Errorf("%s: a %T", stdtls.CipherSuiteName(id), key)
		}
		conn.Close()
	}
}

// The default policy refuses RSA key exchange and says what allows it; --key-exchange narrows either way, and the
// environment variable takes the place of the default only.
func TestServePolicies(t *testing.T) {
	const rsaOnly, ecdheOnly = stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256, stdtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	for _, c := range []struct {
		variable    string
		flags       []string
		rsa, ecdhe  bool
		explanation string
	}{
		{"", nil, false, true, "policy legacy allows it"},
		{"", []string{"--policy", "legacy"}, true, true, ""},
		{"", []string{"--policy", "legacy", "--key-exchange", "rsa"}, true, false, "No cipher suite in common"},
		{"", []string{"--policy", "legacy", "--key-exchange", "ecdhe"}, false, true, "RSA key exchange"},
		{"legacy", nil, true, true, ""},
		{"legacy", []string{"--policy", "modern"}, false, true, "policy legacy allows it"},
	} {
		t.Run(c.variable+strings.Join(c.flags, " "), func(t *testing.T) {
			if c.variable != "" {
				t.Setenv(tls.PolicyVariable, c.variable)
			}
			s := startServe(t, append(append(certFlags(t, testkit.RSA), "--text", "x"), c.flags...)...)
			for id, want := range map[uint16]bool{rsaOnly: c.rsa, ecdheOnly: c.ecdhe} {
				conn, err := stdtls.Dial("tcp", s.host, stdConfig(id))
				if err == nil {
					conn.Close()
				}
				if (err == nil) != want {
					t.Errorf("%s: %v, want success: %v", stdtls.CipherSuiteName(id), err, want)
				}
			}
			s.stderr.await(t, c.explanation)
		})
	}
}

// Whoever speaks plain HTTP is told so in plain HTTP.
func TestServePlainHTTP(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x")...)
	resp, err := http.Get("http://" + s.host + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "HTTPS") {
		t.Errorf("%s %q %v, want 400 and a word on HTTPS", resp.Status, body, err)
	}
	s.stderr.await(t, "spoke plain HTTP", "use https://")
}

// ALPN: HTTP/2 and HTTP/1.1 unless other protocols are given; none in common is an error. HTTP/2 is not offered where there
// are only cipher suites that it forbids.
func TestServeALPN(t *testing.T) {
	for _, c := range []struct{ flags, offer, want string }{
		{"", "http/1.1", "http/1.1"},
		{"", "h2", "h2"},
		{"", "x", ""},
		{"--alpn http/1.1", "h2", ""},
		{"--alpn x,y", "y", "y"},
		{"--policy legacy --key-exchange rsa", "h2,http/1.1", "http/1.1"},
	} {
		flags := append(certFlags(t, testkit.P256, testkit.RSA), "--text", "x")
		s := startServe(t, append(flags, strings.Fields(c.flags)...)...)
		config := stdConfig(stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
		config.CipherSuites = append(config.CipherSuites, stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256)
		config.NextProtos = strings.Split(c.offer, ",")
		conn, err := stdtls.Dial("tcp", s.host, config)
		if (err == nil) != (c.want != "") {
			t.Errorf("server %q, client %q: %v", c.flags, c.offer, err)
			continue
		}
		if err != nil {
			s.stderr.await(t, "No application protocol in common")
			continue
		}
		if got := conn.ConnectionState().NegotiatedProtocol; got != c.want {
			t.Errorf("server %q, client %q: agreed on %q", c.flags, c.offer, got)
		}
		conn.Close()
	}
}

// A client that says nothing is closed after the timeout, and the silence is told with how far it had come.
func TestServeSilentClient(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x", "--handshake-timeout", "20ms")...)
	conn, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if b, err := io.ReadAll(conn); err != nil || len(b) != 0 {
		t.Errorf("the server says %x, %v; want the end of the connection alone", b, err)
	}
	text := s.stderr.await(t, "fell silent", "no ClientHello came")
	if !strings.Contains(text, conn.LocalAddr().String()) {
		t.Errorf("who was silent? %v is not named:\n%s", conn.LocalAddr(), text)
	}
	if strings.Contains(text, "http:") {
		t.Errorf("net/http complains of a connection that it never had:\n%s", text)
	}
}

// A handshake that does not go on holds up neither others nor the end.
func TestServeBesideSilence(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x", "--handshake-timeout", "1h")...)
	silent, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, body := fetchFrom(t, visitors(t, testkit.PKI().Roots)["vitro/tls"], s.url); body != "x" {
		t.Errorf("beside a silent client: %q", body)
	}
	if code := s.stop(); code != exitOK {
		t.Errorf("exit %d\n%s", code, s.stderr)
	}
}
