package keys13

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/internal/suite"
)

// Traffic is the secret that protects one direction for a while.
type Traffic struct{ secret }

// Suite is the suite that the secret is for.
func (t *Traffic) Suite() *suite.Suite { return t.suite }

// Secret returns a copy of the secret, for whoever keeps a key log.
func (t *Traffic) Secret() []byte { return bytes.Clone(t.use()) }

// Keys expands the secret into what the records are protected with, filling key and iv. RFC 8446 §7.3.
func (t *Traffic) Keys(key, iv []byte) {
	t.expandLabel(key, "key", nil)
	t.expandLabel(iv, "iv", nil)
}

// Finished appends the verify_data that this direction's sender proves the handshake with. RFC 8446 §4.4.4.
func (t *Traffic) Finished(dst, transcriptHash []byte) []byte { return t.finished(dst, transcriptHash) }

// Next is the secret after a KeyUpdate. It consumes t, so that what was sent stays closed to those who get hold of
// the new one. RFC 8446 §7.2.
func (t *Traffic) Next() *Traffic {
	next := t.derive("traffic upd", nil)
	t.consume()
	return &Traffic{next}
}

// Exporter derives keys for others. RFC 8446 §7.5.
type Exporter struct{ secret }

// Secret returns a copy of the exporter_master_secret, for whoever keeps a key log.
func (e *Exporter) Secret() []byte { return bytes.Clone(e.use()) }

var (
	errLabel  = errors.New("an exporter's label has at most 249 bytes")
	errLength = errors.New("an exporter's key has another length than is possible")
)

// Export derives a key for a label and a context; no context and an empty one are the same. RFC 8446 §7.5.
func (e *Exporter) Export(label string, context []byte, length int) ([]byte, error) {
	if len(label) > 255-len(labelPrefix) {
		return nil, fmt.Errorf("%w: this one %d", errLabel, len(label))
	}
	// RFC 5869 §2.3: HKDF counts its blocks in one byte.
	if limit := 255 * e.suite.Hash.Size(); length < 0 || length > limit {
		return nil, fmt.Errorf("%w: %d of 0 to %d", errLength, length, limit)
	}
	var hash [mac.MaxSize]byte
	own := e.deriveFromNothing(label)
	defer own.consume()
	out := make([]byte, length)
	own.expandLabel(out, "exporter", mac.Sum(hash[:0], e.suite.Hash, context))
	return out, nil
}
