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
type flight struct {
	handshake
	application *hs.Application13
	request     *want.CertificateRequest
}

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
	if f.request == nil {
		return f.finish(d)
	}
	if question := hello.AskClientCredential(d, f.request); question != nil {
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
	choice, err := hello.ChooseClient(d, f.request, question)
	if err != nil {
		return nil, err
	}
	if err := d.Send(choice.Certificate()); err != nil {
		return nil, err
	}
	if choice.Credential == nil {
		return f.finish(d)
	}
	f.handshake = f.with(func(n *hs.Negotiated) { n.Credential = choice.Credential })
	sign := want.NewSign(d.Asker, choice.Credential, choice.Scheme, hs.Signed13(fault.Client, d.Transcript.Sum()))
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
	ours := &wire.Finished{VerifyData: f.secrets.Client.Finished(nil, d.Transcript.Sum())}
	if err := d.Send(ours); err != nil {
		return nil, err
	}
	if err := d.WriteUnder(f.application.Client); err != nil {
		return nil, err
	}
	n := f.With(func(n *hs.Negotiated) { n.ClientFinished = ours.VerifyData })
	return n.Done(d, connected{f.application.Server, newResumption(d, n, f.application)}), nil
}
