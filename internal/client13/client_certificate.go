package client13

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// flight is the client's last: its Certificate and CertificateVerify, if the server asks for them, and Finished.
// RFC 8446 §4.4.
type flight struct{ handshake }

// Last marks the questions of the flight: the server's handshake is done.
func (flight) Last() {}

func requested(m *wire.CertificateRequest) *want.CertificateRequest {
	return &want.CertificateRequest{
		Version:            wire.TLS13,
		Schemes:            m.Extensions.SignatureAlgorithms,
		CertificateSchemes: hello.CertificateSchemes(&m.Extensions),
		Authorities:        m.CertificateAuthorities,
	}
}

func (f flight) begin(d *hs.Desk) (hs.State, error) {
	if d.Request == nil {
		return f.finish(d)
	}
	if question := hello.AskClientCredential(d, d.Request); question != nil {
		return awaitCredential{f, question}, nil
	}
	return f.introduce(d, nil)
}

// awaitCredential: which certificate does this server get to see?
type awaitCredential struct {
	flight
	question *want.ChooseCredential
}

func (s awaitCredential) Question() want.Question { return s.question }

func (s awaitCredential) Resume(d *hs.Desk) (hs.State, error) { return s.introduce(d, s.question) }

// introduce shows the client's certificate, or says that there is none. RFC 8446 §4.4.2.
func (f flight) introduce(d *hs.Desk, question *want.ChooseCredential) (hs.State, error) {
	choice, err := hello.ChooseClient(d, d.Request, question)
	if err != nil {
		return nil, err
	}
	if err := d.Send(choice.Certificate()); err != nil {
		return nil, err
	}
	if choice.Credential == nil {
		return f.finish(d)
	}
	f.Credential = choice.Credential
	signed := hs.Signed13(make([]byte, 0, hs.MaxSigned13), fault.Client, d.Transcript.Sum())
	sign := want.NewSign(d.Asker, choice.Credential, choice.Scheme, signed)
	d.Ask(sign)
	return awaitSignature{f, sign}, nil
}

// awaitSignature: the private key, wherever it is, signs the handshake. RFC 8446 §4.4.3.
type awaitSignature struct {
	flight
	question *want.Sign
}

func (s awaitSignature) Question() want.Question { return s.question }

func (s awaitSignature) Resume(d *hs.Desk) (hs.State, error) {
	signature, err := s.question.Result()
	if err != nil {
		return nil, fault.New(fault.SigningFailed).Because(err)
	}
	if err := d.Send(&wire.CertificateVerify{Scheme: s.question.Scheme, Signature: signature}); err != nil {
		return nil, err
	}
	return s.finish(d)
}

// finish: the last message under the handshake's keys. RFC 8446 §4.4.4.
func (f flight) finish(d *hs.Desk) (hs.State, error) {
	ours := &wire.Finished{VerifyData: d.Secrets13.Client.Finished(nil, d.Transcript.Sum())}
	if err := d.Send(ours); err != nil {
		return nil, err
	}
	application := &d.Application13
	if err := d.WriteUnder(application.Client); err != nil {
		return nil, err
	}
	return f.Done(d, connected{application.Server, newResumption(d, f.Negotiated, application)}), nil
}
