package record

import (
	"crypto"
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"errors"
	"hash"
	"math/bits"
)

// chainedHash is a hash of Merkle and Damgård's kind whose chaining state can be saved, taken up again, and read.
// Go's SHA-1, SHA-256 and SHA-384 are such: their saved state is four bytes of magic and the chaining state, of which
// the digest is the beginning.
type chainedHash interface {
	hash.Hash
	encoding.BinaryAppender
	encoding.BinaryUnmarshaler
}

const (
	magicLen    = 4
	maxMACLen   = 48  // SHA-384
	maxBlockLen = 128 // SHA-384
)

// mac12 is HMAC over records. RFC 2104, RFC 5246 §6.2.3.1. It is composed over the hash's own states, because no HMAC
// object keeps the length of its message secret. Used by one goroutine at a time.
type mac12 struct {
	hash         chainedHash
	inner, outer []byte // the hash's state when the key is in
	state        []byte // scratch
	block        [maxBlockLen]byte
	digest       [maxMACLen]byte
	size         int
	blockBits    int // a block has 1<<blockBits bytes
	lengthLen    int // of the length at a padded message's end
}

func newMAC12(h crypto.Hash, key []byte) (*mac12, error) {
	return composeMAC12(h.New(), key)
}

func composeMAC12(h hash.Hash, key []byte) (*mac12, error) {
	chained, ok := h.(chainedHash)
	if !ok || h.Size() > maxMACLen || h.BlockSize() > maxBlockLen || len(key) > h.BlockSize() {
		return nil, errors.New("record: no MAC can be made of this hash and key")
	}
	// FIPS 180-4 §5.1: SHA-1 and SHA-256 end with a length of 8 bytes, SHA-384 of 16: an eighth of a block.
	m := &mac12{hash: chained, size: h.Size(), blockBits: bits.TrailingZeros(uint(h.BlockSize())), lengthLen: h.BlockSize() / 8}
	var err error
	if m.inner, err = m.keyed(key, 0x36); err != nil {
		return nil, err
	}
	if m.outer, err = m.keyed(key, 0x5c); err != nil {
		return nil, err
	}
	m.state = make([]byte, 0, len(m.inner))
	return m, nil
}

func (m *mac12) keyed(key []byte, with byte) ([]byte, error) {
	m.hash.Reset()
	block := m.block[:1<<m.blockBits]
	clear(block)
	copy(block, key)
	for i := range block {
		block[i] ^= with
	}
	// Go's SHA-1 refuses where only what FIPS 140 approves is allowed; later it would panic.
	if _, err := m.hash.Write(block); err != nil {
		return nil, err
	}
	clear(block)
	return m.hash.AppendBinary(nil)
}

// sum appends the MAC of a message in two parts.
func (m *mac12) sum(dst, first, second []byte) []byte {
	m.restore(m.inner)
	m.hash.Write(first)
	m.hash.Write(second)
	return m.finish(dst, m.hash.Sum(m.digest[:0]))
}

// restore cannot fail: the states are this hash's own.
func (m *mac12) restore(state []byte) { _ = m.hash.UnmarshalBinary(state) }

func (m *mac12) finish(dst, inner []byte) []byte {
	m.restore(m.outer)
	m.hash.Write(inner)
	return m.hash.Sum(dst)
}

// sumHidden appends the MAC of message[:n], where n is a secret between least and len(message). What it does and how
// long that takes depends on least and len(message) alone: the blocks that n might end in are all hashed, with the
// hash's padding put in by hand where n says, and the state behind the true last one is kept.
//
// This is what Lucky Thirteen is answered with: a MAC that takes as many blocks as its message has tells the padding's
// length, and with it the plaintext, to whoever has a clock.
func (m *mac12) sumHidden(dst, message []byte, n, least int) []byte {
	m.restore(m.inner)
	first := least >> m.blockBits
	m.hash.Write(message[:first<<m.blockBits])
	// The last block is that in which the byte 0x80 and the length behind the message end.
	last, mine := (len(message)+m.lengthLen)>>m.blockBits, (n+m.lengthLen)>>m.blockBits
	var length [8]byte // in bits, with the block that the key took
	binary.BigEndian.PutUint64(length[:], uint64(1<<m.blockBits+n)<<3)
	digest := m.digest[:m.size]
	clear(digest)
	block := m.block[:1<<m.blockBits]
	for k := first; k <= last; k++ {
		fillBlock(block, message, k<<m.blockBits, n)
		final := maskEqual(k, mine)
		for i, b := range length {
			block[len(block)-len(length)+i] |= b & final
		}
		m.hash.Write(block)
		m.state, _ = m.hash.AppendBinary(m.state[:0])
		for i, b := range m.state[magicLen : magicLen+m.size] {
			digest[i] |= b & final
		}
	}
	return m.finish(dst, digest)
}

// fillBlock copies what a padded message has from a place on: its bytes up to the secret n, then 0x80, then zeroes.
func fillBlock(block, message []byte, from, n int) {
	for i := range block {
		var b byte
		if from+i < len(message) { // not a secret
			b = message[from+i]
		}
		block[i] = b&maskLess(from+i, n) | 0x80&maskEqual(from+i, n)
	}
}

// extractMAC copies the MAC that stands in plain at the secret place at, which is least or more: every place is read,
// into a ring, which is then turned by the secret distance in steps that are all taken or taken in vain.
func extractMAC(mac, plain []byte, at, least int) {
	var ring, turned [maxMACLen]byte
	turn, j := 0, 0
	for i := least; i < len(plain); i++ {
		inside := ^maskLess(i, at) & maskLess(i, at+len(mac))
		ring[j] |= plain[i] & inside
		turn |= j & int(maskEqual(i, at))
		if j++; j == len(mac) {
			j = 0
		}
	}
	for step := 1; step < len(mac); step <<= 1 {
		take := maskEqual(turn&1, 1)
		turn >>= 1
		from := step
		for i := range mac {
			turned[i] = ring[from]&take | ring[i]&^take
			if from++; from == len(mac) {
				from = 0
			}
		}
		ring = turned
	}
	copy(mac, ring[:])
}

// padding checks the padding at the end of plain and returns how many bytes it has, its length byte among them; both
// results are secrets. good is 0xff for a padding that is right and leaves room for rest bytes, and 0 otherwise.
// RFC 5246 §6.2.3.2: with a wrong one the MAC is computed as if there were none but the length byte.
func padding(plain []byte, rest int) (remove int, good byte) {
	end := len(plain) - 1
	n := int(plain[end])
	good = ^maskLess(len(plain), n+1+rest)
	var wrong byte
	for i := range min(256, len(plain)) {
		wrong |= (plain[end-i] ^ byte(n)) & ^maskLess(n, i)
	}
	good &= maskEqual(int(wrong), 0)
	return 1 + n&int(good), good
}

// maskLess is 0xff where a < b, else 0, in constant time; both are far below 2^31.
func maskLess(a, b int) byte { return byte((a - b) >> (bits.UintSize - 1)) }

// maskEqual is 0xff where a == b, else 0, in constant time.
func maskEqual(a, b int) byte { return byte(-subtle.ConstantTimeEq(int32(a), int32(b))) }
