package explain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// A group that the server made up has no name: it is told by its size, and its numbers are shown.
func TestServersOwnField(t *testing.T) {
	prime := append([]byte{0x80}, make([]byte, 255)...)
	prime[255] = 0x7f
	var out, brief, lines bytes.Buffer
	for _, to := range []event.Tracer{Text(&out, Options{Level: Full, Width: 200}), Text(&brief, Options{Level: Brief, Width: 200}), JSON(&lines)} {
		s := newScene(t, wire.KeyExchangeDHE, to, nil)
		s.hellos()
		event.Emit(&s.client, 0, event.GroupChosen{FieldBits: 2048, Offered: suite.FieldGroups()})
		s.crosses(fault.Server, &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeDHE, Prime: prime, Generator: []byte{5},
			Public: []byte{9, 9}, Scheme: wire.RSA_PSS_RSAE_SHA256, Signature: []byte{1}}, false)
		event.Emit(&s.client, fault.StepGenPremaster, event.PremasterGenerated{KeyExchange: wire.KeyExchangeDHE, FieldBits: 2048, Length: 256})
		event.Emit(&s.client, fault.StepFinish, event.Finished{Version: wire.TLS12, Suite: s.suite.ID, FieldBits: 2048})
	}
	const name = "a 2048-bit group of the server's own"
	for _, want := range []string{"group       " + name, "prime       8000", "generator   05", "256 bytes, in " + name, s12(name)} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the story lacks %q:\n%s", want, out.String())
		}
	}
	if !strings.Contains(brief.String(), s12(name)) {
		t.Errorf("in short, %q is lacking:\n%s", s12(name), brief.String())
	}
	if got := lines.String(); strings.Count(got, `"field_bits":2048`) != 3 || strings.Contains(got, `"0x0000"`) || !strings.Contains(got, `"generator":"05"`) {
		t.Errorf("as JSON:\n%s", got)
	}
}

func s12(group string) string { return "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, " + group }

// A server's numbers that no client takes are told all the same.
func TestBrokenField(t *testing.T) {
	var out bytes.Buffer
	s := newScene(t, wire.KeyExchangeDHE, Text(&out, Options{Level: Full, Width: 200}), nil)
	s.crosses(fault.Server, &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeDHE, Prime: []byte{15}, Generator: []byte{2},
		Public: []byte{4}, Scheme: wire.RSA_PSS_RSAE_SHA256, Signature: []byte{1}}, false)
	for _, want := range []string{"the prime is too small: 4 bits", "prime       0f", "generator   02", "public      04"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the story lacks %q:\n%s", want, out.String())
		}
	}
}
