package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/explain"
	"github.com/vitro-tls/vitro/fault"
)

// getTeller tells on stderr what get does.
type getTeller struct {
	w      *lockedWriter
	page   explain.Options
	json   bool
	events teller // nil: they are not told
	told   atomic.Bool
	begun  bool
}

// begin sets what is told of one URL among several apart from what was told before.
func (t *getTeller) begin(target string) {
	if t.events == nil || t.json {
		return
	}
	if t.begun {
		_, _ = io.WriteString(t.w, "\n")
	}
	t.begun = true
	fmt.Fprintf(t.w, "── %s ──\n", printable(target))
	t.events = explain.Text(t.w, t.page)
}

func (f *getFlags) teller(stderr io.Writer) (*getTeller, error) {
	t := &getTeller{w: &lockedWriter{w: stderr}, json: f.json}
	level, known := explain.ParseLevel(f.explain)
	if !known && f.explain != "none" {
		return nil, fmt.Errorf("--explain %q: there are none, brief, full and bytes", f.explain)
	}
	var err error
	if t.page, err = pageOptions(stderr, level, f.color); err != nil {
		return nil, err
	}
	switch {
	case f.json:
		t.events = explain.JSON(t.w)
	case known && !f.silent:
		t.events = explain.Text(t.w, t.page)
	}
	return t, nil
}

// tracer returns nil where nobody listens.
func (t *getTeller) tracer() event.Tracer {
	if t.events == nil {
		return nil
	}
	return t
}

// Event passes events on, and notes whether a failure's reason was among them.
func (t *getTeller) Event(m event.Meta, e event.Event) {
	if _, failed := e.(event.Failed); failed {
		t.told.Store(true)
	}
	t.events.Event(m, e)
}

// warn says what must be heard at every level.
func (t *getTeller) warn(s string) {
	if !t.json {
		fmt.Fprintln(t.w, "vitro:", s)
	}
}

func (t *getTeller) response(resp *http.Response) {
	if t.events == nil || t.json {
		return
	}
	s := protocolOf(resp) + " " + resp.Status
	if kind := resp.Header.Get("Content-Type"); kind != "" {
		s += ", " + kind
	}
	if resp.ContentLength >= 0 {
		s += fmt.Sprintf(", %d bytes", resp.ContentLength)
	}
	fmt.Fprintf(t.w, "%-13s%s\n", "response", printable(s))
}

// failure tells why a URL could not be fetched, and what a probe found out about it.
func (t *getTeller) failure(target string, err error, probed string) error {
	told := t.told.Swap(false)
	exit := &exitError{code: exitCodeOf(err), quiet: true, err: err}
	if t.json {
		t.failureLine(target, exit, probed)
		return exit
	}
	var handshake *handshakeError
	switch {
	case errors.As(err, &handshake) && told:
		t.warn(printable(target) + ": the handshake failed; the reason stands above")
	case errors.As(err, &handshake):
		t.warn(printable(target) + ": the handshake failed")
		_, _ = io.WriteString(t.w, explain.Error(handshake.err, t.page))
	case told && ofTLS(err):
		t.warn(printable(target) + ": the connection failed; the reason stands above")
	default:
		t.warn(printable(target + ": " + bare(err).Error()))
	}
	if probed != "" {
		t.warn(probed)
	}
	return exit
}

// ofTLS reports whether a failure is one that events tell of.
func ofTLS(err error) bool {
	var found *fault.Error
	var refusal *fault.PeerAlert
	return errors.As(err, &found) || errors.As(err, &refusal)
}

// failureLine ends the events with what the exit code stands for.
func (t *getTeller) failureLine(target string, exit *exitError, probed string) {
	line := struct {
		Event  string `json:"event"`
		URL    string `json:"url"`
		Exit   int    `json:"exit"`
		Error  string `json:"error"`
		Rule   string `json:"rule,omitempty"`
		Probed string `json:"probed,omitempty"`
	}{"error", target, exit.code, bare(exit.err).Error(), "", probed}
	var found *fault.Error
	if errors.As(exit.err, &found) {
		line.Rule = found.Rule.Name
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, _ = t.w.Write(append(text, '\n'))
	}
}

// printable keeps what a server says from steering the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
