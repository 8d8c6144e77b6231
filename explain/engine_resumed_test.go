package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// comeback is a client that visits a server twice, both of them real engines; the second visit is told.
type comeback struct {
	client, server engine.Config
	stored         *want.Session            // the client's, of the last visit
	byID           map[string]*want.Session // the server's
}

func (c *comeback) visit(t *testing.T, tracer event.Tracer) (client, server want.ConnectionState) {
	t.Helper()
	c.client.Tracer, c.server.Tracer = tracer, tracer
	compiled := func(c engine.Config) *engine.Compiled {
		out, err := engine.Compile(c)
		if err != nil {
			t.Fatalf("the configuration does not compile: %v", err)
		}
		return out
	}
	ends := []*engine.Engine{engine.NewClient(compiled(c.client), engine.Options{}), engine.NewServer(compiled(c.server), engine.Options{})}
	inputs := make([][]byte, 2)
	c.talk(t, ends, inputs)
	sealed, err := ends[1].Seal(nil, []byte("tickets ride along"))
	if err != nil {
		t.Fatal(err)
	}
	inputs[0] = sealed
	c.talk(t, ends, inputs)
	return ends[0].State(), ends[1].State()
}

// talk lasts until neither end has anything to say.
func (c *comeback) talk(t *testing.T, ends []*engine.Engine, inputs [][]byte) {
	t.Helper()
	for quiet := 0; quiet < len(ends); {
		for i, e := range ends {
			out := c.drive(t, e, &inputs[i])
			inputs[1-i] = append(inputs[1-i], out...)
			if quiet++; len(out) > 0 {
				quiet = 0
			}
		}
	}
}

// drive goes on until an end waits for the other, and returns what it has to say.
func (c *comeback) drive(t *testing.T, e *engine.Engine, in *[]byte) (out []byte) {
	t.Helper()
	for {
		switch w := e.Step(testkit.Now).(type) {
		case want.HaveOutput:
			out = append(out, e.Output()...)
		case want.NeedInput:
			if len(*in) == 0 {
				return out
			}
			*in = (*in)[e.Feed(*in):]
		case want.Ready:
			if len(*in) == 0 {
				return out
			}
			size, err := e.RecordSize(*in)
			if err == nil {
				_, err = e.Open((*in)[:size])
			}
			if err != nil {
				t.Fatalf("after the handshake: %v", err)
			}
			*in = (*in)[size:]
		case want.Question:
			c.answer(t, w)
		case want.Failed:
			t.Fatalf("the handshake failed: %v", w.Err)
		}
	}
}

func (c *comeback) answer(t *testing.T, q want.Question) {
	t.Helper()
	switch q := q.(type) {
	case *want.VerifyPeer:
		q.Answer(verdict(q.Peer))
	case *want.Sign:
		q.Run()
	case *want.LoadSession:
		if q.ID != nil {
			q.Answer(c.byID[string(q.ID)])
		} else {
			q.Answer(c.stored)
		}
	case *want.StoreSession:
		if q.ID != nil {
			c.byID[string(q.ID)] = q.Session
		} else {
			c.stored = q.Session
		}
		q.Answer(struct{}{})
	case *want.SealTicket:
		sealed, err := q.Session.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		q.Answer(sealed)
	case *want.OpenTicket:
		s, err := want.UnmarshalSession(q.Ticket)
		if err != nil {
			t.Fatalf("the server is shown a ticket that is not its own: %v", err)
		}
		q.Answer(s)
	default:
		t.Fatalf("unforeseen: %s", q.Name())
	}
}

// TestRealResumptions: what real engines tell of a resumed handshake comes out as the steps that are left, in their
// order, and the absent ones are named, at every level and for programs. RFC 8446 §2.2; RFC 5246 §7.3, Figure 2.
func TestRealResumptions(t *testing.T) {
	for name, kind := range map[string]struct {
		version         wire.Version
		byID            bool
		client, server  string // steps
		absent          string
		brief, whatItIs string
	}{
		"TLS 1.3":                {wire.TLS13, false, " 1 2 8 5 12 10 13", " 1 2 8 12 10 13", " 3 4 6 7 9 11", "a fresh key exchange", "two secrets"},
		"TLS 1.2, by ticket":     {wire.TLS12, false, " 1 2 5 8 11 12 9 10 13", " 1 2 8 11 12 9 10 13", " 3 4 6 7", "no key exchange", "the session's master secret"},
		"TLS 1.2, by session ID": {wire.TLS12, true, " 1 2 5 8 11 12 9 10 13", " 1 2 8 11 12 9 10 13", " 3 4 6 7", "no key exchange", "the session's master secret"},
	} {
		t.Run(name, func(t *testing.T) {
			c := comeback{byID: map[string]*want.Session{}}
			c.client = engine.Config{ServerName: testkit.Host, MinVersion: kind.version, MaxVersion: kind.version, ClientSessions: true}
			c.server = engine.Config{Credentials: []*want.Credential{testkit.Credential(testkit.P256)}, ServerSessions: !kind.byID, ServerStore: kind.byID}
			if client, server := c.visit(t, nil); client.Resumed || server.Resumed || c.stored == nil {
				t.Fatalf("the first visit: resumed %v and %v, and left the session %v", client.Resumed, server.Resumed, c.stored != nil)
			}
			var brief, full, out bytes.Buffer
			told := event.Tee(Text(&brief, Options{}), Text(&full, Options{Level: Full}), JSON(&out))
			if client, server := c.visit(t, told); !client.Resumed || !server.Resumed {
				t.Fatalf("the second visit: resumed %v and %v", client.Resumed, server.Resumed)
			}
			fits(t, name, full.String(), defaultWidth)
			steps, absent := resumedSteps(t, out.Bytes())
			if steps["client"] != kind.client || steps["server"] != kind.server {
				t.Errorf("the client's steps are%s, want%s; the server's%s, want%s", steps["client"], kind.client, steps["server"], kind.server)
			}
			for role, got := range absent {
				if got != kind.absent {
					t.Errorf("programs are told by the %s that%s are absent, want%s", role, got, kind.absent)
				}
			}
			page := strings.Join(strings.Fields(full.String()), " ")
			for _, want := range []string{"absent · Server Certificate (3)", "in place of the pre-master: " + kind.whatItIs, " protects ",
				"proven in the full handshake of 2026-", "verified yes", ", resumed "} {
				if !strings.Contains(page, want) {
					t.Errorf("%q is not told in full:\n%s", want, full.String())
				}
			}
			words := strings.Join(strings.Fields(brief.String()), " ")
			for _, want := range []string{"session resumed: no certificate, ", kind.brief, "proved who it is in the full handshake of 2026-", "verified yes"} {
				if !strings.Contains(words, want) {
					t.Errorf("%q is not told in brief:\n%s", want, brief.String())
				}
			}
		})
	}
}

// resumedSteps reads out of lines of JSON which steps each end told, and which it named as absent.
func resumedSteps(t *testing.T, lines []byte) (steps, absent map[string]string) {
	t.Helper()
	steps, absent = map[string]string{}, map[string]string{}
	for line := range bytes.Lines(lines) {
		var e struct {
			Role, Event string
			Step        int
			Absent      []struct {
				Step      int
				Name, Why string
			}
			Premaster string `json:"premaster_replaced_by"`
			Protects  string
			Created   string
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if e.Step != 0 {
			steps[e.Role] += fmt.Sprint(" ", e.Step)
		}
		if e.Event != "resumption" {
			continue
		}
		for _, a := range e.Absent {
			if a.Name == "" || a.Why == "" {
				t.Errorf("a step is absent without a name or a reason: %s", line)
			}
			if a.Step != 0 {
				absent[e.Role] += fmt.Sprint(" ", a.Step)
			}
		}
		if e.Premaster == "" || e.Protects == "" || e.Created == "" {
			t.Errorf("it is not told what took the pre-master's place, what that protects, or since when: %s", line)
		}
	}
	return steps, absent
}
