package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/explain"
)

const explainNone = "none"

// serveWatch tells of the connections of a server. A handshake is told in one piece once it is known how it went:
// many go on at the same time, and a tale in slices helps nobody.
type serveWatch struct {
	json    *explain.JSONTracer // nil: text
	silent  bool
	options explain.Options

	mu   sync.Mutex
	w    io.Writer
	last *serveTracer
}

// page says how text is laid out on w.
func (o *serveOptions) page(w io.Writer) (explain.Options, error) {
	level, known := explain.ParseLevel(o.explain)
	if !known && o.explain != explainNone {
		return explain.Options{}, fmt.Errorf("--explain %q: there are none, brief, full and bytes", o.explain)
	}
	page, err := pageOptions(w, level, o.color)
	page.Columns = false // only one side is seen here
	return page, err
}

func (o *serveOptions) watch(w io.Writer, page explain.Options) *serveWatch {
	watch := &serveWatch{w: w, silent: o.explain == explainNone, options: page}
	if o.json {
		watch.json = explain.JSON(w)
	}
	return watch
}

func (s *serveWatch) active() bool { return s.json != nil || !s.silent }

// tracer returns the tracer of one connection.
func (s *serveWatch) tracer(peer net.Addr) event.Tracer {
	if s.json != nil {
		return s.json
	}
	t := &serveTracer{watch: s, peer: peer}
	t.text = explain.Text(&t.pending, s.options)
	return t
}

// serveTracer gathers the telling of one connection. Its calls are serialised.
type serveTracer struct {
	watch   *serveWatch
	peer    net.Addr
	text    *explain.TextTracer
	pending bytes.Buffer
	shaken  bool
}

func (t *serveTracer) Event(m event.Meta, e event.Event) {
	t.text.Event(m, e)
	switch e.(type) {
	case event.Finished, event.Failed:
		t.shaken = true
	}
	if t.shaken && t.pending.Len() > 0 {
		t.watch.tell(t, m.Conn)
	}
}

func (s *serveWatch) tell(t *serveTracer, conn uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != t {
		fmt.Fprintf(s.w, "── connection %d from %v ──\n", conn, t.peer)
		s.last = t
	}
	_, _ = s.w.Write(t.pending.Bytes())
	t.pending.Reset()
}
