package explain

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

func TestEveryStepIsTold(t *testing.T) {
	for _, kx := range []wire.KeyExchange{wire.KeyExchangeRSA, wire.KeyExchangeECDHE, wire.KeyExchangeDHE} {
		for step := fault.StepClientHello; step <= fault.StepFinish; step++ {
			if c := chapterOf(step, kx); c.what == "" || c.known == "" || !strings.HasPrefix(c.section, "RFC ") {
				t.Errorf("%v with %v lacks words or its section: %+v", step, kx, c)
			}
		}
	}
}

var stepHeading = regexp.MustCompile(`(?m)^ ?(\d+)  (.*?)  +.*?(in the client|in the server|client → server|server → client)`)

// TestBothEndsAreOneStory: what crosses the wire is told once, and what happens within an end once for each.
func TestBothEndsAreOneStory(t *testing.T) {
	for name, kx := range keyExchanges {
		var page bytes.Buffer
		text := Text(&page, Options{Level: Full})
		newScene(t, kx, text, text).play()
		var got []string
		for _, m := range stepHeading.FindAllStringSubmatch(page.String(), -1) {
			got = append(got, m[1]+" "+m[3])
		}
		want := []string{
			"1 client → server", "2 server → client", "3 server → client", "4 server → client", "5 in the client",
			"6 in the client", "7 client → server", "8 in the client", "8 in the server", "9 client → server",
			"10 client → server", "11 server → client", "12 server → client", "13 in the server", "13 in the client",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the steps come as\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if strings.Contains(page.String(), "── connection") {
			t.Errorf("%s: both ends are told as two connections", name)
		}
	}
}

// TestJSONTellsTheValues compares what programs are told with the messages themselves.
func TestJSONTellsTheValues(t *testing.T) {
	for name, kx := range keyExchanges {
		var out bytes.Buffer
		lines := JSON(&out)
		s := newScene(t, kx, lines, lines)
		s.play()
		steps := make(map[string][]int)
		values := make(map[string]string)
		for l := range bytes.Lines(out.Bytes()) {
			var o map[string]any
			if err := json.Unmarshal(l, &o); err != nil {
				t.Fatalf("%s: %v in %s", name, err, l)
			}
			for _, key := range []string{"conn", "role", "seq", "time", "event"} {
				if o[key] == nil {
					t.Fatalf("%s: no %s in %s", name, key, l)
				}
			}
			step, told := o["step"].(float64)
			if _, named := o["name"]; named != told {
				t.Errorf("%s: step and name do not come together: %s", name, l)
			}
			if told {
				steps[o["role"].(string)] = append(steps[o["role"].(string)], int(step))
				if want := fault.Step(step).Name(); o["name"] != want {
					t.Errorf("%s: step %v is called %v, want %s", name, step, o["name"], want)
				}
			}
			for key, v := range o {
				if text, ok := v.(string); ok {
					values[fmt.Sprintf("%v %s %s", step, o["event"], key)] = text
				}
			}
		}
		if got, want := steps["client"], []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(got, want) {
			t.Errorf("%s: the client's steps are %v", name, got)
		}
		if got, want := steps["server"], []int{1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(got, want) {
			t.Errorf("%s: the server's steps are %v", name, got)
		}
		want := map[string]string{
			"1 message random1":      hex.EncodeToString(s.random1[:]),
			"2 message random2":      hex.EncodeToString(s.random2[:]),
			"2 message algo":         s.suite.ID.String(),
			"2 message cipher_suite": fmt.Sprintf("0x%04x", uint16(s.suite.ID)),
			"10 message verify_data": strings.Repeat("cf", 12),
			"9 message raw":          "01",
		}
		switch kx {
		case wire.KeyExchangeRSA:
			want["7 message encrypted_premaster"] = strings.Repeat("ec", 256)
		case wire.KeyExchangeDHE:
			want["7 message public"] = strings.Repeat("c1", 256)
			want["0 message generator"] = "02"
		default:
			want["7 message public"] = strings.Repeat("c1", 32)
			want["0 message message"] = "ServerKeyExchange"
		}
		for key, v := range want {
			if values[key] != v {
				t.Errorf("%s: %s is %q, want %q", name, key, values[key], v)
			}
		}
	}
}

// TestColorOnlyColors: the same words in the same places, with and without colour.
func TestColorOnlyColors(t *testing.T) {
	sequence := regexp.MustCompile("\x1b\\[[0-9;]*m")
	for _, o := range []Options{{Level: Full}, {Level: Full, Columns: true, Width: 110}, {Level: Brief}} {
		var bare, colored bytes.Buffer
		text := Text(&bare, o)
		newScene(t, wire.KeyExchangeRSA, text, text).play()
		o.Color = true
		text = Text(&colored, o)
		newScene(t, wire.KeyExchangeRSA, text, text).play()
		if !sequence.Match(colored.Bytes()) {
			t.Errorf("%+v: no colour with Color", o)
		}
		strip := func(s string) string {
			var out strings.Builder
			for l := range strings.Lines(sequence.ReplaceAllString(s, "")) {
				out.WriteString(strings.TrimRight(l, " \n") + "\n")
			}
			return out.String()
		}
		if strip(colored.String()) != strip(bare.String()) {
			t.Errorf("%+v: colour changes the words", o)
		}
	}
}

// TestPagesFit holds pages of many widths.
func TestPagesFit(t *testing.T) {
	for _, width := range []int{0, 1, 60, 72, 80, 99, 100, 101, 120, 200} {
		for _, columns := range []bool{false, true} {
			o := Options{Level: Full, Width: width, Columns: columns}
			var page bytes.Buffer
			text := Text(&page, o)
			newScene(t, wire.KeyExchangeECDHE, text, text).play()
			tell(text, fault.Client, hostileEvents(t))
			fits(t, fmt.Sprintf("%+v", o), page.String(), newPage(o).width)
		}
	}
}

func TestLevelsHaveNames(t *testing.T) {
	for _, l := range []Level{Brief, Full, Bytes} {
		if got, ok := ParseLevel(l.String()); !ok || got != l {
			t.Errorf("%v does not parse back: %v, %v", l, got, ok)
		}
	}
	if _, ok := ParseLevel("none"); ok {
		t.Error("none is no level of a tracer")
	}
}

// TestFailureOfBothEnds tells a handshake that fails at the server, from both ends.
func TestFailureOfBothEnds(t *testing.T) {
	for _, level := range []Level{Brief, Full} {
		var page bytes.Buffer
		text := Text(&page, Options{Level: level})
		s := newScene(t, wire.KeyExchangeRSA, text, text)
		hello := s.clientHello()
		s.crosses(fault.Client, hello, false)
		alert := wire.Alert{Level: wire.LevelFatal, Description: wire.AlertHandshakeFailure}
		offers := &fault.Offers{Of: "cipher suite", Ours: names(hello.CipherSuites[:1])}
		event.Emit(&s.server, 0, event.Alert{Sent: true, Alert: alert})
		event.Emit(&s.server, 0, event.Failed{Err: &fault.Error{Rule: fault.OnlyRSAKeyExchange, Role: fault.Server, Step: fault.StepClientHello,
			Offers: &fault.Offers{Of: "cipher suite", Ours: names(hello.CipherSuites[:1]), Theirs: names(hello.CipherSuites[6:])}}})
		event.Emit(&s.client, 0, event.Alert{Alert: alert})
		event.Emit(&s.client, 0, event.Failed{Err: &fault.PeerAlert{Alert: alert, Role: fault.Client, Step: fault.StepClientHello, Offers: offers}})
		golden(t, "failure_"+level.String(), page.Bytes())
		fits(t, level.String(), page.String(), defaultWidth)
	}
}

// TestUntrustedShowsItsChecks: what was checked before the failure is told with it.
func TestUntrustedShowsItsChecks(t *testing.T) {
	var page bytes.Buffer
	tell(Text(&page, Options{Level: Full}), fault.Client, []event.Event{
		event.Check{What: event.CheckDates, Passed: true, Subject: "CN=leaf"},
		event.Check{What: event.CheckRoot, Subject: "CN=leaf", Issuer: "CN=somebody", Roots: "the system"},
		event.Failed{Err: fault.New(fault.UnknownCA).With(`the issuer "CN=somebody" is not known`)},
	})
	for _, want := range []string{"✓ dates", "✗ root", `"CN=somebody", the issuer of "CN=leaf", is not among the trusted roots`, "--cacert FILE"} {
		if !strings.Contains(strings.Join(strings.Fields(page.String()), " "), want) {
			t.Errorf("%q is not told:\n%s", want, page.String())
		}
	}
}

// TestSkippedVerificationIsLoud: no word of trust where nothing was verified.
func TestSkippedVerificationIsLoud(t *testing.T) {
	for _, level := range []Level{Brief, Full} {
		var page bytes.Buffer
		text := Text(&page, Options{Level: level})
		text.Event(event.Meta{Role: fault.Client, Step: fault.StepClientVerification}, event.PeerVerified{ServerName: "localhost", Skipped: true})
		text.Event(event.Meta{Role: fault.Client, Step: fault.StepFinish}, event.Finished{Version: wire.TLS12})
		words := strings.Join(strings.Fields(page.String()), " ")
		if !strings.Contains(words, "NO: verification is switched off") || strings.Contains(words, "leads to a CA") {
			t.Errorf("%v:\n%s", level, page.String())
		}
	}
}

// TestServerVerifiesToo: a client's certificate is judged beside the story, which has step 5 in the client.
func TestServerVerifiesToo(t *testing.T) {
	var page bytes.Buffer
	tell(Text(&page, Options{Level: Full}), fault.Server, []event.Event{
		event.Check{What: event.CheckDates, Passed: true, Subject: "CN=client"},
		event.PeerVerified{},
	})
	words := strings.Join(strings.Fields(page.String()), " ")
	for _, want := range []string{"+ Server Verification in the server", "✓ dates", "verified yes"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not told:\n%s", want, page.String())
		}
	}
}
