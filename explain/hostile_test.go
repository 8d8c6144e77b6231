package explain

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// evil is what a peer may put into a name: an escape sequence in seven and in eight bits, line breaks, a right-to-left
// override, a zero-width space, broken UTF-8, NUL and DEL.
const evil = "a\x1b[31m\u009b2J\r\nb\u202e\u200b\u2028\xff\xc0\x00\x7f\U000e0041"

func TestCleanIsPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"localhost":     "localhost",
		"bücher.例え":     "bücher.例え",
		"\x1b[31m":      `\x1b[31m`,
		"a\r\nb":        `a\x0d\x0ab`,
		"\u009b":        `\u009b`,
		"\u202e":        `\u202e`,
		"\xff":          `\xff`,
		"\U000e0041":    `\U000e0041`,
		"a\uFFFD":       "a\uFFFD",
		"no\u00a0break": `no\u00a0break`,
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add(evil)
	f.Fuzz(func(t *testing.T, s string) {
		out := clean(s)
		if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("clean(%q) lets something by: %q", s, out)
		}
	})
}

// hostileEvents have evil in every text that a peer, or somebody along the way, chooses.
func hostileEvents(t *testing.T) []event.Event {
	hello := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{0x0a0a}, CompressionMethods: []wire.CompressionMethod{0}}
	hello.ServerName, hello.Extensions.ALPN = evil, []string{evil, strings.Repeat("x", 255)}
	hello.Add(wire.ExtServerName)
	hello.Add(wire.ExtALPN)
	if _, err := wire.Encode(hello, wire.Context{}); err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{Subject: pkix.Name{CommonName: evil}, Issuer: pkix.Name{CommonName: evil}, DNSNames: []string{evil}}
	e := fault.New(fault.WrongHost).With("found "+evil).Advise(evil).Between(evil, []string{evil}, []string{evil}).Because(errors.New(evil))
	return []event.Event{
		event.Opened{ServerName: evil, Policy: evil},
		event.PolicyReplaced{Variable: evil, Policy: evil},
		event.Message{Sent: true, Message: hello},
		event.Message{Message: hello},
		event.Message{Message: &wire.Certificate{Chain: [][]byte{[]byte(evil), loadChain(t, "rsa_chain.pem")[0].Raw}}},
		event.ProtocolChosen{Protocol: evil, Offered: []string{evil}, Ours: []string{evil}},
		event.CredentialChosen{Leaf: leaf},
		event.Check{What: event.CheckLink, Subject: evil, Issuer: evil, Algorithm: evil},
		event.Check{What: event.CheckRoot, Subject: evil, Issuer: evil, Roots: evil},
		event.Check{What: event.CheckName, Wanted: evil, Found: []string{evil}},
		event.Check{What: event.CheckUsage, Wanted: evil, Found: []string{evil}},
		event.Check{What: event.CheckKey, Wanted: evil, Found: []string{evil}},
		event.Check{What: event.CheckStaple, Subject: evil, Issuer: evil, Found: []string{evil}},
		event.Check{What: event.CheckTimestamps, Subject: evil, Wanted: evil, Logs: []event.Timestamp{{Log: evil, Source: evil}, {Log: evil, Source: evil, Flaw: evil}}},
		event.PeerVerified{Chain: []*x509.Certificate{leaf}, ServerName: evil},
		event.KeysDerived{Cipher: evil},
		event.Finished{Protocol: evil, ServerName: evil},
		event.Asked{Want: evil},
		event.Answered{Want: evil, Failed: true},
		event.Failed{Err: e},
		event.Failed{Err: &fault.PeerAlert{Role: fault.Client, Offers: e.Offers}},
		event.Failed{Err: errors.New(evil)},
	}
}

// TestPeersCannotDrawOnTheTerminal: whatever a peer says, only printable characters and our line breaks come out.
func TestPeersCannotDrawOnTheTerminal(t *testing.T) {
	for _, role := range []fault.Role{fault.Client, fault.Server} {
		for _, o := range []Options{{Level: Brief}, {Level: Full}, {Level: Bytes}, {Level: Bytes, Columns: true, Width: 120}} {
			var page bytes.Buffer
			tell(Text(&page, o), role, hostileEvents(t))
			printable(t, page.String())
			fits(t, o.Level.String(), page.String(), newPage(o).width)
			if strings.Contains(page.String(), "cannot be read") {
				t.Errorf("%+v: an event could not be read:\n%s", o, page.String())
			}
		}
		var lines bytes.Buffer
		tell(JSON(&lines), role, hostileEvents(t))
		printable(t, lines.String())
		for l := range bytes.Lines(lines.Bytes()) {
			if !json.Valid(l) {
				t.Errorf("not JSON: %s", l)
			}
		}
	}
	printable(t, Error(errors.New(evil), Options{}))
}

func printable(t *testing.T, page string) {
	t.Helper()
	for i, r := range page {
		if r != '\n' && !unicode.IsPrint(r) || r == utf8.RuneError && !strings.HasPrefix(page[i:], "\uFFFD") {
			t.Fatalf("%q got out, in %q", r, page[max(0, i-40):min(len(page), i+40)])
		}
	}
}

// TestJSONKeepsWhatPeersSaid: escaping for the terminal loses nothing but broken UTF-8.
func TestJSONKeepsWhatPeersSaid(t *testing.T) {
	valid := strings.ToValidUTF8(evil, "\uFFFD")
	var lines bytes.Buffer
	tell(JSON(&lines), fault.Client, []event.Event{event.Opened{ServerName: valid}})
	var got struct {
		ServerName string `json:"server_name"`
	}
	if err := json.Unmarshal(lines.Bytes(), &got); err != nil || got.ServerName != valid {
		t.Errorf("server_name came back as %q, %v; want %q", got.ServerName, err, valid)
	}
}

// tell emits events without a step, one after another.
func tell(tracer event.Tracer, role fault.Role, events []event.Event) {
	var s event.Stream
	s.Init(tracer, role, 1)
	for _, e := range events {
		event.Emit(&s, 0, e)
	}
}
