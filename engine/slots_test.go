package engine_test

import (
	"bytes"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Messages of one handshake lie where those of another have lain, but never those that the caller was shown: a ClientHello
// in a question says after many handshakes what it said first, and so does every message that a Tracer was told of.
func TestShownMessagesStay(t *testing.T) {
	encoded := func(m wire.Message) []byte {
		raw, err := wire.Encode(m, m.Context())
		if err != nil {
			t.Fatalf("%v: %v", m.Type(), err)
		}
		return raw
	}
	type kept struct {
		message wire.Message
		raw     []byte // as it was
	}
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		for name, change := range map[string]func(*engine.Config){
			"ChooseConfig":     func(c *engine.Config) { c.AskConfig = true },
			"ChooseCredential": func(c *engine.Config) { c.AskCredential = true },
			"Tracer":           nil,
		} {
			var all []kept
			keep := func(m wire.Message) {
				if m.Raw() != nil {
					all = append(all, kept{m, bytes.Clone(m.Raw())})
				}
			}
			for range 5 {
				cc, sc := clientConfig(), serverConfig(testkit.P256)
				cc.MaxVersion, sc.MaxVersion = version, version
				if change != nil {
					change(&sc)
				} else {
					sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
						if m, ok := e.(event.Message); ok {
							keep(m.Message)
						}
					})
				}
				client, server := newClient(t, cc), newServer(t, sc)
				server.answer = func(q want.Question) {
					switch q := q.(type) {
					case *want.ChooseConfig:
						keep(q.Hello)
					case *want.ChooseCredential:
						keep(q.Hello)
					}
					answerNow(q)
				}
				mustShake(t, client, server)
			}
			if len(all) < 5 {
				t.Errorf("%v, %s: %d messages in five handshakes", version, name, len(all))
			}
			for i, k := range all {
				if !bytes.Equal(k.message.Raw(), k.raw) || !bytes.Equal(encoded(k.message), k.raw) {
					t.Errorf("%v, %s: message %d, a %v, is another one now", version, name, i, k.message.Type())
				}
			}
		}
	}
}
