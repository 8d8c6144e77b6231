package suite

import (
	"crypto/x509"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// RFC 8446 §4.2.3: the signature of a certificate by the scheme that peers list it as. What trust does not take has
// a number too where it has one, so that nobody takes it for listed.
func TestSchemeOfCertificate(t *testing.T) {
	for algorithm, want := range map[x509.SignatureAlgorithm]wire.SignatureScheme{
		x509.SHA256WithRSA: wire.RSA_PKCS1_SHA256, x509.SHA384WithRSAPSS: wire.RSA_PSS_RSAE_SHA384,
		x509.ECDSAWithSHA512: wire.ECDSA_SECP521R1_SHA512, x509.PureEd25519: wire.ED25519,
		x509.SHA1WithRSA: wire.RSA_PKCS1_SHA1, x509.MD5WithRSA: 0, x509.DSAWithSHA256: 0,
	} {
		if got := SchemeOfCertificate(&x509.Certificate{SignatureAlgorithm: algorithm}); got != want {
			t.Errorf("%v is %v, want %v", algorithm, got, want)
		}
	}
}

func TestListsCertificate(t *testing.T) {
	for _, c := range []struct {
		list   []wire.SignatureScheme
		scheme wire.SignatureScheme
		want   bool
	}{
		{[]wire.SignatureScheme{wire.ED25519, wire.RSA_PKCS1_SHA256}, wire.RSA_PKCS1_SHA256, true},
		{[]wire.SignatureScheme{wire.RSA_PSS_RSAE_SHA256}, wire.RSA_PKCS1_SHA256, false},
		{[]wire.SignatureScheme{wire.RSA_PSS_RSAE_SHA256}, wire.RSA_PSS_RSAE_SHA256, true},
		{[]wire.SignatureScheme{wire.RSA_PSS_PSS_SHA256}, wire.RSA_PSS_RSAE_SHA256, true}, // which key the issuer has it does not say
		{[]wire.SignatureScheme{wire.RSA_PSS_PSS_SHA384}, wire.RSA_PSS_RSAE_SHA256, false},
		{[]wire.SignatureScheme{0}, wire.ED25519, false}, // no twin
		{[]wire.SignatureScheme{0}, 0, false},            // nor a number
		{nil, wire.ED25519, false},
	} {
		if got := ListsCertificate(c.list, c.scheme); got != c.want {
			t.Errorf("%v among %v: %v", c.scheme, c.list, got)
		}
	}
}
