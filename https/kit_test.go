package https_test

import (
	"bytes"
	"context"
	stdtls "crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// patience is reached only where something hangs.
const patience = 30 * time.Second

func serverConfig(kinds ...testkit.Kind) *tls.Config {
	config := new(tls.Config)
	for _, kind := range kinds {
		leaf := testkit.Leaf(kind)
		config.Certificates = append(config.Certificates, tls.Certificate{Certificate: leaf.Chain, PrivateKey: leaf.Key})
	}
	return config
}

func clientConfig() *tls.Config {
	return &tls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host}
}

// clientOf is an http.Client over a Transport, which trusts the tests' CA unless it has a Config. No proxy is used.
func clientOf(t *testing.T, transport *https.Transport) *http.Client {
	t.Helper()
	if transport.HTTP == nil {
		transport.HTTP = new(http.Transport)
	}
	if transport.Config == nil {
		transport.Config = clientConfig()
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// listen listens on a free port.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// running is a server under test.
type running struct {
	*https.Server
	addr, url string
	log       *logged
	served    chan error // what Serve returned
}

// serve runs s on a free port until the test ends. Without HTTP and Config it gets an empty one and a certificate.
func serve(t *testing.T, s *https.Server) *running {
	t.Helper()
	if s.HTTP == nil {
		s.HTTP = new(http.Server)
	}
	if s.Config == nil {
		s.Config = serverConfig(testkit.P256)
	}
	r := &running{Server: s, log: &logged{more: make(chan struct{})}, served: make(chan error, 1)}
	if s.HTTP.ErrorLog == nil {
		s.HTTP.ErrorLog = log.New(r.log, "", 0)
	}
	l := listen(t)
	r.addr = l.Addr().String()
	r.url = "https://" + r.addr
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.served <- s.Serve(l)
	}()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return r
}

// logged is what a server has logged so far.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed and replaced with every line
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(b)
}

func (l *logged) await(t *testing.T, words string) {
	t.Helper()
	late := time.After(patience)
	for {
		l.mu.Lock()
		text, more := l.text.String(), l.more
		l.mu.Unlock()
		if strings.Contains(text, words) {
			return
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%q was not logged:\n%s", words, text)
		}
	}
}

// stdClient is net/http's with crypto/tls, for HTTP/1.1 or HTTP/2 alone.
func stdClient(t *testing.T, proto string) *http.Client {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(proto == "HTTP/1.1")
	protocols.SetHTTP2(proto == "HTTP/2.0")
	transport := &http.Transport{
		TLSClientConfig: &stdtls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host},
		Protocols:       protocols,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

var protocols = []string{"HTTP/1.1", "HTTP/2.0"}

func get(t *testing.T, client *http.Client, url string) (*http.Response, string) {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	return resp, bodyOf(t, resp)
}

func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return string(body)
}

// dialStd shakes hands as crypto/tls, with these protocols in ALPN.
func dialStd(t *testing.T, addr string, protocols ...string) *stdtls.Conn {
	t.Helper()
	conn, err := stdtls.Dial("tcp", addr, &stdtls.Config{
		RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, NextProtos: protocols,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// refused waits until nobody listens at addr any more.
func refused(t *testing.T, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			return
		}
		conn.Close()
	}
	t.Fatal("somebody still listens")
}

func isClosed(err error) bool { return errors.Is(err, http.ErrServerClosed) }
