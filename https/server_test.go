package https_test

import (
	"bytes"
	"context"
	stdtls "crypto/tls"
	"errors"
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

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// net/http's own client, over crypto/tls, is served in both protocols. Request.TLS says what was agreed on, and ConnOf
// exports the keys that the client exports.
func TestServerAndNetHTTP(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil {
			t.Error("Request.TLS is nil")
			return
		}
		if _, err := r.TLS.ExportKeyingMaterial("EXPORTER-test", nil, 32); err == nil {
			t.Error("Request.TLS exports keys; whose?")
		}
		state := https.ConnOf(r).ConnectionState()
		key, err := state.ExportKeyingMaterial("EXPORTER-test", nil, 32)
		fmt.Fprintf(w, "%s %s %s %x %x %v", r.Proto, r.TLS.NegotiatedProtocol, r.TLS.ServerName, r.TLS.Version, key, err)
	})}})
	for proto, name := range map[string]string{"HTTP/1.1": "", "HTTP/2.0": "h2"} {
		resp, got := get(t, stdClient(t, proto), s.url)
		key, err := resp.TLS.ExportKeyingMaterial("EXPORTER-test", nil, 32)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("%s %s %s %x %x <nil>", proto, name, testkit.Host, tls.VersionTLS13, key)
		if resp.Proto != proto || got != want {
			t.Errorf("%s, %q; want %s, %q", resp.Proto, got, proto, want)
		}
	}
}

// A request without this package's server has no connection.
func TestConnOfElsewhere(t *testing.T) {
	r, err := http.NewRequest(http.MethodGet, "https://a/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if conn := https.ConnOf(r); conn != nil {
		t.Errorf("%v, want nil", conn)
	}
}

// http2Begins is what a client of HTTP/2 says first, with empty SETTINGS. RFC 9113 §3.4.
const http2Begins = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// What was agreed on is what is spoken: neither does HTTP/2 begin where it was not, nor HTTP/1.1 where it was.
func TestServerHoldsToALPN(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request in %s came through", r.Proto)
	})}})
	for _, c := range []struct {
		name, says string
		alpn       []string
		answer     string // begins so
	}{
		{"HTTP/2 under http/1.1", http2Begins, []string{"http/1.1"}, "HTTP/1.1 505"},
		{"HTTP/2 without ALPN", http2Begins, nil, "HTTP/1.1 505"},
		{"HTTP/1.1 under h2", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"h2"}, ""},
		{"HTTP/2's first line under h2, then HTTP/1.1", "PRI * HTTP/2.0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", []string{"h2"}, ""},
	} {
		conn := dialStd(t, s.addr, c.alpn...)
		if _, err := io.WriteString(conn, c.says); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), c.answer) || c.answer == "" && len(answer) > 0 {
			t.Errorf("%s: answered with %q, %v; want %q", c.name, answer, err, c.answer)
		}
	}
}

// Without TLS there is no HTTP, in neither protocol and by no upgrade: a client is told so.
func TestServerWithoutTLS(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request in %s came through", r.Proto)
	})}})
	for _, says := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
		http2Begins,
	} {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, says); err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(conn)
		conn.Close()
		if !strings.HasPrefix(string(answer), "HTTP/1.0 400 Bad Request\r\n") {
			t.Errorf("%q is answered with %q", says, answer)
		}
	}
	s.log.await(t, "TLS handshake with 127.0.0.1:")
}

// RFC 9113 §9.2.2: under RSA key exchange a connection of HTTP/2 is refused with INADEQUATE_SECURITY, unless the program
// permits it; where there is nothing but RSA key exchange, HTTP/2 is not offered.
func TestServerRefusesWeakSuitesInHTTP2(t *testing.T) {
	old := func(config *tls.Config) *tls.Config {
		config.CipherSuites, config.MaxVersion = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}, tls.VersionTLS12
		return config
	}
	asks := &stdtls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, NextProtos: []string{"h2"},
		MaxVersion: stdtls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}
	client := func() *http.Client {
		transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: asks.Clone()}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport}
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })

	left := serve(t, &https.Server{HTTP: &http.Server{Handler: hello}, Config: old(serverConfig(testkit.RSA))})
	if resp, body := get(t, client(), left.url); resp.Proto != "HTTP/1.1" || body != "hello" {
		t.Errorf("left to us: %s %q, want HTTP/1.1", resp.Proto, body)
	}
	config := old(serverConfig(testkit.RSA))
	config.NextProtos = []string{"h2"}
	strict := serve(t, &https.Server{HTTP: &http.Server{Handler: hello}, Config: config})
	conn, err := stdtls.Dial("tcp", strict.addr, asks)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, http2Begins); err != nil {
		t.Fatal(err)
	}
	// RFC 9113 §6.8: the frame ends with the error code.
	if said, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(said), "\x00\x00\x00\x0c") {
		t.Errorf("%q, %v; want a GOAWAY with INADEQUATE_SECURITY", said, err)
	}
	strict.log.await(t, "HTTP/2 with TLS_RSA_WITH_AES_128_GCM_SHA256, which HTTP/2 forbids")
	lax := serve(t, &https.Server{Config: config.Clone(),
		HTTP: &http.Server{Handler: hello, HTTP2: &http.HTTP2Config{PermitProhibitedCipherSuites: true}}})
	if resp, body := get(t, client(), lax.url); resp.Proto != "HTTP/2.0" || body != "hello" {
		t.Errorf("permitted: %s %q, want HTTP/2.0", resp.Proto, body)
	}
}

// The settings of net/http hold here: Protocols, ConnContext, ConnState and BaseContext, whose connections and listener
// are what a program knows; and the program's own http.Server stays as it was.
func TestServerTakesSettings(t *testing.T) {
	type key struct{}
	only2, only1 := new(http.Protocols), new(http.Protocols)
	only2.SetHTTP2(true)
	only1.SetHTTP1(true)
	for offered, c := range map[string]struct {
		protocols *http.Protocols
		older     map[string]func(*http.Server, *stdtls.Conn, http.Handler)
	}{
		"h2":        {protocols: only2},
		"http/1.1":  {protocols: only1},
		"http/1.1 ": {older: map[string]func(*http.Server, *stdtls.Conn, http.Handler){}},
	} {
		offered = strings.TrimSpace(offered)
		var mu sync.Mutex
		var states []http.ConnState
		settings := &http.Server{
			Protocols: c.protocols, TLSNextProto: c.older,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, r.Context().Value(key{}) == https.ConnOf(r))
			}),
			BaseContext: func(l net.Listener) context.Context {
				if _, ok := l.(*net.TCPListener); !ok {
					t.Errorf("BaseContext sees a %T", l)
				}
				return context.Background()
			},
			ConnContext: func(ctx context.Context, conn net.Conn) context.Context { return context.WithValue(ctx, key{}, conn) },
			ConnState: func(conn net.Conn, state http.ConnState) {
				if _, ok := conn.(*tls.Conn); !ok {
					t.Errorf("ConnState sees a %T", conn)
				}
				mu.Lock()
				defer mu.Unlock()
				states = append(states, state)
			},
		}
		s := serve(t, &https.Server{HTTP: settings})
		if got := dialStd(t, s.addr, "x", "http/1.1", "h2").ConnectionState().NegotiatedProtocol; got != offered {
			t.Errorf("agreed on %q, want %q", got, offered)
		}
		if _, body := get(t, stdClient(t, map[string]string{"h2": "HTTP/2.0", "http/1.1": "HTTP/1.1"}[offered]), s.url); body != "true" {
			t.Errorf("%s: the connection of ConnContext is not that of ConnOf", offered)
		}
		mu.Lock()
		if len(states) < 2 || states[0] != http.StateNew {
			t.Errorf("ConnState saw %v", states)
		}
		mu.Unlock()
		if settings.Protocols != c.protocols || settings.TLSConfig != nil {
			t.Error("the program's http.Server was changed")
		}
	}
}

// Who agreed on a protocol that nobody speaks here is closed; GODEBUG takes HTTP/2 away as in net/http.
func TestServerOffers(t *testing.T) {
	config := serverConfig(testkit.P256)
	config.NextProtos = []string{"acme-tls/1", "h2", "http/1.1"}
	s := serve(t, &https.Server{Config: config})
	conn := dialStd(t, s.addr, "acme-tls/1")
	if got := conn.ConnectionState().NegotiatedProtocol; got != "acme-tls/1" {
		t.Errorf("agreed on %q", got)
	}
	if b, err := io.ReadAll(conn); err != nil || len(b) > 0 {
		t.Errorf("after acme-tls/1: %q, %v, want the end", b, err)
	}
	t.Setenv("GODEBUG", "http2server=0")
	s = serve(t, &https.Server{Config: config})
	if got := dialStd(t, s.addr, "h2", "http/1.1").ConnectionState().NegotiatedProtocol; got != "http/1.1" {
		t.Errorf("with http2server=0: agreed on %q", got)
	}
}

// Connections that are TLS already keep their Config; others need one.
func TestServeWrappedListener(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })
	config := serverConfig(testkit.P256)
	config.NextProtos = []string{"h2", "http/1.1"}
	l := listen(t)
	s := &https.Server{HTTP: &http.Server{Handler: hello}}
	go func() { _ = s.Serve(tls.NewListener(l, config)) }()
	defer s.Close()
	for _, proto := range protocols {
		if _, body := get(t, stdClient(t, proto), "https://"+l.Addr().String()); body != proto {
			t.Errorf("spoken is %q, want %s", body, proto)
		}
	}
	l = listen(t)
	served := make(chan error, 1)
	go func() { served <- https.Serve(l, hello, nil) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := <-served; !errors.Is(err, fault.BadConfig) {
		t.Errorf("without a Config: %v", err)
	}
}

// Each connection may have a Config of its own, made of that with the protocols.
func TestServerConnConfig(t *testing.T) {
	s := serve(t, &https.Server{
		HTTP: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) })},
		ConnConfig: func(conn net.Conn, config *tls.Config) *tls.Config {
			config = config.Clone()
			config.NextProtos = config.NextProtos[:1]
			config.MaxVersion = tls.VersionTLS12
			return config
		},
	})
	if resp, body := get(t, stdClient(t, "HTTP/2.0"), s.url); body != "HTTP/2.0" || resp.TLS.Version != tls.VersionTLS12 {
		t.Errorf("%s over %s", body, tls.VersionName(resp.TLS.Version))
	}
}

// crypto/tls's Config in the http.Server is taken where there is none of ours.
func TestServeStdConfig(t *testing.T) {
	leaf := testkit.Leaf(testkit.P256)
	l := listen(t)
	s := &https.Server{HTTP: &http.Server{TLSConfig: &stdtls.Config{
		Certificates: []stdtls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}}}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	if resp, _ := get(t, stdClient(t, "HTTP/2.0"), "https://"+l.Addr().String()); resp.StatusCode != http.StatusNotFound {
		t.Errorf("%s from an empty DefaultServeMux", resp.Status)
	}
}

// What cannot work is said before anybody comes.
func TestListenAndServeErrors(t *testing.T) {
	certFile, keyFile := testkit.Files(t, testkit.Leaf(testkit.P256))
	_, otherKey := testkit.Files(t, testkit.Leaf(testkit.RSA))
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, cert, key, words string }{
		{"no such file", "none", keyFile, "none"},
		{"another's key", certFile, otherKey, "private key"},
		{"no PEM", garbage, keyFile, "PEM"},
	} {
		if err := https.ListenAndServe("127.0.0.1:0", c.cert, c.key, nil); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := https.Serve(listen(t), nil, new(tls.Config)); !errors.Is(err, fault.BadConfig) {
		t.Errorf("without a certificate: %v", err)
	}
	if err := https.ListenAndServe("127.0.0.1:-1", certFile, keyFile, nil); err == nil {
		t.Error("a port that there is not")
	}
	taken := listen(t).Addr().String()
	if err := https.ListenAndServe(taken, certFile, keyFile, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a port in use: %v", err)
	}
}

// echo sends back what came, with its length in a trailer; an answer of any size, both ways at once.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Trailer", "Length")
	_ = http.NewResponseController(w).EnableFullDuplex()
	n, err := io.Copy(w, r.Body)
	w.Header().Set("Length", fmt.Sprintf("%d %v %s", n, err, r.Trailer.Get("Sum")))
})

// sayAndHear posts size bytes with a trailer, and checks that they and a trailer come back.
func sayAndHear(client *http.Client, url string, size int) error {
	said := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	req, err := http.NewRequest(http.MethodPost, url, struct{ io.Reader }{bytes.NewReader(said)})
	if err != nil {
		return err
	}
	req.Trailer = http.Header{"Sum": {"end"}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	heard, err := io.ReadAll(resp.Body)
	switch want := fmt.Sprintf("%d <nil> end", len(said)); {
	case err != nil:
		return err
	case !bytes.Equal(said, heard):
		return fmt.Errorf("%d bytes came back of %d, or others", len(heard), len(said))
	case resp.Trailer.Get("Length") != want:
		return fmt.Errorf("the trailer says %q, want %q", resp.Trailer.Get("Length"), want)
	}
	return nil
}

// Large bodies go both ways, with trailers, and many at once.
func TestServerCarriesMuch(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: echo}})
	for _, proto := range protocols {
		client := stdClient(t, proto)
		if err := sayAndHear(client, s.url, 8<<20); err != nil {
			t.Errorf("%s, one large: %v", proto, err)
		}
		atOnce(t, 40, func() error { return sayAndHear(client, s.url, 128<<10) })
	}
}

// atOnce calls f n times at once.
func atOnce(t *testing.T, n int, f func() error) {
	t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if err := f(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A handshake that does not go on is given up, which is told, and holds up nobody meanwhile.
func TestServerBesideSilence(t *testing.T) {
	failed := make(chan error, 1)
	s := serve(t, &https.Server{HandshakeTimeout: 50 * time.Millisecond,
		HandshakeError: func(conn *tls.Conn, err error) { failed <- err }})
	silent, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	get(t, stdClient(t, "HTTP/2.0"), s.url)
	if err := <-failed; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handshake failed with %v", err)
	}
	if b, err := io.ReadAll(silent); err != nil || len(b) > 0 {
		t.Errorf("the silent client gets %x, %v; want the end", b, err)
	}
}

// A client that takes nothing is given up after StallTimeout.
func TestServerStall(t *testing.T) {
	for _, proto := range []string{"http/1.1", "h2"} {
		wrote := make(chan error, 1)
		s := serve(t, &https.Server{StallTimeout: 50 * time.Millisecond, HTTP: &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				block := make([]byte, 1<<20)
				for range 64 {
					if _, err := w.Write(block); err != nil {
						wrote <- err
						return
					}
				}
				wrote <- nil
			}),
		}})
		conn := dialStd(t, s.addr, proto)
		ask := "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
		if proto == "h2" {
			ask = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
				"\x00\x00\x06\x04\x00\x00\x00\x00\x00" + "\x00\x04\x7f\xff\xff\xff" + // SETTINGS: a stream's window
				"\x00\x00\x04\x08\x00\x00\x00\x00\x00" + "\x7f\x00\x00\x00" + // WINDOW_UPDATE: the connection's
				"\x00\x00\x05\x01\x05\x00\x00\x00\x01" + "\x82\x84\x87\x41\x00" // HEADERS: GET / https, an empty :authority
		}
		if _, err := io.WriteString(conn, ask); err != nil {
			t.Fatal(err)
		}
		if err := <-wrote; err == nil {
			t.Errorf("%s: 64 MB were taken by who takes nothing", proto)
		}
	}
}
