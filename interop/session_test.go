package interop

import (
	std "crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
)

// Who comes back needs no certificate. RFC 8446 §2.2.

// returner is a client of others that comes twice. come returns what it prints, of its second visit at least.
type returner struct {
	peer  peer
	speak func(*tls.Conn) ([]byte, error) // our server
	come  func(t *testing.T, addr string) string
	sees  string
}

func returners() []returner {
	return []returner{
		{openSSL, answerPost, func(t *testing.T, addr string) string {
			file := filepath.Join(t.TempDir(), "session")
			sClientVisitor("-sess_out", file).run(t, addr)
			return sClientVisitor("-sess_in", file).run(t, addr)
		}, `^Reused, TLSv1\.`},
		// gnutls-cli comes twice by itself, and says nothing the first time.
		{gnuTLS, echoLines, func(t *testing.T, addr string) string {
			client := gnuTLSClient(t, addr, "--resume", "--waitresumption")
			say(client, "hello")
			client.stdin.Close()
			return client.wait()
		}, `^\*\*\* This is a resumed session`},
		{curl, answerPost, func(t *testing.T, addr string) string {
			_, url := curlArgs(t, addr)
			return curlVisitor(url).run(t, addr)
		}, `^\* SSL re-?using session ID`},
		{goTLS, answerPost, func(t *testing.T, addr string) string {
			config := goConfig()
			config.ClientSessionCache = std.NewLRUClientSessionCache(0)
			for range 2 {
				conn := goDial(t, addr, config)
				defer conn.Close()
				talkHTTP(t, conn, greeting)
				if conn.ConnectionState().DidResume {
					return "resumed"
				}
			}
			return "not resumed"
		}, `^resumed$`},
	}
}

func TestServerResumes(t *testing.T) {
	for _, c := range returners() {
		v13.feature(t, c.peer, fault.Server, func(t *testing.T) {
			server := serveEach(t, 2, v13.serverConfig(t, testkit.RSA), c.speak)
			sees(t, c.come(t, server.addr), c.sees)
			for i := range 2 {
				if got := server.done(); got.err != nil || got.state.DidResume != (i == 1) {
					t.Errorf("connection %d: resumed %v, %v", i, got.state.DidResume, got.err)
				}
			}
		})
	}
}

// keeper is a server of others that is visited twice. visit speaks over the connection and closes it; it and end return
// what the server prints.
type keeper struct {
	peer  peer
	begin func(t *testing.T) host
	visit func(t *testing.T, server host, conn net.Conn) string
	end   func(t *testing.T, server host) string
	says  string // of a connection that was resumed
}

func keepers() []keeper {
	return []keeper{
		{openSSL, sServerWith("-www", "-naccept", "2"), func(t *testing.T, _ host, conn net.Conn) string {
			return get(t, conn)
		}, nothing, `^Reused, TLSv1\.`},
		{gnuTLS, gnuTLSServerWith("NORMAL"), func(t *testing.T, server host, conn net.Conn) string {
			server.talk(t, conn, greeting)
			return ""
		}, func(t *testing.T, server host) string {
			return server.(*gnuTLSServer).stop()
		}, `^\*\*\* This is a resumed session`},
		{goTLS, func(t *testing.T) host {
			return goServeEach(t, 2, goConfig(testkit.RSA))
		}, func(t *testing.T, server host, conn net.Conn) string {
			server.talk(t, conn, greeting)
			got := <-server.(*goServer).result
			return fmt.Sprintf("resumed: %v, error: %v\n", got.state.DidResume, got.err)
		}, nothing, `^resumed: true, error: <nil>$`},
	}
}

func nothing(*testing.T, host) string { return "" }

func TestClientResumes(t *testing.T) {
	for _, c := range keepers() {
		v13.feature(t, c.peer, fault.Client, func(t *testing.T) {
			server, out := c.begin(t), ""
			kept := &keptSessions{tls.NewLRUClientSessionCache(0), make(chan struct{}, 100)}
			config := v13.clientConfig()
			config.ClientSessionCache = kept
			for i := range 2 {
				conn := mustDial(t, server.addr(), config)
				out += c.visit(t, server, conn)
				if got := conn.ConnectionState().DidResume; got != (i == 1) {
					t.Errorf("connection %d: resumed %v", i, got)
				}
				if i == 0 {
					kept.await(t)
				}
			}
			out += c.end(t, server)
			if n := len(regexp.MustCompile(`(?m)`+c.says).FindAllString(out, -1)); n != 1 {
				t.Errorf("the server says %d times %q, want once; it printed:\n%s", n, c.says, clip(out))
			}
		})
	}
}

// keptSessions can be waited for: whoever answers late stores them when the connection may be closed already.
type keptSessions struct {
	tls.ClientSessionCache
	put chan struct{}
}

func (k *keptSessions) Put(key string, s *want.Session) {
	k.ClientSessionCache.Put(key, s)
	k.put <- struct{}{}
}

func (k *keptSessions) await(t *testing.T) {
	t.Helper()
	select {
	case <-k.put:
	case <-time.After(limit):
		t.Fatal("no session came")
	}
}
