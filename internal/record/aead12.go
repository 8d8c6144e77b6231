package record

import (
	"encoding/binary"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// aead12 protects records of TLS 1.2 with an AEAD. RFC 5246 §6.2.3.3.
type aead12 Sealer

// NewAEAD12 makes the protection of one direction from its part of the key block.
func NewAEAD12(c *suite.Cipher, key, iv []byte) (Protection, error) {
	p := new(aead12)
	if err := p.set(c, key, iv); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *aead12) set(c *suite.Cipher, key, iv []byte) error {
	aead, err := c.New(key)
	if err != nil {
		return err
	}
	*p = aead12{AEAD: aead, length: additionalLen, tagLen: uint8(c.TagLen), explicit: uint8(c.ExplicitNonceLen)}
	copy(p.iv[:], iv)
	return nil
}

// NewAEADs12 makes those of both directions, the client's first.
func NewAEADs12(c *suite.Cipher, keys, ivs [2][]byte) (client, server Protection, err error) {
	var both [2]aead12
	for i := range both {
		if err := both[i].set(c, keys[i], ivs[i]); err != nil {
			return nil, nil, err
		}
	}
	return &both[0], &both[1], nil
}

// MoveProtection is SetProtection with what nobody else has: that of an AEAD is moved into h, which must not be copied
// afterwards but to its own place, and nothing of the keys stays behind, neither of these nor of those before.
func (h *Half) MoveProtection(p Protection) {
	from, ok := p.(*aead12)
	if !ok {
		h.own = Sealer{}
		h.SetProtection(p)
		return
	}
	from.AEAD = inPlaceOf(h.own.AEAD, from.AEAD)
	h.own, *from = Sealer(*from), aead12{}
	h.SetProtection((*aead12)(&h.own))
}

func (p *aead12) overhead() int      { return int(p.explicit) + int(p.tagLen) }
func (p *aead12) Sealed(n int) int   { return n + p.overhead() }
func (p *aead12) MaxCiphertext() int { return MaxCiphertext }

// Room: padding comes with TLS 1.3.
func (p *aead12) Room(int) int { return 0 }

// setNonce: the explicit part of a GCM nonce is the sequence number, which never repeats under one key (RFC 5288
// §3); a wholly implicit nonce has it added by exclusive or (RFC 7905 §2).
func (p *aead12) setNonce(explicit []byte, seq uint64) {
	p.nonce = p.iv
	if n := int(p.explicit); n > 0 {
		copy(p.nonce[nonceLen-n:], explicit[:n])
		return
	}
	tail := p.nonce[nonceLen-8:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^seq)
}

const additionalLen = 13

// putAdditional: what is authenticated beside the content, with the content's length. RFC 5246 §6.2.3.1, §6.2.3.3.
func putAdditional(b []byte, seq uint64, h Header, length int) {
	binary.BigEndian.PutUint64(b[:8], seq)
	b[8] = byte(h.Type)
	binary.BigEndian.PutUint16(b[9:], uint16(h.Version))
	binary.BigEndian.PutUint16(b[11:], uint16(length))
}

func (p *aead12) sealer() *Sealer { return (*Sealer)(p) }

func (p *aead12) Seal(dst []byte, seq uint64, h Header, plaintext []byte, padding int) ([]byte, error) {
	return seal(p, dst, seq, h, plaintext, padding), nil
}

func (p *aead12) begin(dst []byte, seq uint64, h Header, plaintext []byte, _ int) (front, content []byte) {
	dst = h.append(dst)
	if p.explicit > 0 {
		dst = binary.BigEndian.AppendUint64(dst, seq)
	}
	p.setNonce(dst[len(dst)-int(p.explicit):], seq)
	putAdditional(p.additional[:], seq, h, len(plaintext))
	return dst, plaintext
}

func (p *aead12) Open(dst []byte, seq uint64, record []byte) (wire.ContentType, []byte, error) {
	return open(p, dst, seq, record)
}

func (p *aead12) beginOpen(dst []byte, seq uint64, record []byte) (to, ciphertext []byte, err error) {
	h, payload := ParseHeader(record), record[HeaderLen:]
	if len(payload) < p.overhead() {
		return nil, nil, fault.New(fault.BadRecordMAC)
	}
	ciphertext = payload[p.explicit:]
	p.setNonce(payload, seq)
	n := len(ciphertext) - int(p.tagLen)
	putAdditional(p.additional[:], seq, h, n)
	if len(dst) < n {
		dst = ciphertext
	}
	return dst[:0], ciphertext, nil
}

func (p *aead12) endOpen(record, plaintext []byte, err error) (wire.ContentType, []byte, error) {
	if err != nil {
		return 0, nil, fault.New(fault.BadRecordMAC)
	}
	return ParseHeader(record).Type, plaintext, nil
}
