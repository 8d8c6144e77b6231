package mac

import (
	"crypto"
	"encoding"
	"hash"
	"sync"
)

// Keyed is HMAC under one key, for who needs several MACs under it: the two blocks that the key fills are hashed once.
// It is lent by Under until Done, and used by one goroutine.
type Keyed struct {
	pool  *sync.Pool // nil: it is not kept for others
	hash  stateful
	block int
	// inner and outer are the hash's states behind the key's blocks: whoever has them can make MACs.
	inner, outer []byte
	// What goes through an interface moves to the heap; here it is there already.
	message, sum []byte
}

// stateful is what Go's own hashes are: they give their state away, and take it back.
type stateful interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

var keyed256, keyed384 sync.Pool

func poolOf(h crypto.Hash) *sync.Pool {
	switch h {
	case crypto.SHA256:
		return &keyed256
	case crypto.SHA384:
		return &keyed384
	}
	return nil
}

// longestState is that of the hashes above: the state of SHA-384, a block, a name and a length.
const longestState = 208

// usual is the longest message that is hashed without a buffer of its own: a PRF's seed has 13, 64 and a hash.
const usual = 256

// Under returns HMAC under a key. It keeps nothing of key but what MACs are made of. RFC 2104 §2.
func Under(h crypto.Hash, key []byte) *Keyed {
	pool := poolOf(h)
	var k *Keyed
	if pool != nil {
		k, _ = pool.Get().(*Keyed)
	}
	if k == nil {
		made := h.New().(stateful)
		k = &Keyed{
			pool: pool, hash: made, block: made.BlockSize(),
			inner: make([]byte, 0, longestState), outer: make([]byte, 0, longestState),
			message: make([]byte, 0, usual), sum: make([]byte, 0, made.Size()),
		}
	}
	k.message = k.message[:k.block]
	clear(k.message[copy(k.message, k.short(h, key)):])
	k.inner = k.absorb(k.inner, inner)
	k.outer = k.absorb(k.outer, inner^outer)
	return k
}

// short: a key that is longer than a block is hashed.
func (k *Keyed) short(h crypto.Hash, key []byte) []byte {
	if len(key) <= k.block {
		return key
	}
	k.sum = Sum(k.sum[:0], h, key)
	return k.sum
}

// absorb returns the state behind the key's block, which differs by v from how it was left.
func (k *Keyed) absorb(state []byte, v byte) []byte {
	xor(k.message, v)
	k.hash.Reset()
	k.hash.Write(k.message)
	state, err := k.hash.AppendBinary(state[:0])
	if err != nil {
		panic("mac: a hash that keeps its state to itself: " + err.Error())
	}
	return state
}

// Append appends the HMAC of message to dst. It keeps nothing of it.
func (k *Keyed) Append(dst []byte, message ...[]byte) []byte {
	k.reserve(message)
	for _, part := range message {
		k.message = append(k.message, part...)
	}
	k.behind(k.inner, k.message)
	k.behind(k.outer, k.sum)
	return append(dst, k.sum...)
}

// reserve makes room for a message, so that none is left behind where append would have moved from.
func (k *Keyed) reserve(message [][]byte) {
	n := 0
	for _, part := range message {
		n += len(part)
	}
	if n > cap(k.message) {
		clear(k.message[:cap(k.message)])
		k.message = make([]byte, 0, n)
		k.pool = nil // so large a buffer is not kept
	}
	k.message = k.message[:0]
}

func (k *Keyed) behind(state, message []byte) {
	if err := k.hash.UnmarshalBinary(state); err != nil {
		panic("mac: a hash that does not know its own state: " + err.Error())
	}
	k.hash.Write(message)
	k.sum = k.hash.Sum(k.sum[:0])
}

// Done overwrites all that was of the key, and gives k back. After it k is not to be used.
func (k *Keyed) Done() {
	for _, b := range []*[]byte{&k.inner, &k.outer, &k.message, &k.sum} {
		*b = (*b)[:cap(*b)]
		clear(*b)
		*b = (*b)[:0]
	}
	// The hash has a part of a block of its own.
	k.hash.Reset()
	k.hash.Write(k.message[:k.block-1])
	k.hash.Reset()
	if k.pool != nil {
		k.pool.Put(k)
	}
}
