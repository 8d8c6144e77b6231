package interop

import (
	std "crypto/tls"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 8446 §4.2.1: the version is the best that both sides have. Our end is as its user has it, with both versions;
// where either has one only, the cases are in offers_test.go.

// speaking are the versions of the peers, and what must come of them.
var speaking = []struct {
	name    string
	openSSL []string
	gnuTLS  string
	curl    []string
	max     uint16 // of crypto/tls
	min     uint16
	agreed  spoken
}{
	{"TLS 1.2 and 1.3", nil, "NORMAL", nil, 0, 0, v13},
	{"TLS 1.3 only", []string{"-tls1_3"}, "NORMAL:-VERS-ALL:+VERS-TLS1.3", []string{"--tlsv1.3"}, 0, std.VersionTLS13, v13},
	{"TLS 1.2 only", []string{"-tls1_2"}, "NORMAL:-VERS-ALL:+VERS-TLS1.2", []string{"--tls-max", "1.2"}, std.VersionTLS12, 0, v12},
}

func TestServerChoosesVersion(t *testing.T) {
	for _, c := range speaking {
		t.Run(c.name, func(t *testing.T) {
			check := func(t *testing.T, r, ours report) {
				t.Helper()
				if r.version != c.agreed.Version || ours.version != c.agreed.Version {
					t.Errorf("the client reports %v, we have %v, want %v", r.version, ours.version, c.agreed)
				}
			}
			begin := func(t *testing.T) *station {
				return serve(t, &tls.Config{Certificates: v13.serverConfig(t, testkit.RSA).Certificates, Time: testkit.Clock}, answerPost)
			}
			for _, visitor := range []struct {
				visitor
				report func(string) report
			}{
				{sClientVisitor(c.openSSL...), sClientReport},
				{gnuTLSVisitor("--priority", c.gnuTLS), gnuTLSReport},
				{curlVisitor(c.curl...), curlReport},
			} {
				c.agreed.feature(t, visitor.peer, fault.Server, func(t *testing.T) {
					server := begin(t)
					out := visitor.run(t, server.addr)
					check(t, visitor.report(out), stateOf(server.servedGreeting(t)))
				})
			}
			c.agreed.feature(t, goTLS, fault.Server, func(t *testing.T) {
				server := begin(t)
				config := goConfig()
				config.MinVersion, config.MaxVersion = c.min, c.max
				conn := goDial(t, server.addr, config)
				talkHTTP(t, conn, greeting)
				check(t, goReport(conn.ConnectionState()), stateOf(server.servedGreeting(t)))
			})
		})
	}
}

func TestClientTakesVersion(t *testing.T) {
	for _, c := range speaking {
		t.Run(c.name, func(t *testing.T) {
			for p, begin := range map[peer]func(t *testing.T) host{
				openSSL: sServerWith(append([]string{"-rev", "-naccept", "1", "-trace"}, c.openSSL...)...),
				gnuTLS:  gnuTLSServerWith(c.gnuTLS),
				goTLS:   goServerWith(func(config *std.Config) { config.MinVersion, config.MaxVersion = c.min, c.max }),
			} {
				c.agreed.feature(t, p, fault.Client, func(t *testing.T) {
					server := begin(t)
					conn := mustDial(t, server.addr(), &tls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, Time: testkit.Clock})
					server.talk(t, conn, greeting)
					ours, theirs := stateOf(conn.ConnectionState()), server.report(t)
					if theirs.version != c.agreed.Version || ours.version != c.agreed.Version {
						t.Errorf("the server reports %v, we have %v, want %v", theirs.version, ours.version, c.agreed)
					}
				})
			}
		})
	}
}

// Both ends as they come: with a peer that has it, the group is hybrid, so that what is recorded today stays closed to
// a quantum computer.
func TestDefaultGroupIsHybrid(t *testing.T) {
	for _, p := range []peer{openSSL, gnuTLS, curl} {
		for _, role := range []fault.Role{fault.Client, fault.Server} {
			if reason := p.lacks(cell{peer: p, role: role, suite: suite.All13()[0], group: wire.X25519MLKEM768}); reason != "" {
				noPeer(t, p, role, reason)
			}
		}
	}
	v13.feature(t, goTLS, fault.Client, func(t *testing.T) {
		server := goServe(t, goConfig(testkit.RSA))
		conn := mustDial(t, server.addr(), v13.clientConfig())
		server.talk(t, conn, greeting)
		hybrid(t, server.report(t), stateOf(conn.ConnectionState()))
	})
	v13.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, v13.serverConfig(t, testkit.RSA), answerPost)
		conn := goDial(t, server.addr, goConfig())
		talkHTTP(t, conn, greeting)
		hybrid(t, goReport(conn.ConnectionState()), stateOf(server.servedGreeting(t)))
	})
}

func hybrid(t *testing.T, theirs, ours report) {
	t.Helper()
	if theirs.group != wire.X25519MLKEM768 || ours.group != wire.X25519MLKEM768 {
		t.Errorf("the group is %v to the peer and %v to us, want %v", theirs.group, ours.group, wire.X25519MLKEM768)
	}
}
