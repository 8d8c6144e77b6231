package interop

import (
	"regexp"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 6066 §3: server_name chooses between the certificates of a server.

func TestServerChoosesCertificateByName(t *testing.T) {
	eachVersion(t, testServerChoosesCertificateByName)
}

func testServerChoosesCertificateByName(t *testing.T, v spoken) {
	other := testkit.OtherHost
	for _, c := range []struct {
		visitor visitor
		sees    string
	}{
		// Of an option that is given twice, the last one counts.
		{sClientVisitor("-servername", other, "-verify_hostname", other), `^subject=CN ?= ?other\.test$`},
		{gnuTLSVisitor("--sni-hostname", other, "--verify-hostname", other), "^ - subject `CN=other\\.test'"},
	} {
		v.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
			server := serve(t, twoNames(t, v), answerPost)
			sees(t, c.visitor.run(t, server.addr), c.sees)
			if got := server.servedGreeting(t).ServerName; got != other {
				t.Errorf("our ConnectionState has the name %q, want %q", got, other)
			}
		})
	}
	v.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, twoNames(t, v), answerPost)
		config := goConfig()
		config.ServerName = other
		talkHTTP(t, goDial(t, server.addr, config), greeting)
		if got := server.servedGreeting(t).ServerName; got != other {
			t.Errorf("our ConnectionState has the name %q, want %q", got, other)
		}
	})
}

// twoNames is a server with the certificate of another host behind its own.
func twoNames(t *testing.T, v spoken) *tls.Config {
	config := v.serverConfig(t, testkit.RSA)
	config.Certificates = append(config.Certificates, certificate(t, testkit.Flawed(testkit.WrongHost, testkit.RSA)))
	return config
}

// s_server shows the right certificate only to who asks for the name.
func TestClientSendsName(t *testing.T) { eachVersion(t, testClientSendsName) }

func testClientSendsName(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Client, func(t *testing.T) {
		certFile, keyFile := testkit.Files(t, fromRoot(t))
		wrong := testkit.Flawed(testkit.WrongHost, testkit.RSA)
		server := startSServer(t, wrong, "-rev", "-naccept", "1", "-servername", testkit.Host, "-cert2", certFile, "-key2", keyFile)
		conn := mustDial(t, server.addr(), v.clientConfig())
		server.talk(t, conn, greeting)
		sees(t, server.wait(), `Hostname in TLS extension: "vitro\.test"`)
	})
	v.feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t, "--sni-hostname", testkit.Host, "--sni-hostname-fatal")
		conn := mustDial(t, server.addr(), v.clientConfig())
		server.talk(t, conn, greeting)
		sees(t, server.stop(), `^- Given server name\[1\]: vitro\.test$`)
	})
}

// RFC 6066 §3: an address is never sent as a name.
func TestClientSendsNoNameForAddress(t *testing.T) { eachVersion(t, testClientSendsNoNameForAddress) }

func testClientSendsNoNameForAddress(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := reverser(t, "-trace")
		config := v.clientConfig()
		config.ServerName = "127.0.0.1"
		conn := mustDial(t, server.addr(), config)
		server.talk(t, conn, greeting)
		out := server.wait()
		sees(t, out, `extension_type=signature_algorithms`)
		if regexp.MustCompile(`Received Record[^@]*?extension_type=server_name`).MatchString(out) {
			t.Errorf("the client sent server_name for an address:\n%s", clip(out))
		}
	})
}

func TestClientToldOfUnknownName(t *testing.T) { eachVersion(t, testClientToldOfUnknownName) }

func testClientToldOfUnknownName(t *testing.T, v spoken) {
	v.failure(t, openSSL, fault.Client, func(t *testing.T) {
		certFile, keyFile := testkit.Files(t, testkit.Leaf(testkit.RSA))
		server := startSServer(t, testkit.Leaf(testkit.RSA), "-servername", "elsewhere.test", "-servername_fatal",
			"-cert2", certFile, "-key2", keyFile)
		isAlert(t, mustFail(t, server.addr(), v.clientConfig()), wire.AlertUnrecognizedName)
	})
	v.failure(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t, "--sni-hostname", "elsewhere.test", "--sni-hostname-fatal")
		isAlert(t, mustFail(t, server.addr(), v.clientConfig()), wire.AlertUnrecognizedName)
	})
}

// Without -servername_fatal, OpenSSL sends the warning unrecognized_name and goes on; so must we.
func TestClientPassesOverWarning(t *testing.T) {
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		certFile, keyFile := testkit.Files(t, testkit.Leaf(testkit.RSA))
		server := reverser(t, "-trace", "-servername", "elsewhere.test",
			"-cert2", certFile, "-key2", keyFile)
		conn := mustDial(t, server.addr(), clientConfig())
		server.talk(t, conn, greeting)
		sees(t, server.wait(), `Level=warning\(1\), description=unrecognized name\(112\)`)
	})
}

// fromRoot is a good certificate that needs no intermediate: s_server sends none with -cert2.
func fromRoot(t *testing.T) *pki.Certificate {
	t.Helper()
	cert, err := testkit.PKI().Root.Issue(pki.LeafOptions{Hosts: []string{testkit.Host}, Now: testkit.Now})
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
