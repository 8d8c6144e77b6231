package interop

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// curlPeer is curl, which is a client only.
type curlPeer struct{}

func (*curlPeer) name() string { return "curl" }

// curl names groups only in later versions, and with TLS 1.3; so the cell's own is all that was offered.
func (*curlPeer) tells(fault.Role) tells { return tells{} }

var curlVersion = once(func() (string, error) {
	out, err := ask("curl", "--version")
	if err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(out, "\n")
	// The names of suites and groups are those of the library underneath.
	if !strings.Contains(first, " OpenSSL/") {
		return "", fmt.Errorf("it is not built on OpenSSL: %s", first)
	}
	if _, err := openSSLVersion(); err != nil {
		return "", fmt.Errorf("OpenSSL is needed to read what it says: %w", err)
	}
	return first, nil
})

func (*curlPeer) find() (string, error) { return curlVersion() }

func (*curlPeer) lacks(c cell) string {
	if c.role == fault.Client {
		return "curl is no server"
	}
	return openSSL.lacks(c)
}

// visitURL is where curl finds our server under its name.
func curlArgs(t *testing.T, addr string) (args []string, url string) {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	at := testkit.Host + ":" + port
	return []string{"--verbose", "--no-progress-meter", "--noproxy", "*", "--cacert", testkit.RootFile(t),
		"--resolve", at + ":127.0.0.1"}, "https://" + at + "/"
}

func (*curlPeer) client(t *testing.T, c cell, addr string, request []byte) visit {
	t.Helper()
	_, body, _ := strings.Cut(string(request), "\r\n\r\n")
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	args, url := curlArgs(t, addr)
	if c.tls13() {
		args = append(args, "--tlsv1.3", "--tls13-ciphers", openSSLName(c.suite.ID), "--ciphers", "DEFAULT:@SECLEVEL=0")
	} else {
		args = append(args, "--ciphers", openSSLName(c.suite.ID)+":@SECLEVEL=0")
	}
	args = append(args, "--data-binary", "@"+file, "--header", "Expect:")
	if c.group != 0 {
		args = append(args, "--curves", openSSLGroups[c.group][0])
	}
	out := start(t, "curl", append(args, url)...).wait()
	return visit{curlReport(out), out}
}

// "* SSL connection using TLSv1.2 / ECDHE-RSA-AES128-GCM-SHA256"; later versions go on with group and key.
var curlUsing = regexp.MustCompile(`(?m)^\* SSL connection using (\S+) / (\S+)`)

func curlReport(out string) report {
	m := curlUsing.FindStringSubmatch(out)
	if m == nil {
		return report{}
	}
	return report{version: openSSLProtocol(m[1]), suite: openSSLSuite(m[2])}
}

func (*curlPeer) server(*testing.T, cell) host { return nil }
