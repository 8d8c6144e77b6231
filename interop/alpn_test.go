package interop

import (
	std "crypto/tls"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 7301: the server takes its favourite among what the client offers, and refuses where there is none.

func TestServerALPN(t *testing.T) { eachVersion(t, testServerALPN) }

func testServerALPN(t *testing.T, v spoken) {
	for _, c := range []struct {
		visitor visitor
		sees    string
	}{
		{sClientVisitor("-alpn", "h2,http/1.1"), `^ALPN protocol: http/1\.1$`},
		{gnuTLSVisitor("--alpn", "h2", "--alpn", "http/1.1"), `^- Application protocol: http/1\.1$`},
		{curlVisitor(), `^\* ALPN: server accepted http/1\.1$`},
	} {
		v.feature(t, c.visitor.peer, fault.Server, func(t *testing.T) {
			server := serve(t, alpnServer(t, v, "http/1.1", "h2"), answerPost)
			sees(t, c.visitor.run(t, server.addr), c.sees)
			agreed(t, server.servedGreeting(t), "http/1.1")
		})
	}
	v.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, alpnServer(t, v, "http/1.1", "h2"), answerPost)
		config := goConfig()
		config.NextProtos = []string{"h2", "http/1.1"}
		conn := goDial(t, server.addr, config)
		talkHTTP(t, conn, greeting)
		if got := conn.ConnectionState().NegotiatedProtocol; got != "http/1.1" {
			t.Errorf("crypto/tls agreed on %q, want http/1.1", got)
		}
		agreed(t, server.servedGreeting(t), "http/1.1")
	})
}

func TestServerALPNMismatch(t *testing.T) { eachVersion(t, testServerALPNMismatch) }

func testServerALPNMismatch(t *testing.T, v spoken) {
	for _, visitor := range []visitor{
		sClientVisitor("-alpn", "imap"),
		gnuTLSVisitor("--alpn", "imap"),
		curlVisitor("--http1.1"),
	} {
		v.failure(t, visitor.peer, fault.Server, func(t *testing.T) {
			server := serve(t, alpnServer(t, v, "h2"), answerPost)
			sawAlert(t, visitor.run(t, server.addr), wire.AlertNoApplicationProtocol)
			isRule(t, server.refused(t), fault.NoCommonProtocol, fault.Server)
		})
	}
	v.failure(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, alpnServer(t, v, "h2"), answerPost)
		config := goConfig()
		config.NextProtos = []string{"imap"}
		goSawAlert(t, goFail(t, server.addr, config), wire.AlertNoApplicationProtocol)
		isRule(t, server.refused(t), fault.NoCommonProtocol, fault.Server)
	})
}

// alpnHosts are servers of others that speak one protocol and insist on it.
func alpnHosts(protocol string) map[peer]func(t *testing.T) host {
	return map[peer]func(t *testing.T) host{
		openSSL: func(t *testing.T) host {
			return reverser(t, "-alpn", protocol)
		},
		gnuTLS: func(t *testing.T) host {
			return echoer(t, "--alpn", protocol, "--alpn-fatal")
		},
		goTLS: func(t *testing.T) host {
			config := goConfig(testkit.RSA)
			config.NextProtos = []string{protocol}
			return goServe(t, config)
		},
	}
}

func TestClientALPN(t *testing.T) { eachVersion(t, testClientALPN) }

func testClientALPN(t *testing.T, v spoken) {
	for p, begin := range alpnHosts("imap") {
		v.feature(t, p, fault.Client, func(t *testing.T) {
			server := begin(t)
			config := v.clientConfig()
			config.NextProtos = []string{"h2", "imap"}
			conn := mustDial(t, server.addr(), config)
			server.talk(t, conn, greeting)
			agreed(t, conn.ConnectionState(), "imap")
		})
	}
}

func TestClientALPNMismatch(t *testing.T) { eachVersion(t, testClientALPNMismatch) }

func testClientALPNMismatch(t *testing.T, v spoken) {
	for p, begin := range alpnHosts("imap") {
		v.failure(t, p, fault.Client, func(t *testing.T) {
			config := v.clientConfig()
			config.NextProtos = []string{"h2", "http/1.1"}
			err := mustFail(t, begin(t).addr(), config)
			told := isAlert(t, err, wire.AlertNoApplicationProtocol)
			if told.Offers == nil || len(told.Offers.Ours) != 2 {
				t.Errorf("the error does not tell the protocols that we offered: %v", err)
			}
			if !errors.Is(err, fault.Told(wire.AlertNoApplicationProtocol)) {
				t.Errorf("errors.Is does not know %v", err)
			}
		})
	}
}

func alpnServer(t *testing.T, v spoken, protocols ...string) *tls.Config {
	config := v.serverConfig(t, testkit.RSA)
	config.NextProtos = protocols
	return config
}

func agreed(t *testing.T, s tls.ConnectionState, want string) {
	t.Helper()
	if s.NegotiatedProtocol != want {
		t.Errorf("our ConnectionState has the protocol %q, want %q", s.NegotiatedProtocol, want)
	}
}

// goConfig is a configuration of crypto/tls for both of its ends; kinds are a server's keys.
func goConfig(kinds ...testkit.Kind) *std.Config {
	config := &std.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host}
	for _, kind := range kinds {
		leaf := testkit.Leaf(kind)
		config.Certificates = append(config.Certificates, std.Certificate{Certificate: leaf.Chain, PrivateKey: leaf.Key})
	}
	return config
}
