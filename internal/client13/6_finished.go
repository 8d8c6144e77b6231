package client13

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the server saw the same handshake; then the client's flight does the same. RFC 8446 §4.4.4.
type waitFinished struct{ handshake }

func (waitFinished) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeFinished) }

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	var expected [mac.MaxSize]byte
	if err := d.CheckFinished(finished, d.Secrets13.Server.Finished(expected[:0], d.Transcript.Sum())); err != nil {
		return nil, err
	}
	// The application keys cover the handshake up to here, and not what the client still sends. RFC 8446 §7.1.
	application := d.DeriveApplication13(s.Negotiated)
	if err := d.ReadUnder(application.Server); err != nil {
		return nil, err
	}
	s.Exporter = application.Exporter
	return flight(s).begin(d)
}
