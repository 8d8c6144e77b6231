package interop

import (
	std "crypto/tls"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 8446 §4.1.4: a client that has sent no share of the right group gets a second chance. In the matrix that happens
// wherever a group is not the client's favourite; here both ends tell of it.

// asked is what our events tell of a HelloRetryRequest.
const askedForP384 = "retry asked for secp384r1"

// The clients' favourite is X25519, the server's only group P-384.
func TestServerAsksForRetry(t *testing.T) {
	const trace = `(?s)ServerHello, Length=.*key_share\(51\), length=2\s+NamedGroup: secp384r1 .*ServerHello, Length=.*key_share\(51\), length=101\s`
	for _, c := range []struct {
		visitor visitor
		sees    string
	}{
		{sClientVisitor("-groups", "X25519:P-384", "-trace"), trace},
		{gnuTLSVisitor("--priority", "NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1", "--single-key-share", "--debug", "4"),
			`HELLO RETRY REQUEST \(\d+\) was received`},
		{curlVisitor("--curves", "X25519:P-384"), `(?s)\(IN\), TLS handshake, Server hello \(2\).*\(OUT\), TLS handshake, Client hello \(1\).*\(IN\), TLS handshake, Server hello \(2\)`},
	} {
		v13.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
			server, watch := retryingServer(t)
			out := c.visitor.run(t, server.addr)
			sees(t, out, c.sees)
			retried(t, server.servedGreeting(t), watch, askedForP384)
		})
	}
	v13.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server, watch := retryingServer(t)
		config := goConfig()
		config.CurvePreferences = []std.CurveID{std.X25519, std.CurveP384}
		conn := goDial(t, server.addr, config)
		talkHTTP(t, conn, greeting)
		if !conn.ConnectionState().HelloRetryRequest {
			t.Error("crypto/tls saw no HelloRetryRequest")
		}
		retried(t, server.servedGreeting(t), watch, askedForP384)
	})
}

func retryingServer(t *testing.T) (*station, *watcher) {
	watch := &watcher{}
	config := v13.serverConfig(t, testkit.RSA)
	config.CurvePreferences = []tls.CurveID{std.CurveP384}
	config.Tracer = watch
	return serve(t, config, answerPost), watch
}

func retried(t *testing.T, s tls.ConnectionState, watch *watcher, asked string) {
	t.Helper()
	if !watch.saw(asked) {
		t.Errorf("no event tells %q: %q", asked, watch.list)
	}
	if wire.NamedGroup(s.CurveID) != wire.SecP384r1 {
		t.Errorf("the group is %v, want secp384r1", s.CurveID)
	}
}

// RFC 8446 §4.2.2: our server gives a cookie and keeps nothing. The client brings it back on the same connection, or, by
// a relay between, to another server with the same keys.
func TestServerGivesCookie(t *testing.T) {
	const trace = `(?s)ServerHello, Length=.*cookie_ext\(44\).*ClientHello, Length=.*cookie_ext\(44\).*ServerHello, Length=`
	for _, c := range []struct {
		visitor visitor
		sees    string
	}{
		{sClientVisitor("-groups", "X25519:P-384", "-trace"), trace},
		{gnuTLSVisitor("--priority", "NORMAL:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1", "--single-key-share", "--debug", "4"),
			`(?s)HELLO RETRY REQUEST \(\d+\) was received.*Sending extension Cookie/44 \(\d{3} bytes\)`},
		{curlVisitor("--curves", "X25519:P-384"), `(?s)\(IN\), TLS handshake, Server hello \(2\).*\(OUT\), TLS handshake, Client hello \(1\).*\(IN\), TLS handshake, Server hello \(2\)`},
		{goVisitor(std.X25519, std.CurveP384), ``},
	} {
		for name, groups := range map[string][]tls.CurveID{"and asks for a share": {std.CurveP384}, "alone": nil} {
			t.Run(name, func(t *testing.T) {
				if groups == nil && c.visitor.peer == gnuTLS {
					noPeer(t, gnuTLS, fault.Server, "gnutls-cli takes no HelloRetryRequest that asks for no share")
					return
				}
				t.Parallel()
				v13.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
					server, watch := cookieServer(t, groups)
					sees(t, c.visitor.run(t, server.addr), c.sees)
					server.servedGreeting(t)
					if !watch.saw("cookie returned, elsewhere false") {
						t.Errorf("no event tells that the cookie came back: %q", watch.list)
					}
				})
				t.Run("elsewhere", func(t *testing.T) {
					v13.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
						first, _ := cookieServer(t, groups)
						second, watch := cookieServer(t, groups)
						sees(t, c.visitor.run(t, relayRetry(t, first.addr, second.addr)), c.sees)
						second.servedGreeting(t)
						isRule(t, first.done().err, fault.HangUp, fault.Server)
						if !watch.saw("cookie returned, elsewhere true") {
							t.Errorf("no event tells that the cookie came from elsewhere: %q", watch.list)
						}
					})
				})
			})
		}
	}
}

func goVisitor(groups ...std.CurveID) visitor {
	return visitor{goTLS, func(t *testing.T, addr string) string {
		config := goConfig()
		config.CurvePreferences = groups
		talkHTTP(t, goDial(t, addr, config), greeting)
		return ""
	}}
}

// cookieServer gives every client a cookie under keys that all of them share.
func cookieServer(t *testing.T, groups []tls.CurveID) (*station, *watcher) {
	watch := &watcher{}
	config := v13.serverConfig(t, testkit.RSA)
	config.RetryCookies, config.CurvePreferences, config.Tracer = tls.CookiesAlways, groups, watch
	config.SetSessionTicketKeys([][32]byte{{1}})
	return serve(t, config, answerPost), watch
}

// relayRetry hands a client's first ClientHello to one server, whose answer it takes and then hangs up, and everything
// that follows to another.
func relayRetry(t *testing.T, first, second string) (addr string) {
	listener := listen(t)
	go func() {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		defer client.Close()
		deadline(t, client)
		if err := relayFirst(t, client, first); err != nil {
			t.Errorf("relaying the first ClientHello: %v", err)
			return
		}
		server, err := net.Dial("tcp", second)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		deadline(t, server)
		go func() {
			_, _ = io.Copy(server, client)
			_ = server.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(client, server)
	}()
	return listener.Addr().String()
}

// relayFirst: one record goes there, and HelloRetryRequest and ChangeCipherSpec come back.
func relayFirst(t *testing.T, client net.Conn, addr string) error {
	server, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer server.Close()
	deadline(t, server)
	if err := relayRecord(server, client); err != nil {
		return err
	}
	return errors.Join(relayRecord(client, server), relayRecord(client, server))
}

func relayRecord(to io.Writer, from io.Reader) error {
	record := make([]byte, 5, 1<<14)
	if _, err := io.ReadFull(from, record); err != nil {
		return err
	}
	record = record[:5+int(record[3])<<8+int(record[4])]
	if _, err := io.ReadFull(from, record[5:]); err != nil {
		return err
	}
	_, err := to.Write(record)
	return err
}

// Our first shares are X25519MLKEM768 and X25519, the servers' only group is P-384.
func TestClientAnswersRetry(t *testing.T) {
	v13.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := reverser(t, "-trace", "-groups", "P-384")
		visitRetrying(t, server)
		sees(t, server.wait(), `(?s)Sent Record.*ServerHello, Length=.*key_share\(51\), length=2\s+NamedGroup: secp384r1 `)
	})
	v13.feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t, "--debug", "4", "--priority", "NORMAL:-GROUP-ALL:+GROUP-SECP384R1")
		visitRetrying(t, server)
		sees(t, server.stop(), `HELLO RETRY REQUEST was queued`)
	})
	v13.feature(t, goTLS, fault.Client, func(t *testing.T) {
		config := goConfig(testkit.RSA)
		config.CurvePreferences = []std.CurveID{std.CurveP384}
		server := goServe(t, config)
		visitRetrying(t, server)
		if got := <-server.result; got.err != nil || !got.state.HelloRetryRequest {
			t.Errorf("crypto/tls asked for a retry: %v, error: %v", got.state.HelloRetryRequest, got.err)
		}
	})
}

func visitRetrying(t *testing.T, server host) {
	t.Helper()
	watch := &watcher{}
	config := v13.clientConfig()
	config.Tracer = watch
	conn := mustDial(t, server.addr(), config)
	server.talk(t, conn, greeting)
	retried(t, conn.ConnectionState(), watch, askedForP384)
}

// RFC 8446 §4.2.2: a server that keeps nothing between the two hellos hands the client a cookie, and has it back.
func TestClientReturnsCookie(t *testing.T) {
	noPeer(t, gnuTLS, fault.Client, "gnutls-serv sends no cookie in TLS 1.3")
	noPeer(t, goTLS, fault.Client, "crypto/tls sends no cookie in TLS 1.3")
	noPeer(t, openSSL, fault.Client, "s_server -stateless hangs up on every client, its own too")
}
