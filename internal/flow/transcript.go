// Package flow joins the fragments that records carry into handshake messages, and keeps their running hash.
package flow

import (
	"crypto"
	"hash"

	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/wire"
)

// Transcript is the hash of all handshake messages so far. Until the hash is known it keeps the bytes. RFC 5246
// §7.4.9, RFC 8446 §4.4.1.
type Transcript struct {
	pending []byte
	running hash.Hash
	scratch [mac.MaxSize]byte
	keep    bool
	kept    []byte
}

// Keep keeps the bytes too, from the first message on: the CertificateVerify of TLS 1.2 signs them with a hash of its
// own. RFC 5246 §7.4.8. It is called before Choose.
func (t *Transcript) Keep() { t.keep, t.kept = true, append(t.kept, t.pending...) }

// Kept returns the bytes that were kept so far, and keeps no more.
func (t *Transcript) Kept() []byte {
	kept := t.kept
	t.keep, t.kept = false, nil
	return kept
}

// Add adds a message, header included, whose bytes stay as they are.
func (t *Transcript) Add(raw []byte) {
	if t.keep {
		t.kept = append(t.kept, raw...)
	}
	if t.running == nil && t.pending == nil {
		t.pending = raw[:len(raw):len(raw)] // which nobody changes
		return
	}
	if t.running == nil {
		t.pending = append(t.pending, raw...)
		return
	}
	t.running.Write(raw)
}

// Choose sets the hash, once the cipher suite is known.
func (t *Transcript) Choose(h crypto.Hash) {
	t.running = h.New()
	t.running.Write(t.pending)
	t.pending = nil
}

// Chosen reports whether the hash is known: from then on Add keeps nothing of a message.
func (t *Transcript) Chosen() bool { return t.running != nil }

// Sum returns the hash of what was added so far; the bytes are valid until the next call.
func (t *Transcript) Sum() []byte {
	return t.running.Sum(t.scratch[:0])
}

// SumWith returns the hash of what was added so far and more behind it, without adding that; the bytes are valid until the
// next call. h is the hash to use where none has been chosen yet.
func (t *Transcript) SumWith(h crypto.Hash, more []byte) []byte {
	if t.running == nil && len(t.pending) == 0 {
		return mac.Sum(t.scratch[:0], h, more)
	}
	if t.running == nil {
		fresh := h.New()
		fresh.Write(t.pending)
		fresh.Write(more)
		return fresh.Sum(nil)
	}
	// Go's own hashes can all be cloned.
	copied, err := t.running.(hash.Cloner).Clone()
	if err != nil {
		panic("flow: a hash that cannot be cloned: " + err.Error())
	}
	copied.(hash.Hash).Write(more)
	return copied.(hash.Hash).Sum(nil)
}

// Replace puts a message_hash in the place of everything added so far, so that a server need not remember the first
// ClientHello. RFC 8446 §4.4.1.
func (t *Transcript) Replace() {
	sum := t.running.Sum(nil)
	t.running.Reset()
	t.stand(sum)
}

// Restart begins anew behind a first message of which nothing is known but its hash, by h. RFC 8446 §4.4.1.
func (t *Transcript) Restart(h crypto.Hash, sum []byte) {
	*t = Transcript{running: h.New()}
	t.stand(sum)
}

func (t *Transcript) stand(sum []byte) {
	t.running.Write([]byte{byte(wire.TypeMessageHash), 0, 0, byte(len(sum))})
	t.running.Write(sum)
}

// Release forgets everything, when the handshake is done.
func (t *Transcript) Release() { *t = Transcript{} }
