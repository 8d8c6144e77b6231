package session_test

import (
	"bytes"
	"flag"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

var timingSamples = flag.Int("timing", 0, "how many tickets of each class TestTiming opens; 0 leaves it out. It wants a quiet machine")

// TestTiming measures whether a ticket whose tag is wrong at its first byte is refused sooner than one that is wrong at
// its last.
func TestTiming(t *testing.T) {
	if *timingSamples == 0 {
		t.Skip("-timing says how many samples")
	}
	var keys session.Tickets
	ticket, err := keys.Seal(testkit.Now, &want.Session{Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Secret: make([]byte, 32),
		Created: testkit.Now, Issued: testkit.Now, Lifetime: 1 << 40, ServerName: testkit.Host})
	if err != nil || keys.Open(testkit.Now, ticket) == nil {
		t.Fatalf("a good ticket is refused: %v", err)
	}
	const tag = 16
	var classes [2][]byte
	for class, place := range []int{len(ticket) - tag, len(ticket) - 1} {
		classes[class] = bytes.Clone(ticket)
		classes[class][place] ^= 1
	}
	measure := func(check func(ticket []byte)) testkit.Compared {
		work := make([]byte, len(ticket))
		return testkit.Welch(*timingSamples, func(class int) { copy(work, classes[class]) }, func() { check(work) })
	}
	found := measure(func(b []byte) { keys.Open(testkit.Now, b) })
	control := measure(func(b []byte) { testkit.EqualNaively(b[len(b)-tag:], ticket[len(b)-tag:]) })
	t.Logf("2·%d tickets: %v; tags compared naively: %v", *timingSamples, found, control)
	if found.Real() || !control.Real() {
		t.Error("where a tag differs shows, or nothing would")
	}
}
