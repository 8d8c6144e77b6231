// Package record frames, seals and opens records and counts them. It knows nothing of handshakes. RFC 5246 §6,
// RFC 8446 §5.
package record

import (
	"crypto/cipher"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

const (
	// HeaderLen is the length of a record's header: type, version, length.
	HeaderLen = 5
	// MaxPlaintext bounds what a record carries. RFC 5246 §6.2.1, RFC 8446 §5.1.
	MaxPlaintext = 1 << 14
	// MaxCiphertext bounds what protecting makes of it in TLS 1.2, and so in any version. RFC 5246 §6.2.3.
	MaxCiphertext = MaxPlaintext + 2048
	// MaxCiphertext13 bounds it in TLS 1.3. RFC 8446 §5.2.
	MaxCiphertext13 = MaxPlaintext + 256
)

// Header is the header of a record.
type Header struct {
	Type    wire.ContentType
	Version wire.Version
	Length  int // of what follows it
}

// ParseHeader reads the header at the start of b, which must have HeaderLen bytes.
func ParseHeader(b []byte) Header {
	_ = b[HeaderLen-1]
	return Header{wire.ContentType(b[0]), wire.Version(b[1])<<8 | wire.Version(b[2]), int(b[3])<<8 | int(b[4])}
}

func (h Header) append(dst []byte) []byte {
	return append(dst, byte(h.Type), byte(h.Version>>8), byte(h.Version), byte(h.Length>>8), byte(h.Length))
}

// Protection seals and opens the records of one direction under one set of keys. It is used by one goroutine at
// a time.
type Protection interface {
	// Sealed is how many bytes n bytes of plaintext become, without padding of the caller's.
	Sealed(n int) int
	// MaxCiphertext is the largest payload that an honest peer sends.
	MaxCiphertext() int
	// Room is how many bytes of padding a record with n bytes of plaintext may have; 0 without padding.
	Room(n int) int
	// Seal appends a protected record, header included, with padding bytes of padding. The header's length is that
	// of the whole. Its error is fault.EntropyFailed, and dst is as it was then.
	Seal(dst []byte, seq uint64, h Header, plaintext []byte, padding int) ([]byte, error)
	// Open decrypts a record, header included: into dst if it can and dst has room for all that is encrypted but the
	// tag, else in place. Its error is fault.BadRecordMAC if the record is not the peer's, of which nothing is left in
	// dst then, and says what is wrong with the peer's record otherwise.
	Open(dst []byte, seq uint64, record []byte) (wire.ContentType, []byte, error)
}

// Half is one direction of a connection: its protection and its sequence number. The zero value is unprotected.
type Half struct {
	protection Protection
	seq        uint64
	// Pad says how much padding a record with n bytes of plaintext is to have; nil: none. RFC 8446 §5.4.
	Pad func(n int) int

	limit int32 // of a record's content; 0: none but the protocol's
	clear bool  // it holds for what is not encrypted too

	own Sealer // what protection is with an AEAD, of either version
}

// Sealer is an AEAD between the two parts of sealing or opening a record. It is for callers who cannot spare the stack for
// everything that lies between them and the cipher, and call that themselves: with Nonce and Additional, which hold until
// the next record.
type Sealer struct {
	cipher.AEAD
	iv, nonce  [nonceLen]byte
	additional [additionalLen]byte
	length     uint8 // of additional
	tagLen     uint8
	explicit   uint8 // how many bytes of the nonce travel in each record
}

const nonceLen = 12

func (s *Sealer) Nonce() []byte      { return s.nonce[:] }
func (s *Sealer) Additional() []byte { return s.additional[:s.length] }

// inTwo is a Protection by an AEAD.
type inTwo interface {
	Protection
	sealer() *Sealer
	// begin appends what stands in front of the ciphertext; content is what is to be encrypted behind it.
	begin(dst []byte, seq uint64, h Header, plaintext []byte, padding int) (front, content []byte)
	// beginOpen returns where the plaintext is to go, and what is to be decrypted.
	beginOpen(dst []byte, seq uint64, record []byte) (to, ciphertext []byte, err error)
	// endOpen takes what was decrypted.
	endOpen(record, inner []byte, err error) (wire.ContentType, []byte, error)
}

func seal(p inTwo, dst []byte, seq uint64, h Header, plaintext []byte, padding int) []byte {
	s := p.sealer()
	dst, content := p.begin(dst, seq, h, plaintext, padding)
	return s.Seal(dst, s.Nonce(), content, s.Additional())
}

func open(p inTwo, dst []byte, seq uint64, record []byte) (wire.ContentType, []byte, error) {
	to, ciphertext, err := p.beginOpen(dst, seq, record)
	if err != nil {
		return 0, nil, err
	}
	s := p.sealer()
	inner, err := s.Open(to, s.Nonce(), ciphertext, s.Additional())
	return p.endOpen(record, inner, err)
}

// SetLimit bounds the content of records, padding included. RFC 8449 §4 means those that are encrypted, RFC 6066 §4 all.
func (h *Half) SetLimit(n int, clear bool) { h.limit, h.clear = int32(n), clear }

// MaxContent is the most that a record may carry now.
func (h *Half) MaxContent() int {
	if h.limit == 0 || h.protection == nil && !h.clear {
		return MaxPlaintext
	}
	return min(int(h.limit), MaxPlaintext)
}

// SetProtection changes the keys; the sequence number starts again. RFC 5246 §6.1, RFC 8446 §5.3.
func (h *Half) SetProtection(p Protection) { h.protection, h.seq = p, 0 }

// Protected reports whether records are encrypted.
func (h *Half) Protected() bool { return h.protection != nil }

// Records is how many records the present keys have protected.
func (h *Half) Records() uint64 { return h.seq }

// checkSequence: the sequence number must not wrap. RFC 5246 §6.1, RFC 8446 §5.3.
func (h *Half) checkSequence() error {
	if h.seq == 1<<64-1 {
		return fault.New(fault.SequenceExhausted)
	}
	return nil
}

// Limit is the largest payload that a record of this direction may have.
func (h *Half) Limit() int {
	if h.protection != nil {
		return h.protection.MaxCiphertext() - (MaxPlaintext - h.MaxContent())
	}
	return h.MaxContent()
}

// CheckLength refuses a record that is too long before it is read. RFC 5246 §6.2.1, §6.2.3, RFC 8446 §5.2.
func (h *Half) CheckLength(length int) error {
	if length > h.Limit() {
		return fault.New(fault.RecordOverflow).With(fmt.Sprintf("%d bytes, at most %d", length, h.Limit()))
	}
	return nil
}

// Open takes one whole record, header included, and decrypts it in place.
func (h *Half) Open(record []byte) (wire.ContentType, []byte, error) { return h.OpenTo(nil, record) }

// OpenTo takes one whole record, header included, and decrypts it into dst, which must not overlap it, or in place where
// dst has too little room. A record that fails with fault.BadRecordMAC is not counted: RFC 8446 §4.2.10 has a server pass
// over early data that it has no keys for, up to the first that opens.
func (h *Half) OpenTo(dst, record []byte) (wire.ContentType, []byte, error) {
	if err := h.checkOpen(record); err != nil {
		return 0, nil, err
	}
	if h.protection == nil {
		return ParseHeader(record).Type, record[HeaderLen:], nil
	}
	contentType, plaintext, err := h.protection.Open(dst, h.seq, record)
	return h.opened(record, contentType, plaintext, err)
}

// BeginOpen is OpenTo up to where the cipher is called: its Open appends to to. It returns no Sealer where that is not how
// these records are opened.
func (h *Half) BeginOpen(dst, record []byte) (s *Sealer, to, ciphertext []byte, err error) {
	p, ok := h.protection.(inTwo)
	if !ok {
		return nil, nil, nil, nil
	}
	if err := h.checkOpen(record); err != nil {
		return nil, nil, nil, err
	}
	to, ciphertext, err = p.beginOpen(dst, h.seq, record)
	return p.sealer(), to, ciphertext, err
}

// EndOpen is the rest of it; inner and err are what the cipher returned.
func (h *Half) EndOpen(record, inner []byte, err error) (wire.ContentType, []byte, error) {
	contentType, plaintext, err := h.protection.(inTwo).endOpen(record, inner, err)
	return h.opened(record, contentType, plaintext, err)
}

func (h *Half) checkOpen(record []byte) error {
	if err := h.CheckLength(len(record) - HeaderLen); err != nil {
		return err
	}
	if h.protection == nil {
		return nil
	}
	return h.checkSequence()
}

// opened counts a record that was the peer's.
func (h *Half) opened(record []byte, t wire.ContentType, plaintext []byte, err error) (wire.ContentType, []byte, error) {
	if err != nil {
		return 0, nil, err
	}
	h.seq++
	n := len(plaintext)
	if h.protection.Room(0) > 0 {
		n = len(record) - HeaderLen - h.protection.Sealed(0) // RFC 8449 §4: padding counts
	}
	if n > h.MaxContent() {
		return 0, nil, tooLong(n, h.MaxContent())
	}
	return t, plaintext, nil
}

func tooLong(n, most int) error {
	return fault.New(fault.RecordOverflow).With(fmt.Sprintf("%d bytes of plaintext, at most %d", n, most))
}

// Seal appends one record with at most MaxContent bytes of plaintext.
func (h *Half) Seal(dst []byte, t wire.ContentType, v wire.Version, plaintext []byte) ([]byte, error) {
	if h.protection == nil {
		header := Header{t, v, len(plaintext)}
		return append(header.append(slices.Grow(dst, HeaderLen+len(plaintext))), plaintext...), nil
	}
	dst, header, padding, err := h.beginSeal(dst, t, v, plaintext)
	if err != nil {
		return dst, err
	}
	if dst, err = h.protection.Seal(dst, h.seq, header, plaintext, padding); err != nil {
		return dst, err
	}
	h.seq++
	return dst, nil
}

func (h *Half) beginSeal(dst []byte, t wire.ContentType, v wire.Version, plaintext []byte) ([]byte, Header, int, error) {
	if err := h.checkSequence(); err != nil {
		return dst, Header{}, 0, err
	}
	padding := 0
	if h.Pad != nil {
		padding = max(0, min(h.Pad(len(plaintext)), h.protection.Room(len(plaintext))-(MaxPlaintext-h.MaxContent())))
	}
	length := h.protection.Sealed(len(plaintext)) + padding
	return slices.Grow(dst, HeaderLen+length), Header{t, v, length}, padding, nil
}

// BeginSeal is Seal up to where the cipher is called, which is to append the ciphertext of content to front; with that the
// record is counted. It returns no Sealer where that is not how these records are sealed.
func (h *Half) BeginSeal(dst []byte, t wire.ContentType, v wire.Version, plaintext []byte) (s *Sealer, front, content []byte, err error) {
	p, ok := h.protection.(inTwo)
	if !ok {
		return nil, dst, nil, nil
	}
	dst, header, padding, err := h.beginSeal(dst, t, v, plaintext)
	if err != nil {
		return nil, dst, nil, err
	}
	front, content = p.begin(dst, h.seq, header, plaintext, padding)
	h.seq++
	return p.sealer(), front, content, nil
}

// Sealed is how many bytes a record with n bytes of plaintext has behind its header, without padding.
func (h *Half) Sealed(n int) int {
	if h.protection == nil {
		return n
	}
	return h.protection.Sealed(n)
}
