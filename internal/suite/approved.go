package suite

import (
	"crypto"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/fips140"
	"crypto/rsa"

	"github.com/vitro-tls/vitro/wire"
)

// FIPS 140-3: what Go's cryptographic module was validated for, and nothing else. GODEBUG=fips140 switches it on.

// OnlyApproved reports whether it is switched on.
func OnlyApproved() bool { return fips140.Enabled() }

// Approved reports whether a suite may be used then: ECDHE or TLS 1.3, with AES-GCM. The module has no CCM, and neither
// ChaCha20-Poly1305 nor PKCS #1 v1.5 for key transport is approved.
func (s *Suite) Approved() bool {
	return (s.Version == wire.TLS13 || s.KeyExchange == wire.KeyExchangeECDHE) && (s.Cipher == aes128GCM || s.Cipher == aes256GCM)
}

// ApprovedGroup reports whether a group may be used then. A hybrid may where one part is approved, whatever the other:
// SP 800-56C §2.
func ApprovedGroup(id wire.NamedGroup) bool {
	g := groupByID(id)
	if g == nil {
		return false
	}
	for _, part := range g.parts {
		switch part {
		case exchange(p256), exchange(p384), exchange(p521), groupMLKEM768, groupMLKEM1024:
			return true
		}
	}
	return false
}

// ApprovedKey reports whether a certificate's key may be used then.
func ApprovedKey(pub crypto.PublicKey) bool {
	switch key := pub.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() >= 2048
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256() || key.Curve == elliptic.P384() || key.Curve == elliptic.P521()
	case ed25519.PublicKey:
		return true
	}
	return false
}

// tlsNonces makes an AES-GCM whose nonces the record layer counts. GODEBUG=fips140=only lets nobody outside the standard
// library choose them, since it cannot see how; TLS's are as SP 800-38D §8.2.1 wants them: fixed part and counter.
func tlsNonces(block cipher.Block) (aead cipher.AEAD, err error) {
	if !fips140.Enforced() {
		return cipher.NewGCM(block)
	}
	fips140.WithoutEnforcement(func() { aead, err = cipher.NewGCM(block) })
	return aead, err
}

// privateKey makes a key. X25519 is here as a hybrid's half then, which GODEBUG=fips140=only cannot see.
func privateKey(curve ecdh.Curve, scalar []byte) (key *ecdh.PrivateKey, err error) {
	if curve != ecdh.X25519() || !fips140.Enforced() {
		return curve.NewPrivateKey(scalar)
	}
	fips140.WithoutEnforcement(func() { key, err = curve.NewPrivateKey(scalar) })
	return key, err
}

// agree makes the secret of a key and the peer's public value, in the same way.
func agree(key *ecdh.PrivateKey, public []byte) (secret []byte, err error) {
	if key.Curve() != ecdh.X25519() || !fips140.Enforced() {
		return ownAgree(key, public)
	}
	fips140.WithoutEnforcement(func() { secret, err = ownAgree(key, public) })
	return secret, err
}

func ownAgree(key *ecdh.PrivateKey, public []byte) ([]byte, error) {
	pub, err := key.Curve().NewPublicKey(public)
	if err != nil {
		return nil, err
	}
	return key.ECDH(pub)
}
