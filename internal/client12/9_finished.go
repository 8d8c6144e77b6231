package client12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the server saw the same handshake. RFC 5246 §7.4.9.
type waitFinished struct{ *handshake }

func (waitFinished) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeFinished) }

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	expected := s.keys.Schedule.ServerFinished(d.Transcript.Sum())
	if err := d.CheckFinished(finished, expected); err != nil {
		return nil, err
	}
	s.ServerFinished = (*hs.VerifyData)(expected)
	// RFC 5246 §7.3, Figure 2: when a session is resumed, the client has the last word.
	if s.Resumed {
		if err := s.finish(d); err != nil {
			return nil, err
		}
	}
	keepSession(d, s.Negotiated, s.keys.Schedule.Master(), s.ticket)
	s.Exporter = s.keys.Rest(s.Negotiated)
	return s.Done(d, connected{s.MayRenegotiate(d.Config)}), nil
}
