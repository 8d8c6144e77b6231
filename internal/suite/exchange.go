package suite

import (
	"crypto"
	"crypto/ecdh"
	"crypto/mlkem"
	"errors"
	"fmt"
	"io"
)

// exchange is one primitive that two sides agree on a secret with. The first sends its share, the second its reply.
type exchange interface {
	shareLen() int
	replyLen() int
	secretLen() int
	generate(random io.Reader) (ephemeral, error)
	// encapsulate appends the reply to reply, and the secret to shared.
	encapsulate(reply, shared, peer []byte, random io.Reader) ([]byte, []byte, error)
}

// ephemeral is the private key behind a share. What it is asked for is appended to dst.
type ephemeral interface {
	public(dst []byte) []byte
	shared(dst, reply []byte) ([]byte, error)
}

var (
	ecdhX25519  = &diffieHellman{ecdh.X25519(), 32, 32, 0xff}
	groupX25519 = quick(fastX25519{}, ecdhX25519)
	p256        = &diffieHellman{ecdh.P256(), 65, 32, 0xff}
	p384        = &diffieHellman{ecdh.P384(), 97, 48, 0xff}
	p521        = &diffieHellman{ecdh.P521(), 133, 66, 0x01}

	stdMLKEM768 = &kem{
		mlkem.EncapsulationKeySize768, mlkem.CiphertextSize768,
		func(seed []byte) (crypto.Decapsulator, error) { return mlkem.NewDecapsulationKey768(seed) },
		func(key []byte) (crypto.Encapsulator, error) { return mlkem.NewEncapsulationKey768(key) },
	}
	stdMLKEM1024 = &kem{
		mlkem.EncapsulationKeySize1024, mlkem.CiphertextSize1024,
		func(seed []byte) (crypto.Decapsulator, error) { return mlkem.NewDecapsulationKey1024(seed) },
		func(key []byte) (crypto.Encapsulator, error) { return mlkem.NewEncapsulationKey1024(key) },
	}
	groupMLKEM768  = quick(fastMLKEM768, stdMLKEM768)
	groupMLKEM1024 = quick(fastMLKEM1024, stdMLKEM1024)
)

type diffieHellman struct {
	curve     ecdh.Curve
	publicLen int
	scalarLen int
	topMask   byte // of the scalar's first byte, where the order is not a whole number of bytes
}

func (d *diffieHellman) shareLen() int { return d.publicLen }
func (d *diffieHellman) replyLen() int { return d.publicLen }

// secretLen: the secret is a coordinate, as long as the scalar.
func (d *diffieHellman) secretLen() int { return d.scalarLen }

func (d *diffieHellman) generate(random io.Reader) (ephemeral, error) {
	scalar := make([]byte, d.scalarLen)
	defer clear(scalar)
	// A random scalar of the NIST groups is out of range with a probability far below one in 2^32 (P-521: one
	// in two hundred or so is not, hence the mask); the bound only ends a broken random source.
	for range 64 {
		if _, err := io.ReadFull(random, scalar); err != nil {
			return nil, fmt.Errorf("reading randomness: %w", err)
		}
		scalar[0] &= d.topMask
		if key, err := privateKey(d.curve, scalar); err == nil {
			return &ecdhKey{key}, nil
		}
	}
	return nil, errors.New("no valid scalar in 64 tries: the random source is broken")
}

func (d *diffieHellman) encapsulate(reply, shared, peer []byte, random io.Reader) ([]byte, []byte, error) {
	key, err := d.generate(random)
	if err != nil {
		return nil, nil, err
	}
	shared, err = key.shared(shared, peer)
	return key.public(reply), shared, err
}

type ecdhKey struct{ key *ecdh.PrivateKey }

func (e *ecdhKey) public(dst []byte) []byte { return append(dst, e.key.PublicKey().Bytes()...) }

// shared checks the point as RFC 8422 §5.11 and RFC 8446 §4.2.8.2, §7.4.2 say: on the curve, and for X25519 a secret that is not
// all zero; crypto/ecdh does both. Zeros in front of the secret stay (RFC 8422 §5.10).
func (e *ecdhKey) shared(dst, reply []byte) ([]byte, error) {
	secret, err := agree(e.key, reply)
	defer clear(secret)
	return append(dst, secret...), err
}

// kem is ML-KEM with one set of parameters. FIPS 203.
type kem struct {
	keyLen, ciphertextLen int
	decapsulator          func(seed []byte) (crypto.Decapsulator, error)
	encapsulator          func(key []byte) (crypto.Encapsulator, error)
}

func (k *kem) shareLen() int { return k.keyLen }
func (k *kem) replyLen() int { return k.ciphertextLen }

func (k *kem) secretLen() int { return mlkem.SharedKeySize }

func (k *kem) generate(random io.Reader) (ephemeral, error) {
	seed := make([]byte, mlkem.SeedSize)
	defer clear(seed)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	key, err := k.decapsulator(seed)
	if err != nil {
		return nil, err
	}
	return &kemKey{key}, nil
}

// encapsulate refuses a key with a coefficient beyond the modulus (FIPS 203 §7.2), which crypto/mlkem checks.
func (k *kem) encapsulate(reply, shared, peer []byte, _ io.Reader) ([]byte, []byte, error) {
	key, err := k.encapsulator(peer)
	if err != nil {
		return nil, nil, err
	}
	secret, ciphertext := key.Encapsulate()
	defer clear(secret)
	return append(reply, ciphertext...), append(shared, secret...), nil
}

type kemKey struct{ key crypto.Decapsulator }

func (k *kemKey) public(dst []byte) []byte { return append(dst, k.key.Encapsulator().Bytes()...) }

// shared never fails on a ciphertext of the right length: one that was not made for this key gives a secret that nobody
// else has (FIPS 203 §6.3).
func (k *kemKey) shared(dst, reply []byte) ([]byte, error) {
	secret, err := k.key.Decapsulate(reply)
	defer clear(secret)
	return append(dst, secret...), err
}
