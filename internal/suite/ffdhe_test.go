package suite

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// e is Euler's number times 2^bits, rounded down. The digits that are computed beyond it take the rounding of each
// term.
func e(bits uint) *big.Int {
	const guard = 128
	sum, term := new(big.Int), new(big.Int).Lsh(big.NewInt(1), bits+guard)
	for k := int64(1); term.Sign() > 0; k++ {
		sum.Add(sum, term)
		term.Div(term, big.NewInt(k))
	}
	return sum.Rsh(sum, guard)
}

// RFC 7919 §A: every prime is 2^b - 2^(b-64) + ([2^(b-130) e] + X) * 2^64 - 1 with the X of its size, a safe prime, and
// its generator is 2. A field has the exponents that §A finds long enough.
func TestFieldsOfRFC7919(t *testing.T) {
	for _, c := range []struct {
		id       wire.NamedGroup
		bits     uint
		x        int64
		exponent int
	}{
		{wire.FFDHE2048, 2048, 560316, 225},
		{wire.FFDHE3072, 3072, 2625351, 275},
		{wire.FFDHE4096, 4096, 5736041, 325},
		{wire.FFDHE6144, 6144, 15705020, 375},
		{wire.FFDHE8192, 8192, 10965728, 400},
	} {
		one := big.NewInt(1)
		p := e(c.bits - 130)
		p.Add(p, big.NewInt(c.x)).Lsh(p, 64)
		p.Add(p, new(big.Int).Lsh(one, c.bits))
		p.Sub(p, new(big.Int).Lsh(one, c.bits-64)).Sub(p, one)
		f := FieldByID(c.id)
		if f == nil || f.ID() != c.id || !bytes.Equal(f.Prime(), p.Bytes()) {
			t.Fatalf("%v: the prime is not the formula's", c.id)
		}
		if c.bits <= 3072 { // the others take long; the formula is the same
			half := new(big.Int).Rsh(p, 1)
			if !p.ProbablyPrime(0) || !half.ProbablyPrime(0) {
				t.Errorf("%v: no safe prime", c.id)
			}
		}
		if f.Bits() != int(c.bits) || !bytes.Equal(f.Generator(), []byte{2}) || f.exponentBits < c.exponent {
			t.Errorf("%v: %d bits, generator %x, exponents of %d bits", c.id, f.Bits(), f.Generator(), f.exponentBits)
		}
		// What a server sends is recognised, also with zeros in front.
		if found, err := NewField(append([]byte{0}, p.Bytes()...), []byte{0, 2}); found != f {
			t.Errorf("%v: not recognised by its numbers: %v", c.id, err)
		}
	}
	if len(FieldGroups()) != len(fields) || FieldByID(wire.X25519) != nil || FieldByID(261) != nil {
		t.Error("there are other fields than those of the RFC")
	}
}

// own is a field that a server could have made: a prime of the given size, and a generator.
func own(t testing.TB, bits uint) (p, g []byte) {
	t.Helper()
	beyond := map[uint]int64{2048: 1919, 2056: 165} // of 2^(bits-1)
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	if n.Add(n, big.NewInt(beyond[bits])); !n.ProbablyPrime(0) {
		t.Fatalf("2^%d + %d is no prime", bits-1, beyond[bits])
	}
	return n.Bytes(), []byte{5}
}

// Both sides of every field come to the same secret, which is what math/big computes, as long as the prime.
func TestFieldAgrees(t *testing.T) {
	p, g := own(t, 2056)
	theirs, err := NewField(p, g)
	if err != nil || theirs.ID() != 0 || theirs.Bits() != 2056 {
		t.Fatalf("a server's own field: %+v, %v", theirs, err)
	}
	for _, f := range append(slices.Clone(fields), theirs) {
		name := fmt.Sprintf("%v of %d bits", f.ID(), f.Bits())
		a, errA := f.NewShare(rand.Reader)
		b, errB := f.NewShare(rand.Reader)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(a.Public()) != len(f.Prime()) || a.Group() != f.ID() {
			t.Errorf("%s: a public value of %d bytes in group %v", name, len(a.Public()), a.Group())
		}
		x := new(big.Int).SetBytes(a.(*share).keys[0].(*fieldKey).x)
		if x.BitLen() != f.exponentBits {
			t.Errorf("%s: an exponent of %d bits, want %d", name, x.BitLen(), f.exponentBits)
		}
		modulus := new(big.Int).SetBytes(f.Prime())
		y := new(big.Int).Exp(new(big.Int).SetBytes(f.Generator()), x, modulus)
		z := new(big.Int).Exp(new(big.Int).SetBytes(b.Public()), x, modulus)
		if new(big.Int).SetBytes(a.Public()).Cmp(y) != 0 {
			t.Errorf("%s: the public value is not g^x", name)
		}
		ours, errA := a.Shared(b.Public())
		others, errB := b.Shared(a.Public())
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(ours, others) || len(ours) != len(f.Prime()) || new(big.Int).SetBytes(ours).Cmp(z) != 0 {
			t.Errorf("%s: the secrets differ from each other or from Y^x (%v)", name, err)
		}
	}
}

// An exponent is used once, whether that gave a secret or not: Raccoon lives on those that are used again.
func TestExponentIsUsedOnce(t *testing.T) {
	a, _ := NewShare(wire.FFDHE2048, rand.Reader)
	b, _ := NewShare(wire.FFDHE2048, rand.Reader)
	x := a.(*share).keys[0].(*fieldKey).x
	if _, err := a.Shared(b.Public()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, make([]byte, len(x))) {
		t.Error("the exponent is still in memory")
	}
	if _, err := a.Shared(b.Public()); !errors.Is(err, errUsed) {
		t.Errorf("the second use gives %v", err)
	}
	if _, err := b.Shared(make([]byte, 256)); !errors.Is(err, errDegenerate) {
		t.Errorf("0 gives %v", err)
	}
	if _, err := b.Shared(a.Public()); !errors.Is(err, errUsed) {
		t.Errorf("after a refused value it gives %v", err)
	}
}

// RFC 7919 §5.1: a public value lies between 1 and p-1, neither of them included. TLS 1.2 sends it without or with
// zeros in front.
func TestDegeneratePublicValues(t *testing.T) {
	p, g := own(t, 2056)
	theirs, err := NewField(p, g)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*Field{ffdhe2048, ffdhe8192, theirs} {
		n := new(big.Int).SetBytes(f.Prime())
		plus := func(d int64) []byte {
			return new(big.Int).Add(n, big.NewInt(d)).FillBytes(make([]byte, len(f.Prime())))
		}
		for name, y := range map[string][]byte{
			"nothing": nil, "0": {0}, "1": {1}, "1 with zeros": {0, 0, 1}, "p-1": plus(-1), "p": plus(0), "p+1": plus(1),
			"2p": new(big.Int).Lsh(n, 1).Bytes(),
		} {
			if _, err := f.Public(y); !errors.Is(err, errDegenerate) {
				t.Errorf("%d bits: %s is taken: %v", f.Bits(), name, err)
			}
			if len(y) != len(f.Prime()) {
				continue
			}
			share, err := f.NewShare(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := share.Shared(y); !errors.Is(err, errDegenerate) {
				t.Errorf("%d bits: a secret is made with %s: %v", f.Bits(), name, err)
			}
		}
		for name, y := range map[string][]byte{"2": {2}, "2 with zeros": append(make([]byte, 2000), 2), "p-2": plus(-2)} {
			got, err := f.Public(y)
			if err != nil || len(got) != len(f.Prime()) || new(big.Int).SetBytes(got).Cmp(new(big.Int).SetBytes(y)) != 0 {
				t.Errorf("%d bits: %s becomes %x, %v", f.Bits(), name, got, err)
			}
		}
	}
}

// A server's own prime may have elements whose powers are few: here one of order 4, within range, that gives 1 to every
// fourth exponent and p-1 to another.
func TestElementOfSmallOrder(t *testing.T) {
	i := new(big.Int).Lsh(big.NewInt(1), 1030)
	i.Add(i, big.NewInt(56))
	p := new(big.Int).Mul(i, i)
	if p.Add(p, big.NewInt(1)); !p.ProbablyPrime(0) {
		t.Fatal("i^2 + 1 is no prime")
	}
	f, err := NewField(p.Bytes(), []byte{3})
	if err != nil {
		t.Fatal(err)
	}
	y, err := f.Public(i.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	for last, refused := range map[byte]bool{4: true, 5: false, 6: true, 7: false} {
		share, err := f.NewShare(io.MultiReader(bytes.NewReader(append(make([]byte, ownExponentBits/8-1), last)), rand.Reader))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := share.Shared(y); errors.Is(err, errDegenerate) != refused {
			t.Errorf("the power %d of an element of order 4: %v", last%4, err)
		}
	}
}

// What a client refuses of a server's numbers.
func TestNewFieldRefuses(t *testing.T) {
	p2048, _ := own(t, 2048)
	n := new(big.Int).SetBytes(p2048)
	even := new(big.Int).Add(n, big.NewInt(1)).Bytes()
	pred := new(big.Int).Sub(n, big.NewInt(1)).Bytes()
	small := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(19)).Bytes()
	large := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 8192), big.NewInt(1)).Bytes()
	for _, c := range []struct {
		name string
		p, g []byte
		want error
		says string
	}{
		{"0", []byte{0}, []byte{2}, ErrSmallField, "0 bits"},
		{"a prime of 1024 bits", bytes.Repeat([]byte{0xff}, 128), []byte{2}, ErrSmallField, "1024 bits"},
		{"a prime of 2047 bits with zeros in front", append(make([]byte, 1000), small...), []byte{2}, ErrSmallField, "2047 bits"},
		{"a prime of 8193 bits", large, []byte{2}, ErrBadField, "8193 bits"},
		{"an even modulus", even, []byte{2}, ErrBadField, "even"},
		{"no generator", p2048, nil, ErrBadField, "generator"},
		{"generator 0", p2048, []byte{0}, ErrBadField, "generator"},
		{"generator 1", p2048, []byte{0, 1}, ErrBadField, "generator"},
		{"generator p-1", p2048, pred, ErrBadField, "generator"},
		{"generator p", p2048, p2048, ErrBadField, "generator"},
	} {
		if f, err := NewField(c.p, c.g); f != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
	}
	// With another generator the prime of an RFC is a field of the server's own.
	if f, err := NewField(ffdhe2048.Prime(), []byte{5}); err != nil || f.ID() != 0 {
		t.Errorf("generator 5: %v", err)
	}
	if _, err := NewField(p2048, []byte{2}); err != nil {
		t.Errorf("2048 bits are enough: %v", err)
	}
}

// RFC 8446 §4.2.8.1, §7.4.1: in TLS 1.3 a finite field is a group like any other: shares and secrets as long as the prime.
func TestFieldsInTLS13(t *testing.T) {
	for _, id := range FieldGroups() {
		client := newShare(t, id)
		reply, theirs, err := Encapsulate(id, client.Public(), rand.Reader)
		if err != nil {
			t.Fatalf("%v: %v", id, err)
		}
		ours, err := client.Shared(reply)
		size := len(FieldByID(id).Prime())
		if err != nil || !bytes.Equal(ours, theirs) || len(ours) != size || len(reply) != size || !HasGroup(id) {
			t.Errorf("%v: a reply of %d bytes, a secret of %d: %v", id, len(reply), len(ours), err)
		}
		if _, _, err := Encapsulate(id, make([]byte, size-1), rand.Reader); !errors.Is(err, errLength) {
			t.Errorf("%v: a share that is too short: %v", id, err)
		}
		if _, _, err := Encapsulate(id, make([]byte, size), rand.Reader); !errors.Is(err, errDegenerate) {
			t.Errorf("%v: a share of 0: %v", id, err)
		}
	}
}

// A random source that gives out is an error, not a short exponent.
func TestFieldWithoutRandomness(t *testing.T) {
	if _, err := NewShare(wire.FFDHE2048, bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("31 bytes make an exponent of 256 bits")
	}
}

func BenchmarkField(b *testing.B) {
	p, g := own(b, 2056)
	theirs, err := NewField(p, g)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range append(slices.Clone(fields), theirs) {
		b.Run(fmt.Sprintf("%v-%d", f.ID(), f.Bits()), func(b *testing.B) {
			peer, _ := f.NewShare(rand.Reader)
			for b.Loop() {
				share, err := f.NewShare(rand.Reader)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := share.Shared(peer.Public()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
