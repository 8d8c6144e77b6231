package client13

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitFinished: proof that the server saw the same handshake; then the client proves the same. RFC 8446 §4.4.4.
type waitFinished struct {
	handshake
	request *wire.CertificateRequest
}

func (s waitFinished) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	finished, err := hs.Expect[*wire.Finished](d, m)
	if err != nil {
		return nil, err
	}
	if err := d.CheckFinished13(s.secrets.Server, finished); err != nil {
		return nil, err
	}
	// The application keys cover the handshake up to here, and not what the client still sends. RFC 8446 §7.1.
	application := d.DeriveApplication13(s.Negotiated, s.secrets)
	if err := d.ReadUnder(application.Server); err != nil {
		return nil, err
	}
	if s.request != nil {
		// RFC 8446 §4.4.2: a client without a suitable certificate sends an empty list.
		if err := d.Send(&wire.Certificate{RequestContext: s.request.RequestContext}); err != nil {
			return nil, err
		}
	}
	ours := &wire.Finished{VerifyData: s.secrets.Client.Finished(d.Transcript.Sum())}
	if err := d.Send(ours); err != nil {
		return nil, err
	}
	if err := d.WriteUnder(application.Client); err != nil {
		return nil, err
	}
	n := s.With(func(n *hs.Negotiated) {
		n.ClientFinished, n.ServerFinished, n.Exporter = ours.VerifyData, finished.VerifyData, application.Exporter
	})
	return n.Done(d, connected{application.Server, newResumption(d, n, application)}), nil
}
