package want

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// selfSigned is a certificate of a key, as small as they come.
func selfSigned(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newECDSA(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var testRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := testRSA()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// decryptOnly is a key that can decrypt and not sign, as an HSM may allow.
type decryptOnly struct{ key *rsa.PrivateKey }

func (d decryptOnly) Public() crypto.PublicKey { return d.key.Public() }
func (d decryptOnly) Decrypt(r io.Reader, msg []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	return d.key.Decrypt(r, msg, opts)
}

func TestNewCredential(t *testing.T) {
	ec, rsaKey := newECDSA(t), newRSA(t)
	ecCert, rsaCert := selfSigned(t, ec), selfSigned(t, rsaKey)
	only := []wire.SignatureScheme{wire.RSA_PKCS1_SHA256, wire.ECDSA_SECP256R1_SHA256}
	for _, c := range []struct {
		what            string
		cert            []byte
		key             crypto.PrivateKey
		narrowed        []wire.SignatureScheme
		signs, decrypts bool
		schemes         []wire.SignatureScheme
	}{
		{"an RSA key", rsaCert, rsaKey, nil, true, true, suite.SchemesFor(rsaKey.Public())},
		{"an ECDSA key", ecCert, ec, nil, true, false, suite.SchemesFor(ec.Public())},
		{"an RSA key, narrowed", rsaCert, rsaKey, only, true, true, only[:1]},
		{"an RSA key, narrowed by an empty list", rsaCert, rsaKey, only[:0], true, true, suite.SchemesFor(rsaKey.Public())},
		{"an RSA key, narrowed to what it cannot do", rsaCert, rsaKey, only[1:], true, true, nil},
		{"a key elsewhere", rsaCert, nil, nil, false, false, suite.SchemesFor(rsaKey.Public())},
		{"a key that decrypts only", rsaCert, decryptOnly{rsaKey}, nil, false, true, nil},
	} {
		got, err := NewCredential([][]byte{c.cert, []byte("an issuer")}, c.key, c.narrowed)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if (got.Signer != nil) != c.signs || (got.Decrypter != nil) != c.decrypts || !slices.Equal(got.Schemes, c.schemes) {
			t.Errorf("%s: signs %v, decrypts %v, schemes %v", c.what, got.Signer != nil, got.Decrypter != nil, got.Schemes)
		}
		if len(got.Chain) != 2 || got.Leaf == nil || got.Leaf.Subject.CommonName != "test" {
			t.Errorf("%s: chain of %d, leaf %v", c.what, len(got.Chain), got.Leaf)
		}
	}
}

func TestNewCredentialRefuses(t *testing.T) {
	ec, rsaKey := newECDSA(t), newRSA(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCert := selfSigned(t, rsaKey)
	for _, c := range []struct {
		what  string
		chain [][]byte
		key   crypto.PrivateKey
		want  string
	}{
		{"no chain", nil, ec, "needs a certificate"},
		{"an unparseable leaf", [][]byte{[]byte("not DER")}, ec, "want: the first certificate does not parse"},
		{"a key of another kind", [][]byte{rsaCert}, ec, "does not belong to the certificate"},
		{"another key of the same kind", [][]byte{selfSigned(t, newECDSA(t))}, ec, "does not belong to the certificate"},
		{"another key that only decrypts", [][]byte{rsaCert}, decryptOnly{other}, "does not belong to the certificate"},
		{"a public key", [][]byte{rsaCert}, rsaKey.Public(), "can neither sign nor decrypt"},
		{"what is no key", [][]byte{rsaCert}, "key.pem", "can neither sign nor decrypt"},
	} {
		got, err := NewCredential(c.chain, c.key, nil)
		if got != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want an error that says %q", c.what, got, err, c.want)
		}
	}
}

// Run answers with the credential's own key; without one it fails, and answers all the same.
func TestRun(t *testing.T) {
	key := newRSA(t)
	full, err := NewCredential([][]byte{selfSigned(t, key)}, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := NewCredential(full.Chain, nil, nil)
	if err != nil {
		t.Fatal(err)
	}

	message := []byte("message")
	sign := NewSign(asker(), full, wire.RSA_PSS_RSAE_SHA256, message)
	if err := sign.Run(); err != nil {
		t.Fatal(err)
	}
	signature, err := sign.Result()
	if err != nil || suite.Verify(key.Public(), wire.RSA_PSS_RSAE_SHA256, message, signature) != nil {
		t.Errorf("the signature is not the key's: %v", err)
	}
	premaster := append([]byte{3, 3}, make([]byte, 46)...)
	sealed, err := suite.EncryptPremaster(&key.PublicKey, premaster)
	if err != nil {
		t.Fatal(err)
	}
	decrypt := NewDecryptPremaster(asker(), full, sealed)
	if err := decrypt.Run(); err != nil {
		t.Fatal(err)
	}
	if got, err := decrypt.Result(); err != nil || !slices.Equal(got, premaster) {
		t.Errorf("the premaster secret is %x, %v", got, err)
	}

	for _, w := range []interface {
		Question
		Run() error
	}{
		NewSign(asker(), elsewhere, wire.RSA_PSS_RSAE_SHA256, message),
		NewSign(asker(), full, wire.ED25519, message),
		NewDecryptPremaster(asker(), elsewhere, sealed),
		NewDecryptPremaster(asker(), full, sealed[1:]),
	} {
		if err := w.Run(); err != nil || !isDone(w) {
			t.Errorf("%s: %v, answered %v", w.Name(), err, isDone(w))
		}
		if err := w.Run(); !errors.Is(err, ErrAnswered) {
			t.Errorf("%s ran twice: %v", w.Name(), err)
		}
	}
}

// issued is a certificate of key's by an issuer that it does not parse from: names are all that tells them apart.
func issued(t testing.TB, subject, issuer string, by crypto.Signer, algorithm x509.SignatureAlgorithm) []byte {
	t.Helper()
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, SignatureAlgorithm: algorithm,
			NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template(subject), template(issuer), newECDSA(t).Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// RFC 8446 §4.2.3: what a chain is signed with is known before any connection. A self-signed certificate does not count,
// and one that nobody can read has no scheme that anybody lists.
func TestChainSchemes(t *testing.T) {
	ec, rsa := newECDSA(t), newRSA(t)
	leaf, middle := issued(t, "leaf", "middle", rsa, x509.SHA384WithRSAPSS), issued(t, "middle", "root", ec, x509.ECDSAWithSHA256)
	for name, c := range map[string]struct {
		chain [][]byte
		want  []wire.SignatureScheme
	}{
		"self-signed":    {[][]byte{selfSigned(t, ec)}, nil},
		"with its root":  {[][]byte{leaf, middle, selfSigned(t, rsa)}, []wire.SignatureScheme{wire.RSA_PSS_RSAE_SHA384, wire.ECDSA_SECP256R1_SHA256}},
		"twice the same": {[][]byte{middle, middle}, []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256}},
		"not readable":   {[][]byte{middle, {1}}, []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256, 0}},
	} {
		credential, err := NewCredential(c.chain, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(credential.ChainSchemes, c.want) {
			t.Errorf("%s: %v, want %v", name, credential.ChainSchemes, c.want)
		}
	}
}
