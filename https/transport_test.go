package https_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	neturl "net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	stdtls "crypto/tls"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// only are the Protocols with one protocol.
func only(proto string) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(proto == "HTTP/1.1")
	p.SetHTTP2(proto == "HTTP/2.0")
	return p
}

// counting counts the connections of a server.
func counting(s *https.Server, n *atomic.Int32) *https.Server {
	s.HTTP.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			n.Add(1)
		}
	}
	return s
}

// Vitro on both sides: in either protocol Response.TLS says what was agreed on, and both ends export the same keys.
func TestTransportAndServer(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		state := https.ConnOf(r).ConnectionState()
		key, err := state.ExportKeyingMaterial("EXPORTER-test", nil, 32)
		fmt.Fprintf(w, "%s %s %x %v", r.Proto, r.TLS.NegotiatedProtocol, key, err)
	})
	for proto, name := range map[string]string{"HTTP/1.1": "http/1.1", "HTTP/2.0": "h2"} {
		s := serve(t, &https.Server{HTTP: &http.Server{Handler: handler, Protocols: only(proto)}})
		client := clientOf(t, new(https.Transport))
		for range 2 {
			req, err := http.NewRequestWithContext(context.WithValue(t.Context(), t, "mine"), http.MethodGet, s.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			state := https.ConnOf(resp.Request).ConnectionState()
			key, err := state.ExportKeyingMaterial("EXPORTER-test", nil, 32)
			want := fmt.Sprintf("%s %s %x %v", proto, name, key, err)
			if got := bodyOf(t, resp); resp.Proto != proto || got != want {
				t.Errorf("%s %q, want %s %q", resp.Proto, got, proto, want)
			}
			if resp.TLS == nil || resp.TLS.NegotiatedProtocol != name || len(resp.TLS.VerifiedChains) == 0 {
				t.Errorf("%s: Response.TLS is %+v", proto, resp.TLS)
			}
			if resp.Request.Context().Value(t) != "mine" {
				t.Errorf("%s: Response.Request has lost its context", proto)
			}
		}
	}
}

// net/http's own server, over crypto/tls, is spoken with in both protocols.
func TestTransportAndNetHTTP(t *testing.T) {
	for _, proto := range protocols {
		s := httptest.NewUnstartedServer(echo)
		s.EnableHTTP2 = proto == "HTTP/2.0"
		s.StartTLS()
		defer s.Close()
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		client := clientOf(t, &https.Transport{Config: &tls.Config{RootCAs: roots}})
		if resp, _ := get(t, client, s.URL); resp.Proto != proto || resp.TLS.Version != tls.VersionTLS13 {
			t.Errorf("%s over %s, want %s", resp.Proto, tls.VersionName(resp.TLS.Version), proto)
		}
		if err := sayAndHear(client, s.URL, 4<<20); err != nil {
			t.Errorf("%s, large bodies: %v", proto, err)
		}
		atOnce(t, 30, func() error { return sayAndHear(client, s.URL, 64<<10) })
	}
}

// In HTTP/2 one connection is for all requests, those at the very start included; in HTTP/1.1 one is for all that follow
// each other. No connection is spent on finding out which it is.
func TestTransportSharesConnections(t *testing.T) {
	for _, proto := range protocols {
		var n atomic.Int32
		s := serve(t, counting(&https.Server{HTTP: &http.Server{Handler: echo, Protocols: only(proto)}}, &n))
		client := clientOf(t, new(https.Transport))
		ask := func() error { return sayAndHear(client, s.url, 1<<10) }
		if proto == "HTTP/2.0" {
			atOnce(t, 40, ask)
		}
		for range 5 {
			if err := ask(); err != nil {
				t.Error(err)
			}
		}
		if n.Load() != 1 {
			t.Errorf("%s: %d connections, want 1", proto, n.Load())
		}
		client.CloseIdleConnections()
		if err := ask(); err != nil {
			t.Error(err)
		}
		if n.Load() != 2 {
			t.Errorf("%s: %d connections once the first was closed, want 2", proto, n.Load())
		}
	}
}

// A server whose operator turns HTTP/2 on or off is followed, with a body that can be read once only.
func TestTransportFollowsChanges(t *testing.T) {
	config := serverConfig(testkit.P256)
	var now atomic.Pointer[tls.Config]
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return now.Load(), nil }
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: echo}, Config: config})
	client := clientOf(t, new(https.Transport))
	for _, name := range []string{"h2", "http/1.1", "h2", "http/1.1"} {
		one := serverConfig(testkit.P256)
		one.NextProtos = []string{name}
		now.Store(one)
		client.CloseIdleConnections()
		for range 2 {
			if err := sayAndHear(client, s.url, 64<<10); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if resp, _ := get(t, client, s.url); resp.TLS.NegotiatedProtocol != name {
			t.Errorf("spoken is %s, want %s", resp.TLS.NegotiatedProtocol, name)
		}
	}
}

// closable is a body that tells whether it was closed.
type closable struct {
	io.Reader
	closed atomic.Bool
}

func (c *closable) Close() error { c.closed.Store(true); return nil }

// Why a request fails is found in the error, and its body is closed.
func TestTransportErrors(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: echo}})
	plain := httptest.NewServer(echo)
	defer plain.Close()
	config := serverConfig(testkit.P256)
	config.NextProtos = []string{"x"}
	other := serve(t, &https.Server{HTTP: &http.Server{Handler: echo}, Config: config})
	withX := clientConfig()
	withX.NextProtos = []string{"x", "h2"}
	only1 := serve(t, &https.Server{HTTP: &http.Server{Handler: echo, Protocols: only("HTTP/1.1")}})
	for _, c := range []struct {
		name, url string
		transport *https.Transport
		rule      *fault.Rule
		words     string
	}{
		{"a CA that is not trusted", s.url, &https.Transport{Config: &tls.Config{RootCAs: x509.NewCertPool(), ServerName: testkit.Host}}, fault.UnknownCA, ""},
		{"plain HTTP", "https" + strings.TrimPrefix(plain.URL, "http"), new(https.Transport), fault.NotTLS, ""},
		{"no common protocol", only1.url, &https.Transport{HTTP: &http.Transport{Protocols: only("HTTP/2.0")}}, nil, "no_application_protocol"},
		{"another protocol", other.url, &https.Transport{Config: withX}, nil, `chose "x"`},
		{"nobody there", "https://127.0.0.1:1", new(https.Transport), nil, "refused"},
		{"not Vitro's", s.url, &https.Transport{HTTP: &http.Transport{DialTLSContext: new(net.Dialer).DialContext}}, nil, "*net.TCPConn"},
		{"a proxy that is none", s.url, &https.Transport{HTTP: &http.Transport{
			Proxy: func(*http.Request) (*neturl.URL, error) { return nil, errors.New("no way") }}}, nil, "no way"},
	} {
		body := &closable{Reader: strings.NewReader("x")}
		req, err := http.NewRequest(http.MethodPost, c.url, body)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := clientOf(t, c.transport).Do(req)
		if err == nil {
			resp.Body.Close()
		}
		if err == nil || c.rule != nil && !errors.Is(err, c.rule) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.words)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if !body.closed.Load() {
			t.Errorf("%s: the body stays open", c.name)
		}
	}
}

// In TLS 1.3 a server refuses a client without a certificate when that has sent its request: the reason is found in the
// error all the same, and the request is not made again and again.
func TestTransportRefusedAfterTheHandshake(t *testing.T) {
	for _, proto := range protocols {
		var n atomic.Int32
		l := listen(t)
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				n.Add(1)
				leaf := testkit.Leaf(testkit.P256)
				go stdtls.Server(conn, &stdtls.Config{
					Certificates: []stdtls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}},
					ClientAuth:   stdtls.RequireAnyClientCert,
					NextProtos:   []string{map[string]string{"HTTP/1.1": "http/1.1", "HTTP/2.0": "h2"}[proto]},
				}).Handshake()
			}
		}()
		_, err := clientOf(t, new(https.Transport)).Get("https://" + l.Addr().String())
		var refusal *fault.PeerAlert
		if !errors.As(err, &refusal) || !refusal.Asked {
			t.Errorf("%s: %v, want the server's alert", proto, err)
		}
		if n.Load() != 1 {
			t.Errorf("%s: %d connections", proto, n.Load())
		}
	}
}

// A request ends with its context: in the handshake, behind another request's handshake, and in the response.
func TestTransportIsCancelled(t *testing.T) {
	silent := listen(t)
	client := clientOf(t, new(https.Transport))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			body := &closable{Reader: strings.NewReader("x")}
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+silent.Addr().String(), body)
			if err != nil {
				t.Error(err)
				return
			}
			if resp, err := client.Do(req); !errors.Is(err, context.Canceled) {
				t.Errorf("%v, %v; want context.Canceled", resp, err)
			}
			if !body.closed.Load() {
				t.Error("the body stays open")
			}
		})
	}
	conn, err := silent.Accept() // somebody shakes hands
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	all.Wait()

	for _, proto := range protocols {
		s := serve(t, &https.Server{HTTP: &http.Server{Protocols: only(proto), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-t.Context().Done()
		})}})
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", proto, err)
		}
		resp.Body.Close()
	}
}

// A program's own dialer, with something around the connection; and plain HTTP, which is net/http's.
func TestTransportDialsAsTold(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: echo}})
	config := clientConfig()
	config.NextProtos = []string{"h2"}
	type wrapped struct{ *tls.Conn }
	client := clientOf(t, &https.Transport{HTTP: &http.Transport{
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr != "elsewhere:443" {
				t.Errorf("asked for %s", addr)
			}
			conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, network, s.addr)
			if err != nil {
				return nil, err
			}
			return wrapped{conn.(*tls.Conn)}, nil
		},
	}})
	resp, _ := get(t, client, "https://elsewhere/")
	if resp.Proto != "HTTP/2.0" || resp.TLS == nil || https.ConnOf(resp.Request) != nil {
		t.Errorf("%s, %v, %v", resp.Proto, resp.TLS, https.ConnOf(resp.Request))
	}
	plain := httptest.NewServer(echo)
	defer plain.Close()
	if resp, _ := get(t, client, plain.URL); resp.StatusCode != http.StatusOK || resp.TLS != nil {
		t.Errorf("plain HTTP: %s, %v", resp.Status, resp.TLS)
	}
}

// Settings of net/http that forbid HTTP/2 forbid it here, and crypto/tls's Config in them is taken where there is no other.
func TestTransportTakesSettings(t *testing.T) {
	s := serve(t, &https.Server{HTTP: &http.Server{Handler: echo}})
	std := &stdtls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host}
	shared := &http.Transport{TLSClientConfig: std}
	for want, transports := range map[string][]*http.Transport{
		"HTTP/1.1": {
			{TLSClientConfig: std, Protocols: only("HTTP/1.1")},
			{TLSClientConfig: std, TLSNextProto: map[string]func(string, *stdtls.Conn) http.RoundTripper{}},
		},
		"HTTP/2.0": {{TLSClientConfig: std, Protocols: only("HTTP/2.0")}, shared, shared.Clone()},
	} {
		for i, settings := range transports {
			transport := &https.Transport{HTTP: settings}
			resp, _ := get(t, &http.Client{Transport: transport}, s.url)
			if resp.Proto != want {
				t.Errorf("%s, want %s (%d)", resp.Proto, want, i)
			}
			transport.CloseIdleConnections()
		}
	}
	t.Setenv("GODEBUG", "http2client=0")
	if resp, _ := get(t, clientOf(t, new(https.Transport)), s.url); resp.Proto != "HTTP/1.1" {
		t.Errorf("with http2client=0: %s", resp.Proto)
	}
}
