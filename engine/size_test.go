package engine

import (
	"testing"
	"unsafe"
)

// There may be a million idle connections, and each has an Engine. Memory is given out in blocks; behind 576 bytes comes
// one of 640.
func TestEngineFitsItsBlock(t *testing.T) {
	if n := unsafe.Sizeof(Engine{}); n > 576 {
		t.Errorf("an Engine has %d bytes, %d too many for its block of 576", n, n-576)
	}
}
