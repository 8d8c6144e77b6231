package server13

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// awaitSignature: the private key, wherever it is, signs the handshake; Finished follows. RFC 8446 §4.4.3, §4.4.4.
type awaitSignature struct {
	handshake
	question *want.Sign
}

func (s awaitSignature) Question() want.Question { return s.question }

func (s awaitSignature) Resume(d *hs.Desk) (hs.State, error) {
	signature, err := s.question.Result()
	if err != nil {
		return nil, fault.New(fault.SigningFailed).Because(err)
	}
	if err := d.Send(&wire.CertificateVerify{Scheme: s.Scheme, Signature: signature}); err != nil {
		return nil, err
	}
	return finish(d, s.handshake)
}

// finish ends the server's flight; what it sends from here on is application data. RFC 8446 §4.4.4.
func finish(d *hs.Desk, s handshake) (hs.State, error) {
	finished := &wire.Finished{VerifyData: s.secrets.Server.Finished(nil, d.Transcript.Sum())}
	if err := d.Send(finished); err != nil {
		return nil, err
	}
	application := d.DeriveApplication13(s.Negotiated, s.secrets)
	if err := d.WriteUnder(application.Server); err != nil {
		return nil, err
	}
	n := s.With(func(n *hs.Negotiated) { n.ServerFinished, n.Exporter = finished.VerifyData, application.Exporter })
	return awaitClient(d, waitFinished{handshake{n, s.secrets}, application}), nil
}
