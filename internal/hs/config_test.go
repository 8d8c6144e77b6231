package hs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// What cannot work is refused when the configuration is compiled, with the reason.
func TestBadConfig(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		says   string
	}{
		"unknown policy":     {Config{Policy: "ancient"}, `"ancient"; there are: modern, compatible, legacy`},
		"from a variable":    {Config{Policy: "x", PolicyVariable: "SOME_NAME"}, "SOME_NAME"},
		"no suites":          {Config{CipherSuites: []wire.CipherSuite{}}, "no cipher suite"},
		"unknown suite":      {Config{CipherSuites: []wire.CipherSuite{0x1301}}, "TLS_AES_128_GCM_SHA256"},
		"no version":         {Config{MinVersion: wire.TLS13, MaxVersion: wire.TLS12}, "TLS 1.2 and TLS 1.3"},
		"many client CAs":    {Config{ClientCAs: slices.Repeat([][]byte{make([]byte, 1000)}, 62)}, "too many for a CertificateRequest"},
		"unknown group":      {Config{Groups: []wire.NamedGroup{30}}, "x448"},
		"no groups of 1.2":   {Config{MaxVersion: wire.TLS12, Groups: []wire.NamedGroup{wire.X25519MLKEM768}}, "without a group"},
		"a share too many":   {Config{Groups: []wire.NamedGroup{wire.X25519}, KeyShares: []wire.NamedGroup{wire.SecP256r1}}, "key share for secp256r1"},
		"a share twice":      {Config{KeyShares: []wire.NamedGroup{wire.X25519, wire.X25519}}, "key share for x25519"},
		"a share of a field": {Config{Groups: []wire.NamedGroup{wire.X25519, wire.FFDHE2048}, KeyShares: []wire.NamedGroup{wire.FFDHE2048}}, "key share for ffdhe2048"},
		"no groups":          {Config{Groups: []wire.NamedGroup{}}, "without a group"},
		"unknown scheme":     {Config{SignatureSchemes: []wire.SignatureScheme{wire.RSA_PKCS1_SHA1}}, "rsa_pkcs1_sha1"},
		"no cert scheme":     {Config{CertificateSchemes: []wire.SignatureScheme{}}, "for certificates"},
		"a cert with SHA-1":  {Config{CertificateSchemes: []wire.SignatureScheme{wire.RSA_PKCS1_SHA1}}, "for certificates"},
		"empty protocol":     {Config{Protocols: []string{""}}, "1 to 255"},
		"long protocol":      {Config{Protocols: []string{strings.Repeat("x", 256)}}, "1 to 255"},
		"many protocols":     {Config{Protocols: slices.Repeat([]string{strings.Repeat("x", 255)}, 100)}, "too many"},
		"long name":          {Config{ServerName: strings.Repeat("x", 70_000)}, "server name"},
		"many tickets":       {Config{Tickets: 17}, "1 to 16"},
		"negative tickets":   {Config{Tickets: -1}, "1 to 16"},
		"a long session":     {Config{SessionLifetime: 8 * 24 * time.Hour}, "168h"},
		"a short session":    {Config{SessionLifetime: time.Millisecond}, "one second"},
		"a useless retry":    {Config{AlwaysRetry: true}, "no keys"},
		"empty credential":   {Config{Credentials: []*want.Credential{{}}}, "without a certificate"},
		"no credential":      {Config{Credentials: []*want.Credential{nil}}, "without a certificate"},
		"name with a zero":   {Config{ServerName: "a\x00b"}, "server name"},
		"name of two lines":  {Config{ServerName: "a\nb"}, "server name"},
		"name with nothing.": {Config{ServerName: "."}, "server name"},
	} {
		if _, err := Compile(c.config); !errors.Is(err, fault.BadConfig) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.says)
		}
	}
}

// The policies: modern without RSA key exchange is the default; a list of suites is taken as it is.
func TestPolicies(t *testing.T) {
	hasRSA := func(c *Compiled) bool { return slices.Contains(c.CipherSuites, wire.TLS_RSA_WITH_AES_128_GCM_SHA256) }
	for policy, rsa := range map[string]bool{"": false, "modern": false, "legacy": true} {
		c, err := Compile(Config{Policy: policy})
		if err != nil || hasRSA(c) != rsa || len(c.PolicySet) == 0 {
			t.Errorf("policy %q: RSA key exchange %v, in force %q; %v", policy, !rsa, c.PolicySet, err)
		}
	}
	c, err := Compile(Config{Policy: "modern", CipherSuites: []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}})
	if err != nil || !hasRSA(c) || len(c.CipherSuites) != 1 || len(c.CipherSuites13) != 3 || c.PolicySet != "" {
		t.Errorf("an explicit list became %v: %v", c.CipherSuites, err)
	}
}

// TLS 1.2 alone has no hybrid groups, and a client does not name them.
func TestGroupsOfTLS12(t *testing.T) {
	c, err := Compile(Config{MaxVersion: wire.TLS12, Groups: []wire.NamedGroup{wire.X25519MLKEM768, wire.X25519}})
	if err != nil || !slices.Equal(c.Groups, []wire.NamedGroup{wire.X25519}) {
		t.Errorf("the groups are %v, want x25519 alone: %v", c.Groups, err)
	}
}

// RFC 6066 §3: a DNS name without its last dot, never an address.
func TestSNI(t *testing.T) {
	for name, want := range map[string]string{
		"example.com": "example.com", "example.com.": "example.com", "": "",
		"192.0.2.1": "", "2001:db8::1": "", "[2001:db8::1]": "", "fe80::1%eth0": "",
	} {
		c, err := Compile(Config{ServerName: name})
		if err != nil || c.SNI != want {
			t.Errorf("%q goes out as %q, want %q; %v", name, c.SNI, want, err)
		}
	}
}

// Compiling copies what it changes: the caller's Config stays as it was.
func TestCompileCopies(t *testing.T) {
	c := Config{CipherSuites: []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, Credentials: []*want.Credential{testkit.Credential(testkit.RSA)}}
	out, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	c.CipherSuites[0] = 0
	if out.CipherSuites[0] == 0 || c.Groups != nil {
		t.Error("the compiled configuration shares the caller's list")
	}
}
