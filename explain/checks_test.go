package explain

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// What others say about a certificate is told with who says it and until when, in both forms.
func TestStaplesAndTimestampsAreTold(t *testing.T) {
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		check event.Check
		text  string
		json  string
	}{
		{"keys", event.Check{What: event.CheckKey, Passed: true, Wanted: "RSA 2048, ECDSA 256", Found: []string{"RSA 4096", "ECDSA 256"}},
			"✓ key the keys of the chain are large enough (RSA 2048, ECDSA 256): RSA 4096, ECDSA 256",
			`"wanted":"RSA 2048, ECDSA 256","found":["RSA 4096","ECDSA 256"]`},
		{"a staple", event.Check{What: event.CheckStaple, Passed: true, Subject: "CN=leaf", Issuer: "CN=ca", Wanted: "good", Found: []string{"good"}, NotBefore: now, NotAfter: now.Add(time.Hour)},
			`✓ staple "CN=ca" says by OCSP about "CN=leaf": good, as of 2026-01-15 12:00 UTC until 2026-01-15 13:00 UTC`,
			`"this_update":"2026-01-15T12:00:00Z","next_update":"2026-01-15T13:00:00Z"`},
		{"a staple that does not end", event.Check{What: event.CheckStaple, Passed: true, Subject: "CN=leaf", Issuer: "CN=ca", Found: []string{"good"}, NotBefore: now},
			`good, as of 2026-01-15 12:00 UTC`, `"this_update":"2026-01-15T12:00:00Z","found"`},
		{"a staple of no use", event.Check{What: event.CheckStaple, Subject: "CN=leaf", Found: []string{"malformed_staple"}},
			`✗ staple the stapled OCSP response about "CN=leaf" is of no use (malformed_staple)`, `"passed":false,"index":0,"subject":"CN=leaf","found":["malformed_staple"]`},
		{"no staple", event.Check{What: event.CheckStaple, Subject: "CN=leaf", Wanted: "good"},
			`✗ staple no OCSP response about "CN=leaf" was stapled`, `"check":"staple","passed":false`},
		{"a log", event.Check{What: event.CheckTimestamps, Passed: true, Subject: "CN=leaf", Wanted: "1",
			Logs: []event.Timestamp{{Log: "Argon", Time: now, Source: "certificate"}, {Log: "beef", Time: now, Source: "handshake", Flaw: "unknown log"}}},
			`✓ timestamps "CN=leaf" was logged by Argon (2026-01-15 12:00 UTC, from the certificate); wanted: 1; not counted: beef (unknown log)`,
			`"logs":[{"log":"Argon","time":"2026-01-15T12:00:00Z","source":"certificate"},{"log":"beef","time":"2026-01-15T12:00:00Z","source":"handshake","flaw":"unknown log"}]`},
		{"no log", event.Check{What: event.CheckTimestamps, Subject: "CN=leaf", Wanted: "2"},
			`✗ timestamps no known log vouches for "CN=leaf"; wanted: 2`, `"check":"timestamps","passed":false`},
	} {
		var text, lines bytes.Buffer
		tell(Text(&text, Options{Level: Full}), fault.Client, []event.Event{c.check, event.Failed{Err: fault.New(fault.BadStaple)}})
		if got := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(got, c.text) {
			t.Errorf("%s: the text does not tell %q:\n%s", c.name, c.text, text.String())
		}
		tell(JSON(&lines), fault.Client, []event.Event{c.check})
		if !strings.Contains(lines.String(), c.json) {
			t.Errorf("%s: the line does not have %s:\n%s", c.name, c.json, lines.String())
		}
	}
}
