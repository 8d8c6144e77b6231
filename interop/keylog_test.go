package interop

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// Both ends of a connection log the same secrets: what Wireshark reads of ours it would read of theirs.

func TestServerKeyLog(t *testing.T) {
	for name, policy := range keyExchanges {
		t.Run(name, func(t *testing.T) {
			feature(t, openSSL, fault.Server, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "keys")
				server, ours := loggingServer(t, policy)
				sClientVisitor("-tls1_2", "-cipher", name, "-keylogfile", file).run(t, server.addr)
				server.servedGreeting(t)
				sameLog(t, ours.Bytes(), read(t, file))
			})
			feature(t, gnuTLS, fault.Server, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "keys")
				server, ours := loggingServer(t, policy)
				gnuTLSClientIn(t, []string{"SSLKEYLOGFILE=" + file}, server.addr, "--priority",
					gnuTLSPriority(keyExchangeCell(policy))).post(post(greeting))
				server.servedGreeting(t)
				sameLog(t, ours.Bytes(), read(t, file))
			})
			feature(t, goTLS, fault.Server, func(t *testing.T) {
				var theirs bytes.Buffer
				server, ours := loggingServer(t, policy)
				config := goConfig()
				config.KeyLogWriter = &theirs
				if policy == tls.PolicyLegacy {
					config.CipherSuites = []uint16{uint16(rsaOnly.ID)}
				}
				talkHTTP(t, goDial(t, server.addr, config), greeting)
				server.servedGreeting(t)
				sameLog(t, ours.Bytes(), theirs.Bytes())
			})
		})
	}
}

var keyExchanges = map[string]string{"kECDHE": tls.PolicyModern, "kRSA": tls.PolicyLegacy}

// keyExchangeCell has a suite with the key exchange that a policy is here for.
func keyExchangeCell(policy string) cell {
	if policy == tls.PolicyLegacy {
		return cell{suite: rsaOnly}
	}
	return cell{suite: favourite(suite.AuthRSA)}
}

func loggingServer(t *testing.T, policy string) (*station, *bytes.Buffer) {
	var ours bytes.Buffer
	config := serverConfig(t, testkit.RSA)
	config.Policy, config.KeyLogWriter = policy, &ours
	return serve(t, config, answerPost), &ours
}

func TestClientKeyLog(t *testing.T) {
	for name, policy := range keyExchanges {
		t.Run(name, func(t *testing.T) {
			feature(t, openSSL, fault.Client, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "keys")
				server := reverser(t, "-cipher", name, "-keylogfile", file)
				ours := logOf(t, server, policy)
				server.wait()
				sameLog(t, ours, read(t, file))
			})
			feature(t, goTLS, fault.Client, func(t *testing.T) {
				var theirs bytes.Buffer
				config := goConfig(testkit.RSA)
				config.KeyLogWriter = &theirs
				config.CipherSuites = []uint16{uint16(keyExchangeCell(policy).suite.ID)}
				server := goServe(t, config)
				ours := logOf(t, server, policy)
				server.report(t)
				sameLog(t, ours, theirs.Bytes())
			})
			feature(t, gnuTLS, fault.Client, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "keys")
				server := startGnuTLSServerIn(t, []string{"SSLKEYLOGFILE=" + file}, testkit.Leaf(testkit.RSA), "--echo",
					"--priority", gnuTLSPriority(keyExchangeCell(policy)))
				ours := logOf(t, server, policy)
				server.stop()
				sameLog(t, ours, read(t, file))
			})
		})
	}
}

// logOf visits a server and returns what we logged.
func logOf(t *testing.T, server host, policy string) []byte {
	t.Helper()
	var ours bytes.Buffer
	config := clientConfig()
	config.Policy, config.KeyLogWriter = policy, &ours
	conn := mustDial(t, server.addr(), config)
	server.talk(t, conn, greeting)
	return ours.Bytes()
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameLog compares the lines for CLIENT_RANDOM; comments and the case of hex digits are free.
func sameLog(t *testing.T, ours, theirs []byte) {
	t.Helper()
	lines := func(b []byte) []string {
		var list []string
		for line := range strings.Lines(string(b)) {
			if line = strings.ToLower(strings.TrimSpace(line)); strings.HasPrefix(line, "client_random ") {
				list = append(list, line)
			}
		}
		return list
	}
	if a, b := lines(ours), lines(theirs); len(a) != 1 || !slices.Equal(a, b) {
		t.Errorf("we logged\n%q\nthe peer logged\n%q\nwant one line, the same", a, b)
	}
}
