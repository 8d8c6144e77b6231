package tls

import (
	"bytes"
	"crypto/fips140"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	std "crypto/tls"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// Under GODEBUG=fips140 the tests below run again, in a process of their own: the setting is read when it starts.
func TestFIPS140(t *testing.T) {
	if fips140.Enabled() {
		t.Skip("this is that process")
	}
	for _, mode := range []string{"on", "only"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOnlyApproved", "-test.v")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140="+mode)
		out, err := cmd.CombinedOutput()
		if err != nil || bytes.Count(out, []byte("\n--- PASS: TestOnlyApproved")) != 2 {
			t.Errorf("fips140=%s: %v\n%s", mode, err, out)
		}
	}
}

func fipsOnly(t *testing.T) {
	t.Helper()
	if !fips140.Enabled() {
		t.Skip("TestFIPS140 runs it under GODEBUG=fips140")
	}
}

// What is approved works, with crypto/tls at either end: the default lists shrink to it.
func TestOnlyApprovedIsNegotiated(t *testing.T) {
	fipsOnly(t)
	groups := []CurveID{0, CurveP256, CurveP384, CurveP521, X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024}
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		for _, kind := range []testkit.Kind{testkit.P256, testkit.RSA, testkit.Ed25519} {
			for _, group := range groups {
				if version == VersionTLS12 && group >= SecP256r1MLKEM768 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%v/%v", VersionName(version), kind, group), func(t *testing.T) { approved(t, version, kind, group) })
			}
		}
	}
}

func approved(t *testing.T, version uint16, kind testkit.Kind, group CurveID) {
	leaf := testkit.Leaf(kind)
	cc, sc := clientConfig(), serverConfig(kind)
	cc.Policy, sc.Policy, cc.MaxVersion = "", "", version
	theirClient := &std.Config{ServerName: testkit.Host, RootCAs: testkit.PKI().Roots, Time: testkit.Clock, MaxVersion: version}
	theirServer := &std.Config{Certificates: []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}, Time: testkit.Clock}
	if group != 0 {
		sc.CurvePreferences = []CurveID{group}
		// RFC 8422 §5.3: in TLS 1.2 the certificate's curve stands in the list too.
		cc.CurvePreferences, theirClient.CurvePreferences = []CurveID{group, CurveP256}, []std.CurveID{group, CurveP256}
	}
	cc.ClientSessionCache = NewLRUClientSessionCache(0)
	for i := range 2 {
		if cs, _ := echo(t, cc, sc); cs.DidResume != (i > 0) {
			t.Errorf("visit %d: resumed %v", i, cs.DidResume)
		}
	}
	one, two := tcp(t)
	exchangeByte(t, std.Client(one, theirClient), Server(two, sc))
	one, two = tcp(t)
	exchangeByte(t, Client(one, cc.Clone()), std.Server(two, theirServer))
}

func exchangeByte(t *testing.T, client, server io.ReadWriter) {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := server.Write([]byte("x"))
		done <- err
	}()
	if _, err := io.ReadFull(client, make([]byte, 1)); err != nil {
		t.Errorf("the client reads: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("the server writes: %v", err)
	}
}

// What is not approved and was asked for by name is refused when the Config is compiled, and the error names it.
func TestOnlyApprovedIsTaken(t *testing.T) {
	fipsOnly(t)
	for name, change := range map[string]func(*Config){
		"x25519":                       func(c *Config) { c.CurvePreferences = []CurveID{CurveP256, X25519} },
		"TLS_CHACHA20_POLY1305_SHA256": func(c *Config) { c.CipherSuites = []uint16{TLS_CHACHA20_POLY1305_SHA256} },
		"TLS_RSA_WITH_AES_128_GCM_SHA256": func(c *Config) {
			c.CipherSuites = []uint16{TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_GCM_SHA256}
		},
	} {
		c := serverConfig(testkit.P256)
		c.Policy = ""
		change(c)
		_, err := c.compile()
		if !errors.Is(err, fault.BadConfig) || !strings.Contains(err.Error(), name+": not approved under FIPS 140-3") {
			t.Errorf("%s: %v", name, err)
		}
	}
	own := serverConfig(testkit.P256)
	own.Rand = testkit.Random(1)
	if _, err := own.compile(); fips140.Enforced() != errors.Is(err, fault.BadConfig) {
		t.Errorf("a source of randomness of the program's own: %v", err)
	}
	for _, policy := range []string{PolicyModern, PolicyCompatible, PolicyLegacy} {
		c := serverConfig(testkit.P256)
		c.Policy = policy
		compiled, err := c.compile()
		if err != nil {
			t.Errorf("%s: %v", policy, err)
			continue
		}
		for _, id := range compiled.Offer {
			if !strings.Contains(id.String(), "_GCM_") || strings.HasPrefix(id.String(), "TLS_RSA_") {
				t.Errorf("%s still has %v", policy, id)
			}
		}
	}
}
