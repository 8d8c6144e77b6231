package explain

import (
	"bytes"
	"fmt"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// view is what is known of one end of a connection while it is told.
type view struct {
	role  fault.Role
	story uint64 // the connection's number; both ends of a pair have the client's
	start time.Time
	other *view // the other end, if it is told here too
	hello *wire.Random

	version  wire.Version // 0 before it is known
	kx       wire.KeyExchange
	offered  *offered
	shares   []wire.NamedGroup // that the last ClientHello had key shares for
	retried  bool              // by a HelloRetryRequest
	wanted   wire.NamedGroup   // that it asked for a share for, 0 if none
	resumed  bool              // an earlier session was
	created  time.Time         // that session was, where it is told
	said     map[string]bool   // what is told once
	held     []held
	early    []block // records that came before it is known whose they are
	done     bool    // the handshake is
	closed   bool
	sent     tally
	received tally
	sum      summary
}

// held is something to tell with a message that is yet to come.
type held struct {
	with wire.HandshakeType
	para para
}

// anyMessage is for what goes with whatever is told next. No message has this type, which is the type of a message
// that stands for others in a transcript.
const anyMessage wire.HandshakeType = 254

func (v *view) hold(with wire.HandshakeType, paras ...para) {
	for _, b := range paras {
		v.held = append(v.held, held{with, b})
	}
}

// holdFirst is hold for what goes before everything that is held for whatever is told next.
func (v *view) holdFirst(paras ...para) {
	rest := v.held
	v.held = nil
	v.hold(anyMessage, paras...)
	v.held = append(v.held, rest...)
}

// take returns what is held for a message.
func (v *view) take(with wire.HandshakeType) []para {
	var out []para
	var rest []held
	for _, h := range v.held {
		if h.with == with || h.with == anyMessage {
			out = append(out, h.para)
		} else {
			rest = append(rest, h)
		}
	}
	v.held = rest
	return out
}

func (v *view) takeAll() []para {
	var out []para
	for _, h := range v.held {
		out = append(out, h.para)
	}
	v.held = nil
	return out
}

// tally counts records, with their headers.
type tally struct{ records, bytes int }

const recordHeaderLen = 5 // RFC 5246 §6.2.1

func (c *tally) add(e event.Record) {
	c.records++
	c.bytes += recordHeaderLen + e.Length
}

func (c tally) String() string {
	return fmt.Sprintf("%s in %s", plural(c.bytes, "byte"), plural(c.records, "record"))
}

// elapsed is the time since the connection's first event.
func (v *view) elapsed(m event.Meta) string {
	if m.Time.IsZero() || v.start.IsZero() {
		return ""
	}
	return fmt.Sprintf("+%.1f ms", float64(m.Time.Sub(v.start))/float64(time.Millisecond))
}

// tell makes blocks of an event; what is told elsewhere makes none.
func (v *view) tell(m event.Meta, e event.Event, level Level) []block {
	switch e := e.(type) {
	case event.Message:
		return v.message(m, e, level)
	case event.Record:
		return v.record(m, e, level)
	case event.PeerVerified:
		return v.peerVerified(m, e)
	case event.PremasterGenerated:
		v.kx = e.KeyExchange
		return v.inside(m, premasterParas(e))
	case event.KeysDerived:
		return v.derived(m, e)
	case event.KeysUpdated:
		return v.keysUpdated(m, e)
	case event.Renegotiating:
		return v.renegotiating(m)
	case event.Finished:
		return v.finished(m, e)
	case event.Alert:
		return v.alert(m, e)
	case event.Truncated:
		return []block{v.trouble(m, "The connection ended without close_notify",
			[]para{say("Data may be missing at its end: nobody can tell a cut from an end. " + v.closureSection())})}
	case event.Failed:
		return []block{v.trouble(m, "Failed", append(v.takeAll(), errorParas(e.Err)...))}
	case event.Asked, event.Answered:
		return v.asked(m, e, level)
	default:
		v.choice(e)
	}
	return nil
}

// inside tells a step that happens within one end.
func (v *view) inside(m event.Meta, paras []para) []block {
	return v.insideAs(m, v.chapter(m.Step), paras)
}

func (v *view) insideAs(m event.Meta, c chapter, paras []para) []block {
	body := v.body(c, append(v.take(anyMessage), paras...))
	return []block{{mark: markOf(m.Step), title: titleOf(m.Step), tone: toneOf(v.role), from: v.role, elapsed: v.elapsed(m), body: body}}
}

// body puts a chapter's words around what is this connection's own.
func (v *view) body(c chapter, paras []para) []para {
	var body []para
	if c.what != "" {
		body = append(body, say(c.what+" ("+c.section+")"))
	}
	body = append(body, paras...)
	if c.changed != "" && v.first(c.changed) {
		body = append(body, value("changed", c.changed))
	}
	if c.known != "" {
		body = append(body, toned(dim, "known now", c.known))
	}
	return body
}

// first reports whether something is told for the first time, by this end or the other.
func (v *view) first(text string) bool {
	if v.said[text] || v.other != nil && v.other.said[text] {
		return false
	}
	if v.said == nil {
		v.said = make(map[string]bool)
	}
	v.said[text] = true
	return true
}

func (v *view) trouble(m event.Meta, title string, body []para) block {
	return block{mark: "!", title: title, tone: bad, from: v.role, elapsed: v.elapsed(m), body: body}
}

func markOf(s fault.Step) string {
	if s == 0 {
		return "+"
	}
	return fmt.Sprint(uint8(s))
}

func titleOf(s fault.Step) string {
	if name := s.Name(); name != "" {
		return name
	}
	return "Beside the story"
}

// learn keeps what later steps are told by.
func (v *view) learn(m wire.Message) {
	switch m := m.(type) {
	case *wire.ClientHello:
		v.offered = &offered{serverName: m.ServerName, sessionID: bytes.Clone(m.SessionID)}
		v.shares = nil
		for _, s := range m.KeyShares {
			v.shares = append(v.shares, s.Group)
		}
	case *wire.ServerHello:
		v.version = versionOf(m)
		v.resumed = v.resumes(m)
		if s := suite.ByID(m.CipherSuite); s != nil {
			v.kx = s.KeyExchange
		}
	}
}

// offered is what the server's choices are told by.
type offered struct {
	serverName string
	sessionID  []byte
}

// versionOf returns the version that a ServerHello has chosen. RFC 8446 §4.2.1.
func versionOf(m *wire.ServerHello) wire.Version {
	if m.Has(wire.ExtSupportedVersions) && len(m.SupportedVersions) > 0 {
		return m.SupportedVersions[0]
	}
	return m.Version
}

func (v *view) is13() bool { return v.version == wire.TLS13 }

// chapter is what a step is on this connection.
func (v *view) chapter(step fault.Step) chapter {
	if r := v.resumption(); r != nil {
		if c, told := r.steps[step]; told {
			return c
		}
	}
	if v.is13() {
		return story13[step]
	}
	return chapterOf(step, v.kx)
}

// closureSection is where close_notify is described.
func (v *view) closureSection() string {
	if v.is13() {
		return "RFC 8446 §6.1"
	}
	return "RFC 5246 §7.2.1"
}
