// Package pki is a local certificate authority: it makes CAs and the certificates of servers and clients, in memory
// or in a directory, and reads and writes them as PEM.
//
// [NewCA] makes a CA in memory, [CA.Issue] a certificate with its key, [CA.Intermediate] a CA below it. [Init] and
// [Open] keep two CAs, one with an ECDSA and one with an RSA key, in a directory. [LoadCertificate], [LoadKey] and
// [LoadPool] read files that others wrote, and say what they found where it is not what they look for.
//
// No key that exists is ever overwritten.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/want"
)

// KeyKind is a kind of private key.
type KeyKind uint8

const (
	ECDSAP256 KeyKind = iota
	ECDSAP384
	ECDSAP521
	RSA2048
	RSA3072
	RSA4096
	Ed25519
)

var kinds = [...]struct {
	name, text string
	make       func() (crypto.Signer, error)
}{
	ECDSAP256: {"ecdsa-p256", "ECDSA P-256", onCurve(elliptic.P256())},
	ECDSAP384: {"ecdsa-p384", "ECDSA P-384", onCurve(elliptic.P384())},
	ECDSAP521: {"ecdsa-p521", "ECDSA P-521", onCurve(elliptic.P521())},
	RSA2048:   {"rsa-2048", "RSA 2048", ofBits(2048)},
	RSA3072:   {"rsa-3072", "RSA 3072", ofBits(3072)},
	RSA4096:   {"rsa-4096", "RSA 4096", ofBits(4096)},
	Ed25519:   {"ed25519", "Ed25519", edwards},
}

func onCurve(c elliptic.Curve) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return ecdsa.GenerateKey(c, rand.Reader) }
}

func ofBits(bits int) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, bits) }
}

func edwards() (crypto.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return key, err
}

// String returns "ECDSA P-256".
func (k KeyKind) String() string {
	if int(k) < len(kinds) {
		return kinds[k].text
	}
	return fmt.Sprintf("KeyKind(%d)", uint8(k))
}

// RSA reports whether it is an RSA key.
func (k KeyKind) RSA() bool { return k == RSA2048 || k == RSA3072 || k == RSA4096 }

// ParseKeyKind understands ecdsa (P-256), ecdsa-p384, rsa (2048), rsa-4096, ed25519 and their like.
func ParseKeyKind(s string) (KeyKind, error) {
	switch strings.ToLower(s) {
	case "ecdsa":
		return ECDSAP256, nil
	case "rsa":
		return RSA2048, nil
	}
	var known []string
	for k, kind := range kinds {
		if strings.EqualFold(s, kind.name) {
			return KeyKind(k), nil
		}
		known = append(known, kind.name)
	}
	return 0, fmt.Errorf("pki: no kind of key is called %q; there are %s", s, strings.Join(known, ", "))
}

// GenerateKey makes a private key.
func GenerateKey(kind KeyKind) (crypto.Signer, error) {
	if int(kind) >= len(kinds) {
		return nil, fmt.Errorf("pki: no kind of key has the number %d", uint8(kind))
	}
	return kinds[kind].make()
}

// Certificate is a certificate with its key and the intermediates that lead to its root.
type Certificate struct {
	Leaf  *x509.Certificate // parsed Chain[0]
	Chain [][]byte          // DER, leaf first; the root is left out, as its reader must have it already
	Key   crypto.Signer
}

// Credential returns it in the form that a connection takes.
func (c *Certificate) Credential() (*want.Credential, error) {
	return want.NewCredential(c.Chain, c.Key, nil)
}
