package explain

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// resumptionTold tells a connection for which a session was there, and gives its words on one line.
func resumptionTold(level Level, role fault.Role, told ...event.Resumption) string {
	var page bytes.Buffer
	taken := false
	var events []event.Event
	for _, e := range told {
		taken = taken || e.Accepted
		events = append(events, e)
	}
	done := event.Finished{Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Group: wire.X25519, Resumed: taken}
	if !taken {
		done.Scheme = wire.ED25519
	}
	events = append(events,
		event.KeysDerived{Version: wire.TLS13, Stage: event.StageHandshake, Suite: done.Suite, Group: done.Group, Resumed: taken},
		event.KeysDerived{Version: wire.TLS13, Stage: event.StageApplication, Suite: done.Suite, Group: done.Group, Resumed: taken},
		done)
	tell(Text(&page, Options{Level: level}), role, events)
	return strings.Join(strings.Fields(page.String()), " ")
}

// Every reason not to resume is told at every level, and has a name for programs; none is told of a session that was
// taken, or where there was none.
func TestEveryReasonNotToResumeIsTold(t *testing.T) {
	names := map[string]bool{}
	for why := event.ResumptionTaken; why <= event.ResumptionUnusable; why++ {
		words, name := resumptionWords[why], resumptionNames[why]
		if words == "" || name == "" || names[name] {
			t.Errorf("reason %d: words %q, name %q", why, words, name)
		}
		names[name] = true
		if why == event.ResumptionTaken {
			continue
		}
		for _, level := range []Level{Brief, Full} {
			page := resumptionTold(level, fault.Server, event.Resumption{Why: why})
			if !strings.Contains(page, "session "+words) || !strings.Contains(page, "TLS_AES_128_GCM_SHA256, x25519, ed25519") {
				t.Errorf("level %v does not tell %q, or that there was a signature:\n%s", level, words, page)
			}
		}
	}
}

func TestResumedIsTold(t *testing.T) {
	for _, level := range []Level{Brief, Full} {
		page := resumptionTold(level, fault.Client, event.Resumption{Accepted: true})
		if !strings.Contains(page, "TLS_AES_128_GCM_SHA256, x25519, resumed") {
			t.Errorf("level %v does not tell of it:\n%s", level, page)
		}
		if page = resumptionTold(level, fault.Client); strings.Contains(page, "resumed") || strings.Contains(page, "session ") {
			t.Errorf("level %v tells of a session, and there was none:\n%s", level, page)
		}
	}
	// A server may pass by tickets before it takes one: at the brief level the one counts.
	page := resumptionTold(Brief, fault.Server, event.Resumption{Why: event.ResumptionExpired}, event.Resumption{Accepted: true})
	if strings.Contains(page, "too old") || !strings.Contains(page, "resumed") {
		t.Errorf("the brief telling of the second ticket:\n%s", page)
	}
}

// RFC 8446 §7.1: where a session is resumed, the keys come from its secret too.
func TestResumedKeysComeFromBoth(t *testing.T) {
	const both = "extracted from the shared secret of both key shares, and from the earlier session's before it"
	if page := resumptionTold(Full, fault.Client, event.Resumption{Accepted: true}); strings.Count(page, both) != 1 {
		t.Errorf("%q is not told once:\n%s", both, page)
	}
	if page := resumptionTold(Full, fault.Client, event.Resumption{Why: event.ResumptionDeclined}); strings.Contains(page, both) {
		t.Errorf("%q is told of a full handshake:\n%s", both, page)
	}
}
