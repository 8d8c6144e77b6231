package explain

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// A cookie that came back is told with the answer to it: how old it was, and whether another connection gave it out.
func TestCookieIsTold(t *testing.T) {
	answer := &wire.ServerHello{Version: wire.TLS12, CipherSuite: wire.TLS_AES_128_GCM_SHA256}
	answer.SupportedVersions = []wire.Version{wire.TLS13}
	answer.Add(wire.ExtSupportedVersions)
	for _, c := range []struct {
		cookie      event.CookieReturned
		want, never string
	}{
		{event.CookieReturned{Age: 1500 * time.Microsecond, Group: wire.SecP384r1}, "x25519 is the group that the Hello Retry Request asked for", "another connection"},
		{event.CookieReturned{Age: 1500 * time.Microsecond}, "cookie came back after 1.5 ms and is good", "Retry Request asked for"},
		{event.CookieReturned{Age: -time.Second, Elsewhere: true}, "That one went to another connection", "-1"},
	} {
		var page, lines bytes.Buffer
		events := []event.Event{
			event.VersionChosen{Version: wire.TLS13},
			c.cookie,
			event.GroupChosen{Group: wire.X25519, Ours: []wire.NamedGroup{wire.X25519}},
			event.Message{Sent: true, Message: answer},
			event.KeysDerived{Version: wire.TLS13, Suite: answer.CipherSuite, Group: wire.X25519, Stage: event.StageApplication},
			event.Finished{Version: wire.TLS13, Suite: answer.CipherSuite, Group: wire.X25519},
		}
		var s event.Stream
		s.Init(event.Tee(Text(&page, Options{Level: Full}), JSON(&lines)), fault.Server, 1)
		for _, e := range events {
			step := fault.Step(0)
			if _, ok := e.(event.Message); ok {
				step = fault.StepServerHello
			}
			event.Emit(&s, step, e)
		}
		told := strings.Join(strings.Fields(page.String()), " ")
		if !strings.Contains(told, c.want) || strings.Contains(told, c.never) || !strings.Contains(told, "2 before the first request") {
			t.Errorf("%+v is told without %q, or with %q:\n%s", c.cookie, c.want, c.never, told)
		}
		if !strings.Contains(lines.String(), `"event":"cookie_returned","age_ms":`) {
			t.Errorf("the lines do not tell of it:\n%s", &lines)
		}
	}
	// RFC 8446 §4.1.4: where nothing but the cookie is wanted, that is the reason.
	if got := retryReason(event.RetryAsked{Cookie: true, Shares: []wire.NamedGroup{wire.X25519}}); !strings.HasPrefix(got, "the server wants its cookie back") {
		t.Errorf("the reason of a retry for a cookie alone: %q", got)
	}
}
