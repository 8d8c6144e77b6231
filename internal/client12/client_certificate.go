package client12

import (
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// requested takes what a CertificateRequest asks for. RFC 5246 §7.4.4: a scheme counts only if its kind of key is
// among the types, but for the signatures in certificates.
func requested(m *wire.CertificateRequest) *want.CertificateRequest {
	r := &want.CertificateRequest{Version: wire.TLS12, CertificateSchemes: m.SignatureAlgorithms, Authorities: m.Authorities}
	for _, s := range m.SignatureAlgorithms {
		kind, known := certificateTypes[suite.AuthOfScheme(s)]
		if known && slices.Contains(m.CertificateTypes, kind) {
			r.Schemes = append(r.Schemes, s)
		}
	}
	return r
}

// RFC 8422 §3.1, §5.5, §5.6: Ed25519 keys go by ecdsa_sign.
var certificateTypes = map[suite.Auth]wire.ClientCertificateType{
	suite.AuthRSA: wire.CertRSASign, suite.AuthECDSA: wire.CertECDSASign,
}

// awaitCredential: which certificate does this server get to see?
type awaitCredential struct {
	awaitVerdict
	question *want.ChooseCredential
}

func (s awaitCredential) Question() want.Question { return s.question }

func (s awaitCredential) Resume(d *hs.Desk) (hs.State, error) { return s.introduce(d, s.question) }

// introduce shows the client's certificate, or says that there is none. RFC 5246 §7.4.6.
func (s awaitVerdict) introduce(d *hs.Desk, question *want.ChooseCredential) (hs.State, error) {
	choice, err := hello.ChooseClient(d, s.request, question)
	if err != nil {
		return nil, err
	}
	if err := d.Send(choice.Certificate()); err != nil {
		return nil, err
	}
	return s.exchange(d, choice)
}

// prove asks for the signature over everything so far. RFC 5246 §7.4.8.
func prove(d *hs.Desk, n *hs.Negotiated, keys *hs.Keys12, choice hello.ClientChoice) hs.State {
	n = n.With(func(n *hs.Negotiated) { n.Credential = choice.Credential })
	question := want.NewSign(d.Asker, choice.Credential, choice.Scheme, d.Transcript.Kept())
	d.Ask(question)
	return awaitSignature{n, keys, question}
}

// awaitSignature: the private key, wherever it is, signs the handshake.
type awaitSignature struct {
	*hs.Negotiated
	keys     *hs.Keys12
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
	return conclude(d, s.Negotiated, s.keys)
}
