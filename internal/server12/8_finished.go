package server12

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the client saw the same handshake; then the server proves the same. RFC 5246 §7.4.9.
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
	if err := d.SendChangeCipherSpec(s.keys.ServerWrite); err != nil {
		return nil, err
	}
	ours := &wire.Finished{VerifyData: s.keys.Schedule.ServerFinished(d.Transcript.Sum())}
	if err := d.Send(ours); err != nil {
		return nil, err
	}
	n := s.With(func(n *hs.Negotiated) {
		n.ClientFinished, n.ServerFinished = expected, ours.VerifyData
		n.Exporter = hs.NewExporter12(n, s.keys.Schedule)
	})
	return n.Done(d, connected{}), nil
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
