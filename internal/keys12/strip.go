package keys12

import (
	"crypto"
	"crypto/subtle"
	"encoding"
	"math/bits"
)

// StripPremaster takes the secret of a finite field, as long as its prime, and returns what goes into the PRF for it:
// RFC 5246 §8.1.2 has the zero bytes in front left out, and HMAC hashes a key that is longer than a block (RFC 2104 §2).
// The hash is what it returns.
//
// How many zeros there were decides about nothing here but which bytes are chosen: as many blocks are hashed as the
// whole secret has, and the state after the block that ended the stripped one is picked among all. Whoever could time a
// PRF that gets keys of different lengths would learn of leading zeros, and from many secrets of one exponent the secret
// itself (Raccoon). Our exponents are used once, which alone takes the attack its material; this takes the clock.
//
// One case is told apart. A secret with so many zeros that no more than a block remains is used as it is, because HMAC
// would not hash it. No honest one comes near: even in the smallest field it has probability 2^-1024.
func StripPremaster(h crypto.Hash, secret []byte) []byte {
	zeros := leadingZeros(secret)
	stripped := shiftLeft(secret, zeros)
	length := len(secret) - zeros
	if block := h.New().BlockSize(); length <= block {
		return stripped[:length]
	}
	defer clear(stripped)
	return hashUpTo(h, stripped, length)
}

// leadingZeros counts them in constant time.
func leadingZeros(b []byte) int {
	count, still := 0, 1
	for _, v := range b {
		still &= subtle.ConstantTimeByteEq(v, 0)
		count += still
	}
	return count
}

// shiftLeft moves b to the front by n bytes, which are zero, in constant time: by 1, 2, 4 and so on, each of which is
// done or not. What is left at the end is zero.
func shiftLeft(b []byte, n int) []byte {
	out := make([]byte, len(b))
	copy(out, b)
	moved := make([]byte, len(b))
	defer clear(moved)
	for step := 1; step < len(b); step <<= 1 {
		clear(moved)
		copy(moved, out[step:])
		subtle.ConstantTimeCopy(subtle.ConstantTimeEq(int32(n&step), int32(step)), out, moved)
	}
	return out
}

// hashUpTo returns the hash of the first length bytes of b, the others being zero, in a time that depends on len(b) only.
// It pads by itself, as FIPS 180-4 §5.1 says: a one bit, zeros, and the length at the end of a block.
func hashUpTo(h crypto.Hash, b []byte, length int) []byte {
	d := h.New()
	block := d.BlockSize()
	tail := block / 8 // the length field: 8 bytes for SHA-256, 16 for SHA-384
	shift := bits.TrailingZeros(uint(block))
	blocks := (len(b) + tail + block) >> shift
	last := (length+tail+block)>>shift - 1

	padded := make([]byte, blocks<<shift)
	defer clear(padded)
	copy(padded, b)
	for i := range padded {
		padded[i] |= byte(subtle.ConstantTimeEq(int32(i), int32(length))) << 7
	}
	sum, state := make([]byte, d.Size()), make([]byte, 0, 256)
	for i := range blocks {
		this := padded[i<<shift:][:block]
		ends := subtle.ConstantTimeEq(int32(i), int32(last))
		for j := range 8 {
			this[block-1-j] |= byte(length<<3>>(8*j)) & -byte(ends)
		}
		d.Write(this)
		// At a block's end the state is the hash of a message that was padded just so. It stands behind four bytes
		// that say whose state it is.
		state, _ = d.(encoding.BinaryAppender).AppendBinary(state[:0])
		subtle.ConstantTimeCopy(ends, sum, state[4:][:len(sum)])
	}
	clear(state)
	return sum
}
