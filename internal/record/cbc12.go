package record

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Random is where a record's IV comes from.
type Random interface {
	Bytes(b []byte) error
}

// cbc12 protects records of TLS 1.2 with a block cipher and a MAC: the MAC over the plaintext and both encrypted (RFC
// 5246 §6.2.3.2), or over the ciphertext where both ends have encrypt-then-MAC (RFC 7366 §3).
type cbc12 struct {
	encrypt, decrypt cipher.BlockMode
	mac              *mac12
	random           Random
	macLast          bool // encrypt-then-MAC
	// Scratch, so that a record costs no allocation.
	additional   [additionalLen]byte
	ours, theirs [maxMACLen]byte
}

const ivLen = aes.BlockSize

// NewCBC12 makes the protection of one direction from its part of the key block; each record's IV is drawn from random.
func NewCBC12(c *suite.Cipher, macKey, key []byte, encryptThenMAC bool, random Random) (Protection, error) {
	block, err := c.NewBlock(key)
	if err != nil {
		return nil, err
	}
	mac, err := newMAC12(c.MAC, macKey)
	if err != nil {
		return nil, err
	}
	var zero [ivLen]byte
	return &cbc12{
		encrypt: cipher.NewCBCEncrypter(block, zero[:]),
		decrypt: cipher.NewCBCDecrypter(block, zero[:]),
		mac:     mac, random: random, macLast: encryptThenMAC,
	}, nil
}

// Sealed: IV, content, MAC, and 1 to 16 bytes of padding up to a whole block; the MAC of encrypt-then-MAC stands behind
// the blocks.
func (p *cbc12) Sealed(n int) int {
	if p.macLast {
		return ivLen + blocks(n+1) + p.mac.size
	}
	return ivLen + blocks(n+p.mac.size+1)
}

func blocks(n int) int { return (n + aes.BlockSize - 1) &^ (aes.BlockSize - 1) }

func (p *cbc12) MaxCiphertext() int { return MaxCiphertext }

// Room: what TLS 1.2 could hide of a length is not worth its while.
func (p *cbc12) Room(int) int { return 0 }

// Seal draws a block and encrypts it in front of the content: what becomes of it is the IV, as unpredictable as the
// draw, and the mode of operation needs no other. RFC 5246 §6.2.3.2.
func (p *cbc12) Seal(dst []byte, seq uint64, h Header, plaintext []byte, _ int) ([]byte, error) {
	before := len(dst)
	dst = h.append(dst)
	start := len(dst)
	dst = append(dst, make([]byte, ivLen)...)
	if err := p.random.Bytes(dst[start:]); err != nil {
		return dst[:before], fault.New(fault.EntropyFailed).Because(err)
	}
	dst = append(dst, plaintext...)
	if !p.macLast {
		putAdditional(p.additional[:], seq, h, len(plaintext))
		dst = p.mac.sum(dst, p.additional[:], plaintext)
	}
	pad := aes.BlockSize - 1 - (len(dst)-start)%aes.BlockSize
	for range pad + 1 {
		dst = append(dst, byte(pad))
	}
	p.encrypt.CryptBlocks(dst[start:], dst[start:])
	if p.macLast {
		putAdditional(p.additional[:], seq, h, len(dst)-start)
		dst = p.mac.sum(dst, p.additional[:], dst[start:])
	}
	return dst, nil
}

// Open answers everything that is wrong with fault.BadRecordMAC: which it was, padding or MAC, would be an oracle.
// RFC 5246 §7.2.2.
func (p *cbc12) Open(_ []byte, seq uint64, record []byte) (wire.ContentType, []byte, error) {
	h, payload := ParseHeader(record), record[HeaderLen:]
	var plaintext []byte
	var ok bool
	if p.macLast {
		plaintext, ok = p.openMACed(seq, h, payload)
	} else {
		plaintext, ok = p.openEncrypted(seq, h, payload)
	}
	if !ok {
		return 0, nil, fault.New(fault.BadRecordMAC)
	}
	return h.Type, plaintext, nil
}

// openMACed: RFC 7366 §3: nothing is decrypted before the MAC has been found right.
func (p *cbc12) openMACed(seq uint64, h Header, payload []byte) ([]byte, bool) {
	n := len(payload) - p.mac.size
	if n < ivLen+aes.BlockSize || n%aes.BlockSize != 0 {
		return nil, false
	}
	ciphertext, theirs := payload[:n], payload[n:]
	putAdditional(p.additional[:], seq, h, n)
	ours := p.mac.sum(p.ours[:0], p.additional[:], ciphertext)
	if subtle.ConstantTimeCompare(ours, theirs) != 1 {
		return nil, false
	}
	p.decrypt.CryptBlocks(ciphertext, ciphertext)
	plain := ciphertext[ivLen:]
	remove, good := padding(plain, 0)
	return plain[:len(plain)-remove], good != 0
}

// openEncrypted takes the same time for every record of a length, whatever it decrypts to: padding, the MAC's place and
// the MAC are secrets until the MAC is found right. RFC 5246 §6.2.3.2.
func (p *cbc12) openEncrypted(seq uint64, h Header, payload []byte) ([]byte, bool) {
	size := p.mac.size
	if len(payload) < ivLen+blocks(size+1) || len(payload)%aes.BlockSize != 0 {
		return nil, false
	}
	// The block in front, encrypted as any other, makes the IV of the others as the mode goes on; what it becomes itself
	// is of no use.
	p.decrypt.CryptBlocks(payload, payload)
	plain := payload[ivLen:]
	remove, good := padding(plain, size)
	n := len(plain) - size - remove // secret
	most := len(plain) - size - 1
	least := max(0, most-255)

	extractMAC(p.theirs[:size], plain, n, least)
	// The MAC's message, in one piece: what is authenticated beside the content goes into the room of the IV.
	message := payload[ivLen-additionalLen : ivLen+most]
	putAdditional(message[:additionalLen], seq, h, 0)
	message[additionalLen-2], message[additionalLen-1] = byte(n>>8), byte(n)
	ours := p.mac.sumHidden(p.ours[:0], message, additionalLen+n, additionalLen+least)
	if subtle.ConstantTimeCompare(ours, p.theirs[:size])&int(good) != 1 {
		return nil, false
	}
	return plain[:n], true
}
