package suite

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"math/big"
	"slices"
	"testing"
)

// twins are what is fast, beside the standard library's.
var twins = map[string]struct{ fast, std exchange }{
	"X25519":      {fastX25519{}, ecdhX25519},
	"ML-KEM-768":  {fastMLKEM768, stdMLKEM768},
	"ML-KEM-1024": {fastMLKEM1024, stdMLKEM1024},
}

// From the same randomness both make the same key, and each agrees with the other, in either role.
func TestFastIsStandard(t *testing.T) {
	for name, twin := range twins {
		t.Run(name, func(t *testing.T) {
			if twin.fast.shareLen() != twin.std.shareLen() || twin.fast.replyLen() != twin.std.replyLen() {
				t.Fatal("the lengths differ")
			}
			for range 50 {
				seed := make([]byte, 256)
				rand.Read(seed)
				a, err := twin.fast.generate(bytes.NewReader(seed))
				if err != nil {
					t.Fatal(err)
				}
				b, err := twin.std.generate(bytes.NewReader(seed))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(a.public(nil), b.public(nil)) {
					t.Fatalf("public keys of one seed:\n%x\n%x", a.public(nil), b.public(nil))
				}
				for _, by := range []exchange{twin.fast, twin.std} {
					reply, secret, err := by.encapsulate(nil, nil, a.public(nil), rand.Reader)
					if err != nil {
						t.Fatal(err)
					}
					for _, key := range []ephemeral{a, b} {
						if got, err := key.shared(nil, reply); err != nil || !bytes.Equal(got, secret) {
							t.Fatalf("%T's reply is %x to %T, want %x: %v", by, got, key, secret, err)
						}
					}
					if len(reply) != twin.fast.replyLen() {
						t.Fatalf("a reply of %d bytes", len(reply))
					}
				}
			}
		})
	}
}

// What no honest peer sends, both judge alike: bytes at random, one bit changed, all zeros and all ones, points of low
// order, coefficients beyond the modulus, other lengths.
func TestFastRefusesWhatStandardRefuses(t *testing.T) {
	for name, twin := range twins {
		t.Run(name, func(t *testing.T) {
			seed := make([]byte, 256)
			rand.Read(seed)
			a, err := twin.fast.generate(bytes.NewReader(seed))
			if err != nil {
				t.Fatal(err)
			}
			b, err := twin.std.generate(bytes.NewReader(seed))
			if err != nil {
				t.Fatal(err)
			}
			reply, _, err := twin.std.encapsulate(nil, nil, a.public(nil), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			replies := hostile(reply)
			for i, r := range replies {
				got, err := a.shared(nil, r)
				want, wantErr := b.shared(nil, r)
				if (err == nil) != (wantErr == nil) || !bytes.Equal(got, want) {
					t.Fatalf("reply %d: %x, %v; the standard library: %x, %v", i, got, err, want, wantErr)
				}
			}
			for i, share := range hostile(a.public(nil)) {
				_, _, err := twin.fast.encapsulate(nil, nil, share, rand.Reader)
				_, _, wantErr := twin.std.encapsulate(nil, nil, share, rand.Reader)
				if (err == nil) != (wantErr == nil) {
					t.Fatalf("share %d: %v; the standard library: %v", i, err, wantErr)
				}
			}
		})
	}
}

// Private keys at the edges: what clamping removes and sets (RFC 7748 §5), and scalars around the order of the base point and
// its multiples, by which the fast way reduces.
func TestX25519KeysAtTheEdges(t *testing.T) {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	var list []*big.Int
	for n := range int64(9) {
		for d := int64(-9); d <= 9; d++ {
			multiple := new(big.Int).Mul(order, big.NewInt(n))
			list = append(list, multiple.Add(multiple, big.NewInt(d)))
		}
	}
	for bit := range uint(256) {
		one := big.NewInt(1)
		list = append(list, new(big.Int).Lsh(one, bit), new(big.Int).Sub(new(big.Int).Lsh(one, bit+1), one))
	}
	for _, n := range list {
		if n.Sign() < 0 || n.BitLen() > 256 {
			continue
		}
		secret := n.FillBytes(make([]byte, 32))
		slices.Reverse(secret)
		a, err := fastX25519{}.generate(bytes.NewReader(secret))
		if err != nil {
			t.Fatal(err)
		}
		b, err := ecdhX25519.generate(bytes.NewReader(secret))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := a.public(nil), b.public(nil); !bytes.Equal(got, want) {
			t.Errorf("the public key of %x is %x, want %x", secret, got, want)
		}
	}
}

func hostile(good []byte) [][]byte {
	n := len(good)
	list := [][]byte{make([]byte, n), bytes.Repeat([]byte{0xff}, n), good[1:], append(bytes.Clone(good), 0), nil}
	for _, first := range []byte{1, 0xe0, 0xec, 0xed, 0xee} { // X25519's points of low order begin so
		low := make([]byte, n)
		low[0] = first
		if first >= 0xec {
			copy(low[1:], bytes.Repeat([]byte{0xff}, n-2))
			low[n-1] = 0x7f
		}
		list = append(list, low)
	}
	low := []byte{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a,
		0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}
	if n == len(low) {
		list = append(list, low)
	}
	for range 100 {
		b := make([]byte, n)
		rand.Read(b)
		list = append(list, b)
		changed := bytes.Clone(good)
		changed[int(b[0])*n/256] ^= 1 << (b[1] & 7)
		list = append(list, changed)
	}
	return list
}

func BenchmarkExchange(b *testing.B) {
	for name, twin := range twins {
		for impl, by := range map[string]exchange{"fast": twin.fast, "std": twin.std} {
			b.Run(name+"/"+impl, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					key, err := by.generate(rand.Reader)
					if err != nil {
						b.Fatal(err)
					}
					reply, _, err := by.encapsulate(nil, nil, key.public(nil), rand.Reader)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := key.shared(nil, reply); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// What is hashed after an exchange takes as long as ever: twenty hashes, as a key schedule has. A circl that leaves the vector
// registers in use makes each of them ninety times slower.
func BenchmarkHashesAfterExchange(b *testing.B) {
	var message [512]byte
	hash := func() {
		for range 20 {
			sum := sha256.Sum256(message[:])
			message[0] = sum[0]
		}
	}
	b.Run("after=nothing", func(b *testing.B) {
		for b.Loop() {
			hash()
		}
	})
	key, err := fastMLKEM768.generate(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	public := key.public(nil)
	reply, _, err := fastMLKEM768.encapsulate(nil, nil, public, rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for name, use := range map[string]func() error{
		"generate":    func() error { _, err := fastMLKEM768.generate(rand.Reader); return err },
		"public":      func() error { key.public(nil); return nil },
		"encapsulate": func() error { _, _, err := fastMLKEM768.encapsulate(nil, nil, public, rand.Reader); return err },
		"shared":      func() error { _, err := key.shared(nil, reply); return err },
	} {
		b.Run("after="+name, func(b *testing.B) {
			for b.Loop() {
				if err := use(); err != nil {
					b.Fatal(err)
				}
				hash()
			}
		})
	}
}
