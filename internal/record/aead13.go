package record

import (
	"crypto/cipher"
	"encoding/binary"
	"reflect"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// aead13 protects records of TLS 1.3: the content's type goes in with the content, and from outside every record looks
// like application data of TLS 1.2. RFC 8446 §5.2.
type aead13 Sealer

// NewAEAD13 makes the protection of one direction from the key and IV of a traffic secret. RFC 8446 §7.3.
func NewAEAD13(c *suite.Cipher, key, iv []byte) (Protection, error) {
	p := new(aead13)
	if err := p.set(c, key, iv); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *aead13) set(c *suite.Cipher, key, iv []byte) error {
	aead, err := c.New(key)
	if err != nil {
		return err
	}
	*p = aead13{AEAD: inPlaceOf(p.AEAD, aead), length: HeaderLen, tagLen: uint8(c.TagLen)}
	copy(p.iv[:], iv)
	return nil
}

// inPlaceOf overwrites a cipher's keys with those of a fresh one of its kind. The keys of before are nowhere any more then,
// and what lives on stays where it was: among what a connection's updates leave behind each new cipher would hold a block of
// the heap by itself.
func inPlaceOf(old, fresh cipher.AEAD) cipher.AEAD {
	to, from := reflect.ValueOf(old), reflect.ValueOf(fresh)
	if old == nil || to.Type() != from.Type() || to.Kind() != reflect.Pointer {
		return fresh
	}
	to.Elem().Set(from.Elem())
	from.Elem().SetZero()
	return old
}

// Protect13 is SetProtection with what NewAEAD13 makes, which then lies in h itself: h must not be copied afterwards but to
// its own place.
func (h *Half) Protect13(c *suite.Cipher, key, iv []byte) error {
	own := (*aead13)(&h.own)
	if err := own.set(c, key, iv); err != nil {
		return err
	}
	h.SetProtection(own)
	return nil
}

// Sealed: the content, its type and the tag.
func (p *aead13) Sealed(n int) int   { return n + 1 + int(p.tagLen) }
func (p *aead13) MaxCiphertext() int { return MaxCiphertext13 }

// Room: RFC 8446 §5.4: content and padding together have no more than 2^14 bytes.
func (p *aead13) Room(n int) int { return MaxPlaintext - n }

// setNonce: the sequence number is added to the IV by exclusive or. RFC 8446 §5.3.
func (p *aead13) setNonce(seq uint64) {
	p.nonce = p.iv
	tail := p.nonce[nonceLen-8:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^seq)
}

func (p *aead13) sealer() *Sealer { return (*Sealer)(p) }

// Seal takes the type of the content in h; the type and version that the record shows are always the same.
func (p *aead13) Seal(dst []byte, seq uint64, h Header, plaintext []byte, padding int) ([]byte, error) {
	return seal(p, dst, seq, h, plaintext, padding), nil
}

func (p *aead13) begin(dst []byte, seq uint64, h Header, plaintext []byte, padding int) (front, content []byte) {
	inner := byte(h.Type)
	h.Type, h.Version = wire.ContentApplicationData, wire.TLS12
	p.setNonce(seq)
	dst = append(dst, h.append(p.additional[:0])...)
	start := len(dst)
	dst = append(append(dst, plaintext...), inner)
	dst = append(dst, make([]byte, padding)...)
	return dst[:start], dst[start:]
}

// Open returns the content without the padding behind it. The time that this takes tells how much padding there was, to
// those who can already see the length of everything (RFC 8446 §5.4 allows it, §E.3).
func (p *aead13) Open(dst []byte, seq uint64, record []byte) (wire.ContentType, []byte, error) {
	return open(p, dst, seq, record)
}

func (p *aead13) beginOpen(dst []byte, seq uint64, record []byte) (to, ciphertext []byte, err error) {
	h, payload := ParseHeader(record), record[HeaderLen:]
	// RFC 8446 §5.2: an encrypted record is application data from outside.
	if h.Type != wire.ContentApplicationData {
		return nil, nil, fault.New(fault.UnprotectedRecord).With(h.Type.String())
	}
	p.setNonce(seq)
	// The header as it came: its version counts for nothing, but is authenticated.
	h.append(p.additional[:0])
	if len(dst) < len(payload)-int(p.tagLen) {
		dst = payload
	}
	return dst[:0], payload, nil
}

func (p *aead13) endOpen(_, inner []byte, err error) (wire.ContentType, []byte, error) {
	if err != nil {
		return 0, nil, fault.New(fault.BadRecordMAC)
	}
	// RFC 8446 §5.4: padding counts towards the limit, which is the content's and one byte for its type.
	if len(inner) > MaxPlaintext+1 {
		return 0, nil, tooLong(len(inner)-1, MaxPlaintext)
	}
	// RFC 8446 §5.4: the last byte that is not zero is the content type, and there must be one.
	for end := len(inner) - 1; end >= 0; end-- {
		if inner[end] != 0 {
			return wire.ContentType(inner[end]), inner[:end], nil
		}
	}
	return 0, nil, fault.New(fault.NoContentType)
}
