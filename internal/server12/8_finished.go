package server12

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the client saw the same handshake; then the server proves the same. RFC 5246 §7.4.9. A ticket
// comes no earlier: RFC 5077 §3.3.
type waitFinished struct{ *handshake }

func (waitFinished) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeFinished) }

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	expected := s.keys.Schedule.ClientFinished(d.Transcript.Sum())
	if err := d.CheckFinished(finished, expected); err != nil {
		return nil, err
	}
	s.ClientFinished = (*hs.VerifyData)(expected)
	switch {
	case s.Resumed: // our own Finished came first
		return s.done(d), nil
	case s.ServerHello.Has(wire.ExtSessionTicket):
		s.Exporter = s.keys.Exporter(s.Negotiated) // for who seals the ticket
		s.ticket = want.NewSealTicket(d.Asker, s.newSession(d), d.Now)
		d.Ask(s.ticket)
		return awaitTicket(s), nil
	}
	return s.conclude(d)
}

// conclude has the last word of a full handshake.
func (h *handshake) conclude(d *hs.Desk) (hs.State, error) {
	if err := h.finish(d); err != nil {
		return nil, err
	}
	if id := h.ServerHello.SessionID; len(id) > 0 {
		d.AskAside(hs.Aside{Session: h.newSession(d), ID: id})
	}
	return h.done(d), nil
}

func (h *handshake) done(d *hs.Desk) hs.State {
	h.Exporter = h.keys.Rest(h.Negotiated)
	return h.Done(d, connected{})
}

// finish: from here on the server encrypts; its Finished is the first to travel so. RFC 5246 §7.4.9.
func (h *handshake) finish(d *hs.Desk) error {
	if err := d.SendChangeCipherSpec(h.keys.ServerWrite); err != nil {
		return err
	}
	verify := h.keys.Schedule.ServerFinished(d.Transcript.Sum())
	h.ServerFinished = (*hs.VerifyData)(verify)
	finished := d.Slots().Finished()
	finished.VerifyData = verify
	return d.Send(finished)
}

// connected: the handshake is done. A ClientHello would begin another; it is answered with a warning, as RFC 5746
// §4.5 advises a server that does not renegotiate.
type connected struct{}

func (connected) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeClientHello) }

func (s connected) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	hs.Tell(d, 0, event.Message{Message: m})
	return s, d.Warn(wire.AlertNoRenegotiation)
}
