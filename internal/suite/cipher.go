package suite

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

// Cipher is an AEAD, or a block cipher in CBC mode with a MAC, with the lengths that TLS gives it, in bytes.
type Cipher struct {
	Name   string
	KeyLen int

	// AEAD
	FixedIVLen       int // the implicit part of the nonce, from the key block (RFC 5246 §6.2.3.3)
	ExplicitNonceLen int // the part that travels in each record
	TagLen           int
	MaxRecords       uint64 // under one key, before its margin of safety is used up
	New              func(key []byte) (cipher.AEAD, error)

	// CBC
	MAC      crypto.Hash // of its HMAC, whose key is as long as its result (RFC 5246 §6.2.3.1); 0 in an AEAD
	NewBlock func(key []byte) (cipher.Block, error)

	allowed rank // by this policy and those behind it
}

// CBC reports whether it is a block cipher with a MAC, and not an AEAD.
func (c *Cipher) CBC() bool { return c.MAC != 0 }

// MACKeyLen is the length of a MAC key, 0 in an AEAD.
func (c *Cipher) MACKeyLen() int {
	if !c.CBC() {
		return 0
	}
	return c.MAC.Size()
}

// Overhead is how many bytes a record of TLS 1.2 grows by under an AEAD.
func (c *Cipher) Overhead() int { return c.ExplicitNonceLen + c.TagLen }

// NonceLen is the length of the whole nonce. In TLS 1.3 all of it is implicit (RFC 8446 §5.3), and a record
// grows by the tag and the byte of its type (RFC 8446 §5.2).
func (c *Cipher) NonceLen() int { return c.FixedIVLen + c.ExplicitNonceLen }

const (
	// RFC 8446 §5.5: AES-GCM is good for 2^24.5 full records under one key.
	gcmRecords = 23_726_566
	// RFC 9147 §4.5.3: AES-CCM for 2^23.
	ccmRecords = 1 << 23
	// ChaCha20-Poly1305 outlasts the sequence numbers.
	allRecords = 1<<64 - 1
)

var (
	// RFC 5288 §3: a 4-byte salt, and 8 explicit bytes that are ours to choose.
	aes128GCM = aead("AES-128-GCM", 16, 4, 8, 16, gcmRecords, newGCM, modern)
	aes256GCM = aead("AES-256-GCM", 32, 4, 8, 16, gcmRecords, newGCM, modern)
	// RFC 7905 §2: the whole nonce is implicit, the sequence number is added to it by exclusive or.
	chaCha20 = aead("ChaCha20-Poly1305", 32, 12, 0, 16, allRecords, chacha20poly1305.New, modern)
	// RFC 6655 §3: nonces as with GCM.
	aes128CCM = aead("AES-128-CCM", 16, 4, 8, 16, ccmRecords, newCCM, compatible)
	aes256CCM = aead("AES-256-CCM", 32, 4, 8, 16, ccmRecords, newCCM, compatible)
	// RFC 6655 §4: a tag of 8 bytes is for those that count every byte; one guess in 2^64 passes for genuine.
	aes128CCM8 = aead("AES-128-CCM-8", 16, 4, 8, 8, ccmRecords, newCCM8, legacy)
	aes256CCM8 = aead("AES-256-CCM-8", 32, 4, 8, 8, ccmRecords, newCCM8, legacy)
	// RFC 5246 §6.2.3.2, RFC 5289 §3.1.
	aes128CBCSHA1   = cbc("AES-128-CBC", 16, crypto.SHA1)
	aes256CBCSHA1   = cbc("AES-256-CBC", 32, crypto.SHA1)
	aes128CBCSHA256 = cbc("AES-128-CBC", 16, crypto.SHA256)
	aes256CBCSHA256 = cbc("AES-256-CBC", 32, crypto.SHA256)
	aes256CBCSHA384 = cbc("AES-256-CBC", 32, crypto.SHA384)
)

func aead(name string, keyLen, fixed, explicit, tag int, records uint64, make func([]byte) (cipher.AEAD, error), allowed rank) *Cipher {
	return &Cipher{Name: name, KeyLen: keyLen, FixedIVLen: fixed, ExplicitNonceLen: explicit, TagLen: tag,
		MaxRecords: records, New: make, allowed: allowed}
}

func cbc(name string, keyLen int, mac crypto.Hash) *Cipher {
	return &Cipher{Name: name, KeyLen: keyLen, MAC: mac, NewBlock: aes.NewCipher, allowed: compatible}
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return tlsNonces(block)
}
