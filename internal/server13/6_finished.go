package server13

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the client saw the same handshake. RFC 8446 §4.4.4.
type waitFinished struct {
	handshake
	application *hs.Application13
}

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	var expected [mac.MaxSize]byte
	if err := d.CheckFinished(finished, s.secrets.Client.Finished(expected[:0], d.Transcript.Sum())); err != nil {
		return nil, err
	}
	hello.HoldClient(d, s.ClientHello)
	if err := d.ReadUnder(s.application.Client); err != nil {
		return nil, err
	}
	n := s.With(func(n *hs.Negotiated) { n.ClientFinished = finished.VerifyData })
	giveTickets(d, n, s.application)
	return n.Done(d, connected{s.application.Client}), nil
}
