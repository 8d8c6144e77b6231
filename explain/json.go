package explain

import (
	"io"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/event"
)

// JSONTracer writes events as lines of JSON. [JSON] makes it.
type JSONTracer struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// JSON returns a tracer that writes one JSON object per event and line. Each has conn, role, seq, time and event (its
// kind); the thirteen steps have step (1 to 13) and name as well; the rest is the event's own. Bytes are lower-case
// hex. It writes no secret: events carry none.
func JSON(w io.Writer) *JSONTracer { return &JSONTracer{w: w} }

// Event writes a line.
func (t *JSONTracer) Event(m event.Meta, e event.Event) {
	if e == nil {
		return
	}
	line, err := jsonLine(m, e)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil && t.err == nil {
		_, err = t.w.Write(line)
	}
	if t.err == nil {
		t.err = err
	}
}

// Err returns the first error of writing. Nothing is written after it.
func (t *JSONTracer) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

func jsonLine(m event.Meta, e event.Event) ([]byte, error) {
	o := object{
		{"conn", m.Conn},
		{"role", m.Role.String()},
		{"seq", m.Seq},
		{"time", m.Time.Format(time.RFC3339Nano)},
	}
	o.add("event", kindOf(e))
	if m.Step != 0 {
		o.add("step", uint8(m.Step))
		o.add("name", m.Step.Name())
	}
	o = append(o, eventObject(e)...)
	line, err := marshal(o)
	if err != nil {
		return nil, err
	}
	return append(escape(line), '\n'), nil
}

// kindOf survives a nil pointer that calls itself an event.
func kindOf(e event.Event) (kind string) {
	defer func() {
		if recover() != nil {
			kind = "unreadable"
		}
	}()
	return e.Kind()
}

// eventObject has an event's own members. An event that cannot be read (an error whose text panics, a half-made
// message) must not end the connection that it tells of: its line then says so.
func eventObject(e event.Event) (o object) {
	defer func() {
		if recover() != nil {
			o = object{{"unreadable", true}}
		}
	}()
	switch e := e.(type) {
	case event.Message:
		return messageObject(e)
	case event.Failed:
		return object{{"error", errorObject(e.Err)}}
	case event.Record:
		return object{{"sent", e.Sent}, {"type", e.Type.String()}, {"version", e.Version.String()},
			{"length", e.Length}, {"protected", e.Protected}}
	case event.Alert:
		return object{{"sent", e.Sent}, {"level", e.Alert.Level.String()}, {"alert", e.Alert.Description.String()},
			{"code", uint8(e.Alert.Description)}}
	case event.Opened:
		o.addIf("server_name", e.ServerName)
		o.addIf("policy", e.Policy)
		o.add("suites", names(e.Suites))
	case event.PolicyReplaced:
		return object{{"variable", e.Variable}, {"policy", e.Policy}}
	case event.Asked:
		return object{{"want", e.Want}}
	case event.Answered:
		return object{{"want", e.Want}, {"failed", e.Failed}}
	case event.Check:
		return checkObject(e)
	case event.PeerVerified:
		return verifiedObject(e)
	case event.PremasterGenerated:
		return premasterObject(e)
	case event.KeysDerived:
		return keysObject(e)
	case event.Finished:
		return finishedObject(e)
	default:
		return choiceObject(e)
	}
	return o
}
