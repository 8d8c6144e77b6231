package interop

import (
	std "crypto/tls"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// Nothing in common in TLS 1.3: what offers_test.go is for TLS 1.2.

// refusals13 are clients that our server, with its RSA certificate, must refuse.
var refusals13 = []struct {
	name    string
	rule    *fault.Rule
	of      string // what both offers are of
	visitor visitor
}{
	{"TLS 1.2 only", fault.NoCommonVersion, "versions", sClientVisitor("-tls1_2")},
	{"TLS 1.2 only", fault.NoCommonVersion, "versions", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2")},
	{"TLS 1.2 only", fault.NoCommonVersion, "versions", curlVisitor("--tls-max", "1.2")},

	{"CCM only", fault.NoCommonSuite, "cipher suites", sClientVisitor("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256")},
	{"CCM only", fault.NoCommonSuite, "cipher suites", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM")},
	{"CCM only", fault.NoCommonSuite, "cipher suites", curlVisitor("--tlsv1.3", "--tls13-ciphers", "TLS_AES_128_CCM_SHA256")},

	{"x448 only", fault.NoCommonGroup, "groups", sClientVisitor("-tls1_3", "-groups", "X448")},
	{"x448 only", fault.NoCommonGroup, "groups", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X448")},
	{"x448 only", fault.NoCommonGroup, "groups", curlVisitor("--tlsv1.3", "--curves", "X448")},

	{"ECDSA only", fault.NoCommonScheme, "signature schemes", sClientVisitor("-tls1_3", "-sigalgs", "ECDSA+SHA256")},
	{"ECDSA only", fault.NoCommonScheme, "signature schemes", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256")},
}

func TestServerRefusesOffer13(t *testing.T) {
	for _, c := range refusals13 {
		t.Run(c.name, func(t *testing.T) {
			v13.failure(t, c.visitor.peer, fault.Server, func(t *testing.T) {
				server := serve(t, v13.serverConfig(t, testkit.RSA), answerPost)
				sawAlert(t, c.visitor.run(t, server.addr), c.rule.Alert)
				offersTold(t, server.refused(t), c.rule, c.of)
			})
		})
	}
	for name, c := range map[string]struct {
		rule   *fault.Rule
		of     string
		change func(theirs *std.Config)
	}{
		"TLS 1.2 only": {fault.NoCommonVersion, "versions", func(c *std.Config) { c.MaxVersion = std.VersionTLS12 }},
	} {
		t.Run(name, func(t *testing.T) {
			v13.failure(t, goTLS, fault.Server, func(t *testing.T) {
				server := serve(t, v13.serverConfig(t, testkit.RSA), answerPost)
				config := goConfig()
				c.change(config)
				goSawAlert(t, goFail(t, server.addr, config), c.rule.Alert)
				offersTold(t, server.refused(t), c.rule, c.of)
			})
		})
	}
	// crypto/tls has every suite of ours and takes every kind of key; of groups it has none that we lack.
	t.Run("X25519 only", func(t *testing.T) {
		v13.failure(t, goTLS, fault.Server, func(t *testing.T) {
			ours := v13.serverConfig(t, testkit.RSA)
			ours.CurvePreferences = []std.CurveID{std.CurveP384}
			server := serve(t, ours, answerPost)
			config := goConfig()
			config.CurvePreferences = []std.CurveID{std.X25519}
			goSawAlert(t, goFail(t, server.addr, config), fault.NoCommonGroup.Alert)
			offersTold(t, server.refused(t), fault.NoCommonGroup, "groups")
		})
	})
}

// refusers13 are servers that must refuse our client with an alert. GnuTLS looks for a common suite before the version.
var refusers13 = []struct {
	name  string
	alert wire.AlertDescription
	peer  peer
	begin func(t *testing.T) host
}{
	{"TLS 1.2 only", wire.AlertProtocolVersion, openSSL, sServerWith("-tls1_2")},
	{"TLS 1.2 only", wire.AlertHandshakeFailure, gnuTLS, gnuTLSServerWith("NORMAL:-VERS-ALL:+VERS-TLS1.2")},
	{"TLS 1.2 only", wire.AlertProtocolVersion, goTLS, goServerWith(func(c *std.Config) { c.MaxVersion = std.VersionTLS12 })},

	{"CCM only", wire.AlertHandshakeFailure, openSSL, sServerWith("-tls1_3", "-ciphersuites", "TLS_AES_128_CCM_SHA256")},
	{"CCM only", wire.AlertHandshakeFailure, gnuTLS, gnuTLSServerWith("NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM")},

	{"x448 only", wire.AlertHandshakeFailure, openSSL, sServerWith("-tls1_3", "-groups", "X448")},
	{"x448 only", wire.AlertHandshakeFailure, gnuTLS, gnuTLSServerWith("NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X448")},
}

func TestClientIsRefused13(t *testing.T) {
	for _, c := range refusers13 {
		t.Run(c.name, func(t *testing.T) {
			v13.failure(t, c.peer, fault.Client, func(t *testing.T) {
				told := isAlert(t, mustFail(t, c.begin(t).addr(), v13.clientConfig()), c.alert)
				if told.Offers == nil || len(told.Offers.Ours) == 0 {
					t.Errorf("the error does not tell what we offered: %v", told)
				}
				if told.Hint() == "" {
					t.Errorf("the error has no hint: %v", told)
				}
			})
		})
	}
}
