package server13

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the client saw the same handshake. RFC 8446 §4.4.4.
type waitFinished struct{ handshake }

func (waitFinished) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeFinished) }

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	var expected [mac.MaxSize]byte
	if err := d.CheckFinished(finished, d.Secrets13.Client.Finished(expected[:0], d.Transcript.Sum())); err != nil {
		return nil, err
	}
	hello.HoldClient(d, s.ClientHello)
	application := &d.Application13
	if err := d.ReadUnder(application.Client); err != nil {
		return nil, err
	}
	giveTickets(d, s.Negotiated, application)
	return s.Done(d, connected{application.Client}), nil
}
