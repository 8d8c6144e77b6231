package interop

import (
	std "crypto/tls"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// feature runs a case beside the matrix with one peer. Role is Vitro's.
func (v spoken) feature(t *testing.T, p program, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	v.caseOf(t, "feature", p, role, f)
}

// failure runs a case that has to fail.
func (v spoken) failure(t *testing.T, p program, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	v.caseOf(t, "failure", p, role, f)
}

func (v spoken) caseOf(t *testing.T, axis string, p program, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	twice(t, column{p.name(), role}.String(), func(t *testing.T) {
		t.Parallel()
		need(t, p)
		ran(t, v.Version, p.name(), role, axis)
		f(t)
	})
}

// noPeer notes that a case has no peer here.
func noPeer(t *testing.T, p program, role fault.Role, reason string) {
	t.Helper()
	at := column{p.name(), role}.String()
	t.Run(at, func(t *testing.T) { gap(t, t.Name(), reason) })
}

// How the programs tell of an alert that came: OpenSSL in an error or in its trace, gnutls-cli in a line, gnutls-serv
// in its log, curl with the level in the upper byte.
var alertsTold = []*regexp.Regexp{
	regexp.MustCompile(`SSL alert number (\d+)`),
	regexp.MustCompile(`Received alert \[(\d+)\]`),
	gnuTLSAlert,
	regexp.MustCompile(`Received Record\nHeader:\n.*\n.*Alert \(21\)\n.*\n +Level=fatal\(2\), description=[^(]*\((\d+)\)`),
	regexp.MustCompile(`\(IN\), TLS alert, [^(]*\((\d+)\)`),
}

// sawAlert asserts that a program tells of an alert that it got from us.
func sawAlert(t *testing.T, out string, want wire.AlertDescription) {
	t.Helper()
	for _, pattern := range alertsTold {
		if m := pattern.FindStringSubmatch(out); m != nil {
			if n, err := strconv.Atoi(m[1]); err != nil || n&0xff != int(want) {
				t.Errorf("the peer got the alert %q, want %v (%d)", m[0], want, want)
			}
			return
		}
	}
	t.Errorf("the peer does not tell of an alert, want %v (%d); it printed:\n%s", want, want, clip(out))
}

// goSawAlert is sawAlert for crypto/tls, which keeps the alert's type to itself.
func goSawAlert(t *testing.T, err error, want wire.AlertDescription) {
	t.Helper()
	text := "remote error: " + std.AlertError(want).Error()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("crypto/tls says %v, want %q", err, text)
	}
}

// sees asserts that a program printed what the pattern describes.
func sees(t *testing.T, out, pattern string) {
	t.Helper()
	if !regexp.MustCompile(`(?m)` + pattern).MatchString(out) {
		t.Errorf("the peer did not print %q; it printed:\n%s", pattern, clip(out))
	}
}

// greeting is what small exchanges carry.
var greeting = text(1, 200)

// visitor is a client of others that posts greeting to our server and prints what comes back. It may fail.
type visitor struct {
	peer peer
	run  func(t *testing.T, addr string) string
}

func sClientVisitor(args ...string) visitor {
	return visitor{openSSL, func(t *testing.T, addr string) string {
		return sClient(t, addr, args...).post(post(greeting))
	}}
}

func gnuTLSVisitor(args ...string) visitor {
	return visitor{gnuTLS, func(t *testing.T, addr string) string {
		return gnuTLSClient(t, addr, args...).post(post(greeting))
	}}
}

func curlVisitor(args ...string) visitor {
	return visitor{curl, func(t *testing.T, addr string) string {
		fixed, url := curlArgs(t, addr)
		fixed = append(fixed, "--data-binary", string(greeting), "--header", "Expect:")
		return start(t, "curl", append(append(fixed, args...), url)...).wait()
	}}
}

// servedGreeting asserts that our server answered a visitor's greeting.
func (s *station) servedGreeting(t *testing.T) tls.ConnectionState {
	t.Helper()
	got := s.done()
	if got.err != nil {
		t.Fatalf("our server: %v", got.err)
	}
	if string(got.body) != string(greeting) {
		t.Errorf("our server got %q, want %q", got.body, greeting)
	}
	return got.state
}

// refused waits for our server's error.
func (s *station) refused(t *testing.T) error {
	t.Helper()
	got := s.done()
	if got.err == nil {
		t.Fatalf("our server's handshake succeeded: %v", stateOf(got.state))
	}
	return got.err
}

// mustFail dials and returns the error.
func mustFail(t *testing.T, addr string, config *tls.Config) error {
	t.Helper()
	conn, err := dial(t, addr, config)
	if err == nil {
		t.Fatalf("the handshake succeeded: %v", stateOf(conn.ConnectionState()))
	}
	return err
}
