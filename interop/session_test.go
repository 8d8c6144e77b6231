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
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
)

// Who comes back needs no certificate. RFC 8446 §2.2, RFC 5077, RFC 5246 §7.3.

// way is one in which a server keeps its sessions: in tickets that it hands out, or with itself, by an ID.
type way struct {
	spoken
	ids bool
}

var (
	tickets13, ids13 = way{v13, false}, way{v13, true}
	tickets12, ids12 = way{v12, false}, way{v12, true}

	ways = []way{tickets13, ids13, tickets12, ids12}
)

func (w way) String() string {
	if w.ids {
		return w.Version.String() + ", by ID"
	}
	return w.Version.String() + ", by ticket"
}

// with runs a case with a peer that has this way in the role that Vitro leaves it.
func (w way) with(t *testing.T, p peer, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	if reason := w.lackedBy(p, role); reason != "" {
		noPeer(t, p, role, reason)
		return
	}
	w.feature(t, p, role, f)
}

func (w way) lackedBy(p peer, role fault.Role) string {
	switch {
	case p == curl && w == tickets12:
		return "curl asks for no tickets in TLS 1.2"
	case p == goTLS && role == fault.Server && w == ids12:
		return "a client of crypto/tls knows no session IDs in TLS 1.2"
	case p == goTLS && role == fault.Client && w.ids:
		return "a server of crypto/tls keeps no sessions"
	case p == gnuTLS && role == fault.Client && w == ids13:
		return "gnutls-serv keeps no sessions of TLS 1.3"
	}
	return ""
}

// byID returns args where there are to be no tickets.
func (w way) byID(args ...string) []string {
	if w.ids {
		return args
	}
	return nil
}

// returners are clients of others that come twice. come returns what they print, of the second visit at least.
var returners = []struct {
	peer  peer
	speak func(*tls.Conn) ([]byte, error) // our server
	come  func(t *testing.T, w way, addr string) string
	sees  string
}{
	{openSSL, answerPost, func(t *testing.T, w way, addr string) string {
		file, no := filepath.Join(t.TempDir(), "session"), w.byID("-no_ticket")
		sClientVisitor(append(no, "-sess_out", file)...).run(t, addr)
		return sClientVisitor(append(no, "-sess_in", file)...).run(t, addr)
	}, `^Reused, TLSv1\.`},
	// gnutls-cli comes twice by itself, and says nothing the first time. Without tickets it would not resume TLS 1.3.
	{gnuTLS, echoLines, func(t *testing.T, w way, addr string) string {
		args := []string{"--resume", "--waitresumption"}
		if w == ids12 {
			args = append(args, "--priority", "NORMAL:%NO_TICKETS")
		}
		client := gnuTLSClient(t, addr, args...)
		say(client, "hello")
		client.stdin.Close()
		return client.wait()
	}, `^\*\*\* This is a resumed session`},
	{curl, answerPost, func(t *testing.T, _ way, addr string) string {
		_, url := curlArgs(t, addr)
		return curlVisitor(url).run(t, addr)
	}, `^\* SSL re-?using session ID`},
	{goTLS, answerPost, func(t *testing.T, _ way, addr string) string {
		config := goConfig()
		config.ClientSessionCache = std.NewLRUClientSessionCache(0)
		out := ""
		for range 2 {
			conn := goDial(t, addr, config)
			talkHTTP(t, conn, greeting)
			out += fmt.Sprintf("resumed: %v\n", conn.ConnectionState().DidResume)
		}
		return out
	}, `^resumed: true$`},
}

func TestServerResumes(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) { testServerResumes(t, w) })
	}
}

func testServerResumes(t *testing.T, w way) {
	for _, c := range returners {
		w.with(t, c.peer, fault.Server, func(t *testing.T) {
			config, kept := w.serverConfig(t, testkit.RSA), keepSessions()
			if w.ids {
				config.SessionStore = kept
				config.SessionTicketsDisabled = w == ids13 // in TLS 1.2 it is the client that takes none
			}
			server := serveEach(t, 2, config, c.speak)
			sees(t, c.come(t, w, server.addr), c.sees)
			for i := range 2 {
				if got := server.done(); got.err != nil || got.state.DidResume != (i == 1) {
					t.Errorf("connection %d: resumed %v, %v", i, got.state.DidResume, got.err)
				}
			}
			if w.ids != (len(kept.put) > 0) {
				t.Errorf("our server's store got %d sessions", len(kept.put))
			}
		})
	}
}

// keepers are servers of others that are visited twice. visit speaks over a connection and closes it; it and end return
// what the server prints.
var keepers = []struct {
	peer  peer
	begin func(t *testing.T, w way) host
	visit func(t *testing.T, server host, conn net.Conn) string
	end   func(server host) string
	says  string // of a connection that was resumed
}{
	{openSSL, func(t *testing.T, w way) host {
		return startSServer(t, testkit.Leaf(testkit.RSA), append(w.byID("-no_ticket"), "-www", "-naccept", "2")...)
	}, func(t *testing.T, _ host, conn net.Conn) string {
		return get(t, conn)
	}, nothing, `^Reused, TLSv1\.`},
	{gnuTLS, func(t *testing.T, w way) host {
		return echoer(t, w.byID("--noticket")...)
	}, func(t *testing.T, server host, conn net.Conn) string {
		server.talk(t, conn, greeting)
		return ""
	}, func(server host) string {
		return server.(*gnuTLSServer).stop()
	}, `^\*\*\* This is a resumed session`},
	{goTLS, func(t *testing.T, _ way) host {
		return goServeEach(t, 2, goConfig(testkit.RSA))
	}, func(t *testing.T, server host, conn net.Conn) string {
		server.talk(t, conn, greeting)
		got := <-server.(*goServer).result
		return fmt.Sprintf("resumed: %v, error: %v\n", got.state.DidResume, got.err)
	}, nothing, `^resumed: true, error: <nil>$`},
}

func nothing(host) string { return "" }

func TestClientResumes(t *testing.T) {
	for _, w := range ways {
		t.Run(w.String(), func(t *testing.T) { testClientResumes(t, w) })
	}
}

func testClientResumes(t *testing.T, w way) {
	for _, c := range keepers {
		w.with(t, c.peer, fault.Client, func(t *testing.T) {
			server, out := c.begin(t, w), ""
			config, kept := w.clientConfig(), keepSessions()
			config.ClientSessionCache = tls.ClientSessionsIn(kept)
			for i := range 2 {
				conn := mustDial(t, server.addr(), config)
				out += c.visit(t, server, conn)
				if got := conn.ConnectionState().DidResume; got != (i == 1) {
					t.Errorf("connection %d: resumed %v", i, got)
				}
				if i == 0 {
					s := kept.await(t)
					if w.spoken == v12 && (len(s.Ticket) == 0) != w.ids {
						t.Errorf("our client stored a ticket of %d bytes and an ID of %d", len(s.Ticket), len(s.ID))
					}
				}
			}
			out += c.end(server)
			if n := len(regexp.MustCompile(`(?m)`+c.says).FindAllString(out, -1)); n != 1 {
				t.Errorf("the server says %d times %q, want once; it printed:\n%s", n, c.says, clip(out))
			}
		})
	}
}

// keptSessions can be waited for: whoever answers late stores them when the connection may be closed already.
type keptSessions struct {
	session.Store
	put chan *want.Session // has room for all
}

func keepSessions() *keptSessions {
	return &keptSessions{session.NewCache(0), make(chan *want.Session, 100)}
}

func (k *keptSessions) Put(key string, s *want.Session) {
	k.Store.Put(key, s)
	k.put <- s
}

func (k *keptSessions) await(t *testing.T) *want.Session {
	t.Helper()
	select {
	case s := <-k.put:
		return s
	case <-time.After(limit):
		t.Fatal("no session came")
		return nil
	}
}
