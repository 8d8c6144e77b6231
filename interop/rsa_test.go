package interop

import (
	std "crypto/tls"
	"errors"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// RSA key exchange under the default policy: refused by both our ends, with the mend named. That policy legacy
// allows it, with every peer in both roles, is part of the matrix.

var rsaOnly = suite.ByID(wire.TLS_RSA_WITH_AES_128_GCM_SHA256)

func TestServerRefusesRSAOnlyClient(t *testing.T) {
	for _, v := range []visitor{
		sClientVisitor("-tls1_2", "-cipher", "kRSA"),
		gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA"),
		curlVisitor("--tls-max", "1.2", "--ciphers", "kRSA"),
	} {
		failure(t, v.peer, fault.Server, func(t *testing.T) {
			server := serve(t, serverConfig(t, testkit.RSA), answerPost)
			out := v.run(t, server.addr)
			sawAlert(t, out, wire.AlertHandshakeFailure)
			refusesRSAOnly(t, server.refused(t))
		})
	}
	failure(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), answerPost)
		config := goTLS.config(cell{suite: rsaOnly})
		config.MaxVersion = std.VersionTLS12
		goSawAlert(t, goFail(t, server.addr, config), wire.AlertHandshakeFailure)
		refusesRSAOnly(t, server.refused(t))
	})
}

func refusesRSAOnly(t *testing.T, err error) {
	t.Helper()
	found := isRule(t, err, fault.OnlyRSAKeyExchange, fault.Server)
	if !strings.Contains(found.Hint(), "policy legacy") {
		t.Errorf("the hint %q does not name policy legacy", found.Hint())
	}
	if found.Offers == nil || len(found.Offers.Ours) == 0 || len(found.Offers.Theirs) == 0 {
		t.Errorf("the error does not tell both offers: %v", err)
	}
}

func TestClientRefusedByRSAOnlyServer(t *testing.T) {
	for _, p := range []peer{openSSL, gnuTLS, goTLS} {
		failure(t, p, fault.Client, func(t *testing.T) {
			server := p.server(t, cell{peer: p, role: fault.Client, suite: rsaOnly, kind: testkit.RSA})
			err := mustFail(t, server.addr(), clientConfig())
			told := isAlert(t, err, wire.AlertHandshakeFailure)
			if !strings.Contains(told.Hint(), "policy legacy") {
				t.Errorf("the hint %q does not name policy legacy", told.Hint())
			}
			if told.Step != fault.StepClientHello {
				t.Errorf("the error says that we reached %v, want %v", told.Step, fault.StepClientHello)
			}
			if told.Offers == nil || len(told.Offers.Ours) == 0 {
				t.Errorf("the error does not tell what we offered: %v", err)
			}
		})
	}
}

// The environment's policy replaces the default one: the person with the old device cannot change the program.
func TestPolicyFromEnvironment(t *testing.T) {
	need(t, openSSL)
	t.Setenv(tls.PolicyVariable, tls.PolicyLegacy)
	twice(t, column{openSSL.name(), fault.Client}.String(), testPolicyFromEnvironment)
}

func testPolicyFromEnvironment(t *testing.T) {
	c := cell{peer: openSSL, role: fault.Client, suite: rsaOnly, kind: testkit.RSA}
	ran(t, wire.TLS12, openSSL.name(), fault.Client, "feature")
	server := openSSL.server(t, c)
	conn := mustDial(t, server.addr(), clientConfig())
	server.talk(t, conn, greeting)
	if got := wire.CipherSuite(conn.ConnectionState().CipherSuite); got != rsaOnly.ID {
		t.Errorf("agreed on %v, want %v", got, rsaOnly.ID)
	}
	// What the program says itself stands above it.
	config := clientConfig()
	config.Policy = tls.PolicyModern
	second := openSSL.server(t, c)
	if err := mustFail(t, second.addr(), config); !errors.Is(err, fault.Told(wire.AlertHandshakeFailure)) {
		t.Errorf("with an explicit policy modern: %v, want the alert handshake_failure", err)
	}
}
