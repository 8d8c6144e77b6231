package engine_test

import (
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// A server's operator is not told to look for a server: the hint is about the client, and the error says how far it
// had come.
func TestServerTellsOfSilence(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*end) error
		hello  bool
		step   fault.Step
		detail string
		hint   string
	}{
		"silent from the start": {func(e *end) error { return e.Abort(contextDeadline) }, false, 0, "no ClientHello came", "health check"},
		"silent after hello":    {func(e *end) error { return e.Abort(contextDeadline) }, true, fault.StepServerHelloDone, "", "longer handshake timeout"},
		"gone from the start":   {func(e *end) error { return e.CloseInput() }, false, 0, "no ClientHello came", "health check"},
		"gone after hello":      {func(e *end) error { return e.CloseInput() }, true, fault.StepServerHelloDone, "", "client's own log"},
	} {
		server := newServer(t, serverConfig(testkit.RSA))
		if c.hello {
			server.take(t, newClient(t, clientConfig()).step(t), 1<<20)
		} else {
			server.step(t)
		}
		found := c.end(server).(*fault.Error)
		if found.Step != c.step || found.Detail != c.detail || !strings.Contains(found.Hint(), c.hint) {
			t.Errorf("%s: %v\nwant step %v, detail %q, and a hint with %q", name, found, c.step, c.detail, c.hint)
		}
	}
}
