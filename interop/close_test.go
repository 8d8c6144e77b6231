package interop

import (
	std "crypto/tls"
	"errors"
	"io"
	"regexp"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// RFC 5246 §7.2.1: both sides say close_notify, so that a cut does not look like an end.

// That the peer's close_notify reads as io.EOF under StrictClose, the matrix asserts; here it is ours.
func TestServerSaysCloseNotify(t *testing.T) { eachVersion(t, testServerSaysCloseNotify) }

func testServerSaysCloseNotify(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Server, func(t *testing.T) {
		server := serve(t, v.serverConfig(t, testkit.RSA), answerPost)
		sees(t, sClientVisitor("-trace").run(t, server.addr), `^    Level=warning\(1\), description=close notify\(0\)$`)
		server.servedGreeting(t)
	})
	v.feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		server := serve(t, v.serverConfig(t, testkit.RSA), answerPost)
		sees(t, gnuTLSVisitor().run(t, server.addr), `^- Peer has closed the GnuTLS connection$`)
		server.servedGreeting(t)
	})
	v.feature(t, curl, fault.Server, func(t *testing.T) {
		server := serve(t, v.serverConfig(t, testkit.RSA), answerPost)
		sees(t, curlVisitor().run(t, server.addr), `\(IN\), TLS alert, close notify`)
		server.servedGreeting(t)
	})
}

func TestClientSaysCloseNotify(t *testing.T) { eachVersion(t, testClientSaysCloseNotify) }

func testClientSaysCloseNotify(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := reverser(t, "-trace")
		conn := mustDial(t, server.addr(), v.clientConfig())
		closes(t, conn)
		sees(t, server.wait(), `(?s)Received Record\s+Header:[^:]*Content Type = Alert[^:]*Level=warning\(1\), description=close notify\(0\)`)
	})
	v.feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t)
		conn := mustDial(t, server.addr(), v.clientConfig())
		server.talk(t, conn, greeting)
		if out := server.stop(); regexp.MustCompile(`non-properly terminated`).MatchString(out) {
			t.Errorf("gnutls-serv missed our close_notify:\n%s", clip(out))
		}
	})
}

// One side may be done while the other still speaks.
func TestHalfClose(t *testing.T) { eachVersion(t, testHalfClose) }

func testHalfClose(t *testing.T, v spoken) {
	v.feature(t, goTLS, fault.Client, func(t *testing.T) {
		listener := listen(t)
		go func() {
			raw, err := listener.Accept()
			if err != nil {
				return
			}
			defer raw.Close()
			deadline(t, raw)
			conn := std.Server(raw, goConfig(testkit.RSA))
			heard, err := io.ReadAll(conn)
			if err != nil {
				t.Errorf("crypto/tls: %v", err)
			}
			_, _ = conn.Write(reply(heard))
			_ = conn.Close()
		}()
		config := v.clientConfig()
		config.StrictClose = true
		conn := mustDial(t, listener.Addr().String(), config)
		if _, err := conn.Write(greeting); err != nil {
			t.Fatal(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		exchange(t, conn, nil, reply(greeting))
		ends(t, conn)
	})
	v.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, v.serverConfig(t, testkit.RSA), func(conn *tls.Conn) ([]byte, error) {
			heard, err := io.ReadAll(conn)
			if err == nil {
				_, err = conn.Write(reply(heard))
			}
			return heard, err
		})
		conn := goDial(t, server.addr, goConfig())
		if _, err := conn.Write(greeting); err != nil {
			t.Fatal(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		exchange(t, conn, nil, reply(greeting))
		ends(t, conn)
		server.servedGreeting(t)
	})
}

// A server that is killed says nothing: StrictClose tells the cut from an end, and without it that is io.EOF, as in
// crypto/tls.
func TestClientNoticesTruncation(t *testing.T) { eachVersion(t, testClientNoticesTruncation) }

func testClientNoticesTruncation(t *testing.T, v spoken) {
	for _, strict := range []bool{true, false} {
		v.failure(t, openSSL, fault.Client, func(t *testing.T) {
			server := startSServer(t, testkit.Leaf(testkit.RSA))
			config := v.clientConfig()
			config.StrictClose = strict
			conn := mustDial(t, server.addr(), config)
			server.await(regexp.MustCompile(`(?m)^CIPHER is `))
			if err := server.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_, err := conn.Read(make([]byte, 1))
			if strict {
				isRule(t, err, fault.Truncated, fault.Client)
			} else if !errors.Is(err, io.EOF) {
				t.Errorf("reading from a server that was killed: %v, want io.EOF", err)
			}
		})
	}
}
