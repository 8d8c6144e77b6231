// Package testkit has what the tests of all packages share: certificates good and bad, a clock that stands still,
// and entropy that repeats itself.
package testkit

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"time"
)

// Now is when tests happen. What PKI issues is valid then and, for foreign peers that look at their own clock, for
// years around it.
var Now = time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)

// Clock always says Now.
func Clock() time.Time { return Now }

// Random returns a stream of bytes that is the same for the same seed.
func Random(seed uint64) io.Reader {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return rand.NewChaCha8(key)
}
