package server12

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the client saw the same handshake; then the server proves the same. RFC 5246 §7.4.9. A ticket
// comes no earlier: RFC 5077 §3.3.
type waitFinished struct {
	*hs.Negotiated
	keys *hs.Keys12
}

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	expected := s.keys.Schedule.ClientFinished(d.Transcript.Sum())
	if err := d.CheckFinished(finished, expected); err != nil {
		return nil, err
	}
	n := s.With(func(n *hs.Negotiated) {
		n.ClientFinished, n.Exporter = expected, hs.NewExporter12(n, s.keys.Schedule)
	})
	switch {
	case n.Resumed: // our own Finished came first
		s.keys.Schedule.Rest()
		return n.Done(d, connected{}), nil
	case n.ServerHello.Has(wire.ExtSessionTicket):
		question := want.NewSealTicket(d.Asker, newSession(d, n, s.keys), d.Now)
		d.Ask(question)
		return awaitTicket{n, s.keys, question}, nil
	}
	return conclude(d, n, s.keys)
}

// conclude has the last word of a full handshake.
func conclude(d *hs.Desk, n *hs.Negotiated, keys *hs.Keys12) (hs.State, error) {
	n, err := finish(d, n, keys)
	if err != nil {
		return nil, err
	}
	if id := n.ServerHello.SessionID; len(id) > 0 {
		session := newSession(d, n, keys)
		d.AskAside(hs.Aside{Ask: func(d *hs.Desk) want.Question { return want.NewStoreSession(d.Asker, session, id) }})
	}
	keys.Schedule.Rest()
	return n.Done(d, connected{}), nil
}

// finish: from here on the server encrypts; its Finished is the first to travel so. RFC 5246 §7.4.9.
func finish(d *hs.Desk, n *hs.Negotiated, keys *hs.Keys12) (*hs.Negotiated, error) {
	if err := d.SendChangeCipherSpec(keys.ServerWrite); err != nil {
		return nil, err
	}
	finished := &wire.Finished{VerifyData: keys.Schedule.ServerFinished(d.Transcript.Sum())}
	if err := d.Send(finished); err != nil {
		return nil, err
	}
	return n.With(func(n *hs.Negotiated) { n.ServerFinished = finished.VerifyData }), nil
}

// connected: the handshake is done. A ClientHello would begin another; it is answered with a warning, as RFC 5746
// §4.5 advises a server that does not renegotiate.
type connected struct{}

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	if _, ok := m.(*wire.ClientHello); !ok {
		return nil, hs.Unexpected(d, m, "application data")
	}
	hs.Tell(d, 0, event.Message{Message: m})
	return s, d.Warn(wire.AlertNoRenegotiation)
}
