// Package keys13 is the key schedule of TLS 1.3. Each of its stages is a type that offers what may be derived there and
// the one step onwards, which consumes it: nothing can be derived too early, and nothing stays that is not needed any
// more. RFC 8446 §7.1.
package keys13

import (
	"crypto/hmac"
	"encoding/binary"

	"github.com/vitro-tls/vitro/internal/suite"
)

// secret is one secret of the schedule, as long as the suite's hash.
type secret struct {
	suite *suite.Suite
	bytes []byte // nil once it is consumed
}

// extract is HKDF-Extract, RFC 5869 §2.2. It and expand are put together here because crypto/hkdf may refuse, and a step
// of the schedule cannot fail.
func extract(s *suite.Suite, salt, ikm []byte) secret {
	mac := hmac.New(s.Hash.New, salt)
	mac.Write(ikm)
	return secret{s, mac.Sum(nil)}
}

// expand is HKDF-Expand, RFC 5869 §2.3, for up to 255 times the length of the hash.
func (s *secret) expand(info []byte, length int) []byte {
	mac := hmac.New(s.suite.Hash.New, s.use())
	out := make([]byte, 0, length+mac.Size())
	var block []byte // T(i)
	for i := byte(1); len(out) < length; i++ {
		mac.Reset()
		mac.Write(block)
		mac.Write(info)
		mac.Write([]byte{i})
		out = mac.Sum(out)
		block = out[len(out)-mac.Size():]
	}
	return out[:length:length]
}

const labelPrefix = "tls13 "

// expandLabel is HKDF-Expand-Label. RFC 8446 §7.1.
func (s *secret) expandLabel(label string, context []byte, length int) []byte {
	info := binary.BigEndian.AppendUint16(make([]byte, 0, 128), uint16(length))
	info = append(info, byte(len(labelPrefix)+len(label)))
	info = append(append(info, labelPrefix...), label...)
	info = append(append(info, byte(len(context))), context...)
	return s.expand(info, length)
}

// derive is Derive-Secret over the hash of some messages. RFC 8446 §7.1.
func (s *secret) derive(label string, transcript []byte) secret {
	return secret{s.suite, s.expandLabel(label, transcript, s.suite.Hash.Size())}
}

// finished is the MAC under the finished_key of this secret: verify_data, or a binder. RFC 8446 §4.4.4, §4.2.11.2.
func (s *secret) finished(transcript []byte) []byte {
	mac := hmac.New(s.suite.Hash.New, s.expandLabel("finished", nil, s.suite.Hash.Size()))
	mac.Write(transcript)
	return mac.Sum(nil)
}

// step makes the secret of the next stage, and consumes this one. ikm is nil where the schedule has nothing to mix in:
// then as many zeroes as the hash is long stand for it.
func (s *secret) step(ikm []byte) secret {
	salt := s.derive("derived", nothing(s.suite))
	next := extract(s.suite, salt.bytes, orZeroes(s.suite, ikm))
	salt.consume()
	s.consume()
	return next
}

// use returns the bytes. A consumed secret is an empty key, under which everyone can derive the same: better no
// connection than that one.
func (s *secret) use() []byte {
	if s.bytes == nil {
		panic("keys13: a secret is used after the step that consumed it")
	}
	return s.bytes
}

func (s *secret) consume() {
	clear(s.bytes)
	s.bytes = nil
}

// nothing is the transcript hash of no messages.
func nothing(s *suite.Suite) []byte { return s.Hash.New().Sum(nil) }

func orZeroes(s *suite.Suite, ikm []byte) []byte {
	if ikm == nil {
		return make([]byte, s.Hash.Size())
	}
	return ikm
}
