package suite

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/edwards25519"
	"github.com/cloudflare/circl/dh/x25519"
	circl "github.com/cloudflare/circl/kem"
	"github.com/cloudflare/circl/kem/mlkem/mlkem1024"
	"github.com/cloudflare/circl/kem/mlkem/mlkem768"
)

// ML-KEM and X25519's secrets by circl, and its keys by filippo.io/edwards25519, take half the time of the standard library's.
// Where only FIPS 140's approved module is to be used, that is the standard library's.

// quick returns the first, unless only the approved may be used.
func quick(fast, approved exchange) exchange {
	if OnlyApproved() {
		return approved
	}
	return fast
}

// fastX25519 is RFC 7748. The public key is the scalar's multiple of the base point, for which the Edwards form of the curve
// has a table and circl's ladder none; the map between the two forms is RFC 7748 §4.1's.
type fastX25519 struct{}

func (fastX25519) shareLen() int  { return x25519.Size }
func (fastX25519) replyLen() int  { return x25519.Size }
func (fastX25519) secretLen() int { return x25519.Size }

func (fastX25519) generate(random io.Reader) (ephemeral, error) { return newX25519(random) }

func newX25519(random io.Reader) (*x25519Key, error) {
	key := new(x25519Key)
	if _, err := io.ReadFull(random, key.secret[:]); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	return key, key.derive()
}

// encapsulate overwrites its private key, which nobody needs afterwards.
func (fastX25519) encapsulate(reply, shared, peer []byte, random io.Reader) ([]byte, []byte, error) {
	key, err := newX25519(random)
	if err != nil {
		return nil, nil, err
	}
	defer clear(key.secret[:])
	shared, err = key.shared(shared, peer)
	return key.public(reply), shared, err
}

type x25519Key struct{ secret, own x25519.Key }

// derive works out the public key, in constant time. The scalar is reduced by the order of the base point, which changes
// nothing of its multiple. RFC 7748 §5, §6.1.
func (k *x25519Key) derive() error {
	var scalar edwards25519.Scalar
	defer func() { scalar = edwards25519.Scalar{} }()
	if _, err := scalar.SetBytesWithClamping(k.secret[:]); err != nil {
		return err
	}
	copy(k.own[:], new(edwards25519.Point).ScalarBaseMult(&scalar).BytesMontgomery())
	return nil
}

func (k *x25519Key) public(dst []byte) []byte { return append(dst, k.own[:]...) }

var errLowOrder = errors.New("the public value is a point of low order")

// shared refuses a secret that is all zero, whatever our key. RFC 7748 §6.1, RFC 8446 §7.4.2.
func (k *x25519Key) shared(dst, peer []byte) ([]byte, error) {
	if len(peer) != x25519.Size {
		return nil, errLength
	}
	dst, secret := extend(dst, x25519.Size)
	if !x25519.Shared((*x25519.Key)(secret), &k.secret, (*x25519.Key)(peer)) {
		return nil, errLowOrder
	}
	return dst, nil
}

// extend lengthens b by n bytes, and returns both.
func extend(b []byte, n int) (whole, added []byte) {
	whole = slices.Grow(b, n)[:len(b)+n]
	return whole, whole[len(b):]
}

// fastKEM is ML-KEM with one set of parameters. FIPS 203.
type fastKEM struct{ circl.Scheme }

// What circl's keys of both sizes can do besides circl's interfaces, without memory of their own.
type (
	packer       interface{ Pack(buf []byte) }
	encapsulator interface {
		EncapsulateTo(ciphertext, shared, seed []byte)
	}
	decapsulator interface {
		DecapsulateTo(shared, ciphertext []byte)
	}
)

// leaveVectors follows what circl has done with AVX2. It ends without VZEROUPPER, and while the upper halves of the vector
// registers are in use, instructions of SSE wait for them: SHA-256 took 34 µs for 512 bytes in the place of 0.4. The standard
// library's search in more than 32 bytes ends with it.
func leaveVectors() { _ = bytes.IndexByte(nothing[:], 1) }

var nothing [64]byte

func (k fastKEM) shareLen() int  { return k.PublicKeySize() }
func (k fastKEM) replyLen() int  { return k.CiphertextSize() }
func (k fastKEM) secretLen() int { return k.SharedKeySize() }

func (k fastKEM) generate(random io.Reader) (ephemeral, error) {
	seed := make([]byte, k.SeedSize())
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	defer leaveVectors()
	public, private := k.DeriveKeyPair(seed)
	return &fastKEMKey{public, private}, nil
}

// encapsulate refuses a key with a coefficient beyond the modulus. FIPS 203 §7.2.
func (k fastKEM) encapsulate(reply, shared, peer []byte, random io.Reader) ([]byte, []byte, error) {
	defer leaveVectors()
	public, err := k.UnmarshalBinaryPublicKey(peer)
	if err != nil {
		return nil, nil, err
	}
	seed := make([]byte, k.EncapsulationSeedSize())
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, nil, fmt.Errorf("reading randomness: %w", err)
	}
	reply, ciphertext := extend(reply, k.replyLen())
	shared, secret := extend(shared, k.secretLen())
	public.(encapsulator).EncapsulateTo(ciphertext, secret, seed)
	return reply, shared, nil
}

type fastKEMKey struct {
	own     circl.PublicKey
	private circl.PrivateKey
}

func (k *fastKEMKey) public(dst []byte) []byte {
	dst, own := extend(dst, k.own.Scheme().PublicKeySize())
	k.own.(packer).Pack(own)
	leaveVectors()
	return dst
}

// shared never fails on a ciphertext of the right length: one that was not made for this key gives a secret that nobody
// else has (FIPS 203 §6.3).
func (k *fastKEMKey) shared(dst, reply []byte) ([]byte, error) {
	scheme := k.private.Scheme()
	if len(reply) != scheme.CiphertextSize() {
		return nil, errLength
	}
	dst, secret := extend(dst, scheme.SharedKeySize())
	k.private.(decapsulator).DecapsulateTo(secret, reply)
	leaveVectors()
	return dst, nil
}

var fastMLKEM768, fastMLKEM1024 = fastKEM{mlkem768.Scheme()}, fastKEM{mlkem1024.Scheme()}
