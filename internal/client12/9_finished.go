package client12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the server saw the same handshake. RFC 5246 §7.4.9.
type waitFinished struct {
	*hs.Negotiated
	keys   *hs.Keys12
	ticket *wire.NewSessionTicket
}

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	expected := s.keys.Schedule.ServerFinished(d.Transcript.Sum())
	if err := d.CheckFinished(finished, expected); err != nil {
		return nil, err
	}
	n := s.With(func(n *hs.Negotiated) { n.ServerFinished, n.Exporter = expected, hs.NewExporter12(n, s.keys.Schedule) })
	// RFC 5246 §7.3, Figure 2: when a session is resumed, the client has the last word.
	if n.Resumed {
		if n, err = finish(d, n, s.keys); err != nil {
			return nil, err
		}
	}
	keepSession(d, n, s.keys.Schedule.Master(), s.ticket)
	s.keys.Schedule.Rest()
	return n.Done(d, connected{n.MayRenegotiate(d.Config)}), nil
}
