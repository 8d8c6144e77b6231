package suite

import (
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/dh/x25519"
	"github.com/cloudflare/circl/kem/mlkem/mlkem1024"
	"github.com/cloudflare/circl/kem/mlkem/mlkem768"
)

// X25519 and ML-KEM of circl take half the time of the standard library's. Where only FIPS 140's approved module is to be
// used, that is the standard library's.

// quick returns the first, unless only the approved may be used.
func quick(fast, approved exchange) exchange {
	if OnlyApproved() {
		return approved
	}
	return fast
}

// fastX25519 is RFC 7748.
type fastX25519 struct{}

func (fastX25519) shareLen() int { return x25519.Size }
func (fastX25519) replyLen() int { return x25519.Size }

func (fastX25519) generate(random io.Reader) (ephemeral, error) {
	key := new(x25519Key)
	if _, err := io.ReadFull(random, key.secret[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	x25519.KeyGen(&key.own, &key.secret)
	return key, nil
}

func (f fastX25519) encapsulate(peer []byte, random io.Reader) (reply, shared []byte, err error) {
	key, err := f.generate(random)
	if err != nil {
		return nil, nil, err
	}
	shared, err = key.shared(peer)
	return key.public(), shared, err
}

type x25519Key struct{ secret, own x25519.Key }

func (k *x25519Key) public() []byte { return k.own[:] }

var errLowOrder = errors.New("the public value is a point of low order")

// shared refuses a secret that is all zero, whatever our key. RFC 7748 §6.1, RFC 8446 §7.4.2.
func (k *x25519Key) shared(peer []byte) ([]byte, error) {
	if len(peer) != x25519.Size {
		return nil, errLength
	}
	pair := new([2]x25519.Key)
	copy(pair[1][:], peer)
	if !x25519.Shared(&pair[0], &k.secret, &pair[1]) {
		return nil, errLowOrder
	}
	return pair[0][:], nil
}

// fastKEM is ML-KEM with one set of parameters. FIPS 203.
type fastKEM struct {
	keyLen, ciphertextLen int
	newKey                func(seed []byte) (public []byte, decapsulate func(ciphertext []byte) []byte)
	encapsulator          func(key []byte) (encapsulate func(ciphertext, shared, seed []byte), err error)
}

const sharedKeyLen, encapsulationSeedLen, keySeedLen = 32, 32, 64

func (k *fastKEM) shareLen() int { return k.keyLen }
func (k *fastKEM) replyLen() int { return k.ciphertextLen }

func (k *fastKEM) generate(random io.Reader) (ephemeral, error) {
	seed := make([]byte, keySeedLen)
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	public, decapsulate := k.newKey(seed)
	return &fastKEMKey{public, k.ciphertextLen, decapsulate}, nil
}

// encapsulate refuses a key with a coefficient beyond the modulus. FIPS 203 §7.2.
func (k *fastKEM) encapsulate(peer []byte, random io.Reader) (reply, shared []byte, err error) {
	encapsulate, err := k.encapsulator(peer)
	if err != nil {
		return nil, nil, err
	}
	out := make([]byte, k.ciphertextLen+sharedKeyLen+encapsulationSeedLen)
	reply, shared, seed := out[:k.ciphertextLen:k.ciphertextLen], out[k.ciphertextLen:][:sharedKeyLen:sharedKeyLen], out[k.ciphertextLen+sharedKeyLen:]
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, nil, fmt.Errorf("reading randomness: %w", err)
	}
	encapsulate(reply, shared, seed)
	clear(seed)
	return reply, shared, nil
}

type fastKEMKey struct {
	own           []byte
	ciphertextLen int
	decapsulate   func(ciphertext []byte) []byte
}

func (k *fastKEMKey) public() []byte { return k.own }

// shared never fails on a ciphertext of the right length: one that was not made for this key gives a secret that nobody
// else has (FIPS 203 §6.3).
func (k *fastKEMKey) shared(reply []byte) ([]byte, error) {
	if len(reply) != k.ciphertextLen {
		return nil, errLength
	}
	return k.decapsulate(reply), nil
}

var fastMLKEM768 = &fastKEM{
	mlkem768.PublicKeySize, mlkem768.CiphertextSize,
	func(seed []byte) ([]byte, func([]byte) []byte) {
		public, private := mlkem768.NewKeyFromSeed(seed)
		packed := make([]byte, mlkem768.PublicKeySize)
		public.Pack(packed)
		return packed, func(ciphertext []byte) []byte {
			shared := make([]byte, sharedKeyLen)
			private.DecapsulateTo(shared, ciphertext)
			return shared
		}
	},
	func(key []byte) (func(ciphertext, shared, seed []byte), error) {
		var public mlkem768.PublicKey
		err := public.Unpack(key)
		return public.EncapsulateTo, err
	},
}

var fastMLKEM1024 = &fastKEM{
	mlkem1024.PublicKeySize, mlkem1024.CiphertextSize,
	func(seed []byte) ([]byte, func([]byte) []byte) {
		public, private := mlkem1024.NewKeyFromSeed(seed)
		packed := make([]byte, mlkem1024.PublicKeySize)
		public.Pack(packed)
		return packed, func(ciphertext []byte) []byte {
			shared := make([]byte, sharedKeyLen)
			private.DecapsulateTo(shared, ciphertext)
			return shared
		}
	},
	func(key []byte) (func(ciphertext, shared, seed []byte), error) {
		var public mlkem1024.PublicKey
		err := public.Unpack(key)
		return public.EncapsulateTo, err
	},
}
