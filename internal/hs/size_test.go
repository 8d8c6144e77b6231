package hs

import (
	"testing"
	"unsafe"
)

// There may be a million idle connections, and each keeps these. Memory is given out in blocks, of these sizes among others.
func TestKeptFactsFitTheirBlocks(t *testing.T) {
	for what, is := range map[string]struct{ size, block uintptr }{
		"what is negotiated":      {unsafe.Sizeof(Negotiated{}), 240},
		"the exporter of TLS 1.2": {unsafe.Sizeof(exporter12{}), 160},
	} {
		if is.size > is.block {
			t.Errorf("%s has %d bytes, too many for a block of %d", what, is.size, is.block)
		}
	}
}
