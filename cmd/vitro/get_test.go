package main

import (
	"bytes"
	"context"
	stdtls "crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// peer is an HTTPS server that get visits: Go's own crypto/tls under net/http.
type peer struct {
	*httptest.Server
	port     string
	requests atomic.Int32
}

func (p *peer) url(path string) string { return "https://localhost:" + p.port + path }

// newPeer serves a certificate; adjust may change the configuration.
func newPeer(t *testing.T, c *testkit.Certificate, adjust func(*stdtls.Config)) *peer {
	t.Helper()
	p := new(peer)
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(p.serve))
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.TLS = &stdtls.Config{
		Certificates: []stdtls.Certificate{{Certificate: c.Chain, PrivateKey: c.Key}},
		MaxVersion:   stdtls.VersionTLS12,
	}
	if adjust != nil {
		adjust(p.TLS)
	}
	p.StartTLS()
	t.Cleanup(p.Close)
	p.port = peerPort(t, p.Listener.Addr())
	return p
}

// serve answers with what the server saw, so that the peer's word counts and not our own.
func (p *peer) serve(w http.ResponseWriter, r *http.Request) {
	p.requests.Add(1)
	switch r.URL.Path {
	case "/missing":
		http.Error(w, "no such page", http.StatusNotFound)
		return
	case "/moved":
		http.Redirect(w, r, "/", http.StatusFound)
		return
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
		return
	case "/plain":
		http.Redirect(w, r, "http://localhost/", http.StatusFound)
		return
	case "/session":
		fmt.Fprintf(w, "resumed=%v\n", r.TLS.DidResume)
		return
	case "/client":
		fmt.Fprintln(w, r.TLS.PeerCertificates[0].Subject)
		return
	case "/stuck":
		_, _ = io.WriteString(w, "so far")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	case "/cut":
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "0123456789")
		return
	}
	w.Header().Set("X-Seen", "yes")
	fmt.Fprintf(w, "suite=%s curve=%v sni=%s alpn=%s host=%s agent=%q extra=%v\n", stdtls.CipherSuiteName(r.TLS.CipherSuite),
		r.TLS.CurveID, r.TLS.ServerName, r.TLS.NegotiatedProtocol, r.Host, r.UserAgent(), r.Header["X-Extra"])
}

func onlyRSA(c *stdtls.Config) { c.CipherSuites = []uint16{stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256} }

func only13(c *stdtls.Config) { c.MinVersion, c.MaxVersion = stdtls.VersionTLS13, 0 }

func peerPort(t *testing.T, a net.Addr) string {
	t.Helper()
	_, port, err := net.SplitHostPort(a.String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// get runs vitro get with the test's roots trusted.
func get(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return vitro(t, append([]string{"get", "--cacert", testkit.RootFile(t)}, args...)...)
}

func TestGetFetches(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.RSA), nil)
	code, out, errs := get(t, p.url("/"))
	want := fmt.Sprintf("suite=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 curve=X25519 sni=localhost alpn=http/1.1 host=localhost:%s agent=\"vitro\" extra=[]\n", p.port)
	if code != exitOK || out != want {
		t.Errorf("exit %d, the server saw\n%swant\n%s", code, out, want)
	}
	for _, told := range []string{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "CN=" + testkit.Host, "HTTP/1.1 200 OK"} {
		if !strings.Contains(errs, told) {
			t.Errorf("the explanation does not have %q:\n%s", told, errs)
		}
	}
}

// What was agreed on stands in one line of what get tells by default.
func TestGetTellsInOneLine(t *testing.T) {
	for _, c := range []struct {
		adjust func(*stdtls.Config)
		want   string
	}{
		{only13, "TLS 1.3      TLS_AES_128_GCM_SHA256, X25519MLKEM768, ecdsa_secp256r1_sha256\n"},
		{nil, "TLS 1.2      TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, x25519,\n             ecdsa_secp256r1_sha256\n"},
	} {
		p := newPeer(t, testkit.Leaf(testkit.P256), c.adjust)
		if code, _, errs := get(t, p.url("/")); code != exitOK || !strings.HasPrefix(errs, c.want) {
			t.Errorf("exit %d, want %q first of\n%s", code, c.want, errs)
		}
	}
}

// What a flag asks for is what the server sees.
func TestGetFlagsReachTheServer(t *testing.T) {
	ecdhe := newPeer(t, testkit.Leaf(testkit.RSA), nil)
	ecdsa := newPeer(t, testkit.Leaf(testkit.P256), nil)
	tls13 := newPeer(t, testkit.Leaf(testkit.P256), only13)
	rsa := newPeer(t, testkit.Leaf(testkit.RSA), onlyRSA)
	for _, c := range []struct {
		peer *peer
		args []string
		want string
	}{
		{rsa, []string{"--policy", "legacy", "--key-exchange", "rsa"}, "suite=TLS_RSA_WITH_AES_128_GCM_SHA256"},
		{rsa, []string{"--key-exchange", "rsa"}, "suite=TLS_RSA_WITH_AES_128_GCM_SHA256"},
		{rsa, []string{"--policy", "legacy"}, "suite=TLS_RSA_WITH_AES_128_GCM_SHA256"},
		{ecdhe, []string{"--policy", "legacy", "--key-exchange", "ecdhe"}, "suite=TLS_ECDHE_RSA_"},
		{ecdhe, []string{"--ciphers", "ECDHE-RSA-CHACHA20-POLY1305"}, "suite=TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
		{ecdhe, []string{"--ciphers", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}, "suite=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
		{ecdsa, []string{"--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:AES128-GCM-SHA256"}, "suite=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
		{ecdhe, []string{"--groups", "P-384"}, "curve=CurveP384"},
		{ecdhe, []string{"--groups", "secp521r1,x25519", "--tls", "1.2"}, "curve="},
		{ecdhe, []string{"--policy", "modern", "--ciphers", "ECDHE-RSA-AES256-GCM-SHA384"}, "suite=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
		{tls13, []string{}, "suite=TLS_AES_128_GCM_SHA256 curve=X25519MLKEM768"},
		{tls13, []string{"--groups", "secp256r1mlkem768"}, "curve=SecP256r1MLKEM768"},
		{tls13, []string{"--groups", "SecP384r1MLKEM1024,X25519", "--tls", "1.3"}, "curve=SecP384r1MLKEM1024"},
		{tls13, []string{"--policy", "modern", "--ciphers", "TLS_AES_256_GCM_SHA384"}, "suite=TLS_AES_256_GCM_SHA384"},
		{ecdhe, []string{"--alpn", ""}, "alpn= "},
		{ecdhe, []string{"--alpn", "http/1.1"}, "alpn=http/1.1"},
		{ecdhe, []string{"--servername", testkit.Host}, "sni=" + testkit.Host},
		{ecdhe, []string{"-H", "X-Extra: one", "-H", "X-Extra:two"}, "extra=[one two]"},
		{ecdhe, []string{"-H", "X-Extra;"}, "extra=[]"},
		{ecdhe, []string{"-H", "User-Agent:"}, `agent=""`},
		{ecdhe, []string{"-H", "user-agent: other"}, `agent="other"`},
		{ecdhe, []string{"-H", "Host: elsewhere.test"}, "host=elsewhere.test"},
		{ecdhe, []string{"--insecure"}, "sni=localhost"},
	} {
		code, out, errs := get(t, append(c.args, c.peer.url("/"))...)
		if code != exitOK || !strings.Contains(out, c.want) {
			t.Errorf("%v: exit %d, the server saw %q, want %q\n%s", c.args, code, out, c.want, errs)
		}
	}
}

// --resolve and --connect-to change where a connection goes, not whom it asks for.
func TestGetRoutes(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	for _, args := range [][]string{
		{"--resolve", testkit.Host + ":" + p.port + ":127.0.0.1", "--connect-to", ":::" + p.port},
		{"--resolve", "VITRO.test:" + p.port + ":127.0.0.1", "--connect-to", testkit.Host + ":443::" + p.port},
		{"--connect-to", testkit.Host + ":443:127.0.0.1:" + p.port},
		{"--connect-to", "other.test:443:127.0.0.1:1", "--connect-to", ":443:localhost:" + p.port},
	} {
		code, out, errs := get(t, append(args, "https://"+testkit.Host+"/")...)
		if want := "sni=" + testkit.Host + " alpn=http/1.1 host=" + testkit.Host; code != exitOK || !strings.Contains(out, want) {
			t.Errorf("%v: exit %d, the server saw %q, want %q\n%s", args, code, out, want, errs)
		}
	}
}

func TestRoutes(t *testing.T) {
	r, err := parseRoutes([]string{"a.test:443:192.0.2.1", "[2001:db8::1]:8443:[2001:db8::2]", "b.test:80:2001:db8::3"},
		[]string{"c.test:443:a.test:", "[2001:db8::9]:1:[2001:db8::1]:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"a.test:443":          "192.0.2.1:443",
		"A.TEST:443":          "192.0.2.1:443",
		"a.test:444":          "a.test:444",
		"b.test:80":           "[2001:db8::3]:80",
		"c.test:443":          "192.0.2.1:443",
		"[2001:db8::1]:8443":  "[2001:db8::2]:8443",
		"[2001:db8::9]:1":     "[2001:db8::2]:8443",
		"elsewhere.test:1234": "elsewhere.test:1234",
	} {
		if got := r.route(from); got != want {
			t.Errorf("%s goes to %s, want %s", from, got, want)
		}
	}
}

func TestGetWritesFiles(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	file := filepath.Join(t.TempDir(), "page")
	code, out, errs := get(t, "-o", file, p.url("/"))
	body, err := os.ReadFile(file)
	if code != exitOK || out != "" || err != nil || !bytes.HasPrefix(body, []byte("suite=")) {
		t.Errorf("-o: exit %d, stdout %q, file %q (%v)\n%s", code, out, body, err, errs)
	}
	// What failed to come leaves the file as it was.
	if code, _, _ := get(t, "-f", "-o", file, p.url("/missing")); code != exitHTTP {
		t.Errorf("-f: exit %d, want %d", code, exitHTTP)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(after, body) {
		t.Errorf("a failed fetch changed the file to %q", after)
	}
	if code, out, _ := get(t, "-o", "-", p.url("/")); code != exitOK || !strings.HasPrefix(out, "suite=") {
		t.Errorf("-o -: exit %d, stdout %q", code, out)
	}
	if code, out, _ := get(t, "-I", p.url("/")); code != exitOK || !strings.HasPrefix(out, "HTTP/1.1 200 OK\r\n") ||
		!strings.Contains(out, "X-Seen: yes\r\n") || strings.Contains(out, "suite=") {
		t.Errorf("-I: exit %d, stdout %q, want the headers only", code, out)
	}
}

func TestGetCannotWrite(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	nowhere := filepath.Join(t.TempDir(), "no", "such", "directory")
	if code, _, errs := get(t, "-o", nowhere, p.url("/")); code != exitWrite || !strings.Contains(errs, nowhere) {
		t.Errorf("-o into nowhere: exit %d, want %d and the path\n%s", code, exitWrite, errs)
	}
	var errs bytes.Buffer
	args := []string{"get", "--cacert", testkit.RootFile(t), p.url("/")}
	if code := run(t.Context(), args, fullDisk{}, &errs); code != exitWrite || !strings.Contains(errs.String(), errFull.Error()) {
		t.Errorf("stdout on a full disk: exit %d, want %d and the reason\n%s", code, exitWrite, errs.String())
	}
}

func TestGetHTTPErrors(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	for _, c := range []struct {
		args []string
		code int
		out  string
		errs string
	}{
		{[]string{p.url("/missing")}, exitHTTP, "no such page\n", "404 Not Found"},
		{[]string{"-f", p.url("/missing")}, exitHTTP, "", "404 Not Found"},
		{[]string{p.url("/moved")}, exitOK, "<a href=\"/\">Found</a>.\n\n", "302 Found"},
		{[]string{"-L", "--max-redirs", "2", p.url("/loop")}, exitHTTP, "", "more than 2 redirects"},
		{[]string{"-L", p.url("/plain")}, exitHTTP, "", "http://localhost/, which is not HTTPS"},
		{[]string{p.url("/cut")}, exitReceive, "0123456789", "unexpected EOF"},
	} {
		code, out, errs := get(t, c.args...)
		if code != c.code || out != c.out || !strings.Contains(errs, c.errs) {
			t.Errorf("%v: exit %d, stdout %q; want %d, %q and stderr with %q\n%s", c.args, code, out, c.code, c.out, c.errs, errs)
		}
	}
	if code, out, errs := get(t, "-L", p.url("/moved")); code != exitOK || !strings.HasPrefix(out, "suite=") {
		t.Errorf("-L: exit %d, stdout %q\n%s", code, out, errs)
	}
}

// All URLs are fetched, and the first failure is the program's.
func TestGetSeveral(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	untrusted := newPeer(t, testkit.Flawed(testkit.UntrustedRoot, testkit.P256), nil)
	code, out, errs := get(t, p.url("/"), p.url("/missing"), untrusted.url("/"), p.url("/"))
	if code != exitHTTP || strings.Count(out, "suite=") != 2 || untrusted.requests.Load() != 0 {
		t.Errorf("exit %d, want %d; stdout %q; %d requests went to the server that is not trusted\n%s",
			code, exitHTTP, out, untrusted.requests.Load(), errs)
	}
}

func TestGetSilent(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	for _, args := range [][]string{{"--explain", "none"}, {"-s"}} {
		if code, _, errs := get(t, append(args, p.url("/"))...); code != exitOK || errs != "" {
			t.Errorf("%v: exit %d, stderr %q, want nothing", args, code, errs)
		}
	}
	if _, _, errs := get(t, "--explain", "none", "--insecure", p.url("/")); !strings.Contains(errs, "WARNING") {
		t.Errorf("--insecure is not loud: %q", errs)
	}
}

// An IP address in the URL is verified as one, and server_name has no place for it.
func TestGetByAddress(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	code, out, errs := get(t, "127.0.0.1:"+p.port)
	if code != exitOK || !strings.Contains(out, "sni= ") {
		t.Errorf("exit %d, the server saw %q\n%s", code, out, errs)
	}
}

func TestGetUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{}, "requires at least 1 arg"},
		{[]string{"http://example.test/"}, "try https://example.test/"},
		{[]string{"ftp://example.test/"}, "https only"},
		{[]string{"https:///path"}, "no host"},
		{[]string{"https://%zz/"}, "invalid URL"},
		{[]string{"--policy", "modern", "--key-exchange", "rsa", "a.test"}, "no forward secrecy"},
		{[]string{"--policy", "compatible", "--key-exchange", "dhe", "a.test"}, "whether the server's group is a good one"},
		{[]string{"--policy", "modern", "--ciphers", "AES128-GCM-SHA256", "a.test"}, "--policy and --key-exchange allow"},
		{[]string{"--policy", "ancient", "a.test"}, "modern, compatible, legacy"},
		{[]string{"--key-exchange", "dh", "a.test"}, "rsa, dhe and ecdhe"},
		{[]string{"--ciphers", "RC4-MD5", "a.test"}, "does not have \"RC4-MD5\""},
		{[]string{"--ciphers", "", "a.test"}, "no cipher suite is named"},
		{[]string{"--groups", "P-224", "a.test"}, "does not have \"P-224\"; it has X25519MLKEM768"},
		{[]string{"--policy", "modern", "--ciphers", "AES128-GCM-SHA256,TLS_RSA_WITH_AES_256_GCM_SHA384", "a.test"}, "--policy and --key-exchange allow"},
		{[]string{"--tls", "1.1", "a.test"}, "there are 1.2 and 1.3"},
		{[]string{"--explain", "all", "a.test"}, "none, brief, full and bytes"},
		{[]string{"--color", "blue", "a.test"}, "auto, always and never"},
		{[]string{"--max-time", "-1", "a.test"}, "negative"},
		{[]string{"--cacert", "no-such-file", "a.test"}, "no-such-file"},
		{[]string{"--resolve", "a.test:443", "a.test"}, "HOST:PORT:ADDR"},
		{[]string{"--resolve", "a.test:443:b.test", "a.test"}, "HOST:PORT:ADDR"},
		{[]string{"--resolve", "a.test:0:127.0.0.1", "a.test"}, "HOST:PORT:ADDR"},
		{[]string{"--connect-to", "a.test:443:b.test", "a.test"}, "HOST1:PORT1:HOST2:PORT2"},
		{[]string{"--connect-to", "a.test:443:b.test:x", "a.test"}, "HOST1:PORT1:HOST2:PORT2"},
		{[]string{"-H", "no colon", "a.test"}, "NAME: VALUE"},
		{[]string{"-H", "X: a\r\nY: b", "a.test"}, "NAME: VALUE"},
		{[]string{"-H", ": value", "a.test"}, "NAME: VALUE"},
		{[]string{"-o", "file", "a.test", "b.test"}, "overwrite the first"},
		{[]string{"--alpn", strings.Repeat("x", 256), "localhost:1"}, "1 to 255 bytes"},
	} {
		if code, _, errs := vitro(t, append([]string{"get"}, c.args...)...); code != exitUsage || !strings.Contains(errs, c.want) {
			t.Errorf("get %v: exit %d, want %d and %q\n%s", c.args, code, exitUsage, c.want, errs)
		}
	}
}

// Suites are known by the names that OpenSSL gives them: those of its ciphers(1).
func TestOpenSSLNames(t *testing.T) {
	for iana, want := range map[string]string{
		"TLS_AES_128_GCM_SHA256":                        "TLS_AES_128_GCM_SHA256",
		"TLS_RSA_WITH_AES_128_GCM_SHA256":               "AES128-GCM-SHA256",
		"TLS_RSA_WITH_AES_256_GCM_SHA384":               "AES256-GCM-SHA384",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256":         "ECDHE-RSA-AES128-GCM-SHA256",
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384":       "ECDHE-ECDSA-AES256-GCM-SHA384",
		"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256":   "ECDHE-RSA-CHACHA20-POLY1305",
		"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
	} {
		if got := opensslName(iana); got != want {
			t.Errorf("%s is %s, want %s", iana, got, want)
		}
		if id, err := parseCipher(want); err != nil || wire.CipherSuite(id).String() != iana {
			t.Errorf("%s is understood as %v (%v), want %s", want, wire.CipherSuite(id), err, iana)
		}
	}
}

func TestGetKeyLog(t *testing.T) {
	p := newPeer(t, testkit.Leaf(testkit.P256), nil)
	file := filepath.Join(t.TempDir(), "keys")
	if code, _, errs := get(t, "--keylog", file, p.url("/")); code != exitOK || !strings.Contains(errs, file) {
		t.Errorf("--keylog: exit %d, and the file should be named:\n%s", code, errs)
	}
	t.Setenv(keyLogVariable, file)
	if code, _, errs := get(t, p.url("/")); code != exitOK {
		t.Errorf("%s: exit %d\n%s", keyLogVariable, code, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil || bytes.Count(text, []byte("CLIENT_RANDOM ")) != 2 {
		t.Errorf("two connections leave %q (%v), want a line each", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key log's mode is %v (%v), want 0600", info.Mode(), err)
	}
	if code, _, errs := get(t, "--keylog", filepath.Join(file, "below"), p.url("/")); code != exitWrite {
		t.Errorf("a key log that cannot be opened: exit %d, want %d\n%s", code, exitWrite, errs)
	}
}

// Vitro's own server under net/http, with the default policy and with RSA key exchange.
func TestGetFromVitro(t *testing.T) {
	leaf := testkit.Leaf(testkit.RSA)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}},
		Policy:       tls.PolicyLegacy, NextProtos: []string{"http/1.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 1<<14)))
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	address := (&url.URL{Scheme: "https", Host: "localhost:" + peerPort(t, listener.Addr())}).String()
	for _, args := range [][]string{{}, {"--key-exchange", "rsa"}} {
		if code, out, errs := get(t, append(args, address)...); code != exitOK || len(out) != 16<<14 {
			t.Errorf("%v: exit %d, %d bytes, want %d\n%s", args, code, len(out), 16<<14, errs)
		}
	}
	// RFC 7301 §3.2: no common protocol is an error, and no silent agreement on none.
	if code, _, errs := get(t, "--alpn", "spdy/3", address); code != exitHandshake || !strings.Contains(errs, "no_application_protocol") {
		t.Errorf("ALPN without a common protocol: exit %d, want %d\n%s", code, exitHandshake, errs)
	}
}

// An interrupt ends a fetch that waits.
func TestGetIsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	address := accept(t, func(conn net.Conn) {
		interrupt()
		_, _ = io.Copy(io.Discard, conn)
	})
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"get", "https://" + address, "https://" + address}, &out, &errs); code != exitInterrupt {
		t.Errorf("exit %d, want %d\n%s", code, exitInterrupt, errs.String())
	}
}
