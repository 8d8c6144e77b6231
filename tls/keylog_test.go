package tls

import (
	"bytes"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// The secrets of a handshake that fails are logged as far as there were any: such a handshake is the one that somebody
// wants to look into.
func TestKeyLogOfAFailure(t *testing.T) {
	var log, servers bytes.Buffer
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	cc.RootCAs, cc.KeyLogWriter, sc.KeyLogWriter = x509.NewCertPool(), &log, &servers
	client, server := pair(t, cc, sc)
	if cerr, serr := both(client, server); cerr == nil || serr == nil {
		t.Fatal("a server was trusted that nobody trusts")
	}
	for _, label := range []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_HANDSHAKE_TRAFFIC_SECRET "} {
		if !strings.Contains(log.String(), label) || !strings.Contains(servers.String(), label) {
			t.Errorf("no %s; the client logs %q, the server %q", label, log.String(), servers.String())
		}
	}
}
