package hello

import (
	"bytes"
	"crypto/x509"
	"hash/maphash"
	"runtime"
	"sync"
	"weak"
)

// parsed shares parsed certificates among all connections that are shown the same, for as long as one of them has it.
// What was verified of a certificate is not kept.
var parsed certificates

// certificates finds certificates by a hash of their DER that nobody outside can aim at, and compares the DER then. It has
// many locks, so that handshakes do not wait for each other.
type certificates struct {
	seed   maphash.Seed
	once   sync.Once
	shards [64]struct {
		sync.Mutex
		byHash map[uint64]weak.Pointer[x509.Certificate]
	}
}

// parse returns the certificate in der. It keeps nothing of der, and what it returns is nobody's to change.
func (c *certificates) parse(der []byte) (*x509.Certificate, error) {
	c.once.Do(func() { c.seed = maphash.MakeSeed() })
	key := maphash.Bytes(c.seed, der)
	shard := &c.shards[key%uint64(len(c.shards))]
	shard.Lock()
	known := shard.byHash[key].Value()
	shard.Unlock()
	if known != nil && bytes.Equal(known.Raw, der) {
		return known, nil
	}
	cert, err := x509.ParseCertificate(bytes.Clone(der)) // which keeps what it is given
	if err != nil {
		return nil, err
	}
	shard.Lock()
	defer shard.Unlock()
	if shard.byHash == nil {
		shard.byHash = make(map[uint64]weak.Pointer[x509.Certificate])
	}
	pointer := weak.Make(cert)
	shard.byHash[key] = pointer
	runtime.AddCleanup(cert, c.forget, forgotten{key, pointer})
	return cert, nil
}

type forgotten struct {
	key     uint64
	pointer weak.Pointer[x509.Certificate]
}

// forget removes what nobody has any more, unless another certificate has taken its place.
func (c *certificates) forget(f forgotten) {
	shard := &c.shards[f.key%uint64(len(c.shards))]
	shard.Lock()
	defer shard.Unlock()
	if shard.byHash[f.key] == f.pointer {
		delete(shard.byHash, f.key)
	}
}

// count is how many are known.
func (c *certificates) count() (n int) {
	for i := range c.shards {
		shard := &c.shards[i]
		shard.Lock()
		n += len(shard.byHash)
		shard.Unlock()
	}
	return n
}
