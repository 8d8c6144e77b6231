package hs

import (
	"bytes"
	"flag"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

var timingSamples = flag.Int("timing", 0, "how many samples of each class TestTiming takes; 0 leaves it out. It wants a quiet machine")

// TestTiming measures whether a Finished that is wrong at its first byte is refused sooner than one that is wrong at its
// last, in both lengths that there are. RFC 5246 §7.4.9, RFC 8446 §4.4.4.
func TestTiming(t *testing.T) {
	if *timingSamples == 0 {
		t.Skip("-timing says how many samples")
	}
	for _, size := range []int{12, 48} {
		expected := bytes.Repeat([]byte{0xa5}, size)
		var classes [2][]byte
		for class, place := range []int{0, size - 1} {
			classes[class] = bytes.Clone(expected)
			classes[class][place] ^= 1
		}
		var d Desk
		m := &wire.Finished{VerifyData: make([]byte, size)}
		measure := func(check func()) testkit.Compared {
			return testkit.Welch(*timingSamples, func(class int) { copy(m.VerifyData, classes[class]) }, check)
		}
		wrong := 0
		found := measure(func() {
			if d.CheckFinished(m, expected) != nil {
				wrong++
			}
		})
		control := measure(func() {
			if !testkit.EqualNaively(m.VerifyData, expected) {
				wrong++
			}
		})
		t.Logf("%d bytes, 2·%d of them: %v; compared naively: %v", size, *timingSamples, found, control)
		if wrong < 4**timingSamples || found.Real() || !control.Real() {
			t.Errorf("%d bytes: where they differ shows, or nothing would", size)
		}
	}
}
