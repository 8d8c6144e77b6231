// Package suite says what each cipher suite, group and signature scheme means: which key exchange, which
// authentication, which cipher with which lengths, which hash. The tables here are the only ones; the interop matrix
// and the policies are made from them.
package suite

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	_ "crypto/sha256" // the hashes that the tables name
	_ "crypto/sha512"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/vitro-tls/vitro/wire"
)

// Auth is the kind of key that authenticates the server in a cipher suite of TLS 1.2.
type Auth uint8

const (
	// AuthRSA: an RSA key, which signs or, in RSA key exchange, decrypts.
	AuthRSA Auth = iota + 1
	// AuthECDSA: an ECDSA key, or an EdDSA key (RFC 8422 §2.2).
	AuthECDSA
)

func (a Auth) String() string {
	if a == AuthRSA {
		return "RSA"
	}
	return "ECDSA"
}

// Cipher is an AEAD with the lengths that TLS gives it, in bytes.
type Cipher struct {
	Name             string
	KeyLen           int
	FixedIVLen       int // the implicit part of the nonce, from the key block (RFC 5246 §6.2.3.3)
	ExplicitNonceLen int // the part that travels in each record
	TagLen           int
	New              func(key []byte) (cipher.AEAD, error)
}

// Overhead is how many bytes a record grows by.
func (c *Cipher) Overhead() int { return c.ExplicitNonceLen + c.TagLen }

var (
	// RFC 5288 §3: a 4-byte salt, and 8 explicit bytes that are ours to choose.
	aes128GCM = &Cipher{"AES-128-GCM", 16, 4, 8, 16, newGCM}
	aes256GCM = &Cipher{"AES-256-GCM", 32, 4, 8, 16, newGCM}
	// RFC 7905 §2: the whole nonce is implicit, the sequence number is added to it by exclusive or.
	chaCha20 = &Cipher{"ChaCha20-Poly1305", 32, 12, 0, 16, chacha20poly1305.New}
)

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Suite is a cipher suite of TLS 1.2.
type Suite struct {
	ID          wire.CipherSuite
	KeyExchange wire.KeyExchange
	Auth        Auth
	Cipher      *Cipher
	Hash        crypto.Hash // of the PRF and of the transcript
}

// suites is every suite that Vitro has, best first: forward secrecy before none, then AES-128-GCM, which is the
// fastest where AES is in hardware and strong enough where it is not.
var suites = []*Suite{
	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, wire.KeyExchangeECDHE, AuthECDSA, aes128GCM, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, wire.KeyExchangeECDHE, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, wire.KeyExchangeECDHE, AuthECDSA, aes256GCM, crypto.SHA384},
	{wire.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, wire.KeyExchangeECDHE, AuthRSA, aes256GCM, crypto.SHA384},
	{wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, wire.KeyExchangeECDHE, AuthECDSA, chaCha20, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, wire.KeyExchangeECDHE, AuthRSA, chaCha20, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.KeyExchangeRSA, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_GCM_SHA384, wire.KeyExchangeRSA, AuthRSA, aes256GCM, crypto.SHA384},
}

// All returns every suite, best first.
func All() []*Suite { return slices.Clone(suites) }

// ByID returns the suite with a code point, nil if Vitro does not have it.
func ByID(id wire.CipherSuite) *Suite {
	for _, s := range suites {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Names of the policies.
const (
	PolicyModern = "modern"
	PolicyLegacy = "legacy"
)

// Policies lists the names that [Policy] knows.
func Policies() []string { return []string{PolicyModern, PolicyLegacy} }

// Policy returns the suites that a named policy allows, best first: modern is ECDHE with AEAD, legacy adds RSA key
// exchange. The second result is false for a name that is none.
func Policy(name string) ([]wire.CipherSuite, bool) {
	var list []wire.CipherSuite
	for _, s := range suites {
		if s.KeyExchange == wire.KeyExchangeECDHE || name == PolicyLegacy {
			list = append(list, s.ID)
		}
	}
	return list, name == PolicyModern || name == PolicyLegacy
}
