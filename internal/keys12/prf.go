// Package keys12 is the key schedule of TLS 1.2: premaster secret, master secret, key block, verify_data.
package keys12

import (
	"crypto"

	"github.com/vitro-tls/vitro/internal/mac"
)

// prf fills out with P_hash over label and seeds. RFC 5246 §5.
func prf(h crypto.Hash, out, secret []byte, label string, seeds ...[]byte) {
	under := mac.Under(h, secret)
	defer under.Done()
	expand(under, out, label, seeds...)
}

// expand is prf under a secret that has been taken up.
func expand(under *mac.Keyed, out []byte, label string, seeds ...[]byte) {
	var seedSpace [128]byte
	seed := append(seedSpace[:0], label...)
	for _, s := range seeds {
		seed = append(seed, s...)
	}
	var aSpace, blockSpace [mac.MaxSize]byte
	a := under.Append(aSpace[:0], seed) // A(1)
	for {
		block := under.Append(blockSpace[:0], a, seed)
		if out = out[copy(out, block):]; len(out) == 0 {
			break
		}
		a = under.Append(aSpace[:0], a)
	}
	clear(aSpace[:])
	clear(blockSpace[:])
}
