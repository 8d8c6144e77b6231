package engine_test

import (
	"bytes"
	"errors"
	"flag"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
)

var timingSamples = flag.Int("timing", 0, "how many ClientHellos of each class TestTiming has judged; 0 leaves it out. It wants a quiet machine")

// TestTiming measures whether a binder that is wrong at its first byte is refused sooner than one that is wrong at its
// last: the whole step of the server from the session in the ticket to the alert. RFC 8446 §4.2.11.
func TestTiming(t *testing.T) {
	if *timingSamples == 0 {
		t.Skip("-timing says how many samples")
	}
	r := newResumer()
	r.first(t)
	client, _ := r.ends(t)
	hello := client.step(t)
	const binder = 32
	var classes [2][]byte
	for class, place := range []int{len(hello) - binder, len(hello) - 1} {
		classes[class] = bytes.Clone(hello)
		classes[class][place] ^= 1
	}
	r.sc.Tracer = nil
	config := compile(t, r.sc)
	session := r.open(r.load.Ticket)
	var server *engine.Engine
	prepare := func(class int) {
		server = engine.NewServer(config, engine.Options{})
		for b := classes[class]; len(b) > 0; {
			b = b[server.Feed(b):]
		}
		if err := server.Step(testkit.Now).(*want.OpenTicket).Answer(session); err != nil {
			t.Fatal(err)
		}
	}
	found := testkit.Welch(*timingSamples, prepare, func() { server.Step(testkit.Now) })
	if !errors.Is(server.Failure(), fault.WrongBinder) {
		t.Fatalf("the server fails with %v", server.Failure())
	}
	mine, theirs := make([]byte, binder), [2][]byte{}
	var other []byte
	for class, b := range classes {
		theirs[class] = b[len(b)-binder:]
	}
	copy(mine, hello[len(hello)-binder:])
	control := testkit.Welch(*timingSamples, func(class int) { other = theirs[class] }, func() { testkit.EqualNaively(mine, other) })
	t.Logf("2·%d binders: %v; compared naively, and nothing else: %v", *timingSamples, found, control)
	if found.Real() || !control.Real() {
		t.Error("where a binder differs shows, or nothing would")
	}
}
