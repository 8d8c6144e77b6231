package mac

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha1" // one of the others
	"math/rand/v2"
	"testing"
)

var hashes = []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA1}

// For every length of key and message around what matters, and whatever parts the message comes in, the MAC is
// crypto/hmac's.
func TestAppendIsHMAC(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	lengths := []int{0, 1, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 200, most - 1, most, most + 1, 5000}
	for _, h := range hashes {
		for _, keyLen := range lengths {
			for _, n := range lengths {
				key, message := make([]byte, keyLen), make([]byte, n)
				for i := range key {
					key[i] = byte(r.Uint32())
				}
				for i := range message {
					message[i] = byte(r.Uint32())
				}
				reference := hmac.New(h.New, key)
				reference.Write(message)
				a, b := r.IntN(n+1), r.IntN(n+1)
				a, b = min(a, b), max(a, b)
				got := Append([]byte("before"), h, key, message[:a], message[a:b], message[b:])
				if want := append([]byte("before"), reference.Sum(nil)...); !bytes.Equal(got, want) {
					t.Fatalf("%v, a key of %d bytes, a message of %d cut at %d and %d: %x, want %x", h, keyLen, n, a, b, got, want)
				}
				hash := h.New()
				hash.Write(message)
				if got := Sum(nil, h, message); !bytes.Equal(got, hash.Sum(nil)) {
					t.Fatalf("%v of %d bytes: %x", h, n, got)
				}
			}
		}
	}
}

// What the key schedules hash costs no allocation.
func TestAppendAllocatesNothing(t *testing.T) {
	key, message := make([]byte, 48), make([]byte, 300)
	dst := make([]byte, 0, MaxSize)
	for _, h := range hashes[:2] {
		if n := testing.AllocsPerRun(10, func() {
			var local [64]byte // stays on the caller's stack
			dst = Append(dst[:0], h, key, local[:], message)
			dst = Sum(dst[:0], h, local[:])
		}); n != 0 {
			t.Errorf("%v: %v allocations", h, n)
		}
	}
}
