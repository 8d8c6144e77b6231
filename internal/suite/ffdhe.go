package suite

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"

	"filippo.io/bigmod"

	"github.com/vitro-tls/vitro/wire"
)

// Field is a group of finite-field Diffie-Hellman: the powers of a generator modulo a prime. All of it is public.
type Field struct {
	id           wire.NamedGroup // 0: not one of RFC 7919's
	prime        []byte          // big-endian, without leading zeros
	generator    []byte
	exponentBits int
	modulus      func() *bigmod.Modulus
}

// The size of a prime, in bits, that we agree on a secret with.
const (
	// RFC 7919 §3.1 has a client bound what servers make up themselves; below 2048 bits a group can be broken for good
	// by one long computation (Logjam), of which 1024 bits are within reach.
	minFieldBits = 2048
	// Beyond, a handshake costs seconds that anybody can ask us for.
	maxFieldBits = 8192
)

// ownExponentBits: where p-1 has small factors, a public value tells its exponent modulo each of them, and a short one is
// known then (van Oorschot and Wiener, 1996). Nobody vouches for a prime that a server made up, so the exponent is long
// enough to lose hundreds of bits. Only a prime that was made to be weak takes more, and that one no length saves.
const ownExponentBits = 1024

var (
	// ErrSmallField: a prime so small that the secret could be computed by others.
	ErrSmallField = errors.New("the prime is too small")
	// ErrBadField: numbers that cannot be a prime and a generator, or too large ones.
	ErrBadField = errors.New("no group for Diffie-Hellman")

	errDegenerate = errors.New("the public value leaves no secret")
	errUsed       = errors.New("the exponent has been used")
)

// The lengths of the exponents are multiples of 64 bits, none below the least length that RFC 7919 §A names for each group
// (225, 275, 325, 375 and 400 bits). §5.2 allows so short ones since every prime there is a safe one: a public value
// tells nothing of a part of its exponent.
var (
	ffdhe2048 = rfc7919(wire.FFDHE2048, ffdhe2048Hex, 256)
	ffdhe3072 = rfc7919(wire.FFDHE3072, ffdhe3072Hex, 320)
	ffdhe4096 = rfc7919(wire.FFDHE4096, ffdhe4096Hex, 384)
	ffdhe6144 = rfc7919(wire.FFDHE6144, ffdhe6144Hex, 384)
	ffdhe8192 = rfc7919(wire.FFDHE8192, ffdhe8192Hex, 448)

	fields = []*Field{ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144, ffdhe8192}
)

func rfc7919(id wire.NamedGroup, prime string, exponentBits int) *Field {
	p, err := hex.DecodeString(prime)
	if err != nil {
		panic(err) // a typo in this package; every test would show it
	}
	return newField(id, p, []byte{2}, exponentBits)
}

func newField(id wire.NamedGroup, p, g []byte, exponentBits int) *Field {
	return &Field{id, p, g, exponentBits, sync.OnceValue(func() *bigmod.Modulus {
		m, err := bigmod.NewModulus(p)
		if err != nil {
			panic(err) // neither 0 nor even: every field is checked before
		}
		return m
	})}
}

// FieldByID returns a field of RFC 7919, nil for another code point.
func FieldByID(id wire.NamedGroup) *Field {
	for _, f := range fields {
		if f.id == id {
			return f
		}
	}
	return nil
}

// NewField makes a field of what a server sends, which is one of RFC 7919's if the numbers are.
//
// Checked are the size of p, that it is odd, and 1 < g < p-1. Not checked are whether p is a prime, or a safe one, and
// which part of the field g reaches: no client can do so in the time of a handshake, and a server that wants its
// visitors' secrets known has them anyway. Against a server that does not know better the size has to do.
func NewField(p, g []byte) (*Field, error) {
	p, g = bytes.TrimLeft(p, "\x00"), bytes.TrimLeft(g, "\x00")
	for _, f := range fields {
		if bytes.Equal(p, f.prime) && bytes.Equal(g, f.generator) {
			return f, nil
		}
	}
	bits := new(big.Int).SetBytes(p).BitLen()
	switch {
	case bits < minFieldBits:
		return nil, fmt.Errorf("%w: %d bits", ErrSmallField, bits)
	case bits > maxFieldBits:
		return nil, fmt.Errorf("%w: a prime of %d bits", ErrBadField, bits)
	case p[len(p)-1]&1 == 0:
		return nil, fmt.Errorf("%w: the modulus is even", ErrBadField)
	case !between(g, p):
		return nil, fmt.Errorf("%w: the generator is not between 1 and p-1", ErrBadField)
	}
	return newField(0, bytes.Clone(p), bytes.Clone(g), ownExponentBits), nil
}

// between reports whether 1 < v < p-1. RFC 7919 §5.1, RFC 8446 §4.2.8.1.
func between(v, p []byte) bool {
	one := big.NewInt(1)
	n, top := new(big.Int).SetBytes(v), new(big.Int).SetBytes(p)
	return n.Cmp(one) > 0 && n.Cmp(top.Sub(top, one)) < 0
}

// ID is the code point of a field of RFC 7919, 0 for another.
func (f *Field) ID() wire.NamedGroup { return f.id }

// Bits is the size of the prime.
func (f *Field) Bits() int { return new(big.Int).SetBytes(f.prime).BitLen() }

// Prime and Generator are what a ServerKeyExchange carries; they must not be changed.
func (f *Field) Prime() []byte     { return f.prime }
func (f *Field) Generator() []byte { return f.generator }

// Public takes a peer's public value as TLS 1.2 sends it, a number of any length, and returns it as long as the prime,
// for Shared. RFC 7919 §5.1: 0, 1, p-1 and everything above would give a secret that is known beforehand.
func (f *Field) Public(y []byte) ([]byte, error) {
	if !between(y, f.prime) {
		return nil, errDegenerate
	}
	return new(big.Int).SetBytes(y).FillBytes(make([]byte, len(f.prime))), nil
}

// NewShare makes an ephemeral key whose bytes come from random. Its Shared works once: the exponent is gone then, and
// with it what Raccoon needs, secrets that one exponent made with many public values.
func (f *Field) NewShare(random io.Reader) (PrivateShare, error) {
	return (&group{id: f.id, parts: []exchange{f}}).newShare(random)
}

func (f *Field) shareLen() int  { return len(f.prime) }
func (f *Field) replyLen() int  { return len(f.prime) }
func (f *Field) secretLen() int { return len(f.prime) }

func (f *Field) generate(random io.Reader) (ephemeral, error) {
	x := make([]byte, (f.exponentBits+7)/8)
	if _, err := io.ReadFull(random, x); err != nil {
		return nil, fmt.Errorf("reading randomness: %w", err)
	}
	// RFC 7919 §5.2: an exponent of exactly so many bits.
	top := uint(f.exponentBits-1) % 8
	x[0] = x[0]&(1<<top-1) | 1<<top
	y, err := f.power(f.generator, x)
	if err != nil {
		return nil, err
	}
	return &fieldKey{f, x, y.Bytes(f.modulus())}, nil
}

// power returns base^x, in a time that depends on the length of x alone.
func (f *Field) power(base, x []byte) (*bigmod.Nat, error) {
	m := f.modulus()
	n, err := bigmod.NewNat().SetBytes(base, m)
	if err != nil {
		return nil, err
	}
	return bigmod.NewNat().Exp(n, x, m), nil
}

func (f *Field) encapsulate(reply, shared, peer []byte, random io.Reader) ([]byte, []byte, error) {
	key, err := f.generate(random)
	if err != nil {
		return nil, nil, err
	}
	shared, err = key.shared(shared, peer)
	return key.public(reply), shared, err
}

type fieldKey struct {
	field *Field
	x     []byte // nil once used
	y     []byte
}

func (k *fieldKey) public(dst []byte) []byte { return append(dst, k.y...) }

// shared returns the secret as long as the prime, as TLS 1.3 has it (RFC 8446 §7.4.1). In TLS 1.2 the leading zeros go,
// which keys12.StripPremaster does without telling how many there were.
func (k *fieldKey) shared(dst, reply []byte) ([]byte, error) {
	x := k.x
	if x == nil {
		return nil, errUsed
	}
	k.x = nil
	defer clear(x)
	if !between(reply, k.field.prime) {
		return nil, errDegenerate
	}
	z, err := k.field.power(reply, x)
	if err != nil {
		return nil, err
	}
	m := k.field.modulus()
	// In a field that the server made up, a public value in range may still have only a few powers.
	if z.IsZero()|z.IsOne()|z.IsMinusOne(m) != 0 {
		return nil, errDegenerate
	}
	secret := z.Bytes(m)
	defer clear(secret)
	return append(dst, secret...), nil
}
