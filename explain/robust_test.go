package explain

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// zeroEvents has every type of package event with nothing in it.
var zeroEvents = []event.Event{
	event.Opened{}, event.PolicyReplaced{}, event.Record{}, event.Message{}, event.VersionChosen{}, event.SuiteChosen{},
	event.GroupChosen{}, event.SchemeChosen{}, event.ProtocolChosen{}, event.CredentialChosen{}, event.Check{},
	event.PeerVerified{}, event.PremasterGenerated{}, event.KeysDerived{}, event.Finished{}, event.Alert{},
	event.RetryAsked{}, event.CookieReturned{}, event.KeysUpdated{}, event.Renegotiating{}, event.Resumption{}, event.Truncated{}, event.Asked{}, event.Answered{}, event.Failed{},
}

func TestZeroEventsAreComplete(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../event/types.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for _, e := range zeroEvents {
		listed[e.Kind()] = true
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "Kind" {
			continue
		}
		kind := f.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit).Value
		if !listed[strings.Trim(kind, `"`)] {
			t.Errorf("package event has %s, which zeroEvents lacks, and explain perhaps too", kind)
		}
	}
}

// poisoned events break whoever looks into them.
var poisoned = []event.Event{
	event.Failed{Err: (*fault.Error)(nil)},
	event.Failed{Err: &fault.Error{}},
	event.Failed{Err: (*fault.PeerAlert)(nil)},
	event.Failed{Err: bomb{}},
	event.Message{Message: (*wire.ClientHello)(nil)},
	event.Message{Message: &wire.ClientHello{}},
	event.Message{Sent: true, Message: &wire.Certificate{Chain: [][]byte{nil}}},
	event.PeerVerified{Chain: loadedNil},
	event.SuiteChosen{Considered: []event.SuiteVerdict{{Reason: 99}}},
	event.Check{What: 99},
	(*stranger)(nil),
	stranger{},
}

var loadedNil = make([]*x509.Certificate, 2)

type bomb struct{}

func (bomb) Error() string { panic("an error that cannot be read") }

type stranger struct{ name string }

func (s stranger) Kind() string { return "stranger" + s.name }

// TestNoEventPanics: a tracer runs in the engine's goroutine, and must not bring a connection down.
func TestNoEventPanics(t *testing.T) {
	for _, role := range []fault.Role{0, fault.Client, fault.Server} {
		for step := fault.Step(0); step <= fault.StepFinish+1; step++ {
			var lines bytes.Buffer
			tracers := []event.Tracer{JSON(&lines), Text(io.Discard, Options{Level: Brief}), Text(io.Discard, Options{Level: Full}),
				Text(io.Discard, Options{Level: Bytes}), Text(io.Discard, Options{Level: Bytes, Columns: true, Width: 100, Color: true}),
				Text(io.Discard, Options{Level: 99, Width: -1})}
			for _, e := range append(append([]event.Event{nil}, zeroEvents...), poisoned...) {
				for _, tracer := range tracers {
					tracer.Event(event.Meta{Role: role, Step: step}, e)
				}
			}
			if n := bytes.Count(lines.Bytes(), []byte("\n")); n != len(zeroEvents)+len(poisoned) {
				t.Errorf("%d lines for %d events", n, len(zeroEvents)+len(poisoned))
			}
			for l := range bytes.Lines(lines.Bytes()) {
				if !json.Valid(l) {
					t.Errorf("not JSON: %s", l)
				}
			}
		}
	}
}

func TestZeroEventsAreReadable(t *testing.T) {
	var out bytes.Buffer
	text := Text(&out, Options{Level: Bytes})
	lines := JSON(&out)
	for _, e := range zeroEvents {
		out.Reset()
		text.Event(event.Meta{Role: fault.Client}, e)
		lines.Event(event.Meta{Role: fault.Client}, e)
		if s := out.String(); strings.Contains(s, "unreadable") || strings.Contains(s, "cannot be read") {
			t.Errorf("an empty %s cannot be told: %s", e.Kind(), s)
		}
	}
}

// failing writes n times and then no more.
type failing struct{ n, calls int }

var errFull = errors.New("no space left")

func (f *failing) Write(b []byte) (int, error) {
	f.calls++
	if f.calls > f.n {
		return 0, errFull
	}
	return len(b), nil
}

func TestWriteErrorsAreKept(t *testing.T) {
	for name, make := range map[string]func(io.Writer) interface {
		event.Tracer
		Err() error
	}{
		"JSON": func(w io.Writer) interface {
			event.Tracer
			Err() error
		} {
			return JSON(w)
		},
		"Text": func(w io.Writer) interface {
			event.Tracer
			Err() error
		} {
			return Text(w, Options{Level: Full})
		},
	} {
		w := &failing{n: 3}
		tracer := make(w)
		newScene(t, wire.KeyExchangeRSA, tracer, tracer).play()
		if err := tracer.Err(); !errors.Is(err, errFull) {
			t.Errorf("%s: Err is %v, want the writer's %v", name, err, errFull)
		}
		if w.calls != w.n+1 {
			t.Errorf("%s: %d writes after the one that failed", name, w.calls-w.n-1)
		}
	}
}

// TestManyConnections: calls come from many goroutines, and no line is torn.
func TestManyConnections(t *testing.T) {
	var out, page bytes.Buffer
	lines, text := JSON(&out), Text(&page, Options{Level: Full})
	both := event.Tee(lines, text)
	var wg sync.WaitGroup
	for range 8 {
		s := newScene(t, wire.KeyExchangeECDHE, nil, nil)
		s.client.Init(both, fault.Client, event.NextConn())
		s.server.Init(both, fault.Server, event.NextConn())
		wg.Go(s.play)
	}
	wg.Wait()
	for l := range bytes.Lines(out.Bytes()) {
		if !json.Valid(l) {
			t.Fatalf("a torn line: %s", l)
		}
	}
	if !strings.Contains(page.String(), "── connection ") {
		t.Error("many connections are told without saying which is which")
	}
}

// TestMemoryIsBounded: connections end without a word, so that what is remembered of them must end by itself.
func TestMemoryIsBounded(t *testing.T) {
	text := Text(io.Discard, Options{Level: Full})
	hello := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{1}, CompressionMethods: []wire.CompressionMethod{0}}
	for i := range uint64(3 * maxViews) {
		hello.Random[0], hello.Random[1] = byte(i), byte(i>>8)
		text.Event(event.Meta{Conn: i, Role: fault.Client, Step: 1, Time: time.Unix(1, 0)}, event.Message{Sent: true, Message: hello})
	}
	if len(text.views) > maxViews || len(text.hellos) > maxViews || len(text.order) > maxViews {
		t.Errorf("%d views, %d hellos remembered, more than %d", len(text.views), len(text.hellos), maxViews)
	}
}
