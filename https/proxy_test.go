package https_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// join carries bytes both ways until either end closes.
func join(a, b net.Conn) {
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			a.Close()
			b.Close()
		})
	}
	both.Wait()
}

// connectProxy is an HTTP proxy that carries CONNECT to addr whatever host is asked for, for user and password.
func connectProxy(t *testing.T, addr string, asked *atomic.Int32) http.Handler {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:pass word"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != want || r.Host != "shop.example:443" || r.Header.Get("X-Ours") != "1" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		asked.Add(1)
		to, err := net.Dial("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		join(conn, to)
	})
}

// socksProxy is a SOCKS5 proxy with the same user. RFC 1928, RFC 1929.
func socksProxy(t *testing.T, addr string, asked *atomic.Int32) (at string) {
	l := listen(t)
	serve := func(conn net.Conn) error {
		defer conn.Close()
		b := make([]byte, 256)
		read := func(n int) []byte { _, _ = io.ReadFull(conn, b[:n]); return b[:n] }
		read(int(read(2)[1])) // version, methods
		_, _ = conn.Write([]byte{5, 2})
		user := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if user != "user" || password != "pass word" {
			return errors.New("user " + user)
		}
		_, _ = conn.Write([]byte{1, 0})
		if kind := read(4)[3]; kind != 3 {
			return errors.New("the host is not a name")
		}
		host := string(read(int(read(1)[0])))
		if port := binary.BigEndian.Uint16(read(2)); host != "shop.example" || port != 443 {
			return errors.New("host " + host)
		}
		asked.Add(1)
		to, err := net.Dial("tcp", addr)
		if err != nil {
			return err
		}
		_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		join(conn, to)
		return nil
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				if err := serve(conn); err != nil {
					t.Error("SOCKS:", err)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Through a proxy of each kind the server is spoken with over Vitro's TLS, in both protocols, on one connection; and
// without the proxy there is another.
func TestTransportThroughProxies(t *testing.T) {
	for _, proto := range protocols {
		s := serve(t, &https.Server{HTTP: &http.Server{Handler: echo, Protocols: only(proto)}})
		var asked atomic.Int32
		plain := httptest.NewServer(connectProxy(t, s.addr, &asked))
		defer plain.Close()
		secure := httptest.NewUnstartedServer(connectProxy(t, s.addr, &asked))
		secure.StartTLS()
		defer secure.Close()
		_, securePort, _ := net.SplitHostPort(secure.Listener.Addr().String())
		for name, proxy := range map[string]string{
			"http":   plain.Listener.Addr().String(),
			"https":  net.JoinHostPort(testkit.Host, securePort),
			"socks5": socksProxy(t, s.addr, &asked),
		} {
			asked.Store(0)
			through := &url.URL{Scheme: name, User: url.UserPassword("user", "pass word"), Host: proxy}
			config := clientConfig()
			config.InsecureSkipVerify, config.ServerName = true, ""
			transport := &https.Transport{Config: config, HTTP: &http.Transport{
				Proxy: func(r *http.Request) (*url.URL, error) {
					if r.URL.Host == "shop.example" {
						return through, nil
					}
					return nil, nil
				},
				ProxyConnectHeader: http.Header{"X-Ours": {"1"}},
				DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, strings.Replace(addr, testkit.Host, "127.0.0.1", 1))
				},
			}}
			client := clientOf(t, transport)
			for range 2 {
				if err := sayAndHear(client, "https://shop.example/", 64<<10); err != nil {
					t.Errorf("%s, %s: %v", proto, name, err)
				}
			}
			if asked.Load() != 1 {
				t.Errorf("%s, %s: %d ways were asked for, want 1", proto, name, asked.Load())
			}
			if resp, _ := get(t, client, s.url); resp.Proto != proto || asked.Load() != 1 {
				t.Errorf("%s, %s: without the proxy %s, %d", proto, name, resp.Proto, asked.Load())
			}
		}
	}
}

// What a proxy refuses is an error with its reason, as net/http has it.
func TestTransportRefusedByProxy(t *testing.T) {
	proxy := httptest.NewServer(connectProxy(t, "", new(atomic.Int32)))
	defer proxy.Close()
	for scheme, words := range map[string]string{"http": "407 Proxy Authentication Required", "gopher": `not "gopher"`} {
		client := clientOf(t, &https.Transport{HTTP: &http.Transport{
			Proxy: http.ProxyURL(&url.URL{Scheme: scheme, Host: proxy.Listener.Addr().String()}),
		}})
		_, err := client.Get("https://shop.example/")
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "proxyconnect" || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v, want a proxyconnect with %s", scheme, err, words)
		}
	}
	silent := listen(t)
	client := clientOf(t, &https.Transport{HTTP: &http.Transport{
		Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: silent.Addr().String()}),
	}})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := silent.Accept(); err == nil {
			defer conn.Close()
			cancel()
			_, _ = io.Copy(io.Discard, conn)
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://shop.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("a silent proxy: %v", err)
	}
}
