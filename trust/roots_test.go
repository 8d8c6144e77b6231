package trust

import (
	"crypto/x509"
	"errors"
	"testing"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/vitro-tls/vitro/internal/testkit"
)

func TestSystemRootsComeFirst(t *testing.T) {
	got := loadRoots(func() (*x509.CertPool, error) { return testkit.PKI().Roots, nil })
	if got.origin != FromSystem || got.pool != testkit.PKI().Roots {
		t.Errorf("the roots are from %q, want the system's own", got.origin)
	}
}

func TestBundledRootsWhereTheSystemHasNone(t *testing.T) {
	for name, system := range map[string]func() (*x509.CertPool, error){
		"an empty pool": func() (*x509.CertPool, error) { return x509.NewCertPool(), nil },
		"no pool":       func() (*x509.CertPool, error) { return nil, nil },
		"an error":      func() (*x509.CertPool, error) { return nil, errors.New("no roots here") },
	} {
		got := loadRoots(system)
		if got.origin != FromBundle {
			t.Errorf("%s: the roots are from %q, want %q", name, got.origin, FromBundle)
		}
		for root := range bundle.Roots() {
			cert, err := x509.ParseCertificate(root.Certificate)
			if err != nil || root.Constraint != nil {
				continue
			}
			_, err = cert.Verify(x509.VerifyOptions{Roots: got.pool, CurrentTime: cert.NotBefore, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			if err != nil {
				t.Errorf("%s: %s is not among them: %v", name, cert.Subject, err)
			}
		}
	}
}

func TestTheGivenPoolIsTheOnlyOne(t *testing.T) {
	v := &Verifier{Roots: x509.NewCertPool()}
	if got := v.roots(); got.origin != FromPool || got.pool != v.Roots {
		t.Errorf("an empty pool was given, the roots are from %q", got.origin)
	}
}
