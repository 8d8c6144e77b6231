package trust_test

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"
	"unicode"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
)

// FuzzVerify sends certificates of any kind, in any number, before a good intermediate and root.
func FuzzVerify(f *testing.F) {
	for _, kind := range testkit.Kinds {
		f.Add(join(testkit.Leaf(kind).Chain), testkit.Host, false)
	}
	for _, flaw := range testkit.Flaws {
		f.Add(join(testkit.Flawed(flaw, testkit.P256).Chain), testkit.Host, true)
	}
	f.Add([]byte{}, "", false)
	f.Fuzz(func(t *testing.T, der []byte, host string, server bool) {
		certs, err := x509.ParseCertificates(der)
		if err != nil {
			return
		}
		role := fault.Client
		if server {
			role = fault.Server
		}
		for _, c := range []*testkit.CA{testkit.PKI().Intermediate, testkit.PKI().Untrusted} {
			p := want.Peer{Chain: append(certs[:len(certs):len(certs)], c.Certificate), Now: testkit.Now, Watched: true}
			p.State.ServerName = host
			checkVerdict(t, verifier().Verify(p, role))
			// Hardly any mutation leaves a signature whole. Where all are trusted, the rest is looked at too.
			all := x509.NewCertPool()
			for _, trusted := range p.Chain {
				all.AddCert(trusted)
			}
			checkVerdict(t, (&trust.Verifier{Roots: all}).Verify(p, role))
		}
	})
}

// FuzzStaple staples anything to a good certificate.
func FuzzStaple(f *testing.F) {
	inter := intermediate()
	f.Add(respond(f, inter, inter, good()), int64(0))
	f.Add(respond(f, inter, forge(f, &inter, responder()), good()), int64(time.Hour))
	f.Add(ocsp.TryLaterErrorResponse, int64(0))
	f.Fuzz(func(t *testing.T, response []byte, after int64) {
		p := stapled(response)
		p.Now = testkit.Now.Add(time.Duration(after % int64(year)))
		v := verifier()
		v.Staples = trust.RequireStaples
		checkVerdict(t, v.Verify(p, fault.Client))
	})
}

func join(chain [][]byte) []byte {
	var b []byte
	for _, der := range chain {
		b = append(b, der...)
	}
	return b
}

// checkVerdict holds what is true of every verdict.
func checkVerdict(t *testing.T, v want.Verdict) {
	if v.Err == nil {
		if len(v.Chains) == 0 {
			t.Error("accepted without a chain")
		}
		for _, c := range v.Checks {
			if !c.Passed {
				t.Errorf("accepted although %+v failed", c)
			}
		}
		return
	}
	failure, ok := errors.AsType[*fault.Error](v.Err)
	if !ok {
		t.Fatalf("refused without a rule: %v", v.Err)
	}
	if failure.Detail == "" {
		t.Errorf("%s: refused without saying what was found", failure.Rule.Name)
	}
	for _, r := range failure.Error() {
		if !unicode.IsGraphic(r) {
			t.Fatalf("the text has %U in it: %q", r, failure.Error())
		}
	}
	if v.Chains != nil {
		t.Error("refused with verified chains")
	}
	if n := len(v.Checks); n > 0 && v.Checks[n-1].Passed {
		t.Errorf("%s: the last check passed: %+v", failure.Rule.Name, v.Checks[n-1])
	}
}
