// Package flow joins the fragments that records carry into handshake messages, and keeps their running hash.
package flow

import (
	"crypto"
	"hash"
)

// Transcript is the hash of all handshake messages so far. Until the hash is known it keeps the bytes. RFC 5246
// §7.4.9, RFC 8446 §4.4.1.
type Transcript struct {
	pending []byte
	running hash.Hash
	scratch []byte
}

// Add adds a message, header included.
func (t *Transcript) Add(raw []byte) {
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

// Sum returns the hash of what was added so far; the bytes are valid until the next call.
func (t *Transcript) Sum() []byte {
	t.scratch = t.running.Sum(t.scratch[:0])
	return t.scratch
}

// Release forgets everything, when the handshake is done.
func (t *Transcript) Release() { *t = Transcript{} }
