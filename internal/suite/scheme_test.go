package suite

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// testKeys is one signer of each kind.
func testKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	keys := map[string]crypto.Signer{"RSA 2048": testRSA(), "RSA 1024": newRSA(1024)}
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys["ECDSA "+curve.Params().Name] = key
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys["Ed25519"] = key
	return keys
}

var (
	rsaSchemes = []wire.SignatureScheme{
		wire.RSA_PSS_RSAE_SHA256, wire.RSA_PKCS1_SHA256, wire.RSA_PSS_RSAE_SHA384, wire.RSA_PKCS1_SHA384,
		wire.RSA_PSS_RSAE_SHA512, wire.RSA_PKCS1_SHA512,
	}
	ecdsaSchemes = []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256, wire.ECDSA_SECP384R1_SHA384, wire.ECDSA_SECP521R1_SHA512}
)

// RFC 8422 §5.1.1: in TLS 1.2 an ECDSA scheme names the hash, and any curve goes with it. RFC 8017 §9.1.1: an RSA key
// of 1024 bits has no room for PSS with SHA-512 and a salt as long.
var wantSchemes = map[string][]wire.SignatureScheme{
	"RSA 2048":    rsaSchemes,
	"RSA 1024":    slices.DeleteFunc(slices.Clone(rsaSchemes), func(s wire.SignatureScheme) bool { return s == wire.RSA_PSS_RSAE_SHA512 }),
	"ECDSA P-256": ecdsaSchemes,
	"ECDSA P-384": ecdsaSchemes,
	"ECDSA P-521": ecdsaSchemes,
	"Ed25519":     {wire.ED25519},
}

// Every key with every scheme: it signs and verifies, or both are refused as a wrong key.
func TestSignAndVerify(t *testing.T) {
	message := []byte("both randoms and the params")
	for name, key := range testKeys(t) {
		if got := SchemesFor(key.Public()); !slices.Equal(got, wantSchemes[name]) {
			t.Errorf("%s: schemes %v, want %v", name, got, wantSchemes[name])
		}
		for _, scheme := range Schemes() {
			signature, err := Sign(key, scheme, message)
			if !slices.Contains(wantSchemes[name], scheme) {
				if signature != nil || !errors.Is(err, ErrWrongKey) {
					t.Errorf("%s signs with %v: %v", name, scheme, err)
				}
				if err := Verify(key.Public(), scheme, message, make([]byte, 256)); !errors.Is(err, ErrWrongKey) {
					t.Errorf("%s verifies with %v: %v", name, scheme, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s, %v: %v", name, scheme, err)
				continue
			}
			holdSignature(t, name, key.Public(), scheme, message, signature)
		}
	}
}

// RFC 8446 §4.2.3: a handshake of TLS 1.3 is signed with RSA-PSS, with ECDSA on the curve that the scheme names, or
// with Ed25519.
var wantSchemes13 = map[string][]wire.SignatureScheme{
	"RSA 2048":    {wire.RSA_PSS_RSAE_SHA256, wire.RSA_PSS_RSAE_SHA384, wire.RSA_PSS_RSAE_SHA512},
	"RSA 1024":    {wire.RSA_PSS_RSAE_SHA256, wire.RSA_PSS_RSAE_SHA384},
	"ECDSA P-256": {wire.ECDSA_SECP256R1_SHA256},
	"ECDSA P-384": {wire.ECDSA_SECP384R1_SHA384},
	"ECDSA P-521": {wire.ECDSA_SECP521R1_SHA512},
	"Ed25519":     {wire.ED25519},
}

// Good signatures by schemes that TLS 1.2 allows and 1.3 does not are refused in 1.3, as a wrong key.
func TestVerifyFor13(t *testing.T) {
	message := []byte("64 spaces, a context string, a zero, the transcript hash")
	all := map[wire.SignatureScheme]bool{}
	for name, key := range testKeys(t) {
		if got := SchemesFor13(key.Public()); !slices.Equal(got, wantSchemes13[name]) {
			t.Errorf("%s: schemes %v, want %v", name, got, wantSchemes13[name])
		}
		for _, scheme := range SchemesFor(key.Public()) {
			signature, err := Sign(key, scheme, message)
			if err != nil {
				t.Fatal(err)
			}
			if err := VerifyFor(wire.TLS12, key.Public(), scheme, message, signature); err != nil {
				t.Errorf("%s, %v in TLS 1.2: %v", name, scheme, err)
			}
			err = VerifyFor(wire.TLS13, key.Public(), scheme, message, signature)
			if !slices.Contains(wantSchemes13[name], scheme) {
				if !errors.Is(err, ErrWrongKey) {
					t.Errorf("%s, %v in TLS 1.3: %v, want %v", name, scheme, err, ErrWrongKey)
				}
				continue
			}
			all[scheme] = true
			if err != nil {
				t.Errorf("%s, %v in TLS 1.3: %v", name, scheme, err)
			}
			if err := VerifyFor(wire.TLS13, key.Public(), scheme, message[1:], signature); err == nil || errors.Is(err, ErrWrongKey) {
				t.Errorf("%s, %v in TLS 1.3: a signature over another message: %v", name, scheme, err)
			}
		}
	}
	if got := Schemes13(); len(got) != len(all) || slices.ContainsFunc(got, func(s wire.SignatureScheme) bool { return !all[s] }) {
		t.Errorf("TLS 1.3 has the schemes %v", got)
	}
}

func holdSignature(t *testing.T, name string, pub crypto.PublicKey, scheme wire.SignatureScheme, message, signature []byte) {
	t.Helper()
	if err := Verify(pub, scheme, message, signature); err != nil {
		t.Errorf("%s, %v: %v", name, scheme, err)
	}
	if err := Verify(pub, scheme, append([]byte("x"), message...), signature); err == nil {
		t.Errorf("%s, %v: a signature verifies over another message", name, scheme)
	}
	changed := slices.Clone(signature)
	changed[len(changed)-1] ^= 1
	for what, bad := range map[string][]byte{
		"a changed signature":  changed,
		"a cut signature":      signature[:len(signature)-1],
		"a longer signature":   append(slices.Clone(signature), 0),
		"no signature":         nil,
		"a signature of zeros": make([]byte, len(signature)),
	} {
		if err := Verify(pub, scheme, message, bad); err == nil {
			t.Errorf("%s, %v: %s verifies", name, scheme, what)
		}
	}
	for _, other := range SchemesFor(pub) {
		if other != scheme && Verify(pub, other, message, signature) == nil {
			t.Errorf("%s: a signature by %v verifies as %v", name, scheme, other)
		}
	}
}

// RFC 8446 §4.2.3: the salt of PSS is as long as the hash; another length is another scheme.
func TestPSSSaltLength(t *testing.T) {
	message := []byte("message")
	s, _ := schemeByID(wire.RSA_PSS_RSAE_SHA256)
	for _, length := range []int{1, 20, 31, 33, 222} { // 0 is rsa.PSSSaltLengthAuto, which is the right one under FIPS 140
		signature, err := rsa.SignPSS(rand.Reader, testRSA(), s.hash, s.digest(nil, message), &rsa.PSSOptions{SaltLength: length})
		if err != nil {
			t.Fatal(err)
		}
		if Verify(testRSA().Public(), wire.RSA_PSS_RSAE_SHA256, message, signature) == nil {
			t.Errorf("a salt of length %d verifies", length)
		}
	}
}

// Schemes that are not in the table: SHA-1, unknown ones, GREASE.
func TestUnknownSchemes(t *testing.T) {
	for _, scheme := range []wire.SignatureScheme{0, wire.RSA_PKCS1_SHA1, wire.ECDSA_SHA1, 0x0808, 0x0a0a} {
		if slices.Contains(Schemes(), scheme) {
			t.Errorf("%v is among the schemes", scheme)
		}
		if _, err := Sign(testRSA(), scheme, nil); !errors.Is(err, ErrWrongKey) {
			t.Errorf("signing with %v: %v", scheme, err)
		}
		if err := Verify(testRSA().Public(), scheme, nil, nil); !errors.Is(err, ErrWrongKey) {
			t.Errorf("verifying with %v: %v", scheme, err)
		}
	}
}

// A certificate may hold a public key that TLS has no use for, or that x509 does not know.
func TestUselessKeys(t *testing.T) {
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, pub := range []crypto.PublicKey{nil, x25519.PublicKey(), "a string", (&x509.Certificate{}).PublicKey} {
		if AuthOf(pub) != 0 || SchemesFor(pub) != nil || SchemesFor13(pub) != nil {
			t.Errorf("%T authenticates %v suites with %v", pub, AuthOf(pub), SchemesFor(pub))
		}
		if err := Verify(pub, wire.ED25519, nil, make([]byte, 64)); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%T: %v", pub, err)
		}
	}
}

// RFC 8422 §2.2: Ed25519 certificates serve the ECDSA suites.
func TestAuthOf(t *testing.T) {
	want := map[string]Auth{
		"RSA 2048": AuthRSA, "RSA 1024": AuthRSA,
		"ECDSA P-256": AuthECDSA, "ECDSA P-384": AuthECDSA, "ECDSA P-521": AuthECDSA, "Ed25519": AuthECDSA,
	}
	for name, key := range testKeys(t) {
		if got := AuthOf(key.Public()); got != want[name] {
			t.Errorf("%s authenticates %v suites, want %v", name, got, want[name])
		}
	}
}
