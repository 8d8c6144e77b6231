package interop

import (
	std "crypto/tls"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// Nothing in common: named by whichever end can know it.

// refusals are clients that our server, with its RSA certificate and the default policy, must refuse.
var refusals = []struct {
	name    string
	rule    *fault.Rule
	of      string // what both offers are of
	visitor visitor
}{
	{"TLS 1.1 only", fault.NoCommonVersion, "versions", sClientVisitor("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")},
	{"TLS 1.1 only", fault.NoCommonVersion, "versions", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.1")},
	{"TLS 1.1 only", fault.NoCommonVersion, "versions", curlVisitor("--tlsv1.0", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0")},
	{"TLS 1.3 only", fault.NoCommonVersion, "versions", sClientVisitor("-tls1_3")},
	{"TLS 1.3 only", fault.NoCommonVersion, "versions", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3")},
	{"TLS 1.3 only", fault.NoCommonVersion, "versions", curlVisitor("--tlsv1.3")},

	{"CBC only", fault.OnlyOlderCiphers, "cipher suites", sClientVisitor("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256")},
	{"CBC only", fault.OnlyOlderCiphers, "cipher suites", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:-KX-ALL:+ECDHE-RSA")},
	{"CBC only", fault.OnlyOlderCiphers, "cipher suites", curlVisitor("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-SHA256")},

	{"ECDSA only", fault.NoSuiteForCertificate, "cipher suites", sClientVisitor("-tls1_2", "-cipher", "aECDSA")},
	{"ECDSA only", fault.NoSuiteForCertificate, "cipher suites", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA")},

	{"x448 only", fault.NoCommonGroup, "groups", sClientVisitor("-tls1_2", "-cipher", "kECDHE", "-groups", "X448")},
	{"x448 only", fault.NoCommonGroup, "groups", gnuTLSVisitor("--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA:-GROUP-ALL:+GROUP-X448")},
	{"x448 only", fault.NoCommonGroup, "groups", curlVisitor("--tls-max", "1.2", "--ciphers", "kECDHE", "--curves", "X448")},

	{"SHA-1 only", fault.NoCommonScheme, "signature schemes", sClientVisitor("-tls1_2", "-cipher", "kECDHE:@SECLEVEL=0", "-sigalgs", "RSA+SHA1")},
}

func TestServerRefusesOffer(t *testing.T) {
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			failure(t, c.visitor.peer, fault.Server, func(t *testing.T) {
				server := serve(t, serverConfig(t, testkit.RSA), answerPost)
				sawAlert(t, c.visitor.run(t, server.addr), c.rule.Alert)
				offersTold(t, server.refused(t), c.rule, c.of)
			})
		})
	}
	for name, c := range map[string]struct {
		rule   *fault.Rule
		of     string
		change func(*std.Config)
	}{
		"TLS 1.1 only": {fault.NoCommonVersion, "versions", func(c *std.Config) { c.MinVersion, c.MaxVersion = std.VersionTLS10, std.VersionTLS11 }},
		"CBC only":     {fault.OnlyOlderCiphers, "cipher suites", only(std.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA)},
		"ECDSA only":   {fault.NoSuiteForCertificate, "cipher suites", only(std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)},
	} {
		t.Run(name, func(t *testing.T) {
			failure(t, goTLS, fault.Server, func(t *testing.T) {
				server := serve(t, serverConfig(t, testkit.RSA), answerPost)
				config := goConfig()
				c.change(config)
				goSawAlert(t, goFail(t, server.addr, config), c.rule.Alert)
				offersTold(t, server.refused(t), c.rule, c.of)
			})
		})
	}
}

// only leaves a configuration one suite.
func only(suite uint16) func(*std.Config) {
	return func(c *std.Config) { c.MaxVersion, c.CipherSuites = std.VersionTLS12, []uint16{suite} }
}

func offersTold(t *testing.T, err error, rule *fault.Rule, of string) {
	t.Helper()
	found := isRule(t, err, rule, fault.Server)
	if found.Offers == nil || found.Offers.Of != of || len(found.Offers.Ours) == 0 || len(found.Offers.Theirs) == 0 {
		t.Errorf("the error does not tell what both sides offered of %s: %v", of, err)
	}
	if found.Step != fault.StepClientHello {
		t.Errorf("the error says that we reached %v, want %v", found.Step, fault.StepClientHello)
	}
}

// refusers are servers that must refuse our client with an alert. What they lacked they keep to themselves; the error
// tells what we offered. GnuTLS looks for a common suite before the version.
var refusers = []struct {
	name  string
	alert wire.AlertDescription
	peer  peer
	begin func(t *testing.T) host
}{
	{"TLS 1.3 only", wire.AlertProtocolVersion, openSSL, sServerWith("-tls1_3")},
	{"TLS 1.3 only", wire.AlertHandshakeFailure, gnuTLS, gnuTLSServerWith("NORMAL:-VERS-ALL:+VERS-TLS1.3")},
	{"TLS 1.3 only", wire.AlertProtocolVersion, goTLS, goServerWith(func(c *std.Config) { c.MinVersion = std.VersionTLS13 })},

	{"CBC only", wire.AlertHandshakeFailure, openSSL, sServerWith("-cipher", "ECDHE-RSA-AES128-SHA256")},
	{"CBC only", wire.AlertHandshakeFailure, gnuTLS, gnuTLSServerWith("NORMAL:-CIPHER-ALL:+AES-128-CBC")},
	{"CBC only", wire.AlertHandshakeFailure, goTLS, goServerWith(only(std.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA))},

	{"x448 only", wire.AlertHandshakeFailure, openSSL, sServerWith("-cipher", "kECDHE", "-groups", "X448")},
	{"x448 only", wire.AlertHandshakeFailure, gnuTLS, gnuTLSServerWith("NORMAL:-KX-ALL:+ECDHE-RSA:-GROUP-ALL:+GROUP-X448")},
}

// hosts are servers of others as they come, for one connection.
var hosts = map[peer]func(t *testing.T) host{
	openSSL: func(t *testing.T) host { return reverser(t) },
	gnuTLS:  func(t *testing.T) host { return echoer(t) },
	goTLS:   func(t *testing.T) host { return goServe(t, goConfig(testkit.RSA)) },
}

func sServerWith(args ...string) func(t *testing.T) host {
	return func(t *testing.T) host { return startSServer(t, testkit.Leaf(testkit.RSA), args...) }
}

func gnuTLSServerWith(priority string) func(t *testing.T) host {
	return func(t *testing.T) host { return echoer(t, "--priority", priority) }
}

func goServerWith(change func(*std.Config)) func(t *testing.T) host {
	return func(t *testing.T) host {
		config := goConfig(testkit.RSA)
		change(config)
		return goServe(t, config)
	}
}

func TestClientIsRefused(t *testing.T) {
	for _, c := range refusers {
		t.Run(c.name, func(t *testing.T) {
			failure(t, c.peer, fault.Client, func(t *testing.T) {
				err := mustFail(t, c.begin(t).addr(), clientConfig())
				told := isAlert(t, err, c.alert)
				if told.Offers == nil || len(told.Offers.Ours) == 0 {
					t.Errorf("the error does not tell what we offered: %v", err)
				}
				if told.Hint() == "" {
					t.Errorf("the error has no hint: %v", err)
				}
			})
		})
	}
}

// RFC 5246 §E.1 has an old server answer with its own best version; but the suites that we offer all need TLS 1.2, so
// that such a server finds none of its own among them and refuses first.
func TestClientIsRefusedByOldServer(t *testing.T) {
	for p, begin := range map[peer]func(t *testing.T) host{
		openSSL: sServerWith("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
		gnuTLS:  gnuTLSServerWith("NORMAL:-VERS-ALL:+VERS-TLS1.1"),
		goTLS:   goServerWith(func(c *std.Config) { c.MinVersion, c.MaxVersion = std.VersionTLS10, std.VersionTLS11 }),
	} {
		failure(t, p, fault.Client, func(t *testing.T) {
			told := isAlert(t, mustFail(t, begin(t).addr(), clientConfig()), wire.AlertHandshakeFailure)
			if !strings.Contains(told.Hint(), "older than TLS 1.2") {
				t.Errorf("the hint %q does not think of an old server", told.Hint())
			}
		})
	}
}
