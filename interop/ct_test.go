package interop

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/trust"
)

// RFC 6962 §3.3: timestamps that logs have signed, by all three ways. OpenSSL verifies them as we do, so that what is
// held against our tests' log is not only our own reading of the RFC.

// ctLog is a list with one log in OpenSSL's own format.
func ctLog(t *testing.T, log *testkit.Log) string {
	return save(t, fmt.Appendf(nil, "enabled_logs=one\n[one]\ndescription=%s\nkey=%s\n", log.Name, base64.StdEncoding.EncodeToString(log.SPKI())))
}

var validationStatus = regexp.MustCompile(`(?m)^SCT validation status: (.*)$`)

// loggedConfig shows one timestamp in the certificate, one in the handshake, one stapled.
func loggedConfig(t *testing.T, v spoken, log *testkit.Log, at time.Time) *tls.Config {
	logged := testkit.Logged(testkit.RSA, at, log)
	config := v.serverConfig(t)
	shown := certificate(t, logged)
	shown.SignedCertificateTimestamps = [][]byte{log.Certificate(at, logged.Leaf.Raw)}
	shown.OCSPStaple = stapleWith(t, func(r *ocsp.Response) {
		r.SerialNumber = logged.Leaf.SerialNumber
		r.ExtraExtensions = []pkix.Extension{testkit.SCTExtension(testkit.StapledSCTs, log.Certificate(at, logged.Leaf.Raw))}
	})
	config.Certificates = []tls.Certificate{shown}
	return config
}

func TestTimestampsVerify(t *testing.T) { eachVersion(t, testTimestampsVerify) }

func testTimestampsVerify(t *testing.T, v spoken) {
	ago := testkit.Now.Add(-24 * time.Hour)
	noPeer(t, gnuTLS, fault.Server, "GnuTLS does not tell of certificate timestamps")
	noPeer(t, curl, fault.Server, "curl does not tell of certificate timestamps")
	for _, kind := range []testkit.Kind{testkit.P256, testkit.RSA} {
		log, unknown := testkit.NewLog("one", kind), testkit.NewLog("another", kind)
		v.feature(t, openSSL, fault.Server, func(t *testing.T) {
			for listed, status := range map[*testkit.Log]string{log: "valid", unknown: "unknown log"} {
				server := serve(t, loggedConfig(t, v, log, ago), answerPost)
				out := sClientVisitor("-ct", "-ctlogfile", ctLog(t, listed)).run(t, server.addr)
				server.servedGreeting(t)
				got := validationStatus.FindAllStringSubmatch(out, -1)
				if len(got) != 3 {
					t.Errorf("s_client judges %d timestamps, want 3:\n%s", len(got), clip(out))
				}
				for _, one := range got {
					if one[1] != status {
						t.Errorf("s_client says that a timestamp is %q, want %q", one[1], status)
					}
				}
			}
		})
		list, err := trust.NewLogList(trust.Log{Name: log.Name, Key: log.Key.Public()})
		if err != nil {
			t.Fatal(err)
		}
		none, err := trust.NewLogList(trust.Log{Name: unknown.Name, Key: unknown.Key.Public()})
		if err != nil {
			t.Fatal(err)
		}
		// s_server shows the certificate with its timestamp to us.
		v.feature(t, openSSL, fault.Client, func(t *testing.T) {
			server := startSServer(t, testkit.Logged(testkit.RSA, ago, log), "-rev", "-naccept", "1")
			config := v.clientConfig()
			config.Verifier = &trust.Verifier{Logs: list, RequireSCTs: 1}
			server.talk(t, mustDial(t, server.addr(), config), greeting)
		})
		v.failure(t, openSSL, fault.Client, func(t *testing.T) {
			server := startSServer(t, testkit.Logged(testkit.RSA, ago, log), "-rev", "-naccept", "1")
			config := v.clientConfig()
			config.Verifier = &trust.Verifier{Logs: none, RequireSCTs: 1}
			v.flawNamed(t, mustFail(t, server.addr(), config), fault.TooFewTimestamps, "not on the list")
			sawAlert(t, server.wait(), fault.TooFewTimestamps.Alert)
		})
	}
}

// A response that OpenSSL's own responder made, with a certificate for it that the CA issued, satisfies us.
func TestForeignResponder(t *testing.T) { eachVersion(t, testForeignResponder) }

func testForeignResponder(t *testing.T, v spoken) {
	for status, rule := range map[string]*fault.Rule{"V": nil, "R": fault.CertificateRevoked} {
		der := opensslResponse(t, testkit.Leaf(testkit.RSA), status)
		if rule == nil {
			v.feature(t, openSSL, fault.Client, func(t *testing.T) {
				server := startSServer(t, testkit.Leaf(testkit.RSA), "-rev", "-naccept", "1", "-status_file", save(t, der))
				config := v.clientConfig()
				config.Time = time.Now
				config.Verifier = &trust.Verifier{Staples: trust.RequireStaples}
				server.talk(t, mustDial(t, server.addr(), config), greeting)
			})
			continue
		}
		v.failure(t, openSSL, fault.Client, func(t *testing.T) {
			server := startSServer(t, testkit.Leaf(testkit.RSA), "-rev", "-naccept", "1", "-status_file", save(t, der))
			config := v.clientConfig()
			config.Time = time.Now
			v.flawNamed(t, mustFail(t, server.addr(), config), rule, "keyCompromise")
			sawAlert(t, server.wait(), rule.Alert)
		})
	}
}

// opensslResponse runs openssl ocsp over an index in the format of openssl ca: status V is valid, R revoked.
func opensslResponse(t *testing.T, leaf *testkit.Certificate, status string) []byte {
	t.Helper()
	ca := testkit.PKI().Intermediate
	responder, err := ca.Issue(testkit.LeafOptions{CommonName: "responder", Now: testkit.Now, Lifetime: 20 * 365 * 24 * time.Hour, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}})
	if err != nil {
		t.Fatal(err)
	}
	cert, key := testkit.Files(t, responder)
	leafFile, _ := testkit.Files(t, leaf)
	dir := t.TempDir()
	revoked := ""
	if status == "R" {
		revoked = time.Now().Add(-time.Hour).UTC().Format("060102150405Z") + ",keyCompromise"
	}
	serial := strings.ToUpper(leaf.Leaf.SerialNumber.Text(16))
	if len(serial)%2 == 1 {
		serial = "0" + serial
	}
	index := filepath.Join(dir, "index.txt")
	line := fmt.Sprintf("%s\t%s\t%s\t%s\tunknown\t/CN=%s\n", status, leaf.Leaf.NotAfter.UTC().Format("060102150405Z"), revoked, serial, testkit.Host)
	if err := os.WriteFile(index, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	request, response := filepath.Join(dir, "request"), filepath.Join(dir, "response")
	issuer := save(t, pemOf(ca))
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("openssl", append([]string{"ocsp"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("openssl ocsp %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run("-issuer", issuer, "-cert", leafFile, "-no_nonce", "-reqout", request)
	run("-index", index, "-rsigner", cert, "-rkey", key, "-CA", issuer, "-ndays", "1", "-reqin", request, "-respout", response)
	der, err := os.ReadFile(response)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
