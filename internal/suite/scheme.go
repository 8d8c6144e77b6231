package suite

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/wire"
)

type algorithm uint8

const (
	rsaPKCS1 algorithm = iota + 1
	rsaPSS
	ecdsaAny // in TLS 1.2 the scheme names the hash only, the curve is the certificate's (RFC 8422 §5.1.1)
	edwards
)

type scheme struct {
	id        wire.SignatureScheme
	algorithm algorithm
	hash      crypto.Hash    // 0: the message is signed as it is
	curve     elliptic.Curve // of ecdsaAny in TLS 1.3, where the scheme names it too (RFC 8446 §4.2.3)
}

// schemes is every signature scheme that Vitro signs and verifies with, best first. SHA-1 is not among them.
var schemes = []scheme{
	{wire.ED25519, edwards, 0, nil},
	{wire.ECDSA_SECP256R1_SHA256, ecdsaAny, crypto.SHA256, elliptic.P256()},
	{wire.RSA_PSS_RSAE_SHA256, rsaPSS, crypto.SHA256, nil},
	{wire.RSA_PKCS1_SHA256, rsaPKCS1, crypto.SHA256, nil},
	{wire.ECDSA_SECP384R1_SHA384, ecdsaAny, crypto.SHA384, elliptic.P384()},
	{wire.RSA_PSS_RSAE_SHA384, rsaPSS, crypto.SHA384, nil},
	{wire.RSA_PKCS1_SHA384, rsaPKCS1, crypto.SHA384, nil},
	{wire.ECDSA_SECP521R1_SHA512, ecdsaAny, crypto.SHA512, elliptic.P521()},
	{wire.RSA_PSS_RSAE_SHA512, rsaPSS, crypto.SHA512, nil},
	{wire.RSA_PKCS1_SHA512, rsaPKCS1, crypto.SHA512, nil},
}

// Schemes returns every signature scheme of TLS 1.2, best first.
func Schemes() []wire.SignatureScheme {
	return schemesThat(func(scheme) bool { return true })
}

// Schemes13 returns every scheme that may sign a handshake of TLS 1.3, best first. RFC 8446 §4.2.3: PKCS #1 v1.5 signs
// certificates only.
func Schemes13() []wire.SignatureScheme {
	return schemesThat(func(s scheme) bool { return s.algorithm != rsaPKCS1 })
}

func schemesThat(suit func(scheme) bool) []wire.SignatureScheme {
	var list []wire.SignatureScheme
	for _, s := range schemes {
		if suit(s) {
			list = append(list, s.id)
		}
	}
	return list
}

func schemeByID(id wire.SignatureScheme) (scheme, bool) {
	for _, s := range schemes {
		if s.id == id {
			return s, true
		}
	}
	return scheme{}, false
}

// fits reports whether a key can sign with a scheme.
func (s scheme) fits(pub crypto.PublicKey) bool {
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		switch s.algorithm {
		case rsaPKCS1:
			// DigestInfo, and 11 bytes of padding at the least: RFC 8017 §9.2.
			return pub.Size() >= s.hash.Size()+19+11
		case rsaPSS:
			// RFC 8017 §9.1.1: hash, a salt as long, and two bytes.
			return (pub.N.BitLen()+6)/8 >= 2*s.hash.Size()+2
		}
	case *ecdsa.PublicKey:
		return s.algorithm == ecdsaAny
	case ed25519.PublicKey:
		return s.algorithm == edwards
	}
	return false
}

// fits13 reports whether a key can sign a handshake of TLS 1.3 with a scheme. RFC 8446 §4.2.3: a scheme of ECDSA goes
// with its own curve only, and PKCS #1 v1.5 with none.
func (s scheme) fits13(pub crypto.PublicKey) bool {
	if key, ok := pub.(*ecdsa.PublicKey); ok && key.Curve != s.curve {
		return false
	}
	return s.algorithm != rsaPKCS1 && s.fits(pub)
}

// SchemesFor returns the schemes that a key can sign with in TLS 1.2, best first.
func SchemesFor(pub crypto.PublicKey) []wire.SignatureScheme {
	return schemesThat(func(s scheme) bool { return s.fits(pub) })
}

// SchemesFor13 returns the schemes that a key can sign a handshake of TLS 1.3 with, best first.
func SchemesFor13(pub crypto.PublicKey) []wire.SignatureScheme {
	return schemesThat(func(s scheme) bool { return s.fits13(pub) })
}

// AuthOf returns which kind of suites a public key authenticates, 0 for a key that TLS has no use for.
func AuthOf(pub crypto.PublicKey) Auth {
	switch pub.(type) {
	case *rsa.PublicKey:
		return AuthRSA
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return AuthECDSA
	}
	return 0
}

// AuthOfScheme returns which kind of key a scheme signs with, 0 for one that Vitro does not have.
func AuthOfScheme(id wire.SignatureScheme) Auth {
	s, ok := schemeByID(id)
	switch {
	case !ok:
		return 0
	case s.algorithm == rsaPKCS1 || s.algorithm == rsaPSS:
		return AuthRSA
	}
	return AuthECDSA
}

// ErrWrongKey: a signature scheme that the certificate's key cannot have used.
var ErrWrongKey = errors.New("the scheme does not fit the certificate's key")

var errBadSignature = errors.New("the signature does not verify")

// digest appends what is signed of message to dst.
func (s scheme) digest(dst, message []byte) []byte {
	switch s.hash {
	case 0:
		return append(dst, message...)
	case crypto.SHA256:
		sum := sha256.Sum256(message)
		return append(dst, sum[:]...)
	case crypto.SHA384:
		sum := sha512.Sum384(message)
		return append(dst, sum[:]...)
	case crypto.SHA512:
		sum := sha512.Sum512(message)
		return append(dst, sum[:]...)
	}
	h := s.hash.New()
	h.Write(bytes.Clone(message))
	return h.Sum(dst)
}

// Verify checks a signature over message by the rules of TLS 1.2. RFC 5246 §4.7, RFC 8422 §5.4, §5.9, §5.10,
// RFC 8446 §9.1.
func Verify(pub crypto.PublicKey, id wire.SignatureScheme, message, signature []byte) error {
	return VerifyFor(wire.TLS12, pub, id, message, signature)
}

// VerifyFor checks a signature over message by the rules of a version: what they do not allow gives [ErrWrongKey].
// RFC 8446 §4.4.3.
func VerifyFor(v wire.Version, pub crypto.PublicKey, id wire.SignatureScheme, message, signature []byte) error {
	s, ok := schemeByID(id)
	if !ok || !s.fits(pub) || v >= wire.TLS13 && !s.fits13(pub) {
		return ErrWrongKey
	}
	var space [sha512.Size]byte
	digest := s.digest(space[:0], message)
	valid := false
	switch s.algorithm {
	case rsaPKCS1:
		key := pub.(*rsa.PublicKey)
		valid = rsa.VerifyPKCS1v15(key, s.hash, digest, signature) == nil ||
			!OnlyApproved() && rsa.VerifyPKCS1v15(key, 0, withoutNull(s.hash, digest), signature) == nil
	case rsaPSS:
		opts := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
		valid = rsa.VerifyPSS(pub.(*rsa.PublicKey), s.hash, digest, signature, opts) == nil
	case ecdsaAny:
		valid = ecdsa.VerifyASN1(pub.(*ecdsa.PublicKey), digest, signature)
	case edwards:
		valid = ed25519.Verify(pub.(ed25519.PublicKey), digest, signature)
	}
	if !valid {
		return errBadSignature
	}
	return nil
}

// withoutNull is the other encoding of a DigestInfo: RFC 5246 §4.7 has a signature accepted too whose hash is named without
// parameters. It is compared whole, as the usual one is. FIPS 186-5 §5.4 does not have it, and crypto/rsa panics at it then.
func withoutNull(h crypto.Hash, digest []byte) []byte {
	last := map[crypto.Hash]byte{crypto.SHA256: 1, crypto.SHA384: 2, crypto.SHA512: 3}[h] // of the family's object identifier
	info := []byte{0x30, byte(15 + len(digest)), 0x30, 11, 0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last, 0x04, byte(len(digest))}
	return append(info, digest...)
}

// Sign signs message with a private key that fits the scheme.
func Sign(key crypto.Signer, id wire.SignatureScheme, message []byte) ([]byte, error) {
	s, ok := schemeByID(id)
	if !ok || !s.fits(key.Public()) {
		return nil, fmt.Errorf("%v: %w", id, ErrWrongKey)
	}
	var opts crypto.SignerOpts = s.hash
	if s.algorithm == rsaPSS {
		opts = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash}
	}
	return key.Sign(rand.Reader, s.digest(nil, message), opts)
}
