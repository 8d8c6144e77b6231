package keys12

import (
	"bytes"
	"crypto"
	"fmt"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
)

// RFC 5246 §8.1.2: the PRF gets the secret without the zero bytes in front. It comes to the same with what
// StripPremaster gives, for every size of a field and wherever the secret begins.
func TestStripPremaster(t *testing.T) {
	sizes := []int{257, 311, 312, 313, 384, 512, 768, 1024}
	for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384} {
		for _, size := range sizes {
			for _, zeros := range []int{0, 1, 2, 7, 8, 9, 10, 16, 17, 18, 63, 64, 65, 127, 128, 129, 200, size - 129, size - 128, size - 65, size - 64, size - 1} {
				holdStripped(t, h, size, zeros)
			}
		}
		for zeros := range 256 { // ffdhe2048
			holdStripped(t, h, 256, zeros)
		}
	}
}

func holdStripped(t *testing.T, h crypto.Hash, size, zeros int) {
	t.Helper()
	secret := make([]byte, size)
	for i := zeros; i < size; i++ {
		secret[i] = byte(i) | 1
	}
	before := bytes.Clone(secret)
	want, got := make([]byte, 100), make([]byte, 100)
	prf(h, want, secret[zeros:], "master secret", []byte("seed"))
	prf(h, got, StripPremaster(h, secret), "master secret", []byte("seed"))
	if !bytes.Equal(got, want) {
		t.Errorf("%v: a secret of %d bytes with %d zeros in front makes another key", h, size, zeros)
	}
	if !bytes.Equal(secret, before) {
		t.Errorf("%v: a secret of %d bytes was changed", h, size)
	}
}

// Nothing depends on how many zeros there are: what is stripped has one length, with every hash that a suite has.
func TestStrippedLength(t *testing.T) {
	for _, s := range suite.All() {
		for _, zeros := range []int{0, 1, 9, 100} {
			secret := append(make([]byte, zeros), bytes.Repeat([]byte{1}, 256-zeros)...)
			if got := StripPremaster(s.Hash, secret); len(got) != s.Hash.Size() {
				t.Errorf("%v: %d zeros leave %d bytes", s.ID, zeros, len(got))
			}
		}
	}
}

// The time of it, by the number of zeros in front: as many blocks are hashed for each.
func BenchmarkStripPremaster(b *testing.B) {
	for _, zeros := range []int{0, 1, 9, 100} {
		secret := append(make([]byte, zeros), bytes.Repeat([]byte{1}, 256-zeros)...)
		b.Run(fmt.Sprint(zeros), func(b *testing.B) {
			for b.Loop() {
				StripPremaster(crypto.SHA256, secret)
			}
		})
	}
}
