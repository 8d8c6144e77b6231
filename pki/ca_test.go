package pki

import (
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)

func newTestCA(t *testing.T, opts CAOptions) *CA {
	t.Helper()
	opts.Now = now
	ca, err := NewCA(opts)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t *testing.T, ca *CA, opts LeafOptions) *Certificate {
	t.Helper()
	opts.Now = now
	c, err := ca.Issue(opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verify(ca *CA, c *Certificate, host string) error {
	between := x509.NewCertPool()
	between.AppendCertsFromPEM(EncodeCertificates(c.Chain[1:]...))
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), Intermediates: between, CurrentTime: now, DNSName: host})
	return err
}

// RFC 5280 §4.2.1: what makes a certificate one of a CA.
func TestRoot(t *testing.T) {
	for _, kind := range []KeyKind{ECDSAP256, RSA2048} {
		c := newTestCA(t, CAOptions{Key: kind}).Certificate
		if !c.IsCA || !c.BasicConstraintsValid || c.MaxPathLen != -1 {
			t.Errorf("%v: basic constraints are CA %v, path length %d", kind, c.IsCA, c.MaxPathLen)
		}
		if c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
			t.Errorf("%v: key usage is %b, want keyCertSign and cRLSign", kind, c.KeyUsage)
		}
		if len(c.SubjectKeyId) == 0 {
			t.Errorf("%v: no subject key identifier", kind)
		}
		if err := c.CheckSignatureFrom(c); err != nil {
			t.Errorf("%v: its own key did not sign it: %v", kind, err)
		}
	}
}

func TestMadeUpNamesDiffer(t *testing.T) {
	a, b := newTestCA(t, CAOptions{}), newTestCA(t, CAOptions{})
	if a.Name() == b.Name() {
		t.Errorf("two CAs are called %q", a.Name())
	}
}

func TestIssueWithEveryKindOfKey(t *testing.T) {
	root := newTestCA(t, CAOptions{Name: "root"})
	inter, err := root.Intermediate(CAOptions{Name: "between", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []KeyKind{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048, Ed25519} {
		for _, ca := range []*CA{root, inter} {
			c := issue(t, ca, LeafOptions{Hosts: []string{"A.example.", "*.b.example", "192.0.2.1", "[2001:db8::1]", "a.example"}, Key: kind})
			for _, host := range []string{"a.example", "x.b.example", "192.0.2.1", "2001:db8::1"} {
				if err := verify(ca, c, host); err != nil {
					t.Errorf("%v from %s: %v", kind, ca.Name(), err)
				}
			}
			if len(c.Leaf.DNSNames) != 2 || len(c.Leaf.IPAddresses) != 2 {
				t.Errorf("%v: the names are %v and %v", kind, c.Leaf.DNSNames, c.Leaf.IPAddresses)
			}
			want := x509.KeyUsageDigitalSignature
			if kind.RSA() {
				want |= x509.KeyUsageKeyEncipherment
			}
			if c.Leaf.KeyUsage != want {
				t.Errorf("%v: key usage is %b, want %b", kind, c.Leaf.KeyUsage, want)
			}
			if !slices.Equal(c.Leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
				t.Errorf("%v: extended key usage is %v, want serverAuth", kind, c.Leaf.ExtKeyUsage)
			}
			if n := c.Leaf.SerialNumber.BitLen(); n < 64 || n > 129 {
				t.Errorf("%v: the serial number has %d bits, want about 128", kind, n)
			}
			if _, err := c.Credential(); err != nil {
				t.Errorf("%v: %v", kind, err)
			}
		}
	}
}

func TestClientCertificate(t *testing.T) {
	ca := newTestCA(t, CAOptions{})
	c := issue(t, ca, LeafOptions{CommonName: "somebody", Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Error(err)
	}
}

func TestSerialsDiffer(t *testing.T) {
	ca := newTestCA(t, CAOptions{})
	a, b := issue(t, ca, LeafOptions{Hosts: []string{"a"}}), issue(t, ca, LeafOptions{Hosts: []string{"a"}})
	if a.Leaf.SerialNumber.Cmp(b.Leaf.SerialNumber) == 0 {
		t.Errorf("both have the serial number %v", a.Leaf.SerialNumber)
	}
}

// No certificate outlives its issuer, and a CA whose time has passed issues none.
func TestDates(t *testing.T) {
	ca := newTestCA(t, CAOptions{Name: "brief", Lifetime: 24 * time.Hour})
	c := issue(t, ca, LeafOptions{Hosts: []string{"a"}, Lifetime: 48 * time.Hour})
	if !c.Leaf.NotAfter.Equal(ca.Certificate.NotAfter) || c.Leaf.NotBefore.Before(ca.Certificate.NotBefore) {
		t.Errorf("valid from %v to %v, its issuer from %v to %v", c.Leaf.NotBefore, c.Leaf.NotAfter,
			ca.Certificate.NotBefore, ca.Certificate.NotAfter)
	}
	for _, at := range []time.Time{now.Add(25 * time.Hour), now.Add(-time.Hour)} {
		if _, err := ca.Issue(LeafOptions{Hosts: []string{"a"}, Now: at}); err == nil || !strings.Contains(err.Error(), `"brief"`) {
			t.Errorf("issued at %v, outside the CA's validity: %v", at, err)
		}
	}
	c = issue(t, newTestCA(t, CAOptions{}), LeafOptions{Hosts: []string{"a"}, Lifetime: time.Hour})
	if !c.Leaf.NotAfter.Equal(now.Add(time.Hour)) || !c.Leaf.NotBefore.Before(now) {
		t.Errorf("an hour's certificate is valid from %v to %v", c.Leaf.NotBefore, c.Leaf.NotAfter)
	}
}

func TestHostsThatAreNone(t *testing.T) {
	ca := newTestCA(t, CAOptions{})
	for host, why := range map[string]string{
		"":                               "empty",
		"https://a.example/":             "URL",
		"a.example:443":                  "port",
		"a..example":                     "label",
		"*":                              "*",
		"a.*.example":                    "*",
		"-a.example":                     "hyphen",
		"a b":                            `' '`,
		"bücher.example":                 "xn--",
		"fe80::1%eth0":                   "zone",
		strings.Repeat("a", 64) + ".com": "63",
		strings.Repeat("a.", 200) + "c":  "253",
	} {
		_, err := ca.Issue(LeafOptions{Hosts: []string{host}, Now: now})
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: the error is %v, want one that tells %q", host, err, why)
		}
	}
	if _, err := ca.Issue(LeafOptions{Now: now}); err == nil {
		t.Error("issued for nobody")
	}
}

// RFC 5280 §4.2.1.10: the constraints hold for whoever verifies, whatever this package refuses to issue.
func TestNameConstraints(t *testing.T) {
	_, loopback, _ := net.ParseCIDR("127.0.0.0/8")
	for _, c := range []struct {
		opts     CAOptions
		good, no []string
	}{
		{CAOptions{PermittedDNSDomains: []string{".Corp.test"}},
			[]string{"corp.test", "a.corp.test", "*.corp.test"}, []string{"a.test", "xcorp.test", "127.0.0.1", "::1"}},
		{CAOptions{PermittedIPs: []*net.IPNet{loopback}}, []string{"127.0.0.1"}, []string{"10.0.0.1", "::1", "localhost"}},
		{CAOptions{PermittedDNSDomains: []string{"localhost"}, PermittedIPs: []*net.IPNet{loopback}},
			[]string{"localhost", "127.1.2.3"}, []string{"::1", "a.test"}},
	} {
		ca := newTestCA(t, c.opts)
		inter, err := ca.Intermediate(CAOptions{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range c.good {
			if err := verify(ca, issue(t, inter, LeafOptions{Hosts: []string{host}}), strings.Replace(host, "*", "x", 1)); err != nil {
				t.Errorf("%s is permitted by %s: %v", host, ca.bounds(), err)
			}
			if err := inter.Permits(host); err != nil {
				t.Errorf("the CA bound to %s says: %v", ca.bounds(), err)
			}
		}
		for _, host := range c.no {
			if _, err := inter.Issue(LeafOptions{Hosts: []string{host}, Now: now}); err == nil || !strings.Contains(err.Error(), "may not issue for "+host) {
				t.Errorf("%s is not permitted by %s: %v", host, ca.bounds(), err)
			}
			if inter.Permits(host) == nil {
				t.Errorf("the CA bound to %s says that it permits %s", ca.bounds(), host)
			}
			careless := &CA{Certificate: &x509.Certificate{Subject: inter.Certificate.Subject, SubjectKeyId: inter.Certificate.SubjectKeyId,
				NotBefore: inter.Certificate.NotBefore, NotAfter: inter.Certificate.NotAfter}, Key: inter.Key}
			leaf := issue(t, careless, LeafOptions{Hosts: []string{host}})
			leaf.Chain = append(leaf.Chain, inter.Certificate.Raw)
			if verify(ca, leaf, host) == nil {
				t.Errorf("a certificate for %s verifies under a CA bound to %s", host, ca.bounds())
			}
		}
	}
	for _, domain := range []string{"*.corp.test", "", "http://a"} {
		if _, err := NewCA(CAOptions{PermittedDNSDomains: []string{domain}}); err == nil {
			t.Errorf("%q was taken as a permitted domain", domain)
		}
	}
}

// RFC 5280 §4.2.1.9: how many CAs may stand below one.
func TestPathLength(t *testing.T) {
	root := newTestCA(t, CAOptions{})
	upper, err := root.Intermediate(CAOptions{Now: now, Below: 1, Name: "upper"})
	if err != nil {
		t.Fatal(err)
	}
	lower, err := upper.Intermediate(CAOptions{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	leaf := issue(t, lower, LeafOptions{Hosts: []string{"a"}})
	if err := verify(root, leaf, "a"); err != nil || len(leaf.Chain) != 3 {
		t.Errorf("a chain of %d below the root: %v", len(leaf.Chain), err)
	}
	if lower.Root() != root {
		t.Errorf("the root above is %q", lower.Root().Name())
	}
	if _, err := lower.Intermediate(CAOptions{Now: now}); err == nil {
		t.Error("a CA below one that allows none")
	}
	if _, err := upper.Intermediate(CAOptions{Now: now, Below: 1}); err == nil || !strings.Contains(err.Error(), `"upper"`) {
		t.Errorf("a CA that allows more than the one above it: %v", err)
	}
}

func TestParseKeyKind(t *testing.T) {
	for s, want := range map[string]KeyKind{"ecdsa": ECDSAP256, "RSA": RSA2048, "rsa-4096": RSA4096, "ecdsa-p384": ECDSAP384, "Ed25519": Ed25519} {
		if got, err := ParseKeyKind(s); err != nil || got != want {
			t.Errorf("%q is %v, %v; want %v", s, got, err, want)
		}
	}
	if _, err := ParseKeyKind("dsa"); err == nil || !strings.Contains(err.Error(), "rsa-2048") {
		t.Errorf("dsa: %v, want an error that lists what there is", err)
	}
	if _, err := GenerateKey(99); err == nil {
		t.Error("made a key of a kind that there is not")
	}
}
