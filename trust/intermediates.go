package trust

import (
	"crypto/x509"
	"hash/maphash"
	"slices"
	"sync/atomic"
)

// crypto/x509 wants the certificates between leaf and root in a pool, which costs more to make than to use. Peers of one CA
// send the same ones, and these are parsed once (their DER is looked up): so pools are kept for a while. What is kept
// is what to try, not whom to trust: every signature is checked again.

// pools is all that is kept: the last pool for each of a few places, of small chains only.
var pools [16]atomic.Pointer[pool]

// maxPooled bounds the DER of the certificates in a pool that is kept.
const maxPooled = 16 << 10

type pool struct {
	certs []*x509.Certificate
	pool  *x509.CertPool
}

var poolSeed = maphash.MakeSeed()

// intermediates returns a pool of certs, for reading only.
func intermediates(certs []*x509.Certificate) *x509.CertPool {
	if len(certs) == 0 {
		return nil
	}
	place := &pools[maphash.Comparable(poolSeed, certs[0])%uint64(len(pools))]
	if kept := place.Load(); kept != nil && slices.Equal(kept.certs, certs) {
		return kept.pool
	}
	made := &pool{slices.Clone(certs), x509.NewCertPool()}
	size := 0
	for _, c := range certs {
		made.pool.AddCert(c)
		size += len(c.Raw)
	}
	if size <= maxPooled {
		place.Store(made)
	}
	return made.pool
}
