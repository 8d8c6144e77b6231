package hs

import (
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/flow"
	"github.com/vitro-tls/vitro/internal/lazy"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Desk is where the states of one connection work: it sends their messages, changes their keys, keeps the transcript
// and tells whoever watches.
type Desk struct {
	*Shaking // nil once the handshake is done
	Config   *Compiled
	Context  wire.Context // how messages are decoded now
	In       Incoming
	Out      Outgoing
	Stream   event.Stream
	Asker    want.Asker
	Now      time.Time
	// Cookies are a server's, nil for none.
	Cookies CookieKeys

	Role    fault.Role
	Step    fault.Step // the last one reached
	told    uint16     // a bit for each step
	ccsSent bool
	// SkipEarly is how many bytes of early data that we do not take may still be passed over. RFC 8446 §4.2.10.
	SkipEarly int32
	// Retried: a HelloRetryRequest was sent, or came.
	Retried bool
	// CertificateAsked: the server asked this client for a certificate, got none, and an alert may be about that.
	CertificateAsked bool

	asides []Aside       // questions after the handshake, not raised yet
	raised []raisedAside // raised, and not answered yet
}

// Shaking is what only a handshake needs.
type Shaking struct {
	Transcript flow.Transcript
	// Questions is the context of those that are asked until Engine.SetContext.
	Questions lazy.Context
	// Input is the record that is being fed, header first; Size is its whole length, 0 while the header is incomplete.
	Input []byte
	Size  int
	keys  keySpace

	// Secrets13 are the secrets of a handshake of TLS 1.3, Application13 point to those that follow it.
	Secrets13     Handshake13
	Application13 Application13
	keys12        Keys12
	// Request is what a server asked this client for, nil for nothing.
	Request *want.CertificateRequest

	room  wire.Room // for messages of both directions
	slots *wire.Slots
	// shown: a message was handed to the caller, who may keep it.
	shown bool
	lent  *[]byte // what Input begins with
}

// roomForMessages is enough for what is decoded of a handshake of TLS 1.3 but the Certificate, and the ClientHello.
const roomForMessages = 512

// Shake begins a handshake.
func (d *Desk) Shake() {
	d.Shaking = &Shaking{room: wire.NewRoom(roomForMessages)}
	d.In.Assembler.Room = &d.room
}

// shaken ends it.
func (d *Desk) shaken() {
	if d.lent != nil {
		giveBack(d.lent)
	}
	// Whoever watches may have kept messages, and whoever is told of secrets the random of one.
	if d.slots != nil && !d.shown && !d.Stream.Watched() && d.Config.Secrets == nil {
		d.slots.Return()
	}
	d.Shaking, d.In.Assembler.Room = nil, nil
}

// LendInput gives Input memory to begin with.
func (s *Shaking) LendInput() {
	s.lent = lend()
	s.Input = *s.lent
}

// memory is where the messages of a handshake lie: afterwards each has memory of its own.
func (d *Desk) memory() *wire.Room {
	if d.Shaking == nil {
		return nil
	}
	return &d.room
}

// Slots are where the messages of a handshake lie; nil without one. When it is done, others lie there: nothing that stays
// may point to a message.
func (d *Desk) Slots() *wire.Slots {
	if d.Shaking == nil {
		return nil
	}
	if d.slots == nil {
		d.slots = wire.TakeSlots()
	}
	return d.slots
}

// space returns where keys may lie on their way into a cipher.
func (d *Desk) space() *keySpace {
	if d.Shaking == nil {
		return new(keySpace)
	}
	return &d.keys
}

// Incoming is the read half: its keys, and the fragments that wait for their message's end.
type Incoming struct {
	Half      record.Half
	Assembler flow.Assembler
}

// Tell tells of an event; one that is a step of the story marks it as reached. What comes again (a second
// ClientHello) is no step any more.
func Tell[E event.Event](d *Desk, step fault.Step, e E) {
	if d.told&(1<<step) != 0 {
		step = 0
	}
	if step != 0 {
		d.told |= 1 << step
		d.Step = step
	}
	event.Emit(&d.Stream, step, e)
}

// Send encodes a message, adds it to the transcript and puts it out under the keys in force.
func (d *Desk) Send(m wire.Message) error {
	if d.Stream.Watched() || d.Shaking == nil || !d.Transcript.Chosen() {
		return d.send(m, nil)
	}
	// Nobody needs the bytes any more once they are out.
	var out error
	err := wire.EncodeFor(m, d.Context, func(raw []byte) error {
		out = d.put(m, raw)
		return nil
	})
	if err != nil {
		return internal(err)
	}
	return out
}

// send lets fill change the encoded message before anybody sees it.
func (d *Desk) send(m wire.Message, fill func(raw []byte) error) error {
	raw, err := wire.EncodeIn(d.memory(), m, d.Context)
	if err == nil && fill != nil {
		err = fill(raw)
	}
	if err != nil {
		return internal(err)
	}
	return d.put(m, raw)
}

func (d *Desk) put(m wire.Message, raw []byte) error {
	if m.Type() != wire.TypeHelloRequest {
		d.Transcript.Add(raw)
	}
	Tell(d, stepOf(m, d.Role), event.Message{Sent: true, Message: m})
	return d.Out.Write(wire.ContentHandshake, raw)
}

func internal(err error) error { return fault.New(fault.InternalError).Because(err) }

// SendChangeCipherSpec says that the next record is under the new keys, and changes to them. RFC 5246 §7.1.
func (d *Desk) SendChangeCipherSpec(p record.Protection) error {
	Tell(d, event.StepOf(CCS.Type(), d.Role), event.Message{Sent: true, Message: CCS})
	return d.Out.ChangeKeys(p)
}

// ChangeReadKeys changes the keys of the read half. Nothing of a message may have come before it under the old ones.
func (d *Desk) ChangeReadKeys(p record.Protection) error {
	boundary, err := d.In.Assembler.Boundary()
	if err != nil {
		return err
	}
	d.In.changeKeys(boundary, p)
	return nil
}

func (in *Incoming) changeKeys(b flow.Boundary, p record.Protection) {
	b.Demand()
	in.Half.MoveProtection(p)
}

// Warn sends a warning alert. After our close_notify it stays unsaid, and reading goes on (RFC 5246 §7.2.1).
func (d *Desk) Warn(a wire.AlertDescription) error {
	alert := wire.Alert{Level: wire.LevelWarning, Description: a}
	said, err := d.Out.Aside(wire.ContentAlert, alert.Append(nil))
	if said {
		Tell(d, 0, event.Alert{Sent: true, Alert: alert})
	}
	return err
}

// Secret hands a secret to the configured sink, if there is one.
func (d *Desk) Secret(label string, clientRandom *wire.Random, secret []byte) {
	if d.Config.Secrets != nil {
		d.Config.Secrets.Secret(label, clientRandom[:], secret)
	}
}

// Ask tells of a question on its way out.
func (d *Desk) Ask(q want.Question) {
	switch q.(type) {
	case *want.ChooseConfig, *want.ChooseCredential: // which have the ClientHello
		if d.Shaking != nil {
			d.shown = true
		}
	}
	Tell(d, 0, event.Asked{Want: q.Name()})
}
