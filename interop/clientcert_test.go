package interop

import (
	std "crypto/tls"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// certificateAskers are servers that ask the client for a certificate: RFC 5246 §7.4.4.
func certificateAskers(required bool) map[peer]func(t *testing.T) host {
	return map[peer]func(t *testing.T) host{
		openSSL: func(t *testing.T) host {
			option := "-verify"
			if required {
				option = "-Verify"
			}
			return reverser(t, option, "1", "-CAfile", testkit.RootFile(t))
		},
		gnuTLS: func(t *testing.T) host {
			args := []string{"--echo", "--x509cafile", testkit.RootFile(t)}
			if required {
				args = append(args, "--require-client-cert")
			}
			return startGnuTLSServer(t, testkit.Leaf(testkit.RSA), args...)
		},
		goTLS: func(t *testing.T) host {
			config := goConfig(testkit.RSA)
			config.ClientCAs = config.RootCAs
			config.ClientAuth = std.VerifyClientCertIfGiven
			if required {
				config.ClientAuth = std.RequireAndVerifyClientCert
			}
			return goServe(t, config)
		},
	}
}

// A client that has none says so with an empty list, RFC 5246 §7.4.6, and a server that can do without goes on.
func TestClientCertificateOptional(t *testing.T) { eachVersion(t, testClientCertificateOptional) }

func testClientCertificateOptional(t *testing.T, v spoken) {
	for p, begin := range certificateAskers(false) {
		v.feature(t, p, fault.Client, func(t *testing.T) {
			server := begin(t)
			conn := mustDial(t, server.addr(), v.clientConfig())
			server.talk(t, conn, greeting)
		})
	}
	// In RSA key exchange the messages are in the same order without a ServerKeyExchange.
	v.feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := reverser(t, "-verify", "1", "-cipher", "kRSA")
		config := v.clientConfig()
		config.Policy = tls.PolicyLegacy
		conn := mustDial(t, server.addr(), config)
		server.talk(t, conn, greeting)
	})
}

func TestClientCertificateWanted(t *testing.T) { eachVersion(t, testClientCertificateWanted) }

func testClientCertificateWanted(t *testing.T, v spoken) {
	for p, begin := range certificateAskers(true) {
		v.failure(t, p, fault.Client, func(t *testing.T) {
			err := v.mustFailLate(t, begin(t).addr(), v.clientConfig())
			if !errors.Is(err, fault.ClientCertificateWanted) {
				t.Errorf("got %v, want it to be fault.ClientCertificateWanted", err)
			}
			var told *fault.PeerAlert
			if !errors.As(err, &told) || told.Hint() != fault.ClientCertificateWanted.Hint {
				t.Errorf("the hint of %v is not that of client_certificate_wanted", err)
			}
		})
	}
}
