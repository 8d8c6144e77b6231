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
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vitro-tls/vitro/tls"
)

// record cuts the first record off a stream. RFC 8446 §5.1.
func record(t *testing.T, stream []byte) (kind byte, body, rest []byte) {
	t.Helper()
	if len(stream) < 5 || len(stream) < 5+int(binary.BigEndian.Uint16(stream[3:])) {
		t.Fatalf("%d bytes are no whole record", len(stream))
	}
	n := 5 + int(binary.BigEndian.Uint16(stream[3:]))
	return stream[0], stream[5:n], stream[n:]
}

// What the demo tells of TLS 1.3 is what crossed the wire: both hellos with their shares in the clear, nothing but
// ciphertext and the ChangeCipherSpec of compatibility mode behind them.
func TestDemo13TellsWhatCrossedTheWire(t *testing.T) {
	events, wire := demoEventsOf(t, demoFlags{version: "1.3"})
	for _, side := range []struct {
		step   int
		stream []byte
	}{{1, wire.sent.Bytes()}, {2, wire.received.Bytes()}} {
		kind, hello, rest := record(t, side.stream)
		if kind != 22 {
			t.Fatalf("step %d: the first record is of type %d", side.step, kind)
		}
		for _, role := range []string{"client", "server"} {
			told := find(events, role, side.step)
			if told["raw"] != hex.EncodeToString(hello) {
				t.Errorf("the %s's step %d is %v, on the wire was %x", role, side.step, told["raw"], hello)
			}
			if told["random1"] != hex.EncodeToString(hello[6:38]) && told["random2"] != hex.EncodeToString(hello[6:38]) {
				t.Errorf("the %s's step %d has another random than the wire: %x", role, side.step, hello[6:38])
			}
			for _, share := range shares(told) {
				if !strings.Contains(hex.EncodeToString(hello), share["public"].(string)) {
					t.Errorf("the %s tells of a share for %v that was not on the wire", role, share["group"])
				}
			}
			if len(shares(told)) == 0 {
				t.Errorf("the %s's step %d has no key share", role, side.step)
			}
		}
		for len(rest) > 0 {
			if kind, _, rest = record(t, rest); kind != 23 && kind != 20 {
				t.Errorf("behind the hello of step %d a record of type %d is in the clear", side.step, kind)
			}
		}
	}
}

func shares(e jsonEvent) []map[string]any {
	var list []map[string]any
	extensions, _ := e["extensions"].([]any)
	for _, x := range extensions {
		x := x.(map[string]any)
		if x["type"] != "key_share" {
			continue
		}
		for _, share := range x["value"].([]any) {
			list = append(list, share.(map[string]any))
		}
	}
	return list
}

// The steps that TLS 1.3 has left, in its order.
func TestDemo13Steps(t *testing.T) {
	events, _ := demoEventsOf(t, demoFlags{version: "1.3"})
	steps := map[any]string{}
	for _, e := range events {
		n := e.step()
		if n == 0 || e["event"] == "failed" {
			continue
		}
		steps[e["role"]] += fmt.Sprint(" ", n)
		if e["name"] != demoSteps[n-1] {
			t.Errorf("step %d is named %v, want %s", n, e["name"], demoSteps[n-1])
		}
	}
	if steps["client"] != " 1 2 8 3 5 12 10 13" || steps["server"] != " 1 2 8 3 12 10 13" {
		t.Errorf("the client's steps are%s, the server's%s", steps["client"], steps["server"])
	}
}

// Piped text of TLS 1.3 names what changed, in lines of at most 80 columns, and ends with the response.
func TestDemo13TextIsPlain(t *testing.T) {
	for _, level := range []string{"brief", "full", "bytes"} {
		code, out, errs := vitro(t, "demo", "--tls", "1.3", "--explain", level)
		if code != exitOK || errs != "" {
			t.Errorf("%s: exit %d, stderr %q", level, code, errs)
		}
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 || strings.ContainsRune(line, '\x1b') {
				t.Errorf("%s: a line of %d columns, or with an escape sequence: %q", level, n, line)
			}
		}
		want := []string{"over TLS 1.3.", "X25519MLKEM768", "HTTP/1.1 200 OK"}
		if level != "brief" {
			want = append(want, "changed ", "RFC 8446 §4.1.3", "key shares")
		}
		for _, s := range want {
			if !strings.Contains(out, s) {
				t.Errorf("%s: %q is missing:\n%s", level, s, out)
			}
		}
	}
}

// flight is how many bytes of a stream are the handshake of TLS 1.2: its records up to application data.
func flight(t *testing.T, stream []byte) int {
	t.Helper()
	for rest := stream; ; {
		kind, _, after := record(t, rest)
		if kind == 23 {
			return len(stream) - len(rest)
		}
		rest = after
	}
}

// first is how many bytes the first records of a stream have.
func first(t *testing.T, stream []byte, records int) int {
	t.Helper()
	rest := stream
	for range records {
		_, _, rest = record(t, rest)
	}
	return len(stream) - len(rest)
}

// The comparison's numbers are those of the wire: round trips, and the bytes of the last handshake of each kind.
func TestCompareMeasuresTheWire(t *testing.T) {
	var taps []*tap
	c := comparison{dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		inner, err := new(net.Dialer).DialContext(ctx, network, addr)
		taps = append(taps, &tap{Conn: inner})
		return taps[len(taps)-1], err
	}}
	var out bytes.Buffer
	if err := runCompare(t.Context(), true, c, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 4 || len(taps) != 4*(compareRuns+1) {
		t.Fatalf("%d handshakes, and lines\n%s", len(taps), out.String())
	}
	for i, want := range []struct {
		version, exchange, group        string
		trips                           float64
		forward, quantum, hidesIdentity bool
		resumed                         bool
	}{
		{"TLS 1.2", "RSA", "", 2, false, false, false, false},
		{"TLS 1.2", "ECDHE", "x25519", 2, true, false, false, false},
		{"TLS 1.3", "", "X25519MLKEM768", 1, true, true, true, false},
		{"TLS 1.3", "", "X25519MLKEM768", 1, true, true, true, true},
	} {
		var o map[string]any
		if err := json.Unmarshal([]byte(lines[i]), &o); err != nil {
			t.Fatal(err)
		}
		exchange, _ := o["key_exchange"].(string)
		group, _ := o["group"].(string)
		if o["version"] != want.version || exchange != want.exchange || group != want.group || o["round_trips"] != want.trips ||
			o["forward_secret"] != want.forward || o["quantum_safe"] != want.quantum || o["certificate_hidden"] != want.hidesIdentity || o["resumed"] != want.resumed {
			t.Errorf("got %s\nwant %+v", lines[i], want)
		}
		last := taps[(i+1)*(compareRuns+1)-1]
		var sent, received int
		if want.version == "TLS 1.2" {
			sent, received = flight(t, last.sent.Bytes()), flight(t, last.received.Bytes())
		} else {
			// ClientHello, ChangeCipherSpec, Finished; ServerHello, ChangeCipherSpec, EncryptedExtensions, Certificate,
			// CertificateVerify, Finished. Resumed, it has neither certificate nor signature.
			records := 6
			if want.resumed {
				records = 4
			}
			sent, received = first(t, last.sent.Bytes(), 3), first(t, last.received.Bytes(), records)
		}
		if o["bytes_sent"] != float64(sent) || o["bytes_received"] != float64(received) {
			t.Errorf("%s %s: %v bytes sent and %v received, on the wire were %d and %d", want.version, want.exchange,
				o["bytes_sent"], o["bytes_received"], sent, received)
		}
	}
}

// The table has a column for each kind, in lines of at most 80 columns.
func TestCompareTable(t *testing.T) {
	code, out, errs := vitro(t, "demo", "--compare")
	if code != exitOK || errs != "" {
		t.Fatalf("exit %d, stderr %q", code, errs)
	}
	rows := map[string]string{}
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("a line of %d columns: %s", n, line)
		}
		if len(line) > 20 {
			rows[strings.TrimSpace(line[:20])] = strings.Join(strings.Fields(line[20:]), " ")
		}
	}
	for label, want := range map[string]string{
		"version":           "TLS 1.2 TLS 1.2 TLS 1.3 TLS 1.3 resumed",
		"key exchange":      "RSA ECDHE x25519 X25519MLKEM768 X25519MLKEM768",
		"round trips":       "2 2 1 1",
		"forward secrecy":   "no yes yes yes",
		"quantum computers": "no no yes yes",
	} {
		if rows[label] != want {
			t.Errorf("%s: %q, want %q\n%s", label, rows[label], want, out)
		}
	}
}

// A handshake of another kind than the column's is an error, and not a column: a session that is not resumed, or one
// that nobody wanted resumed.
func TestCompareRefusesAnotherKind(t *testing.T) {
	ca, certificate, err := demoCertificate()
	if err != nil {
		t.Fatal(err)
	}
	for _, disabled := range []bool{true, false} {
		inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener := tls.NewListener(inner, &tls.Config{Certificates: []tls.Certificate{certificate}, SessionTicketsDisabled: disabled})
		served := make(chan struct{})
		go func() {
			defer close(served)
			answer(listener)
		}()
		config := &tls.Config{ServerName: demoHost, RootCAs: ca.Pool(), ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		c := new(comparison)
		if _, err := c.once(t.Context(), inner.Addr().String(), config, false); err != nil {
			t.Errorf("tickets disabled: %v; the warm-up: %v", disabled, err)
		}
		says := fmt.Sprintf("resumed should be %v; the client says %v, the server %[2]v", disabled, !disabled)
		if _, err := c.once(t.Context(), inner.Addr().String(), config, disabled); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("tickets disabled: %v; the measured handshake: %v, want %q", disabled, err, says)
		}
		_ = listener.Close()
		<-served
	}
}

// An interrupt ends a comparison in the middle of a handshake.
func TestCompareIsInterrupted(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	c := comparison{dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		defer interrupt()
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	var out bytes.Buffer
	err := runCompare(ctx, false, c, &out)
	if exit := new(exitError); !errors.As(err, &exit) || exit.code != exitInterrupt || out.Len() > 0 {
		t.Errorf("interrupted comparison: %v, and the table %q; want exit code %d and none", err, out.String(), exitInterrupt)
	}
}
