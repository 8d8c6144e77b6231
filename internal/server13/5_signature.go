package server13

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
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
	verify := d.Slots().CertificateVerify()
	verify.Scheme, verify.Signature = s.Scheme, signature
	if err := d.Send(verify); err != nil {
		return nil, err
	}
	return finish(d, s.handshake)
}

// finish ends the server's flight; what it sends from here on is application data. RFC 8446 §4.4.4.
func finish(d *hs.Desk, s handshake) (hs.State, error) {
	finished := d.Slots().Finished()
	finished.VerifyData = d.Secrets13.Server.Finished(nil, d.Transcript.Sum())
	if err := d.Send(finished); err != nil {
		return nil, err
	}
	application := d.DeriveApplication13(s.Negotiated)
	if err := d.WriteUnder(application.Server); err != nil {
		return nil, err
	}
	s.Exporter = application.Exporter
	return awaitClient(d, waitFinished{s}), nil
}
