package explain

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

var retries = map[string]bool{"tls13": false, "tls13_retry": true}

// TestStories13 holds what is told of TLS 1.3, with and without a HelloRetryRequest, against files that a reviewer can
// read.
func TestStories13(t *testing.T) {
	for name, retry := range retries {
		for what, o := range map[string]Options{
			"full":    {Level: Full},
			"columns": {Level: Full, Width: 110, Columns: true},
			"bytes":   {Level: Bytes},
			"brief":   {Level: Brief},
		} {
			t.Run(name+"_"+what, func(t *testing.T) {
				var both, client, server bytes.Buffer
				text := Text(&both, o)
				newScene13(t, retry, text, text).play()
				golden(t, name+"_"+what, both.Bytes())
				newScene13(t, retry, Text(&client, o), Text(&server, o)).play()
				if what == "full" {
					golden(t, name+"_"+what+"_client", client.Bytes())
					golden(t, name+"_"+what+"_server", server.Bytes())
				}
				for who, page := range map[string]*bytes.Buffer{"both": &both, "client": &client, "server": &server} {
					fits(t, who, page.String(), newPage(o).width)
				}
			})
		}
		t.Run(name+"_json", func(t *testing.T) {
			var out bytes.Buffer
			lines := JSON(&out)
			newScene13(t, retry, lines, lines).play()
			golden(t, name+"_json", out.Bytes())
		})
	}
}

// TestEveryStep13IsTold: the steps that TLS 1.3 has left have words and a section of RFC 8446, the others none.
func TestEveryStep13IsTold(t *testing.T) {
	gone := []fault.Step{fault.StepServerHelloDone, fault.StepGenPremaster, fault.StepClientKeyExchange,
		fault.StepClientChangeCipherSpec, fault.StepServerChangeCipherSpec}
	for step := fault.StepClientHello; step <= fault.StepFinish; step++ {
		c, told := story13[step]
		if slices.Contains(gone, step) {
			if told {
				t.Errorf("%v is told, and TLS 1.3 does not have it", step)
			}
			continue
		}
		if c.what == "" || c.known == "" || !strings.HasPrefix(c.section, "RFC 8446 §") {
			t.Errorf("%v lacks words or its section: %+v", step, c)
		}
	}
	for kind, a := range asides13 {
		if a.title == "" || a.what == "" || !strings.HasPrefix(a.section, "RFC 8446 §") {
			t.Errorf("%v lacks words or its section: %+v", kind, a)
		}
	}
}

// TestRealStreams13: what real engines tell comes out with the steps in TLS 1.3's order, and nothing of it is foreign
// to the text: no message without words, no page over its width.
func TestRealStreams13(t *testing.T) {
	stepOf := regexp.MustCompile(`"role":"(\w+)".*"step":(\d+)`)
	for name, retry := range retries {
		var page, out bytes.Buffer
		text, lines := Text(&page, Options{Level: Full}), JSON(&out)
		messages := map[string]bool{}
		watch := event.TracerFunc(func(_ event.Meta, e event.Event) {
			if m, ok := e.(event.Message); ok {
				messages[messageName(m.Message)] = true
			}
		})
		client, server := shake(t, event.Tee(text, lines, watch), func(_, server *engine.Config) {
			if retry {
				server.Groups = []wire.NamedGroup{wire.SecP384r1}
			}
		})
		if err := client.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
		if _, err := server.Open(client.Output()); err != nil {
			t.Fatal(err)
		}
		steps := map[string]string{}
		for _, m := range stepOf.FindAllStringSubmatch(out.String(), -1) {
			steps[m[1]] += " " + m[2]
		}
		if want := " 1 2 8 3 5 12 10 13"; steps["client"] != want {
			t.Errorf("%s: the client's steps are%s, want%s", name, steps["client"], want)
		}
		if want := " 1 2 8 3 12 10 13"; steps["server"] != want {
			t.Errorf("%s: the server's steps are%s, want%s", name, steps["server"], want)
		}
		if messages["HelloRetryRequest"] != retry || !messages["KeyUpdate"] {
			t.Errorf("%s: the engines told of %v", name, messages)
		}
		fits(t, name, page.String(), defaultWidth)
		for _, want := range []string{"Encrypted Extensions", "Certificate Verify", "Application keys", "Key Update", "New keys", "Change Cipher Spec, for show"} {
			if !strings.Contains(page.String(), " +  "+want) {
				t.Errorf("%s: %q is not told beside the story:\n%s", name, want, page.String())
			}
		}
		if got := strings.Contains(page.String(), " +  Hello Retry Request"); got != retry {
			t.Errorf("%s: a Hello Retry Request is told: %v", name, got)
		}
	}
}

// TestSecrecy13: a hybrid group withstands a later quantum computer, a classical one does not, and both are told so.
func TestSecrecy13(t *testing.T) {
	for group, want := range map[wire.NamedGroup]string{
		wire.X25519MLKEM768: "both would have to be broken",
		wire.MLKEM1024:      "is made against it",
		wire.X25519:         "A quantum computer could",
	} {
		var page bytes.Buffer
		Text(&page, Options{Level: Full}).Event(event.Meta{Role: fault.Client, Step: fault.StepFinish},
			event.Finished{Version: wire.TLS13, Group: group})
		if words := strings.Join(strings.Fields(page.String()), " "); !strings.Contains(words, "secrecy forward: ") || !strings.Contains(words, want) {
			t.Errorf("%v: %q is not told:\n%s", group, want, page.String())
		}
	}
}

// TestReasonsFitTheHello: reasons that come from the ClientHello say no more than it did.
func TestReasonsFitTheHello(t *testing.T) {
	hello := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{1}, CompressionMethods: []wire.CompressionMethod{0}}
	if _, err := wire.Encode(hello, wire.Context{}); err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	tell(Text(&page, Options{Level: Full}), fault.Server, []event.Event{
		event.Message{Message: hello},
		event.VersionChosen{Version: wire.TLS12, Ours: []wire.Version{wire.TLS12}, UpTo: wire.TLS12},
		event.CredentialChosen{Of: 1},
		event.Message{Sent: true, Message: &wire.ServerHello{Version: wire.TLS12}},
		event.Message{Sent: true, Message: &wire.Certificate{}},
	})
	words := strings.Join(strings.Fields(page.String()), " ")
	for _, want := range []string{"(client: up to TLS 1.2; server: TLS 1.2)", "the client asked for no name"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not told:\n%s", want, page.String())
		}
	}
	for _, never := range []string{"SSL 3.0", "the name that the client asked for"} {
		if strings.Contains(words, never) {
			t.Errorf("%q is told, and the client did not say so:\n%s", never, page.String())
		}
	}
}
