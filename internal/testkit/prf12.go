package testkit

import (
	"crypto/hmac"
	"crypto/sha256"
)

// PRF12 is the PRF of TLS 1.2 with SHA-256, written a second time so that a test's peer does not lean on what it
// tests. RFC 5246 §5.
func PRF12(secret []byte, n int, label string, seeds ...[]byte) []byte {
	sum := func(parts ...[]byte) []byte {
		mac := hmac.New(sha256.New, secret)
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(nil)
	}
	seed := []byte(label)
	for _, s := range seeds {
		seed = append(seed, s...)
	}
	var out []byte
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}
