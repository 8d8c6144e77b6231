// Package keys13 is the key schedule of TLS 1.3. Each of its stages is a type that offers what may be derived there and
// the one step onwards, which consumes it: nothing can be derived too early, and nothing stays that is not needed any
// more. A stage holds its secrets itself: what a handshake
// derives at one stage costs one allocation. RFC 8446 §7.1.
package keys13

import (
	"encoding/binary"

	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/internal/suite"
)

// secret is one secret of the schedule, as long as the suite's hash.
type secret struct {
	suite *suite.Suite // nil once it is consumed
	value [mac.MaxSize]byte
}

// extract is HKDF-Extract, RFC 5869 §2.2. It and expand are put together here because crypto/hkdf may refuse, and a step
// of the schedule cannot fail.
func extract(s *suite.Suite, salt, ikm []byte) secret {
	next := secret{suite: s}
	mac.Append(next.value[:0], s.Hash, salt, ikm)
	return next
}

// expand fills out by HKDF-Expand, RFC 5869 §2.3: at most 255 times the length of the hash. It uses the room behind info.
func (s *secret) expand(out, info []byte) {
	key := s.use()
	info = append(info, 1)
	if len(out) == len(key) {
		mac.Append(out[:0], s.suite.Hash, key, info)
		return
	}
	var scratch [mac.MaxSize]byte
	block := scratch[:0] // T(i)
	for len(out) > 0 {
		block = mac.Append(scratch[:0], s.suite.Hash, key, block, info)
		out = out[copy(out, block):]
		info[len(info)-1]++
	}
	clear(scratch[:])
}

const labelPrefix = "tls13 "

// expandLabel fills out by HKDF-Expand-Label. RFC 8446 §7.1.
func (s *secret) expandLabel(out []byte, label string, context []byte) {
	var scratch [128]byte // only an exporter's label may be longer
	info := binary.BigEndian.AppendUint16(scratch[:0], uint16(len(out)))
	info = append(info, byte(len(labelPrefix)+len(label)))
	info = append(append(info, labelPrefix...), label...)
	info = append(append(info, byte(len(context))), context...)
	s.expand(out, info)
}

// derive is Derive-Secret over the hash of some messages. RFC 8446 §7.1.
func (s *secret) derive(label string, transcript []byte) secret {
	next := secret{suite: s.suite}
	s.expandLabel(next.use(), label, transcript)
	return next
}

// finished appends the MAC under the finished_key of this secret: verify_data, or a binder. RFC 8446 §4.4.4, §4.2.11.2.
func (s *secret) finished(dst, transcript []byte) []byte {
	key := s.derive("finished", nil)
	defer key.consume()
	return mac.Append(dst, s.suite.Hash, key.use(), transcript)
}

// step makes the secret of the next stage, and consumes this one. ikm is nil where the schedule has nothing to mix in:
// then as many zeroes as the hash is long stand for it.
func (s *secret) step(ikm []byte) secret {
	salt := s.deriveFromNothing("derived")
	next := extract(s.suite, salt.use(), orZeroes(s.suite, ikm))
	salt.consume()
	s.consume()
	return next
}

// deriveFromNothing is derive over the hash of no messages.
func (s *secret) deriveFromNothing(label string) secret {
	var hash [mac.MaxSize]byte
	return s.derive(label, mac.Sum(hash[:0], s.suite.Hash, nil))
}

// use returns the bytes. A consumed secret is an empty key, under which everyone can derive the same: better no
// connection than that one.
func (s *secret) use() []byte {
	if s.suite == nil {
		panic("keys13: a secret is used after the step that consumed it")
	}
	return s.value[:s.suite.Hash.Size()]
}

func (s *secret) consume() {
	clear(s.value[:])
	s.suite = nil
}

var zeroes [mac.MaxSize]byte

func orZeroes(s *suite.Suite, ikm []byte) []byte {
	if ikm == nil {
		return zeroes[:s.Hash.Size()]
	}
	return ikm
}
