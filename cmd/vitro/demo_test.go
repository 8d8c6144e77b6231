package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/vitro-tls/vitro/explain"
)

// tap records what crosses a socket.
type tap struct {
	net.Conn
	mu             sync.Mutex
	sent, received bytes.Buffer
}

func (c *tap) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent.Write(b[:n])
	return n, err
}

func (c *tap) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received.Write(b[:n])
	return n, err
}

// plainMessages cuts the handshake messages in the clear out of one direction: records (RFC 5246 §6.2.1) up to the
// ChangeCipherSpec, then messages (§7.4), by type.
func plainMessages(t *testing.T, stream []byte) map[byte][]byte {
	t.Helper()
	var handshake []byte
	for len(stream) >= 5 && stream[0] == 22 {
		n := 5 + int(binary.BigEndian.Uint16(stream[3:]))
		if n > len(stream) {
			t.Fatalf("a record of %d bytes, and only %d are left", n, len(stream))
		}
		handshake = append(handshake, stream[5:n]...)
		stream = stream[n:]
	}
	messages := map[byte][]byte{}
	for len(handshake) >= 4 {
		n := 4 + int(handshake[1])<<16 + int(handshake[2])<<8 + int(handshake[3])
		if n > len(handshake) {
			t.Fatalf("a message of %d bytes, and only %d are left", n, len(handshake))
		}
		messages[handshake[0]] = handshake[4:n]
		handshake = handshake[n:]
	}
	return messages
}

type jsonEvent map[string]any

func (e jsonEvent) step() int { n, _ := e["step"].(float64); return int(n) }

func (e jsonEvent) seq() int { n, _ := e["seq"].(float64); return int(n) }

// demoEvents runs the demo with --json and a tap on the wire.
func demoEvents(t *testing.T, keyExchange string) ([]jsonEvent, *tap) {
	t.Helper()
	return demoEventsOf(t, demoFlags{keyExchange: keyExchange})
}

func demoEventsOf(t *testing.T, f demoFlags) ([]jsonEvent, *tap) {
	t.Helper()
	var wire *tap
	d := demo{dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := new(net.Dialer).DialContext(ctx, network, addr)
		wire = &tap{Conn: inner}
		return wire, err
	}}
	var out bytes.Buffer
	f.explain, f.color, f.json = "full", colorAuto, true
	if err := runDemo(t.Context(), f, d, &out); err != nil {
		t.Fatalf("demo: %v\n%s", err, out.String())
	}
	var events []jsonEvent
	for line := range strings.Lines(out.String()) {
		var e jsonEvent
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("a line is not one JSON object: %v\n%s", err, line)
		}
		events = append(events, e)
	}
	return events, wire
}

// What the demo says that it saw is what crossed the wire, in the view of either end.
func TestDemoTellsWhatCrossedTheWire(t *testing.T) {
	events, wire := demoEvents(t, keyExchangeRSA)
	sent, received := plainMessages(t, wire.sent.Bytes()), plainMessages(t, wire.received.Bytes())
	clientHello, serverHello, keyExchange := sent[1], received[2], sent[16]
	if clientHello == nil || serverHello == nil || keyExchange == nil {
		t.Fatalf("the wire lacks a message: %d bytes sent, %d received", wire.sent.Len(), wire.received.Len())
	}
	sessionID := int(serverHello[34])
	onWire := map[string]string{
		"random1":             hex.EncodeToString(clientHello[2:34]),
		"random2":             hex.EncodeToString(serverHello[2:34]),
		"cipher_suite":        fmt.Sprintf("0x%x", serverHello[35+sessionID:37+sessionID]),
		"encrypted_premaster": hex.EncodeToString(keyExchange[2:]),
	}
	if n := binary.BigEndian.Uint16(keyExchange); int(n) != 256 || len(keyExchange) != 258 {
		t.Errorf("the encrypted pre-master on the wire: length %d in %d bytes, want 256 for a 2048-bit key", n, len(keyExchange))
	}
	for _, role := range []string{"client", "server"} {
		for key, step := range map[string]int{"random1": 1, "random2": 2, "cipher_suite": 2, "encrypted_premaster": 7} {
			e := find(events, role, step)
			if e == nil {
				t.Errorf("%s: no step %d", role, step)
			} else if e[key] != onWire[key] {
				t.Errorf("%s, step %d: %s is %v, on the wire it is %s", role, step, key, e[key], onWire[key])
			}
		}
		keys := find(events, role, 8)
		if keys["random1"] != onWire["random1"] || keys["random2"] != onWire["random2"] {
			t.Errorf("%s, step 8: keys come from %v and %v, on the wire were %s and %s", role,
				keys["random1"], keys["random2"], onWire["random1"], onWire["random2"])
		}
	}
	var offered []any
	for n := int(binary.BigEndian.Uint16(clientHello[35+int(clientHello[34]):])); n > 0; n -= 2 {
		at := 37 + int(clientHello[34]) + len(offered)*2
		offered = append(offered, fmt.Sprintf("0x%x", clientHello[at:at+2]))
	}
	if got := find(events, "server", 1)["cipher_suites"]; !slices.Equal(got.([]any), offered) {
		t.Errorf("the server saw the suites %v, on the wire were %v", got, offered)
	}
}

func find(events []jsonEvent, role string, step int) jsonEvent {
	for _, e := range events {
		if e["role"] == role && e.step() == step {
			return e
		}
	}
	return nil
}

// With ECDHE the client's key exchange carries its public key, and the server's stands beside the thirteen steps.
func TestDemoTellsECDHE(t *testing.T) {
	events, wire := demoEvents(t, keyExchangeECDHE)
	sent, received := plainMessages(t, wire.sent.Bytes()), plainMessages(t, wire.received.Bytes())
	if received[12] == nil {
		t.Fatal("no ServerKeyExchange on the wire")
	}
	want := hex.EncodeToString(sent[16][1:])
	if got := find(events, "server", 7)["public"]; got != want {
		t.Errorf("the client's public key is %v, on the wire it is %s", got, want)
	}
	seen := 0
	for _, e := range events {
		if e["message"] != "ServerKeyExchange" {
			continue
		}
		seen++
		if e.step() != 0 {
			t.Errorf("ServerKeyExchange carries step %v; it is outside the story", e["step"])
		}
		if got, want := e["public"], hex.EncodeToString(received[12][4:4+int(received[12][3])]); got != want {
			t.Errorf("the server's public key is %v, on the wire it is %s", got, want)
		}
	}
	if seen != 2 {
		t.Errorf("ServerKeyExchange was told %d times, want once by each end", seen)
	}
}

// The names of the steps, as the design's table has them.
var demoSteps = []string{"Client Hello", "Server Hello", "Server Certificate", "Server Hello Done", "Client Verification",
	"Gen pre-master", "Client Key Exchange", "Gen secret key", "Change Cipher Spec", "Encrypted Handshake Message",
	"Change Cipher Spec", "Encrypted Handshake Message", "Finish"}

// The client goes through steps 1 to 13, the server through all but what happens inside the client; each event says
// whose it is, and events are counted without a gap.
func TestDemoTakesThirteenSteps(t *testing.T) {
	for _, keyExchange := range []string{keyExchangeRSA, keyExchangeECDHE} {
		events, _ := demoEvents(t, keyExchange)
		steps := map[any][]int{}
		seq := map[any]int{}
		conns := map[any]any{}
		for _, e := range events {
			role := e["role"]
			if role != "client" && role != "server" {
				t.Fatalf("%s: an event with role %v: %v", keyExchange, role, e)
			}
			if conns[role] == nil {
				conns[role] = e["conn"]
			}
			if e["conn"] == nil || e["conn"] != conns[role] {
				t.Errorf("%s, %s: conn is %v, was %v", keyExchange, role, e["conn"], conns[role])
			}
			if seq[role]++; e.seq() != seq[role] {
				t.Fatalf("%s, %s: seq %v after %d", keyExchange, role, e["seq"], seq[role]-1)
			}
			n := e.step()
			if n == 0 {
				if e["name"] != nil && e["step"] != nil {
					t.Errorf("%s, %s: an event outside the story is named %v", keyExchange, role, e["name"])
				}
				continue
			}
			steps[role] = append(steps[role], n)
			if e["name"] != demoSteps[n-1] {
				t.Errorf("%s, %s: step %d is named %v, want %s", keyExchange, role, n, e["name"], demoSteps[n-1])
			}
		}
		if got, want := steps["client"], []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(got, want) {
			t.Errorf("%s: the client's steps are %v", keyExchange, got)
		}
		if got, want := steps["server"], []int{1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(got, want) {
			t.Errorf("%s: the server's steps are %v", keyExchange, got)
		}
	}
}

// Piped text has no escape sequences and no line over 80 columns, at every level.
func TestDemoTextIsPlain(t *testing.T) {
	for _, keyExchange := range []string{keyExchangeRSA, keyExchangeECDHE} {
		for _, level := range []string{"brief", "full", "bytes"} {
			code, out, errs := vitro(t, "demo", "--key-exchange", keyExchange, "--explain", level)
			if code != exitOK || errs != "" {
				t.Errorf("%s, %s: exit %d, stderr %q", keyExchange, level, code, errs)
			}
			if strings.ContainsRune(out, '\x1b') {
				t.Errorf("%s, %s: an escape sequence in piped output", keyExchange, level)
			}
			for line := range strings.Lines(out) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
					t.Errorf("%s, %s: a line of %d columns: %s", keyExchange, level, n, line)
				}
			}
			if !strings.Contains(out, "HTTP/1.1 200 OK") || !strings.Contains(out, "Hello from the other end.") {
				t.Errorf("%s, %s: the HTTP response is missing:\n%s", keyExchange, level, out)
			}
		}
	}
}

// The story is told in order, and ends with the response and both ends' goodbye.
func TestDemoTellsTheStoryInOrder(t *testing.T) {
	_, out, _ := vitro(t, "demo")
	rest := out
	for i, name := range append(slices.Clone(demoSteps), "HTTP/1.1 200 OK", "close_notify", "close_notify") {
		if i < len(demoSteps) {
			name = fmt.Sprintf("%2d  %s", i+1, name)
		}
		_, after, found := strings.Cut(rest, name)
		if !found {
			t.Fatalf("%q is missing, or not in its place:\n%s", name, out)
		}
		rest = after
	}
}

func TestColorsAreForTerminals(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, c := range []struct {
		what     string
		color    string
		terminal bool
		getenv   func(string) string
		want     bool
	}{
		{"a terminal", colorAuto, true, env(), true},
		{"a pipe", colorAuto, false, env(), false},
		{"a terminal with NO_COLOR", colorAuto, true, env("NO_COLOR", "1"), false},
		{"a terminal with an empty NO_COLOR", colorAuto, true, env("NO_COLOR", ""), true},
		{"a dumb terminal", colorAuto, true, env("TERM", "dumb"), false},
		{"a pipe with --color always", colorAlways, false, env("NO_COLOR", "1"), true},
		{"a terminal with --color never", colorNever, true, env(), false},
	} {
		o, err := layOut(explain.Full, c.color, 120, c.terminal, c.getenv)
		if err != nil || o.Color != c.want {
			t.Errorf("%s: colours %v (error %v), want %v", c.what, o.Color, err, c.want)
		}
		if o.Columns != c.terminal {
			t.Errorf("%s: columns %v", c.what, o.Columns)
		}
	}
	_, out, _ := vitro(t, "demo", "--color", "always")
	if !strings.ContainsRune(out, '\x1b') {
		t.Error("--color always: no escape sequence")
	}
}

func TestDemoUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--tls", "1.3", "--key-exchange", "ecdhe"}, {"--tls", "1.1"}, {"--compare", "--tls", "1.3"}, {"--compare", "--explain", "brief"},
		{"--key-exchange", "dh"}, {"--explain", "everything"}, {"--color", "blue"}, {"--nonsense"}, {"somewhere"},
	} {
		if code, _, errs := vitro(t, append([]string{"demo"}, args...)...); code != exitUsage || errs == "" {
			t.Errorf("demo %v: exit %d, stderr %q, want %d and a reason", args, code, errs, exitUsage)
		}
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestDemoOnAFullDisk(t *testing.T) {
	for _, args := range [][]string{{"demo"}, {"demo", "--json"}, {"demo", "--compare"}} {
		var errs bytes.Buffer
		if code := run(t.Context(), args, fullDisk{}, &errs); code != exitWrite || !strings.Contains(errs.String(), errFull.Error()) {
			t.Errorf("%v: exit %d, stderr %q, want %d and the reason", args, code, errs.String(), exitWrite)
		}
	}
}

// An interrupt in the middle ends client and server, and nothing is told after the demo has returned: the race detector
// would see it.
func TestDemoIsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	d := demo{dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		defer interrupt()
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	f := demoFlags{keyExchange: keyExchangeRSA, explain: "full", color: colorAuto}
	var out bytes.Buffer
	err := runDemo(ctx, f, d, &out)
	if !strings.HasPrefix(out.String(), "Vitro visits") {
		t.Errorf("interrupted demo told %q", out.String())
	}
	if exit := new(exitError); !errors.As(err, &exit) || exit.code != exitInterrupt {
		t.Errorf("interrupted demo: %v, want exit code %d", err, exitInterrupt)
	}
}

// A client that cannot connect must not leave the demo waiting for a visitor.
func TestDemoCannotConnect(t *testing.T) {
	refused := errors.New("connection refused")
	d := demo{dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
	f := demoFlags{keyExchange: keyExchangeRSA, explain: "brief", color: colorAuto}
	if err := runDemo(t.Context(), f, d, new(bytes.Buffer)); !errors.Is(err, refused) {
		t.Errorf("demo without a connection: %v, want %v", err, refused)
	}
}
