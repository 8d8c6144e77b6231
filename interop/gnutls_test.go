package interop

import (
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/wire"
)

// gnuTLSPeer is gnutls-cli and gnutls-serv.
type gnuTLSPeer struct{}

func (*gnuTLSPeer) name() string           { return "GnuTLS" }
func (*gnuTLSPeer) tells(fault.Role) tells { return tells{group: true, scheme: true, etm: true} }

var gnuTLSVersion = once(func() (string, error) {
	out, err := ask("gnutls-cli", "--version")
	if err != nil {
		return "", err
	}
	if _, err := ask("gnutls-serv", "--version"); err != nil {
		return "", err
	}
	first, _, _ := strings.Cut(out, "\n")
	return first, nil
})

func (*gnuTLSPeer) find() (string, error) { return gnuTLSVersion() }

var gnuTLSList = once(func() (string, error) { return ask("gnutls-cli", "--list") })

// gnuTLSGroups and gnuTLSSchemes have GnuTLS's names: the first is for priority strings, all are what it prints.
var (
	gnuTLSGroups = map[wire.NamedGroup][]string{
		wire.X25519:    {"X25519"},
		wire.SecP256r1: {"SECP256R1"},
		wire.SecP384r1: {"SECP384R1"},
		wire.SecP521r1: {"SECP521R1"},

		wire.FFDHE2048: {"FFDHE2048"},
		wire.FFDHE3072: {"FFDHE3072"},
		wire.FFDHE4096: {"FFDHE4096"},
		wire.FFDHE6144: {"FFDHE6144"},
		wire.FFDHE8192: {"FFDHE8192"},

		wire.X25519MLKEM768:     {"X25519-MLKEM768"},
		wire.SecP256r1MLKEM768:  {"SECP256R1-MLKEM768"},
		wire.SecP384r1MLKEM1024: {"SECP384R1-MLKEM1024"},
	}
	gnuTLSSchemes = map[wire.SignatureScheme][]string{
		wire.RSA_PKCS1_SHA256:       {"RSA-SHA256"},
		wire.RSA_PKCS1_SHA384:       {"RSA-SHA384"},
		wire.RSA_PKCS1_SHA512:       {"RSA-SHA512"},
		wire.RSA_PSS_RSAE_SHA256:    {"RSA-PSS-RSAE-SHA256"},
		wire.RSA_PSS_RSAE_SHA384:    {"RSA-PSS-RSAE-SHA384"},
		wire.RSA_PSS_RSAE_SHA512:    {"RSA-PSS-RSAE-SHA512"},
		wire.ECDSA_SECP256R1_SHA256: {"ECDSA-SHA256", "ECDSA-SECP256R1-SHA256"},
		wire.ECDSA_SECP384R1_SHA384: {"ECDSA-SHA384", "ECDSA-SECP384R1-SHA384"},
		wire.ECDSA_SECP521R1_SHA512: {"ECDSA-SHA512", "ECDSA-SECP521R1-SHA512"},
		wire.ED25519:                {"EdDSA-Ed25519"},
	}
)

// gnuTLSKeyExchange and gnuTLSCipher name the parts of a suite: GnuTLS composes suites of parts.
func gnuTLSKeyExchange(s *suite.Suite) string {
	if s.KeyExchange == wire.KeyExchangeRSA {
		return "RSA"
	}
	return s.KeyExchange.String() + "-" + s.Auth.String()
}

func gnuTLSCipher(s *suite.Suite) string { return strings.ToUpper(s.Cipher.Name) }

func gnuTLSMAC(s *suite.Suite) string {
	if !s.Cipher.CBC() {
		return ""
	}
	return strings.ReplaceAll(s.Cipher.MAC.String(), "-", "")
}

func (*gnuTLSPeer) lacks(c cell) string {
	version, _ := gnuTLSVersion()
	list, _ := gnuTLSList()
	// A line per suite, with its code point.
	if code := fmt.Sprintf("0x%02x, 0x%02x\t", uint16(c.suite.ID)>>8, uint16(c.suite.ID)&0xff); !strings.Contains(list, code) {
		return version + " does not have " + c.suite.ID.String()
	}
	if c.group != 0 && gnuTLSGroups[c.group] == nil {
		return fmt.Sprintf("these tests know no name of %v for GnuTLS", c.group)
	}
	if c.group != 0 && !regexp.MustCompile(`GROUP-`+gnuTLSGroups[c.group][0]+`\b`).MatchString(list) {
		return version + " does not have " + c.group.String()
	}
	if c.scheme != 0 && gnuTLSSchemes[c.scheme] == nil {
		return fmt.Sprintf("these tests know no name of %v for GnuTLS", c.scheme)
	}
	return ""
}

// gnuTLSPriority allows one suite, and one group and scheme where the cell wants that.
func gnuTLSPriority(c cell) string {
	p := "NORMAL:-KX-ALL:+" + gnuTLSKeyExchange(c.suite)
	if c.tls13() {
		p = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
	}
	p += ":-CIPHER-ALL:+" + gnuTLSCipher(c.suite)
	if mac := gnuTLSMAC(c.suite); mac != "" {
		p += ":-MAC-ALL:+" + mac
	}
	if c.noETM {
		p += ":%NO_ETM"
	}
	if c.group != 0 {
		p += ":-GROUP-ALL:+GROUP-" + gnuTLSGroups[c.group][0]
	}
	if c.scheme != 0 && c.role == fault.Client {
		// Of ECDSA the name with the curve is that of TLS 1.3, and the last one.
		names := gnuTLSSchemes[c.scheme]
		name := names[0]
		if c.tls13() {
			name = names[len(names)-1]
		}
		p += ":-SIGN-ALL:+SIGN-" + name
	}
	return p
}

// gnuTLSClient runs gnutls-cli, which verifies, and goes on until the server closes.
func gnuTLSClient(t *testing.T, addr string, args ...string) *process {
	t.Helper()
	return gnuTLSClientIn(t, nil, addr, args...)
}

func gnuTLSClientIn(t *testing.T, env []string, addr string, args ...string) *process {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	fixed := []string{"--port", port, "--sni-hostname", testkit.Host, "--verify-hostname", testkit.Host,
		"--x509cafile", testkit.RootFile(t)}
	return startIn(t, env, "gnutls-cli", append(append(fixed, args...), host)...)
}

func (*gnuTLSPeer) client(t *testing.T, c cell, addr string, request []byte) visit {
	t.Helper()
	out := gnuTLSClient(t, addr, "--priority", gnuTLSPriority(c)).post(request)
	return visit{gnuTLSReport(out), out}
}

// "- Description: (TLS1.2-X.509)-(ECDHE-X25519)-(RSA-PSS-RSAE-SHA256)-(AES-128-GCM)"; the signature is missing in RSA key
// exchange, and with CBC the MAC follows. "- Options: extended master secret, safe renegotiation, EtM,".
var (
	gnuTLSDescription = regexp.MustCompile(`(?m)^- Description: \((.*)\)$`)
	gnuTLSETM         = regexp.MustCompile(`(?m)^- Options: .*\bEtM\b`)
)

func gnuTLSReport(out string) report {
	parts := strings.Split(submatch(gnuTLSDescription, out), ")-(")
	var mac string
	if last := len(parts) - 1; last > 0 && strings.HasPrefix(parts[last], "SHA") {
		mac, parts = parts[last], parts[:last]
	}
	if len(parts) < 3 {
		return report{}
	}
	r := report{etm: gnuTLSETM.MatchString(out)}
	cipher, scheme := parts[len(parts)-1], parts[2]
	suites := suite.All()
	switch version, _, _ := strings.Cut(parts[0], "-"); version {
	case "TLS1.2":
		r.version = wire.TLS12
	case "TLS1.3":
		r.version, suites = wire.TLS13, suite.All13()
	}
	keyExchange, group, _ := strings.Cut(parts[1], "-")
	r.group = lookupGroup(gnuTLSGroups, group)
	for id, names := range gnuTLSSchemes {
		for _, name := range names {
			if name == scheme {
				r.scheme = id
			}
		}
	}
	if keyExchange == "ECDHE" || keyExchange == "DHE" {
		keyExchange += "-RSA"
		if !strings.HasPrefix(scheme, "RSA") {
			keyExchange = "ECDHE-ECDSA"
		}
	}
	for _, s := range suites {
		if (r.version == wire.TLS13 || gnuTLSKeyExchange(s) == keyExchange) && gnuTLSCipher(s) == cipher && gnuTLSMAC(s) == mac {
			r.suite = s.ID
		}
	}
	return r
}

// gnuTLSServer is a running gnutls-serv.
type gnuTLSServer struct {
	*process
	port string
}

var (
	gnuTLSListens = regexp.MustCompile(`(?m)^\w+ Server listening on IPv4 .* port \d+\.\.\.done$`)
	gnuTLSInUse   = regexp.MustCompile(`(?m)listening on IPv4 .* port \d+\.\.\.(done$|bind\(\) failed)`)
)

// startGnuTLSServer starts gnutls-serv. It cannot choose a port itself, and another program may take the one that was
// free: then there is another one.
func startGnuTLSServer(t *testing.T, cert *pki.Certificate, args ...string) *gnuTLSServer {
	t.Helper()
	return startGnuTLSServerIn(t, nil, cert, args...)
}

func startGnuTLSServerIn(t *testing.T, env []string, cert *pki.Certificate, args ...string) *gnuTLSServer {
	t.Helper()
	certFile, keyFile := testkit.Files(t, cert)
	for range 5 {
		listener := listen(t)
		_, port, err := net.SplitHostPort(listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		p := startIn(t, env, "gnutls-serv", append([]string{"--port", port, "--x509certfile", certFile, "--x509keyfile", keyFile}, args...)...)
		p.expect(gnuTLSInUse)
		if gnuTLSListens.MatchString(p.out.String()) {
			return &gnuTLSServer{p, port}
		}
		p.stop()
	}
	t.Fatal("gnutls-serv found no free port in 5 tries")
	return nil
}

// echoer is a gnutls-serv that sends back what it gets.
func echoer(t *testing.T, args ...string) *gnuTLSServer {
	t.Helper()
	return startGnuTLSServer(t, testkit.Leaf(testkit.RSA), append([]string{"--echo"}, args...)...)
}

func (*gnuTLSPeer) server(t *testing.T, c cell) host {
	t.Helper()
	return startGnuTLSServer(t, testkit.Leaf(c.kind), "--echo", "--disable-client-cert", "--priority", gnuTLSPriority(c))
}

func (s *gnuTLSServer) addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

func (s *gnuTLSServer) talk(t *testing.T, conn net.Conn, data []byte) {
	t.Helper()
	exchange(t, conn, data, data)
	closes(t, conn)
}

// report: gnutls-serv prints when it ends.
func (s *gnuTLSServer) report(t *testing.T) report {
	t.Helper()
	return gnuTLSReport(s.stop())
}

var gnuTLSAlert = regexp.MustCompile(`Alert\[2\|(\d+)\] - .* was received`)

// sawAlert asserts that gnutls-serv tells of an alert that it got from us; it does with --debug 5.
func (s *gnuTLSServer) sawAlert(t *testing.T, want wire.AlertDescription) {
	t.Helper()
	s.expect(gnuTLSAlert)
	sawAlert(t, s.stop(), want)
}
