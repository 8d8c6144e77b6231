package trust_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
)

const year = 365 * 24 * time.Hour

// forged is a certificate that no decent CA would issue.
type forged struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func root() forged         { return of(testkit.PKI().Root) }
func intermediate() forged { return of(testkit.PKI().Intermediate) }

func of(ca *testkit.CA) forged { return forged{ca.Certificate, ca.Key} }

var serials atomic.Int64

// forge signs a template, which gets what it lacks. A nil issuer is the certificate itself.
func forge(t testing.TB, by *forged, template x509.Certificate) forged {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return forgeFor(t, by, key, template)
}

func forgeFor(t testing.TB, by *forged, key crypto.Signer, template x509.Certificate) forged {
	t.Helper()
	template.SerialNumber = big.NewInt(serials.Add(1))
	if template.NotBefore.IsZero() {
		template.NotBefore = testkit.Now.Add(-year)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = testkit.Now.Add(year)
	}
	if by == nil {
		by = &forged{&template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return forged{cert, key}
}

func leaf() x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: "leaf"}, DNSNames: []string{testkit.Host}}
}

func ca(name string) x509.Certificate {
	return x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            -1,
		KeyUsage:              x509.KeyUsageCertSign,
	}
}

func chainOf(list ...forged) [][]byte {
	var chain [][]byte
	for _, f := range list {
		chain = append(chain, f.cert.Raw)
	}
	return chain
}

func poolOf(list ...forged) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, f := range list {
		pool.AddCert(f.cert)
	}
	return pool
}
