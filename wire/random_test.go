package wire

import (
	"crypto/sha256"
	"testing"
)

// RFC 8446 §4.1.3: the random that marks a HelloRetryRequest is the SHA-256 of its name.
func TestHelloRetryRequestRandom(t *testing.T) {
	if want := sha256.Sum256([]byte("HelloRetryRequest")); HelloRetryRequestRandom != want {
		t.Errorf("got %x, want %x", HelloRetryRequestRandom, want)
	}
	almost := HelloRetryRequestRandom
	almost[RandomLen-1] ^= 1
	if (&ServerHello{Random: almost}).IsHelloRetryRequest() || !sampleHelloRetryRequest().IsHelloRetryRequest() {
		t.Errorf("a HelloRetryRequest is not told by the whole of its random")
	}
}

// RFC 8446 §4.1.3: the last eight bytes of the random, and nothing else of it, say that the server went down.
func TestDowngrade(t *testing.T) {
	at := func(sentinel string, end int) (r Random) {
		copy(r[end-len(sentinel):], sentinel)
		return r
	}
	for _, c := range []struct {
		what   string
		random Random
		want   Version
	}{
		{"none", Random{}, 0},
		{"that of a server with TLS 1.3", at(DowngradeTLS12, RandomLen), TLS12},
		{"that of a server with TLS 1.2", at(DowngradeTLS11, RandomLen), TLS11},
		{"one byte too early", at(DowngradeTLS12, RandomLen-1), 0},
		{"at the start", at(DowngradeTLS12, 8), 0},
		{"one with another number", at("DOWNGRD\x02", RandomLen), 0},
		{"a HelloRetryRequest's", HelloRetryRequestRandom, 0},
	} {
		if got := c.random.Downgrade(); got != c.want {
			t.Errorf("sentinel %s: %v, want %v", c.what, got, c.want)
		}
	}
}
