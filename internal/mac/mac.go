// Package mac is HMAC over Go's one-shot hashes. crypto/hmac makes objects that cost a handshake hundreds of allocations;
// what a key schedule hashes fits on the stack. Whatever is longer, and every other hash, goes to crypto/hmac.
package mac

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// MaxSize is the longest MAC of the hashes that TLS has suites for: SHA-384's.
const MaxSize = sha512.Size384

// most is the longest message that is hashed on the stack: HkdfLabel has 514 bytes at most, and a PRF's seed 13, 64 and
// a hash.
const most = 640

// short is as long as most of what is hashed: in TLS 1.3 a label, and a hash. To overwrite more takes a tenth of the time.
const short = 128

// Append appends the HMAC of message under key to dst. It keeps nothing of either, in memory neither. RFC 2104 §2.
func Append(dst []byte, h crypto.Hash, key []byte, message ...[]byte) []byte {
	n := 0
	for _, part := range message {
		n += len(part)
	}
	switch {
	case n > most:
	case h == crypto.SHA256:
		return append256(dst, key, message, n)
	case h == crypto.SHA384:
		return append384(dst, key, message, n)
	}
	return appendAny(dst, h, key, message)
}

const inner, outer = 0x36, 0x5c

// xor takes a block, whose length is a multiple of eight.
func xor(block []byte, v byte) {
	all := uint64(v) * 0x0101010101010101
	for ; len(block) >= 8; block = block[8:] {
		binary.NativeEndian.PutUint64(block, binary.NativeEndian.Uint64(block)^all)
	}
}

func append256(dst, key []byte, message [][]byte, length int) []byte {
	if length <= short {
		var b [sha256.BlockSize + short]byte
		return in256(b[:], dst, key, message)
	}
	var b [sha256.BlockSize + most]byte
	return in256(b[:], dst, key, message)
}

// in256 works in b, which is zero and has room for a block and the message, and leaves it so.
func in256(b, dst, key []byte, message [][]byte) []byte {
	if len(key) > sha256.BlockSize {
		short := sha256.Sum256(key)
		copy(b, short[:])
	} else {
		copy(b, key)
	}
	block := b[:sha256.BlockSize]
	xor(block, inner)
	end := block
	for _, part := range message {
		end = append(end, part...)
	}
	sum := sha256.Sum256(end)
	xor(block, inner^outer)
	sum = sha256.Sum256(append(block, sum[:]...))
	clear(b)
	return append(dst, sum[:]...)
}

func append384(dst, key []byte, message [][]byte, length int) []byte {
	if length <= short {
		var b [sha512.BlockSize + short]byte
		return in384(b[:], dst, key, message)
	}
	var b [sha512.BlockSize + most]byte
	return in384(b[:], dst, key, message)
}

// in384 works in b, which is zero and has room for a block and the message, and leaves it so.
func in384(b, dst, key []byte, message [][]byte) []byte {
	if len(key) > sha512.BlockSize {
		short := sha512.Sum384(key)
		copy(b, short[:])
	} else {
		copy(b, key)
	}
	block := b[:sha512.BlockSize]
	xor(block, inner)
	end := block
	for _, part := range message {
		end = append(end, part...)
	}
	sum := sha512.Sum384(end)
	xor(block, inner^outer)
	sum = sha512.Sum384(append(block, sum[:]...))
	clear(b)
	return append(dst, sum[:]...)
}

// appendAny works on copies: what goes through an interface would move the caller's buffers to the heap.
func appendAny(dst []byte, h crypto.Hash, key []byte, message [][]byte) []byte {
	hash := hmac.New(h.New, bytes.Clone(key))
	for _, part := range message {
		hash.Write(bytes.Clone(part))
	}
	return append(dst, hash.Sum(nil)...)
}

// Sum appends the hash of message to dst, without an allocation where the hash is one of those above.
func Sum(dst []byte, h crypto.Hash, message []byte) []byte {
	switch h {
	case crypto.SHA256:
		sum := sha256.Sum256(message)
		return append(dst, sum[:]...)
	case crypto.SHA384:
		sum := sha512.Sum384(message)
		return append(dst, sum[:]...)
	}
	hash := h.New()
	hash.Write(bytes.Clone(message))
	return append(dst, hash.Sum(nil)...)
}
