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
	switch a {
	case AuthRSA:
		return "RSA"
	case AuthECDSA:
		return "ECDSA"
	}
	return ""
}

// Cipher is an AEAD with the lengths that TLS gives it, in bytes.
type Cipher struct {
	Name             string
	KeyLen           int
	FixedIVLen       int // the implicit part of the nonce, from the key block (RFC 5246 §6.2.3.3)
	ExplicitNonceLen int // the part that travels in each record
	TagLen           int
	MaxRecords       uint64 // under one key, before its margin of safety is used up
	New              func(key []byte) (cipher.AEAD, error)
}

// Overhead is how many bytes a record of TLS 1.2 grows by.
func (c *Cipher) Overhead() int { return c.ExplicitNonceLen + c.TagLen }

// NonceLen is the length of the whole nonce. In TLS 1.3 all of it is implicit (RFC 8446 §5.3).
func (c *Cipher) NonceLen() int { return c.FixedIVLen + c.ExplicitNonceLen }

const (
	// RFC 8446 §5.5: AES-GCM is good for 2^24.5 full records under one key.
	gcmRecords = 23_726_566
	// ChaCha20-Poly1305 outlasts the sequence numbers.
	allRecords = 1<<64 - 1
)

var (
	// RFC 5288 §3: a 4-byte salt, and 8 explicit bytes that are ours to choose.
	aes128GCM = &Cipher{"AES-128-GCM", 16, 4, 8, 16, gcmRecords, newGCM}
	aes256GCM = &Cipher{"AES-256-GCM", 32, 4, 8, 16, gcmRecords, newGCM}
	// RFC 7905 §2: the whole nonce is implicit, the sequence number is added to it by exclusive or.
	chaCha20 = &Cipher{"ChaCha20-Poly1305", 32, 12, 0, 16, allRecords, chacha20poly1305.New}
)

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Suite is a cipher suite of one protocol version. In TLS 1.3 it says neither key exchange nor authentication, they
// are agreed on by themselves (RFC 8446 §B.4): both fields are 0.
type Suite struct {
	ID          wire.CipherSuite
	Version     wire.Version
	KeyExchange wire.KeyExchange
	Auth        Auth
	Cipher      *Cipher
	Hash        crypto.Hash // of the PRF or HKDF and of the transcript
}

// suites is every suite of TLS 1.2 that Vitro has, best first: forward secrecy before none, then AES-128-GCM, which is the
// fastest where AES is in hardware and strong enough where it is not.
var suites = []*Suite{
	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes128GCM, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes256GCM, crypto.SHA384},
	{wire.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes256GCM, crypto.SHA384},
	{wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, chaCha20, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, chaCha20, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes256GCM, crypto.SHA384},
}

// suites13 is every suite of TLS 1.3 that Vitro has, best first.
var suites13 = []*Suite{
	{wire.TLS_AES_128_GCM_SHA256, wire.TLS13, 0, 0, aes128GCM, crypto.SHA256},
	{wire.TLS_AES_256_GCM_SHA384, wire.TLS13, 0, 0, aes256GCM, crypto.SHA384},
	{wire.TLS_CHACHA20_POLY1305_SHA256, wire.TLS13, 0, 0, chaCha20, crypto.SHA256},
}

// All returns every suite of TLS 1.2, best first.
func All() []*Suite { return slices.Clone(suites) }

// All13 returns every suite of TLS 1.3, best first.
func All13() []*Suite { return slices.Clone(suites13) }

// ByID returns the suite with a code point, whatever its version, nil if Vitro does not have it.
func ByID(id wire.CipherSuite) *Suite {
	for _, list := range [][]*Suite{suites13, suites} {
		for _, s := range list {
			if s.ID == id {
				return s
			}
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

// Policy returns the suites of TLS 1.2 that a named policy allows, best first: modern is ECDHE with AEAD, legacy adds RSA key
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

// Policy13 returns the suites of TLS 1.3 that a named policy allows, best first: every one of them is AEAD with forward
// secrecy, so that both policies allow them all. It returns nil for a name that is none.
func Policy13(name string) []wire.CipherSuite {
	if !slices.Contains(Policies(), name) {
		return nil
	}
	var list []wire.CipherSuite
	for _, s := range suites13 {
		list = append(list, s.ID)
	}
	return list
}
