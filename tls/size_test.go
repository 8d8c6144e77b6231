package tls

import (
	"testing"
	"unsafe"
)

// There may be a million idle connections. Memory is given out in blocks; behind 288 bytes comes one of 320.
func TestConnFitsItsBlock(t *testing.T) {
	if n := unsafe.Sizeof(Conn{}); n > 288 {
		t.Errorf("a Conn has %d bytes, %d too many for its block of 288", n, n-288)
	}
}
