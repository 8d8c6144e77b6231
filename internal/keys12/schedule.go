package keys12

import (
	"crypto"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"slices"
	"sync"

	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// MasterLen is the length of the master secret. RFC 5246 §8.1.
const MasterLen = 48

// Schedule holds the master secret and makes everything else from it.
type Schedule struct {
	suite  *suite.Suite
	master [MasterLen]byte
	// under is HMAC under the master secret while the handshake needs it.
	under *mac.Keyed
	// verify_data of both ends.
	client, server [wire.VerifyDataLen]byte
}

// prf is the PRF under the master secret.
func (k *Schedule) prf(out []byte, label string, seeds ...[]byte) {
	if k.under == nil {
		k.under = mac.Under(k.suite.Hash, k.master[:])
	}
	expand(k.under, out, label, seeds...)
}

// Rest gives back what only a handshake needs. Export goes on without it, from any goroutine.
func (k *Schedule) Rest() {
	if k.under != nil {
		k.under.Done()
		k.under = nil
	}
}

// New computes the master secret from the premaster secret and both randoms. RFC 5246 §8.1.
func New(s *suite.Suite, premaster []byte, client, server *wire.Random) Schedule {
	k := Schedule{suite: s}
	prf(s.Hash, k.master[:], premaster, "master secret", client[:], server[:])
	return k
}

// NewExtended computes the master secret from the premaster secret and the hash of the handshake up to and with
// ClientKeyExchange, so that it belongs to this handshake and no other. RFC 7627 §4.
func NewExtended(s *suite.Suite, premaster, sessionHash []byte) Schedule {
	k := Schedule{suite: s}
	prf(s.Hash, k.master[:], premaster, "extended master secret", sessionHash)
	return k
}

// Resume takes up the master secret of an earlier session, of which MasterLen bytes are used. RFC 5246 §F.1.4.
func Resume(s *suite.Suite, master []byte) Schedule {
	k := Schedule{suite: s}
	copy(k.master[:], master)
	return k
}

// Master returns the master secret.
func (k *Schedule) Master() []byte { return k.master[:] }

// Hash is the hash of the PRF and of the transcript.
func (k *Schedule) Hash() crypto.Hash { return k.suite.Hash }

// Forget overwrites the master secret.
func (k *Schedule) Forget() { clear(k.master[:]) }

// KeyBlock is what both directions are protected with, until Forget.
type KeyBlock struct {
	space                *blockSpace
	ClientMAC, ServerMAC []byte // of nothing with an AEAD
	ClientKey, ServerKey []byte
	ClientIV, ServerIV   []byte
}

// KeyBlock expands the master secret into keys: an AEAD has no MAC keys, and CBC draws its IVs. The randoms stand in the other order than
// in the master secret. RFC 5246 §6.3.
func (k *Schedule) KeyBlock(client, server *wire.Random) KeyBlock {
	c := k.suite.Cipher
	space := blocks.Get().(*blockSpace)
	block := space[:2*(c.MACKeyLen()+c.KeyLen+c.FixedIVLen)]
	k.prf(block, "key expansion", server[:], client[:])
	cut := func(n int) []byte {
		part := block[:n:n]
		block = block[n:]
		return part
	}
	return KeyBlock{space, cut(c.MACKeyLen()), cut(c.MACKeyLen()), cut(c.KeyLen), cut(c.KeyLen), cut(c.FixedIVLen), cut(c.FixedIVLen)}
}

// blockSpace has room for the longest: AES-256 in CBC mode with HMAC-SHA384. It is lent, because keys on their way into a
// cipher would move to the heap each time.
type blockSpace [2 * (sha512.Size384 + 32)]byte

var blocks = sync.Pool{New: func() any { return new(blockSpace) }}

// Forget overwrites the keys, which have gone into their ciphers.
func (b *KeyBlock) Forget() {
	clear(b.space[:])
	blocks.Put(b.space)
	*b = KeyBlock{}
}

// ClientFinished and ServerFinished compute verify_data over the transcript hash, once each: what they return belongs to
// the schedule. RFC 5246 §7.4.9.
func (k *Schedule) ClientFinished(transcript []byte) []byte {
	return k.finished(&k.client, "client finished", transcript)
}

func (k *Schedule) ServerFinished(transcript []byte) []byte {
	return k.finished(&k.server, "server finished", transcript)
}

func (k *Schedule) finished(out *[wire.VerifyDataLen]byte, label string, transcript []byte) []byte {
	k.prf(out[:], label, transcript)
	return out[:]
}

// reserved labels are the protocol's own. RFC 5705 §4.
var reserved = []string{"client finished", "server finished", "master secret", "key expansion", "extended master secret"}

// Export derives a key for another use from the master secret and both randoms; a nil context and an empty one give
// different keys. RFC 5705 §4.
func (k *Schedule) Export(label string, context []byte, length int, client, server *wire.Random) ([]byte, error) {
	if slices.Contains(reserved, label) {
		return nil, fmt.Errorf("the label %q is reserved", label)
	}
	if length < 0 || length > 1<<16 || len(context) > 1<<16-1 {
		return nil, fmt.Errorf("a key of %d bytes from a context of %d: both have at most 2^16-1", length, len(context))
	}
	seed := slices.Concat(client[:], server[:])
	if context != nil {
		seed = append(seed, byte(len(context)>>8), byte(len(context)))
		seed = append(seed, context...)
	}
	out := make([]byte, length)
	prf(k.suite.Hash, out, k.master[:], label, seed)
	return out, nil
}

// ChoosePremaster returns what a server goes on with in RSA key exchange: what was decrypted, if that has the right
// length and the version that the client offered first, and random otherwise. Which of the two it was shows neither
// in a result nor in the time taken. RFC 5246 §7.4.7.1.
//
// random must be drawn before the ciphertext is decrypted, and is changed. Only the length of decrypted decides
// a branch, and a decrypter that answers with another length than 48 has told nothing about the ciphertext's padding
// that it could keep from its own caller; it is compared without one all the same.
func ChoosePremaster(decrypted []byte, random *[suite.PremasterLen]byte, offered wire.Version) []byte {
	var candidate [suite.PremasterLen]byte
	copy(candidate[:], decrypted)
	good := subtle.ConstantTimeEq(int32(len(decrypted)), suite.PremasterLen)
	good &= subtle.ConstantTimeByteEq(candidate[0], byte(offered>>8))
	good &= subtle.ConstantTimeByteEq(candidate[1], byte(offered))
	subtle.ConstantTimeCopy(good, random[:], candidate[:])
	clear(candidate[:])
	return random[:]
}
