package interop

import (
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// RFC 7627 (the master secret depends on the whole handshake) and RFC 5746 (secure renegotiation), as the peer sees
// them, and with peers that have neither.

func TestServerBindings(t *testing.T) {
	for _, c := range []struct {
		visitor visitor
		sees    []string
	}{
		{sClientVisitor(), []string{`^ +Extended master secret: yes$`, `^Secure Renegotiation IS supported$`}},
		{gnuTLSVisitor(), []string{`^- Options:.* extended master secret,`, `^- Options:.* safe renegotiation,`}},
	} {
		feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
			server := serve(t, serverConfig(t, testkit.RSA), answerPost)
			out := c.visitor.run(t, server.addr)
			for _, pattern := range c.sees {
				sees(t, out, pattern)
			}
			extended(t, server.servedGreeting(t), true)
		})
	}
}

func TestClientBindings(t *testing.T) {
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		// The status page has both, and comes from the server itself.
		server := startSServer(t, testkit.Leaf(testkit.RSA), "-www", "-naccept", "1")
		conn := mustDial(t, server.addr(), clientConfig())
		page := get(t, conn)
		sees(t, page, `^ +Extended master secret: yes$`)
		sees(t, page, `^Secure Renegotiation IS supported$`)
		extended(t, conn.ConnectionState(), true)
	})
	feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t)
		conn := mustDial(t, server.addr(), clientConfig())
		server.talk(t, conn, greeting)
		sees(t, server.stop(), `^- Options: extended master secret, safe renegotiation,`)
		extended(t, conn.ConnectionState(), true)
	})
}

// Peers of the time before both RFCs exist; the connection is no worse than theirs.
const beforeBoth = "NORMAL:%NO_SESSION_HASH:%DISABLE_SAFE_RENEGOTIATION"

func TestServerWithoutBindings(t *testing.T) {
	feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), answerPost)
		out := gnuTLSVisitor("--priority", beforeBoth).run(t, server.addr)
		lacksOptions(t, out)
		extended(t, server.servedGreeting(t), false)
	})
}

func TestClientWithoutBindings(t *testing.T) {
	feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t, "--priority", beforeBoth)
		conn := mustDial(t, server.addr(), clientConfig())
		server.talk(t, conn, greeting)
		lacksOptions(t, server.stop())
		extended(t, conn.ConnectionState(), false)
	})
}

func lacksOptions(t *testing.T, out string) {
	t.Helper()
	for _, option := range []string{"extended master secret", "safe renegotiation"} {
		if slices.ContainsFunc(strings.Split(out, "\n"), func(line string) bool {
			return strings.HasPrefix(line, "- Options:") && strings.Contains(line, option)
		}) {
			t.Errorf("GnuTLS says that it agreed on %s, which it was told not to:\n%s", option, clip(out))
		}
	}
}

func extended(t *testing.T, s tls.ConnectionState, want bool) {
	t.Helper()
	if s.ExtendedMasterSecret != want {
		t.Errorf("our ConnectionState says extended master secret %v, want %v", s.ExtendedMasterSecret, want)
	}
}
