// Package suite says what each cipher suite, group and signature scheme means: which key exchange, which
// authentication, which cipher with which lengths, which hash. The tables here are the only ones; the interop matrix
// and the policies are made from them.
package suite

import (
	"crypto"
	_ "crypto/sha1"
	_ "crypto/sha256" // the hashes that the tables name
	_ "crypto/sha512"
	"slices"

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

// suites is every suite of TLS 1.2 that Vitro has, best first: what a stricter policy allows before what it does not,
// forward secrecy before none, then AES-128-GCM, which is the fastest where AES is in hardware and strong enough where it
// is not. None is without a key or a server's proof of who it is, or has RC4 or less than 112 bits: RFC 5246 §A.5, RFC 8446 §D.5.
var suites = []*Suite{
	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes128GCM, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes256GCM, crypto.SHA384},
	{wire.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes256GCM, crypto.SHA384},
	{wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, chaCha20, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, chaCha20, crypto.SHA256},

	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes128CCM, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_CCM, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes256CCM, crypto.SHA256},

	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes128CBCSHA256, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes128CBCSHA256, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes256CBCSHA384, crypto.SHA384},
	{wire.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes256CBCSHA384, crypto.SHA384},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes128CBCSHA1, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes128CBCSHA1, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes256CBCSHA1, crypto.SHA256},
	{wire.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, wire.TLS12, wire.KeyExchangeECDHE, AuthRSA, aes256CBCSHA1, crypto.SHA256},

	{wire.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes128CCM8, crypto.SHA256},
	{wire.TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8, wire.TLS12, wire.KeyExchangeECDHE, AuthECDSA, aes256CCM8, crypto.SHA256},

	{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes256GCM, crypto.SHA384},
	{wire.TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, chaCha20, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_128_CCM, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes128CCM, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_256_CCM, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes256CCM, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes128CBCSHA256, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_256_CBC_SHA256, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes256CBCSHA256, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_128_CBC_SHA, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes128CBCSHA1, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_256_CBC_SHA, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes256CBCSHA1, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_128_CCM_8, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes128CCM8, crypto.SHA256},
	{wire.TLS_DHE_RSA_WITH_AES_256_CCM_8, wire.TLS12, wire.KeyExchangeDHE, AuthRSA, aes256CCM8, crypto.SHA256},

	{wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes128GCM, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_GCM_SHA384, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes256GCM, crypto.SHA384},
	{wire.TLS_RSA_WITH_AES_128_CCM, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes128CCM, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_CCM, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes256CCM, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_128_CBC_SHA256, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes128CBCSHA256, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_CBC_SHA256, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes256CBCSHA256, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_128_CBC_SHA, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes128CBCSHA1, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_CBC_SHA, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes256CBCSHA1, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_128_CCM_8, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes128CCM8, crypto.SHA256},
	{wire.TLS_RSA_WITH_AES_256_CCM_8, wire.TLS12, wire.KeyExchangeRSA, AuthRSA, aes256CCM8, crypto.SHA256},
}

// suites13 is every suite of TLS 1.3 that Vitro has, best first. RFC 8446 §9.1.
var suites13 = []*Suite{
	{wire.TLS_AES_128_GCM_SHA256, wire.TLS13, 0, 0, aes128GCM, crypto.SHA256},
	{wire.TLS_AES_256_GCM_SHA384, wire.TLS13, 0, 0, aes256GCM, crypto.SHA384},
	{wire.TLS_CHACHA20_POLY1305_SHA256, wire.TLS13, 0, 0, chaCha20, crypto.SHA256},
	{wire.TLS_AES_128_CCM_SHA256, wire.TLS13, 0, 0, aes128CCM, crypto.SHA256},
	{wire.TLS_AES_128_CCM_8_SHA256, wire.TLS13, 0, 0, aes128CCM8, crypto.SHA256},
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
