package interop

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/wire"
)

// openSSLPeer is openssl s_client and openssl s_server.
type openSSLPeer struct{}

func (*openSSLPeer) name() string { return "OpenSSL" }

// s_server names no group and no scheme unless it can trace.
func (*openSSLPeer) tells(fault.Role) tells { return tells{group: true, scheme: true, etm: true} }

var openSSLVersion = once(func() (string, error) {
	out, err := ask("openssl", "version")
	if err != nil {
		return "", err
	}
	// LibreSSL calls itself so; the options of OpenSSL before 3.0 differ.
	if !regexp.MustCompile(`^OpenSSL ([3-9]|\d\d)\.`).MatchString(out) {
		return "", fmt.Errorf("the program openssl is %q, and OpenSSL 3 or later is wanted", strings.TrimSpace(out))
	}
	help, _ := ask("openssl", "s_server", "-help")
	if !strings.Contains(help, "-trace") {
		return "", fmt.Errorf("%s was built without tracing, so that s_server does not tell group and scheme", strings.TrimSpace(out))
	}
	return strings.TrimSpace(out), nil
})

func (*openSSLPeer) find() (string, error) { return openSSLVersion() }

// openSSLSuites maps code points to OpenSSL's own names, as it lists them itself.
var openSSLSuites = once(func() (string, error) {
	// Of TLS 1.3 it lists those that are on by default, unless it is told others.
	return ask("openssl", "ciphers", "-V", "-ciphersuites", strings.Join(suiteNames13(), ":"), "ALL:eNULL:@SECLEVEL=0")
})

func suiteNames13() []string {
	var names []string
	for _, s := range suite.All13() {
		names = append(names, s.ID.String())
	}
	return names
}

var openSSLSuiteLine = regexp.MustCompile(`(?m)^\s*0x([0-9A-F]{2}),0x([0-9A-F]{2}) - (\S+)`)

func openSSLName(id wire.CipherSuite) string {
	list, _ := openSSLSuites()
	for _, m := range openSSLSuiteLine.FindAllStringSubmatch(list, -1) {
		if code, err := strconv.ParseUint(m[1]+m[2], 16, 16); err == nil && wire.CipherSuite(code) == id {
			return m[3]
		}
	}
	return ""
}

func openSSLSuite(name string) wire.CipherSuite {
	list, _ := openSSLSuites()
	for _, m := range openSSLSuiteLine.FindAllStringSubmatch(list, -1) {
		if m[3] == name {
			code, _ := strconv.ParseUint(m[1]+m[2], 16, 16)
			return wire.CipherSuite(code)
		}
	}
	return 0
}

// openSSLGroups has OpenSSL's names: the first is what -groups takes, all are what it prints.
var openSSLGroups = map[wire.NamedGroup][]string{
	wire.X25519:    {"X25519"},
	wire.SecP256r1: {"P-256", "prime256v1", "secp256r1"},
	wire.SecP384r1: {"P-384", "secp384r1"},
	wire.SecP521r1: {"P-521", "secp521r1"},

	// Of a finite field s_client tells the size only.
	wire.FFDHE2048: {"ffdhe2048", "DH, 2048 bits"},
	wire.FFDHE3072: {"ffdhe3072", "DH, 3072 bits"},
	wire.FFDHE4096: {"ffdhe4096", "DH, 4096 bits"},
	wire.FFDHE6144: {"ffdhe6144", "DH, 6144 bits"},
	wire.FFDHE8192: {"ffdhe8192", "DH, 8192 bits"},

	wire.X25519MLKEM768:     {"X25519MLKEM768"},
	wire.SecP256r1MLKEM768:  {"SecP256r1MLKEM768"},
	wire.SecP384r1MLKEM1024: {"SecP384r1MLKEM1024"},
	wire.MLKEM768:           {"MLKEM768"},
	wire.MLKEM1024:          {"MLKEM1024"},
}

// openSSLNewGroups lists the groups of TLS 1.3. Versions that cannot list them, before 3.5, have no ML-KEM.
var openSSLNewGroups = once(func() (string, error) { return ask("openssl", "list", "-tls-groups") })

func (*openSSLPeer) lacks(c cell) string {
	version, _ := openSSLVersion()
	if openSSLName(c.suite.ID) == "" {
		return version + " does not have " + c.suite.ID.String()
	}
	if c.group != 0 && openSSLGroups[c.group] == nil {
		return fmt.Sprintf("these tests know no name of %v for OpenSSL", c.group)
	}
	if c.group != 0 && !c.group.IsFFDHE() && !slices.Contains(suite.Groups(), c.group) {
		if list, err := openSSLNewGroups(); err != nil || !strings.Contains(list, openSSLGroups[c.group][0]) {
			return version + " does not have " + c.group.String()
		}
	}
	return ""
}

func (*openSSLPeer) offer(c cell) []string {
	args := []string{"-cipher", openSSLName(c.suite.ID) + ":@SECLEVEL=0"} // a tag of 8 bytes is below the default level
	if c.tls13() {
		args = []string{"-tls1_3", "-ciphersuites", openSSLName(c.suite.ID), "-cipher", "DEFAULT:@SECLEVEL=0"}
	}
	if c.group != 0 && !c.group.IsFFDHE() {
		args = append(args, "-groups", openSSLGroups[c.group][0])
	}
	if c.noETM {
		args = append(args, "-no_etm")
	}
	return args
}

// sClient runs openssl s_client, which verifies, and goes on until the server closes. Requests are not taken for its
// commands.
func sClient(t *testing.T, addr string, args ...string) *process {
	t.Helper()
	return sClientByHand(t, addr, append([]string{"-ign_eof"}, args...)...)
}

// sClientByHand is sClient that takes commands.
func sClientByHand(t *testing.T, addr string, args ...string) *process {
	t.Helper()
	fixed := []string{"s_client", "-connect", addr, "-servername", testkit.Host, "-CAfile", testkit.RootFile(t),
		"-verify_hostname", testkit.Host, "-verify_return_error"}
	return start(t, "openssl", append(fixed, args...)...)
}

func (p *openSSLPeer) client(t *testing.T, c cell, addr string, request []byte) visit {
	t.Helper()
	out := sClient(t, addr, append(p.offer(c), "-tlsextdebug")...).post(request)
	return visit{sClientReport(out), out}
}

var (
	sClientNew    = regexp.MustCompile(`(?m)^New, (\S+), Cipher is (\S+)$`)
	sClientProto  = regexp.MustCompile(`(?m)^ +Protocol +: (\S+)$`)
	sClientGroup  = regexp.MustCompile(`(?m)^(?:Server|Peer) Temp Key: (?:ECDH, )?((?:DH, )?[^,\n]+)`)
	sClientDigest = regexp.MustCompile(`(?m)^Peer signing digest: (\S+)$`)
	sClientType   = regexp.MustCompile(`(?m)^Peer signature type: (\S+)$`)
)

// -tlsextdebug prints the server's extensions.
const sClientETM = `TLS server extension "encrypt-then-mac" (id=22)`

func sClientReport(out string) report {
	r := report{
		etm:     strings.Contains(out, sClientETM),
		version: openSSLProtocol(submatch(sClientProto, out)),
		group:   lookupGroup(openSSLGroups, submatch(sClientGroup, out)),
		scheme:  openSSLScheme(submatch(sClientType, out), submatch(sClientDigest, out)),
	}
	if m := sClientNew.FindStringSubmatch(out); m != nil {
		r.suite = openSSLSuite(m[2])
		// The session with its version is printed when a ticket comes. Of TLS 1.3 the suite alone tells.
		if r.version == 0 && m[1] == "TLSv1.3" {
			r.version = wire.TLS13
		}
	}
	return r
}

func submatch(pattern *regexp.Regexp, text string) string {
	if m := pattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

func openSSLProtocol(name string) wire.Version {
	for v, n := range map[wire.Version]string{wire.TLS10: "TLSv1", wire.TLS11: "TLSv1.1", wire.TLS12: "TLSv1.2", wire.TLS13: "TLSv1.3"} {
		if n == name {
			return v
		}
	}
	return 0
}

// openSSLScheme: up to 3.4 the type and the digest stand apart, later the type is the name of the scheme.
func openSSLScheme(kind, digest string) wire.SignatureScheme {
	for id, names := range openSSLSchemes {
		if kind == id.String() || slices.Contains(names, kind+" "+digest) {
			return id
		}
	}
	return 0
}

// Ed25519 has its digest inside, and OpenSSL 3.0 prints "UNDEF" or nothing for it.
var openSSLSchemes = map[wire.SignatureScheme][]string{
	wire.RSA_PKCS1_SHA256:       {"RSA SHA256"},
	wire.RSA_PKCS1_SHA384:       {"RSA SHA384"},
	wire.RSA_PKCS1_SHA512:       {"RSA SHA512"},
	wire.RSA_PSS_RSAE_SHA256:    {"RSA-PSS SHA256"},
	wire.RSA_PSS_RSAE_SHA384:    {"RSA-PSS SHA384"},
	wire.RSA_PSS_RSAE_SHA512:    {"RSA-PSS SHA512"},
	wire.ECDSA_SECP256R1_SHA256: {"ECDSA SHA256"},
	wire.ECDSA_SECP384R1_SHA384: {"ECDSA SHA384"},
	wire.ECDSA_SECP521R1_SHA512: {"ECDSA SHA512"},
	wire.ED25519:                {"Ed25519 UNDEF", "Ed25519 "},
}

// sServer is a running openssl s_server.
type sServer struct {
	*process
	at string
}

var sServerAccept = regexp.MustCompile(`(?m)^ACCEPT (\S+:\d+)$`)

// startSServer starts openssl s_server on a port of its own choice, with a certificate in files of the test's.
func startSServer(t *testing.T, cert *pki.Certificate, args ...string) *sServer {
	t.Helper()
	certFile, keyFile := testkit.Files(t, cert)
	fixed := []string{"s_server", "-accept", "127.0.0.1:0", "-cert", certFile, "-key", keyFile}
	// Of -cert only the first is taken.
	if len(cert.Chain) > 1 {
		chainFile := filepath.Join(t.TempDir(), "chain.pem")
		if err := os.WriteFile(chainFile, pki.EncodeCertificates(cert.Chain[1:]...), 0o600); err != nil {
			t.Fatal(err)
		}
		fixed = append(fixed, "-cert_chain", chainFile)
	}
	p := start(t, "openssl", append(fixed, args...)...)
	return &sServer{p, p.await(sServerAccept)[1]}
}

// reverser is an s_server that answers every line reversed, and ends after the connection.
func reverser(t *testing.T, args ...string) *sServer {
	t.Helper()
	return startSServer(t, testkit.Leaf(testkit.RSA), append([]string{"-rev", "-naccept", "1"}, args...)...)
}

// -trace tells the messages.
func (p *openSSLPeer) server(t *testing.T, c cell) host {
	t.Helper()
	args := append(p.offer(c), "-rev", "-naccept", "1", "-trace")
	if c.scheme != 0 {
		args = append(args, "-sigalgs", c.scheme.String())
	}
	if f := suite.FieldByID(c.group); f != nil {
		args = append(args, "-dhparam", dhParamsFile(t, f.Prime(), f.Generator()))
	}
	return startSServer(t, testkit.Leaf(c.kind), args...)
}

func (s *sServer) addr() string { return s.at }

func (s *sServer) talk(t *testing.T, conn net.Conn, data []byte) {
	t.Helper()
	var want []byte
	for line := range bytes.Lines(data) {
		line = bytes.Clone(bytes.TrimSuffix(line, []byte("\n")))
		slices.Reverse(line)
		want = append(append(want, line...), '\n')
	}
	exchange(t, conn, data, want)
	// s_server -rev takes this line for the wish to close.
	if _, err := conn.Write([]byte("CLOSE\n")); err != nil {
		t.Errorf("writing: %v", err)
	}
	ends(t, conn)
}

var (
	sServerVersion = regexp.MustCompile(`(?m)^Protocol version: (\S+)$`)
	sServerSuite   = regexp.MustCompile(`(?m)^Ciphersuite: (\S+)$`)
	// Of the trace, the numbers in the ServerKeyExchange, or in the ServerHello and the CertificateVerify.
	traceGroup13  = regexp.MustCompile(`(?s)Sent Record.*ServerHello, Length=.*?NamedGroup: [^\n]*\((\d+)\)\n +key_exchange: `)
	traceScheme13 = regexp.MustCompile(`(?s)Sent Record.*?CertificateVerify, Length=.*?Signature Algorithm: [^\n]*\(0x([0-9a-f]{4})\)\n`)
	traceGroup    = regexp.MustCompile(`(?s)Sent Record.*?ServerKeyExchange, Length=.*?named_curve: [^\n]*\((\d+)\)\n`)
	tracePrime    = regexp.MustCompile(`(?s)Sent Record.*?ServerKeyExchange, Length=.*?dh_p \(len=\d+\): ([0-9A-F]+)\n`)
	traceETM      = regexp.MustCompile(`(?s)ServerHello, Length=.*?extension_type=encrypt_then_mac\(22\)`)
	traceScheme   = regexp.MustCompile(`(?s)Sent Record.*?ServerKeyExchange, Length=.*?Signature Algorithm: [^\n]*\(0x([0-9a-f]{4})\)\n`)
)

func (s *sServer) report(t *testing.T) report {
	t.Helper()
	out := s.wait()
	r := report{version: openSSLProtocol(submatch(sServerVersion, out)), suite: openSSLSuite(submatch(sServerSuite, out))}
	group, scheme := traceGroup, traceScheme
	if r.version == wire.TLS13 {
		group, scheme = traceGroup13, traceScheme13
	}
	r.group = number[wire.NamedGroup](submatch(group, out), 10)
	if prime, err := hex.DecodeString(submatch(tracePrime, out)); err == nil && len(prime) > 0 {
		if f, err := suite.NewField(prime, []byte{2}); err == nil {
			r.group = f.ID()
		}
	}
	r.scheme = number[wire.SignatureScheme](submatch(scheme, out), 16)
	r.etm = traceETM.MatchString(out)
	return r
}

func number[T ~uint16](text string, base int) T {
	n, err := strconv.ParseUint(text, base, 16)
	if err != nil {
		return 0
	}
	return T(n)
}
