package suite

import (
	"errors"
	"fmt"
	"io"

	"github.com/cloudflare/circl/dh/x25519"
	circl "github.com/cloudflare/circl/kem"
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
type fastKEM struct{ circl.Scheme }

func (k fastKEM) shareLen() int { return k.PublicKeySize() }
func (k fastKEM) replyLen() int { return k.CiphertextSize() }

func (k fastKEM) generate(random io.Reader) (ephemeral, error) {
	seed := make([]byte, k.SeedSize())
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	public, private := k.DeriveKeyPair(seed)
	packed, err := public.MarshalBinary()
	return &fastKEMKey{packed, private}, err
}

// encapsulate refuses a key with a coefficient beyond the modulus. FIPS 203 §7.2.
func (k fastKEM) encapsulate(peer []byte, random io.Reader) (reply, shared []byte, err error) {
	public, err := k.UnmarshalBinaryPublicKey(peer)
	if err != nil {
		return nil, nil, err
	}
	seed := make([]byte, k.EncapsulationSeedSize())
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, nil, fmt.Errorf("reading randomness: %w", err)
	}
	return k.EncapsulateDeterministically(public, seed)
}

type fastKEMKey struct {
	own     []byte
	private circl.PrivateKey
}

func (k *fastKEMKey) public() []byte { return k.own }

// shared never fails on a ciphertext of the right length: one that was not made for this key gives a secret that nobody
// else has (FIPS 203 §6.3).
func (k *fastKEMKey) shared(reply []byte) ([]byte, error) {
	return k.private.Scheme().Decapsulate(k.private, reply)
}

var fastMLKEM768, fastMLKEM1024 = fastKEM{mlkem768.Scheme()}, fastKEM{mlkem1024.Scheme()}
