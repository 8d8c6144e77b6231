// Package hs has what all handshakes are made of: the state, the desk it works at, the facts agreed on, the source
// of randomness and the compiled configuration.
package hs

import (
	"crypto/subtle"
	"fmt"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// State is a handshake that waits for one thing: a message (Receiver) or an answer (Resumer). It is used once; its
// step returns the next state.
type State interface{}

// Receiver waits for a message of the types that Takes says. The engine refuses every other, from its header on.
type Receiver interface {
	Takes(*Desk) Types
	Receive(*Desk, wire.Message) (State, error)
}

// Resumer waits for the answer to a question. Handshake input stays unread meanwhile.
type Resumer interface {
	Question() want.Question
	Resume(*Desk) (State, error)
}

// LastResumer is a Resumer that nothing more of the peer's handshake comes after: what it sends next is application
// data already.
type LastResumer interface {
	Resumer
	Last()
}

// Beginner has something to say before it waits for anything.
type Beginner interface {
	Begin(*Desk) (State, error)
}

// DataReceiver is a Receiver that application data may still come before.
type DataReceiver interface {
	Receiver
	TakesData()
}

// Ready is the last state of a handshake, and takes what comes after it.
type Ready struct{ *Negotiated }

func (r Ready) Takes(d *Desk) Types { return r.post.Takes(d) }

// Receive takes a message that comes after the handshake, which may begin another.
func (r Ready) Receive(d *Desk, m wire.Message) (State, error) {
	next, err := r.post.Receive(d, m)
	if err != nil {
		return nil, err
	}
	if again, ok := next.(Beginner); ok {
		return again, nil
	}
	r.post = next.(Receiver)
	return r, nil
}

// Expect returns m as the one type of message that is left, and accepts it.
func Expect[M wire.Message](d *Desk, m wire.Message) (M, error) {
	expected, err := As[M](d, m)
	if err == nil {
		Accept(d, m)
	}
	return expected, err
}

// As returns m as the one type of message that is left of those that a wait takes.
func As[M wire.Message](d *Desk, m wire.Message) (M, error) {
	expected, ok := m.(M)
	if !ok {
		return expected, Unexpected(d, m, Only(expected.Type()).String())
	}
	return expected, nil
}

// Accept takes note of a message that is welcome: it enters the transcript, whichever extension it came with
// (RFC 6066 §1.1), and is told to whoever watches. Finished
// is not added here, for it proves the transcript before itself (RFC 5246 §7.4.9), nor ServerHello, which says what
// the hash is; HelloRequest never is (§7.4.1.1).
func Accept(d *Desk, m wire.Message) {
	switch m.Type() {
	case wire.TypeFinished, wire.TypeServerHello, wire.TypeHelloRequest, wire.TypeChangeCipherSpec:
	default:
		if d.Shaking != nil {
			d.Transcript.Add(m.Raw())
		}
	}
	Tell(d, stepOf(m, d.Role.Peer()), event.Message{Message: m})
}

// Note takes note of a message after the handshake, which enters no transcript.
func Note(d *Desk, m wire.Message) { Tell(d, 0, event.Message{Message: m}) }

// stepOf is the step that a message is. A HelloRetryRequest comes as a ServerHello, and is none.
func stepOf(m wire.Message, sender fault.Role) fault.Step {
	if sh, ok := m.(*wire.ServerHello); ok && sh.IsHelloRetryRequest() {
		return 0
	}
	return event.StepOf(m.Type(), sender)
}

// Unexpected is the fault of a message that has no place here. RFC 5246 §7.3 and §7.4 and RFC 8446 §4 and §B.3 give the order.
func Unexpected(d *Desk, m wire.Message, expected string) error {
	Tell(d, 0, event.Message{Message: m})
	return UnexpectedType(m.Type(), expected)
}

// UnexpectedType is Unexpected for a message of which no more than the header has come.
func UnexpectedType(t wire.HandshakeType, expected string) error {
	return fault.New(fault.UnexpectedMessage).With(fmt.Sprintf("%v, where %s was expected", t, expected))
}

// CheckFinished compares the peer's verify_data with what we worked out, in constant time, and adds its Finished to the
// transcript. RFC 5246 §7.4.9, RFC 8446 §4.4.4.
func (d *Desk) CheckFinished(m *wire.Finished, expected []byte) error {
	if subtle.ConstantTimeCompare(m.VerifyData, expected) != 1 {
		return fault.New(fault.WrongFinished)
	}
	d.Transcript.Add(m.Raw())
	return nil
}
