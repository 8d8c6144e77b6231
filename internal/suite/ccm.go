package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"slices"
)

// ccm is AES-CCM with the nonces of TLS, composed from Go's AES: counter mode, and a CBC-MAC over the plaintext.
// NIST SP 800-38C, RFC 3610. Like any cipher.AEAD it may be used by several goroutines at once.
type ccm struct {
	block  cipher.Block
	tagLen int
}

const (
	ccmNonceLen = 12
	// What a nonce of 12 bytes leaves for the length and for the counter: 3 bytes.
	ccmLengthLen = aes.BlockSize - 1 - ccmNonceLen
	ccmMaxLen    = 1<<(8*ccmLengthLen) - 1
)

func newCCM(key []byte) (cipher.AEAD, error)  { return newCCMTag(key, 16) }
func newCCM8(key []byte) (cipher.AEAD, error) { return newCCMTag(key, 8) }

func newCCMTag(key []byte, tagLen int) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &ccm{block, tagLen}, nil
}

func (c *ccm) NonceSize() int { return ccmNonceLen }
func (c *ccm) Overhead() int  { return c.tagLen }

// Seal, like that of any cipher.AEAD, panics where its caller breaks the contract: a record never does.
func (c *ccm) Seal(dst, nonce, plaintext, additional []byte) []byte {
	if len(nonce) != ccmNonceLen || len(plaintext) > ccmMaxLen {
		panic("suite: CCM takes nonces of 12 bytes, and messages of less than 2^24")
	}
	tag := c.mac(nonce, plaintext, additional)
	stream := c.stream(nonce, &tag)
	start := len(dst)
	dst = slices.Grow(dst, len(plaintext)+c.tagLen)[:start+len(plaintext)]
	stream.XORKeyStream(dst[start:], plaintext)
	return append(dst, tag[:c.tagLen]...)
}

var errCCM = errors.New("suite: CCM: not authentic")

func (c *ccm) Open(dst, nonce, ciphertext, additional []byte) ([]byte, error) {
	n := len(ciphertext) - c.tagLen
	if len(nonce) != ccmNonceLen || n < 0 || n > ccmMaxLen {
		return nil, errCCM
	}
	var theirs [aes.BlockSize]byte
	copy(theirs[:], ciphertext[n:])
	stream := c.stream(nonce, &theirs)
	start := len(dst)
	dst = slices.Grow(dst, n)[:start+n]
	stream.XORKeyStream(dst[start:], ciphertext[:n])
	ours := c.mac(nonce, dst[start:], additional)
	if subtle.ConstantTimeCompare(ours[:c.tagLen], theirs[:c.tagLen]) != 1 {
		clear(dst[start:])
		return nil, errCCM
	}
	return dst, nil
}

// stream returns the keystream for the message, after its first block has masked the tag. SP 800-38C §6.1, steps 5 to
// 8: the counter has 3 bytes and starts at 0, so that it does not run over within a message.
func (c *ccm) stream(nonce []byte, tag *[aes.BlockSize]byte) cipher.Stream {
	counter := [aes.BlockSize]byte{ccmLengthLen - 1}
	copy(counter[1:], nonce)
	stream := cipher.NewCTR(c.block, counter[:])
	stream.XORKeyStream(tag[:], tag[:])
	return stream
}

// mac is the CBC-MAC, not masked yet. SP 800-38C §A.2: first a block with the lengths and the nonce, then the additional
// data behind its length, then the message, both filled up with zeroes.
func (c *ccm) mac(nonce, message, additional []byte) [aes.BlockSize]byte {
	m := cbcMAC{mode: cipher.NewCBCEncrypter(c.block, make([]byte, aes.BlockSize))}
	first := [aes.BlockSize]byte{byte((c.tagLen-2)/2)<<3 | (ccmLengthLen - 1)}
	if len(additional) > 0 {
		first[0] |= 1 << 6
	}
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(message)))
	copy(first[1:], nonce)
	copy(first[1+ccmNonceLen:], length[4-ccmLengthLen:])
	m.add(first[:])
	if n := len(additional); n > 0 {
		if n < 1<<16-1<<8 {
			m.add([]byte{byte(n >> 8), byte(n)})
		} else {
			m.add([]byte{0xff, 0xfe, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		}
		m.add(additional)
		m.fill()
	}
	m.add(message)
	m.fill()
	return m.last
}

// cbcMAC takes a message in pieces. It copies them, because encrypting overwrites.
type cbcMAC struct {
	mode cipher.BlockMode
	buf  [32 * aes.BlockSize]byte
	n    int
	last [aes.BlockSize]byte
}

func (m *cbcMAC) add(b []byte) {
	for len(b) > 0 {
		n := copy(m.buf[m.n:], b)
		b = b[n:]
		if m.n += n; m.n == len(m.buf) {
			m.flush()
		}
	}
}

// fill puts zeroes up to a block's end.
func (m *cbcMAC) fill() {
	m.add(make([]byte, -m.n&(aes.BlockSize-1)))
	m.flush()
}

func (m *cbcMAC) flush() {
	if m.n == 0 {
		return
	}
	m.mode.CryptBlocks(m.buf[:m.n], m.buf[:m.n])
	copy(m.last[:], m.buf[m.n-aes.BlockSize:])
	m.n = 0
}
