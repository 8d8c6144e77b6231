package interop

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// What TestServerKeyLog and TestClientKeyLog say of TLS 1.2, with the secrets of TLS 1.3: RFC 8446 §7.1.

func TestServerKeyLog13(t *testing.T) {
	visit := func(run func(t *testing.T, addr, file string)) func(t *testing.T) {
		return func(t *testing.T) {
			var ours bytes.Buffer
			file := filepath.Join(t.TempDir(), "keys")
			config := v13.serverConfig(t, testkit.RSA)
			config.KeyLogWriter = &ours
			server := serve(t, config, answerPost)
			run(t, server.addr, file)
			server.servedGreeting(t)
			sameSecrets(t, ours.Bytes(), read(t, file))
		}
	}
	v13.feature(t, openSSL, fault.Server, visit(func(t *testing.T, addr, file string) {
		sClientVisitor("-keylogfile", file).run(t, addr)
	}))
	v13.feature(t, gnuTLS, fault.Server, visit(func(t *testing.T, addr, file string) {
		gnuTLSClientIn(t, []string{"SSLKEYLOGFILE=" + file}, addr).post(post(greeting))
	}))
	v13.feature(t, curl, fault.Server, visit(func(t *testing.T, addr, file string) {
		args, url := curlArgs(t, addr)
		args = append(args, "--data-binary", string(greeting), "--header", "Expect:", url)
		startIn(t, []string{"SSLKEYLOGFILE=" + file}, "curl", args...).wait()
	}))
	v13.feature(t, goTLS, fault.Server, func(t *testing.T) {
		var ours, theirs bytes.Buffer
		config := v13.serverConfig(t, testkit.RSA)
		config.KeyLogWriter = &ours
		server := serve(t, config, answerPost)
		visitor := goConfig()
		visitor.KeyLogWriter = &theirs
		talkHTTP(t, goDial(t, server.addr, visitor), greeting)
		server.servedGreeting(t)
		sameSecrets(t, ours.Bytes(), theirs.Bytes())
	})
}

func TestClientKeyLog13(t *testing.T) {
	v13.feature(t, openSSL, fault.Client, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "keys")
		server := reverser(t, "-keylogfile", file)
		ours := secretsOf(t, server)
		server.wait()
		sameSecrets(t, ours, read(t, file))
	})
	v13.feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "keys")
		server := startGnuTLSServerIn(t, []string{"SSLKEYLOGFILE=" + file}, testkit.Leaf(testkit.RSA), "--echo")
		ours := secretsOf(t, server)
		server.stop()
		sameSecrets(t, ours, read(t, file))
	})
	v13.feature(t, goTLS, fault.Client, func(t *testing.T) {
		var theirs bytes.Buffer
		config := goConfig(testkit.RSA)
		config.KeyLogWriter = &theirs
		server := goServe(t, config)
		ours := secretsOf(t, server)
		server.report(t)
		sameSecrets(t, ours, theirs.Bytes())
	})
}

// secretsOf visits a server and returns what we logged.
func secretsOf(t *testing.T, server host) []byte {
	t.Helper()
	var ours bytes.Buffer
	config := v13.clientConfig()
	config.KeyLogWriter = &ours
	conn := mustDial(t, server.addr(), config)
	server.talk(t, conn, greeting)
	return ours.Bytes()
}

// sameSecrets compares key logs whatever the order of their lines. Ours has every secret; the peer's may lack the
// exporter's, which crypto/tls does not log.
func sameSecrets(t *testing.T, ours, theirs []byte) {
	t.Helper()
	const exporter = "exporter_secret "
	labels := []string{"client_handshake_traffic_secret", "client_traffic_secret_0", "exporter_secret",
		"server_handshake_traffic_secret", "server_traffic_secret_0"}
	lines := func(b []byte) (list []string) {
		for line := range strings.Lines(string(b)) {
			if line = strings.ToLower(strings.TrimSpace(line)); line != "" && !strings.HasPrefix(line, "#") {
				list = append(list, line)
			}
		}
		slices.Sort(list)
		return list
	}
	a, b := lines(ours), lines(theirs)
	var have []string
	for _, line := range a {
		label, _, _ := strings.Cut(line, " ")
		have = append(have, label)
	}
	if !slices.Equal(have, labels) {
		t.Errorf("we logged %q, want %q", have, labels)
	}
	if !slices.ContainsFunc(b, func(line string) bool { return strings.HasPrefix(line, exporter) }) {
		a = slices.DeleteFunc(a, func(line string) bool { return strings.HasPrefix(line, exporter) })
	}
	if !slices.Equal(a, b) {
		t.Errorf("we logged\n%q\nthe peer logged\n%q\nwant the same", a, b)
	}
}
