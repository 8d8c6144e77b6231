// Package keys12 is the key schedule of TLS 1.2: premaster secret, master secret, key block, verify_data.
package keys12

import (
	"crypto"
	"crypto/hmac"
)

// prf fills out with P_hash over label and seeds. RFC 5246 §5.
func prf(h crypto.Hash, out, secret []byte, label string, seeds ...[]byte) {
	mac := hmac.New(h.New, secret)
	sum := func(dst []byte, parts ...[]byte) []byte {
		mac.Reset()
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(dst)
	}
	seed := []byte(label)
	for _, s := range seeds {
		seed = append(seed, s...)
	}
	a := sum(nil, seed) // A(1)
	block := make([]byte, 0, h.Size())
	for len(out) > 0 {
		block = sum(block[:0], a, seed)
		out = out[copy(out, block):]
		a = sum(a[:0], a)
	}
}
