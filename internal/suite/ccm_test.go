package suite

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// NIST SP 800-38C, appendix C.3: the example with a nonce of 12 bytes, and a tag of 8.
func TestCCMExample(t *testing.T) {
	count := func(from, n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(from + i)
		}
		return b
	}
	c, err := newCCM8(count(0x40, 16))
	if err != nil {
		t.Fatal(err)
	}
	got := c.Seal(nil, count(0x10, 12), count(0x20, 24), count(0, 20))
	const want = "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951"
	if hex.EncodeToString(got) != want {
		t.Errorf("sealed to %x, want %s", got, want)
	}
}

// What is sealed opens, whatever the lengths, in place too; nothing that was changed does, and what it would have been is
// not left behind. The lengths meet every edge: blocks, the buffer, both ways in which the length of additional data is
// written.
func TestCCMLengths(t *testing.T) {
	c, err := newCCM(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	nonce := make([]byte, c.NonceSize())
	for _, a := range []int{0, 1, 13, 14, 15, 16, 30, 600, 1<<16 - 1<<8 - 1, 1<<16 - 1<<8, 1 << 16} {
		for _, n := range []int{0, 1, 15, 16, 17, 511, 512, 513, 1 << 14} {
			message, additional := bytes.Repeat([]byte{5}, n), bytes.Repeat([]byte{6}, a)
			sealed := c.Seal(nil, nonce, message, additional)
			inPlace := append(make([]byte, 3, 3+n+c.Overhead()), message...)
			inPlace = c.Seal(inPlace[:3], nonce, inPlace[3:], additional)
			if len(sealed) != n+c.Overhead() || !bytes.Equal(inPlace[3:], sealed) {
				t.Fatalf("%d and %d bytes: sealed to %x, in place to %x", n, a, sealed, inPlace[3:])
			}
			opened, err := c.Open(inPlace[:3], nonce, inPlace[3:], additional)
			if err != nil || !bytes.Equal(opened[3:], message) {
				t.Fatalf("%d and %d bytes: opened to %x, %v", n, a, opened, err)
			}
			for _, at := range []int{0, n / 2, len(sealed) - 1} {
				forged := bytes.Clone(sealed)
				forged[at] ^= 1
				if got, err := c.Open(forged[:0], nonce, forged, additional); err == nil || len(got) > 0 {
					t.Fatalf("%d and %d bytes: with byte %d changed it opens to %x", n, a, at, got)
				}
				if !bytes.Equal(forged[:n], make([]byte, n)) {
					t.Fatalf("%d and %d bytes: with byte %d changed the plaintext is left behind", n, a, at)
				}
			}
			if _, err := c.Open(nil, nonce, sealed, append(additional, 0)); err == nil {
				t.Fatalf("%d and %d bytes: it opens with other additional data", n, a)
			}
		}
	}
	for n := range c.Overhead() {
		if _, err := c.Open(nil, nonce, make([]byte, n), nil); err == nil {
			t.Errorf("%d bytes open, and have no room for a tag", n)
		}
	}
}

func BenchmarkCCM(b *testing.B) {
	c, err := newCCM(make([]byte, 16))
	if err != nil {
		b.Fatal(err)
	}
	nonce, message := make([]byte, c.NonceSize()), make([]byte, 1<<14)
	out := make([]byte, 0, len(message)+c.Overhead())
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		c.Seal(out, nonce, message, nonce)
	}
}
