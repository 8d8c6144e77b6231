package interop

import (
	"bytes"
	"crypto"
	std "crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/trust"
)

// RFC 6066 §8: what a server staples reaches the client unchanged.

// staple is an OCSP response which says that the good RSA certificate is not revoked. It is good now by any clock.
func staple(t *testing.T) []byte { return stapleWith(t, func(*ocsp.Response) {}) }

func stapleWith(t *testing.T, change func(*ocsp.Response)) []byte {
	t.Helper()
	issuer := testkit.PKI().Intermediate
	template := ocsp.Response{
		Status:       ocsp.Good,
		SerialNumber: testkit.Leaf(testkit.RSA).Leaf.SerialNumber,
		ThisUpdate:   time.Now().Add(-time.Hour),
		NextUpdate:   time.Now().Add(time.Hour),
		IssuerHash:   crypto.SHA1,
	}
	change(&template)
	response, err := ocsp.CreateResponse(issuer.Certificate, issuer.Certificate, template, issuer.Key)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func staplingServer(t *testing.T, v spoken, response []byte) *station {
	config := v.serverConfig(t, testkit.RSA)
	config.Certificates[0].OCSPStaple = response
	return serve(t, config, answerPost)
}

func TestServerStaples(t *testing.T) { eachVersion(t, testServerStaples) }

func testServerStaples(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Server, func(t *testing.T) {
		server := staplingServer(t, v, staple(t))
		out := sClientVisitor("-status").run(t, server.addr)
		sees(t, out, `^ +OCSP Response Status: successful`)
		sees(t, out, `^ +Cert Status: good`)
		server.servedGreeting(t)
	})
	v.feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		response := staple(t)
		server := staplingServer(t, v, response)
		file := filepath.Join(t.TempDir(), "ocsp")
		gnuTLSVisitor("--save-ocsp", file).run(t, server.addr)
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, response) {
			t.Errorf("gnutls-cli got a response of %d bytes (%v), want ours of %d", len(got), err, len(response))
		}
		server.servedGreeting(t)
	})
	v.feature(t, curl, fault.Server, func(t *testing.T) {
		server := staplingServer(t, v, staple(t))
		// It fails without a response, and verifies the one it gets.
		sees(t, curlVisitor("--cert-status").run(t, server.addr), `^\* SSL certificate status: good`)
		server.servedGreeting(t)
	})
	v.feature(t, goTLS, fault.Server, func(t *testing.T) {
		response := staple(t)
		server := staplingServer(t, v, response)
		conn := goDial(t, server.addr, goConfig())
		talkHTTP(t, conn, greeting)
		if got := conn.OCSPResponse(); !bytes.Equal(got, response) {
			t.Errorf("crypto/tls got a response of %d bytes, want ours of %d", len(got), len(response))
		}
		server.servedGreeting(t)
	})
}

// A server that has nothing to staple does not announce it.
func TestServerWithoutStaple(t *testing.T) { eachVersion(t, testServerWithoutStaple) }

func testServerWithoutStaple(t *testing.T, v spoken) {
	v.feature(t, openSSL, fault.Server, func(t *testing.T) {
		server := staplingServer(t, v, nil)
		sees(t, sClientVisitor("-status").run(t, server.addr), `^OCSP response: no response sent`)
		server.servedGreeting(t)
	})
}

func TestClientGetsStaple(t *testing.T) { eachVersion(t, testClientGetsStaple) }

func testClientGetsStaple(t *testing.T, v spoken) {
	for p, begin := range map[peer]func(t *testing.T, response []byte) host{
		openSSL: func(t *testing.T, response []byte) host {
			return reverser(t, "-status_file", save(t, response))
		},
		gnuTLS: func(t *testing.T, response []byte) host {
			return echoer(t, "--ocsp-response", save(t, response))
		},
		goTLS: func(t *testing.T, response []byte) host {
			config := goConfig(testkit.RSA)
			config.Certificates[0].OCSPStaple = response
			return goServe(t, config)
		},
	} {
		v.feature(t, p, fault.Client, func(t *testing.T) {
			response := staple(t)
			server := begin(t, response)
			config := v.clientConfig()
			config.Time = time.Now // the responses of this test are good by any clock's now
			config.Verifier = &trust.Verifier{Staples: trust.RequireStaples}
			var before []byte
			config.VerifyConnection = func(s tls.ConnectionState) error {
				before = s.OCSPResponse
				return nil
			}
			conn := mustDial(t, server.addr(), config)
			server.talk(t, conn, greeting)
			if got := conn.ConnectionState().OCSPResponse; !bytes.Equal(got, response) {
				t.Errorf("our ConnectionState has a response of %d bytes, want the server's of %d", len(got), len(response))
			}
			if !bytes.Equal(before, response) {
				t.Errorf("the verifier got a response of %d bytes, want the server's of %d", len(before), len(response))
			}
		})
	}
}

// What another's server staples that does not satisfy us: it hears the alert that belongs to it.
func TestClientRefusesStaple(t *testing.T) { eachVersion(t, testClientRefusesStaple) }

func testClientRefusesStaple(t *testing.T, v spoken) {
	for _, c := range []struct {
		name   string
		change func(*ocsp.Response)
		rule   *fault.Rule
		tells  string
	}{
		{"revoked", func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, time.Now().Add(-time.Hour) }, fault.CertificateRevoked, "revoked on"},
		{"unknown", func(r *ocsp.Response) { r.Status = ocsp.Unknown }, fault.StatusUnknown, testkit.IntermediateName},
		{"expired", func(r *ocsp.Response) { r.NextUpdate = time.Now().Add(-30 * time.Minute) }, fault.StaleStaple, "was good until"},
		{"of another", func(r *ocsp.Response) { r.SerialNumber = testkit.Leaf(testkit.P256).Leaf.SerialNumber }, fault.StapleOfAnother, testkit.Host},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := func() *tls.Config {
				config := v.clientConfig()
				config.Time = time.Now
				return config
			}
			v.failure(t, openSSL, fault.Client, func(t *testing.T) {
				server := reverser(t, "-status_file", save(t, stapleWith(t, c.change)))
				v.flawNamed(t, mustFail(t, server.addr(), config()), c.rule, c.tells)
				sawAlert(t, server.wait(), c.rule.Alert)
			})
			v.failure(t, gnuTLS, fault.Client, func(t *testing.T) {
				server := echoer(t, "--debug", "5", "--ignore-ocsp-response-errors",
					"--ocsp-response", save(t, stapleWith(t, c.change)))
				v.flawNamed(t, mustFail(t, server.addr(), config()), c.rule, c.tells)
				server.sawAlert(t, c.rule.Alert)
			})
			v.failure(t, goTLS, fault.Client, func(t *testing.T) {
				std := goConfig(testkit.RSA)
				std.Certificates[0].OCSPStaple = stapleWith(t, c.change)
				server := goServe(t, std)
				v.flawNamed(t, mustFail(t, server.addr(), config()), c.rule, c.tells)
			})
		})
	}
}

func save(t *testing.T, b []byte) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// RFC 6962 §3.3.1: certificate timestamps in the TLS extension. Nobody here verifies them, so any bytes will do.
var timestamps = [][]byte{text(5, 100), text(6, 119)}

// sctExtension is extension 18 as it stands in a ServerHello: type, length, and a list of lists with two-byte lengths.
func sctExtension() []byte {
	prefix := func(b []byte) []byte { return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...) }
	var list []byte
	for _, sct := range timestamps {
		list = append(list, prefix(sct)...)
	}
	return append([]byte{0, 18}, prefix(prefix(list))...)
}

var serverInfo = regexp.MustCompile(`(?s)-----BEGIN SERVERINFO FOR EXTENSION 18-----\n(.*?)\n-----END`)

func TestServerSendsTimestamps(t *testing.T) { eachVersion(t, testServerSendsTimestamps) }

func testServerSendsTimestamps(t *testing.T, v spoken) {
	noPeer(t, gnuTLS, fault.Server, "GnuTLS does not tell of certificate timestamps")
	noPeer(t, curl, fault.Server, "curl does not tell of certificate timestamps")
	v.feature(t, openSSL, fault.Server, func(t *testing.T) {
		server := serve(t, timestampServer(t, v), answerPost)
		if v == v13 {
			tellsTimestamps(t, sClientVisitor("-ct", "-ctlogfile", save(t, []byte("enabled_logs=\n"))).run(t, server.addr))
			server.servedGreeting(t)
			return
		}
		out := sClientVisitor("-serverinfo", "18").run(t, server.addr)
		got, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(submatch(serverInfo, out), "\n", ""))
		if err != nil || !bytes.Equal(got, sctExtension()) {
			t.Errorf("s_client got extension 18 as %x (%v), want %x", got, err, sctExtension())
		}
		server.servedGreeting(t)
	})
	v.feature(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, timestampServer(t, v), answerPost)
		conn := goDial(t, server.addr, goConfig())
		talkHTTP(t, conn, greeting)
		if got := conn.ConnectionState().SignedCertificateTimestamps; !sameLists(got, timestamps) {
			t.Errorf("crypto/tls got the timestamps %q, want %q", got, timestamps)
		}
		server.servedGreeting(t)
	})
}

// In TLS 1.3 s_client hands out no extension, but with -ct it prints the timestamps that it got, even such as these.
// It keeps them last first.
func tellsTimestamps(t *testing.T, out string) {
	t.Helper()
	var got [][]byte
	for _, m := range regexp.MustCompile(`Signed Certificate Timestamp:\n +Version +: unknown\n((?: +[0-9A-F:]+\n)+)`).FindAllStringSubmatch(out, -1) {
		b, err := hex.DecodeString(strings.NewReplacer(" ", "", "\n", "", ":", "").Replace(m[1]))
		if err != nil {
			t.Errorf("s_client prints the timestamp %q", m[1])
		}
		got = append([][]byte{b}, got...)
	}
	if !sameLists(got, timestamps) {
		t.Errorf("s_client got the timestamps %q, want %q", got, timestamps)
	}
}

func timestampServer(t *testing.T, v spoken) *tls.Config {
	config := v.serverConfig(t, testkit.RSA)
	config.Certificates[0].SignedCertificateTimestamps = timestamps
	return config
}

func TestClientGetsTimestamps(t *testing.T) { eachVersion(t, testClientGetsTimestamps) }

func testClientGetsTimestamps(t *testing.T, v spoken) {
	noPeer(t, gnuTLS, fault.Client, "gnutls-serv sends no certificate timestamps")
	for p, begin := range map[peer]func(t *testing.T) host{
		openSSL: func(t *testing.T) host {
			block := &pem.Block{Type: "SERVERINFO FOR EXTENSION 18", Bytes: sctExtension()}
			if v == v13 {
				// In front stands where the extension goes: ClientHello and Certificate of TLS 1.3.
				block = &pem.Block{Type: "SERVERINFOV2 FOR EXTENSION 18", Bytes: append([]byte{0, 0, 0x10, 0x80}, sctExtension()...)}
			}
			info := pem.EncodeToMemory(block)
			return reverser(t, "-serverinfo", save(t, info))
		},
		goTLS: func(t *testing.T) host {
			config := goConfig(testkit.RSA)
			config.Certificates[0] = std.Certificate{Certificate: config.Certificates[0].Certificate,
				PrivateKey: config.Certificates[0].PrivateKey, SignedCertificateTimestamps: timestamps}
			return goServe(t, config)
		},
	} {
		v.feature(t, p, fault.Client, func(t *testing.T) {
			server := begin(t)
			conn := mustDial(t, server.addr(), v.clientConfig())
			server.talk(t, conn, greeting)
			if got := conn.ConnectionState().SignedCertificateTimestamps; !sameLists(got, timestamps) {
				t.Errorf("our ConnectionState has the timestamps %q, want %q", got, timestamps)
			}
		})
	}
}

func sameLists(a, b [][]byte) bool { return slices.EqualFunc(a, b, bytes.Equal) }
