package explain

import (
	"fmt"
	"io"
	"sync"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// Level says how much is told.
type Level uint8

const (
	Brief Level = iota // a handful of lines for a connection
	Full               // the thirteen steps with their values
	Bytes              // and every byte of every message
)

var levelNames = [...]string{Brief: "brief", Full: "full", Bytes: "bytes"}

func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level %d", uint8(l))
}

// ParseLevel returns the level of a name: brief, full, bytes.
func ParseLevel(name string) (Level, bool) {
	for i, s := range levelNames {
		if s == name {
			return Level(i), true
		}
	}
	return 0, false
}

// Options say how text is written.
type Options struct {
	Level   Level
	Width   int  // of the page; 0 is 80, less than 60 is 60. A dump takes 80
	Color   bool // with escape sequences for a terminal
	Columns bool // client on the left, server on the right; from a width of 100 on
}

// TextTracer writes events as text. [Text] makes it.
type TextTracer struct {
	level Level
	page  *page

	mu     sync.Mutex
	w      io.Writer
	err    error
	views  map[viewKey]*view
	order  []viewKey // of views, the oldest first
	hellos map[wire.Random]*view
	last   uint64 // the story that was told last
	titled bool
}

type viewKey struct {
	conn uint64
	role fault.Role
}

// maxViews bounds what a tracer remembers: connections end without a word.
const maxViews = 1024

// Text returns a tracer that tells handshakes as they happen. When it sees both ends of a connection it tells what
// crosses the wire once, as sent, and of the server only what the server alone knows.
func Text(w io.Writer, o Options) *TextTracer {
	return &TextTracer{level: o.Level, page: newPage(o), w: w,
		views: make(map[viewKey]*view), hellos: make(map[wire.Random]*view)}
}

// Err returns the first error of writing. Nothing is written after it.
func (t *TextTracer) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Event tells an event.
func (t *TextTracer) Event(m event.Meta, e event.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := t.told(m, e)
	if text == "" || t.err != nil {
		return
	}
	_, t.err = io.WriteString(t.w, text)
}

// told survives an event that cannot be read, as eventObject does.
func (t *TextTracer) told(m event.Meta, e event.Event) (text string) {
	defer func() {
		if recover() != nil {
			text = t.page.block(block{mark: "!", title: "An event that cannot be read", tone: bad, from: m.Role})
		}
	}()
	v := t.view(m)
	t.pair(v, e)
	if t.level == Brief {
		text = v.brief(t.page, m, e)
	} else {
		blocks := v.tell(m, e, t.level)
		if v.offered != nil || len(blocks) > 0 {
			blocks = append(v.takeEarly(), blocks...)
		}
		for _, one := range blocks {
			text += t.page.block(one)
		}
	}
	if text == "" {
		return ""
	}
	return t.title(v) + text
}

func (t *TextTracer) view(m event.Meta) *view {
	key := viewKey{m.Conn, m.Role}
	if v := t.views[key]; v != nil {
		if v.start.IsZero() {
			v.start = m.Time
		}
		return v
	}
	if len(t.order) >= maxViews {
		t.forget(t.order[0])
		t.order = t.order[1:]
	}
	v := &view{role: m.Role, story: m.Conn, start: m.Time}
	t.views[key] = v
	t.order = append(t.order, key)
	return v
}

func (t *TextTracer) forget(key viewKey) {
	if v := t.views[key]; v != nil && v.hello != nil && t.hellos[*v.hello] == v {
		delete(t.hellos, *v.hello)
	}
	delete(t.views, key)
}

// pair finds the two ends of a connection by the ClientHello's random: a client tells of it before it is sent, so
// that the server's view always comes second.
func (t *TextTracer) pair(v *view, e event.Event) {
	m, ok := e.(event.Message)
	if !ok || absent(m.Message) {
		return
	}
	hello, ok := m.Message.(*wire.ClientHello)
	if !ok {
		return
	}
	if v.role == fault.Client && m.Sent && v.hello == nil {
		random := hello.Random
		v.hello = &random
		t.hellos[random] = v
	}
	if other := t.hellos[hello.Random]; v.role == fault.Server && !m.Sent && v.other == nil && other != nil {
		v.other, other.other = other, v
		v.story, v.start = other.story, other.start
		delete(t.hellos, hello.Random)
	}
}

// title names the connection where the story of another one was told before.
func (t *TextTracer) title(v *view) string {
	text := ""
	if t.page.columns && t.level != Brief && !t.titled {
		text = t.page.columnTitles()
	}
	if t.titled && v.story != t.last {
		text = t.page.palette.paint(strong, fmt.Sprintf("── connection %d ──", v.story)) + "\n"
		if t.level == Brief {
			text = "\n" + text // where the lines of a connection are not set apart otherwise
		} else {
			text += "\n"
		}
	}
	t.titled, t.last = true, v.story
	return text
}
