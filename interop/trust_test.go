package interop

import (
	"errors"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/wire"
)

// flaws says by which name a flawed certificate of a server is refused, and what the error must tell besides.
var flaws = []struct {
	flaw   testkit.Flaw
	policy string // legacy: with RSA key exchange
	rule   *fault.Rule
	tells  string
}{
	{testkit.Expired, "", fault.CertificateExpired, testkit.Flawed(testkit.Expired, testkit.RSA).Leaf.NotAfter.Format("2006-01-02")},
	{testkit.NotYetValid, "", fault.CertificateNotYetValid, testkit.Flawed(testkit.NotYetValid, testkit.RSA).Leaf.NotBefore.Format("2006-01-02")},
	{testkit.WrongHost, "", fault.WrongHost, testkit.OtherHost},
	{testkit.CommonNameOnly, "", fault.WrongHost, testkit.Host},
	{testkit.SelfSigned, "", fault.SelfSigned, testkit.Host},
	{testkit.MissingIntermediate, "", fault.MissingIntermediate, testkit.IntermediateName},
	{testkit.UntrustedRoot, "", fault.UnknownCA, testkit.UntrustedName},
	{testkit.WrongUsage, "", fault.WrongKeyUsage, "serverAuth"},
	{testkit.NoDigitalSignature, "", fault.WrongKeyUsage, "digitalSignature"},
	{testkit.NoKeyEncipherment, tls.PolicyLegacy, fault.WrongKeyUsage, "keyEncipherment"},
}

func TestClientNamesFlaw(t *testing.T) { eachVersion(t, testClientNamesFlaw) }

func testClientNamesFlaw(t *testing.T, v spoken) {
	for _, f := range flaws {
		if v == v13 && f.policy == tls.PolicyLegacy {
			continue
		}
		t.Run(string(f.flaw), func(t *testing.T) {
			s := favourite(suite.AuthRSA)
			switch {
			case v == v13:
				s = favourite13
			case f.policy == tls.PolicyLegacy:
				s = rsaOnly
			}
			config := func() *tls.Config {
				config := v.clientConfig()
				config.Policy = f.policy
				config.Verifier = new(trust.Verifier) // as strict as below public roots
				return config
			}
			cert := testkit.Flawed(f.flaw, testkit.RSA)
			v.failure(t, openSSL, fault.Client, func(t *testing.T) {
				server := startSServer(t, cert, append(openSSL.offer(cell{suite: s}), "-rev", "-naccept", "1")...)
				err := mustFail(t, server.addr(), config())
				v.flawNamed(t, err, f.rule, f.tells)
				sawAlert(t, server.wait(), f.rule.Alert)
			})
			if f.flaw == testkit.NoDigitalSignature || f.flaw == testkit.NoKeyEncipherment {
				noPeer(t, gnuTLS, fault.Client, "gnutls-serv does not use a key for what its certificate forbids")
				return
			}
			v.failure(t, gnuTLS, fault.Client, func(t *testing.T) {
				server := startGnuTLSServer(t, cert, "--echo", "--debug", "5", "--priority", gnuTLSPriority(cell{suite: s}))
				err := mustFail(t, server.addr(), config())
				v.flawNamed(t, err, f.rule, f.tells)
				server.sawAlert(t, f.rule.Alert)
			})
		})
	}
}

func (v spoken) flawNamed(t *testing.T, err error, rule *fault.Rule, tells string) {
	t.Helper()
	found := isRule(t, err, rule, fault.Client)
	if !strings.Contains(err.Error(), tells) {
		t.Errorf("the error does not tell %q: %v", tells, err)
	}
	if found.Hint() == "" {
		t.Errorf("the error has no hint: %v", err)
	}
	// Verification comes when the server has said all it has to say, or in TLS 1.3 all about its certificate.
	reached := fault.StepServerHelloDone
	if v == v13 {
		reached = fault.StepServerCertificate
	}
	if found.Step != reached {
		t.Errorf("the error says that we reached %v, want %v", found.Step, reached)
	}
}

// What is wrong does not matter to who has switched verification off.
func TestClientWithoutVerification(t *testing.T) { eachVersion(t, testClientWithoutVerification) }

func testClientWithoutVerification(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := startSServer(t, testkit.Flawed(testkit.SelfSigned, testkit.RSA), "-rev", "-naccept", "1")
		config := v.clientConfig()
		config.InsecureSkipVerify = true
		conn := mustDial(t, server.addr(), config)
		server.talk(t, conn, greeting)
	})
}

// A client that refuses our certificate says why in its own way; what our server makes of it leads to the mend.
func TestServerToldOfDistrust(t *testing.T) { eachVersion(t, testServerToldOfDistrust) }

func testServerToldOfDistrust(t *testing.T, v spoken) {
	expired := func(t *testing.T) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{certificate(t, testkit.Flawed(testkit.Expired, testkit.RSA))}}
	}
	good := func(t *testing.T) *tls.Config { return v.serverConfig(t, testkit.RSA) }
	nobody := func(t *testing.T) string { return save(t, pemOf(testkit.PKI().Untrusted)) }
	for _, c := range []struct {
		name    string
		config  func(*testing.T) *tls.Config
		visitor func(t *testing.T) visitor
		alert   wire.AlertDescription
		hint    string
	}{
		{"unknown CA", good, func(t *testing.T) visitor { return sClientVisitor("-CAfile", nobody(t), "-no-CApath", "-no-CAstore") }, wire.AlertUnknownCA, "trust"},
		{"unknown CA", good, func(t *testing.T) visitor { return curlVisitor("--cacert", nobody(t)) }, wire.AlertUnknownCA, "trust"},
		{"unknown CA", good, func(t *testing.T) visitor { return gnuTLSVisitor("--x509cafile", nobody(t)) }, wire.AlertBadCertificate, "certificate"},
		{"expired", expired, func(t *testing.T) visitor { return sClientVisitor() }, wire.AlertCertificateExpired, "renew"},
		{"expired", expired, func(t *testing.T) visitor { return curlVisitor() }, wire.AlertCertificateExpired, "renew"},
		{"wrong host", good, func(t *testing.T) visitor { return sClientVisitor("-verify_hostname", testkit.OtherHost) }, wire.AlertBadCertificate, "host name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			visitor := c.visitor(t)
			v.failure(t, visitor.peer, fault.Server, func(t *testing.T) {
				server := serve(t, c.config(t), answerPost)
				visitor.run(t, server.addr)
				told := isAlert(t, server.refused(t), c.alert)
				if !strings.Contains(told.Hint(), c.hint) {
					t.Errorf("the hint %q does not tell of %q", told.Hint(), c.hint)
				}
			})
		})
	}
	v.failure(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, good(t), answerPost)
		config := goConfig()
		config.RootCAs = testkit.PKI().Untrusted.Pool()
		goFail(t, server.addr, config)
		if err := server.refused(t); !errors.Is(err, fault.Told(wire.AlertBadCertificate)) {
			t.Errorf("got %v, want the alert bad_certificate, which crypto/tls sends whatever the reason", err)
		}
	})
}
