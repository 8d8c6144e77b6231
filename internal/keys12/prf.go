// Package keys12 is the key schedule of TLS 1.2: premaster secret, master secret, key block, verify_data.
package keys12

import (
	"crypto"

	"github.com/vitro-tls/vitro/internal/mac"
)

// prf fills out with P_hash over label and seeds. RFC 5246 §5.
func prf(h crypto.Hash, out, secret []byte, label string, seeds ...[]byte) {
	var seedSpace [128]byte
	seed := append(seedSpace[:0], label...)
	for _, s := range seeds {
		seed = append(seed, s...)
	}
	var aSpace, blockSpace [mac.MaxSize]byte
	a := mac.Append(aSpace[:0], h, secret, seed) // A(1)
	for len(out) > 0 {
		block := mac.Append(blockSpace[:0], h, secret, a, seed)
		out = out[copy(out, block):]
		a = mac.Append(aSpace[:0], h, secret, a)
	}
	clear(aSpace[:])
	clear(blockSpace[:])
}
