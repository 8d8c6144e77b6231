package interop

import (
	"crypto/tls"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// RFC 8446 §4.2.10: a client may send data at once, under keys of a session that our server knows nothing of. The
// server passes over it unread, and the handshake goes on.

// foreignSession is a session of OpenSSL's own, whose server takes early data. That server sends its tickets at the
// end, which a client that leaves may miss.
func foreignSession(t *testing.T) string {
	t.Helper()
	for range 8 {
		if file, got := tryForeignSession(t); got {
			return file
		}
	}
	t.Fatal("s_client took no session from s_server in 8 visits")
	return ""
}

func tryForeignSession(t *testing.T) (file string, got bool) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "session")
	server := startSServer(t, testkit.Leaf(testkit.RSA), "-tls1_3", "-early_data", "-naccept", "1")
	client := sClientByHand(t, server.at, "-sess_out", file)
	client.await(regexp.MustCompile(`(?m)^Early data was not sent$`))
	client.input("Q\n")
	return file, regexp.MustCompile(`(?m)^ +Max Early Data: [1-9]\d*$`).MatchString(client.wait())
}

func TestServerPassesOverEarlyData(t *testing.T) {
	noPeer(t, gnuTLS, fault.Server, "gnutls-cli keeps no session between two runs")
	noPeer(t, curl, fault.Server, "curl sends no early data")
	noPeer(t, goTLS, fault.Server, "crypto/tls sends no early data outside QUIC")
	for name, group := range map[string][]tls.CurveID{
		"at once":       nil,
		"after a retry": {tls.CurveP384},
	} {
		t.Run(name, func(t *testing.T) {
			v13.feature(t, openSSL, fault.Server, func(t *testing.T) {
				early := save(t, text(7, 10<<10))
				config := v13.serverConfig(t, testkit.RSA)
				config.CurvePreferences = group
				watch := &watcher{}
				config.Tracer = watch
				server := serve(t, config, answerPost)
				out := sClientVisitor("-sess_in", foreignSession(t), "-early_data", early).run(t, server.addr)
				sees(t, out, `^Early data was rejected$`)
				sees(t, out, `^New, TLSv1\.3, `)
				server.servedGreeting(t)
				if watch.saw(askedForP384) != (group != nil) {
					t.Errorf("a retry was asked for, or was not: %q", watch.list)
				}
			})
		})
	}
}
