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
type awaitCredential struct{ *handshake }

func (s awaitCredential) Question() want.Question { return s.credential }

func (s awaitCredential) Resume(d *hs.Desk) (hs.State, error) { return s.introduce(d) }

// introduce shows the client's certificate, or says that there is none. RFC 5246 §7.4.6.
func (h *handshake) introduce(d *hs.Desk) (hs.State, error) {
	var err error
	if h.choice, err = hello.ChooseClient(d, h.request, h.credential); err != nil {
		return nil, err
	}
	if err := d.Send(h.choice.Certificate()); err != nil {
		return nil, err
	}
	return h.exchange(d)
}

// prove asks for the signature over everything so far. RFC 5246 §7.4.8.
func (h *handshake) prove(d *hs.Desk) hs.State {
	h.Credential = h.choice.Credential
	h.signature = want.NewSign(d.Asker, h.choice.Credential, h.choice.Scheme, d.Transcript.Kept())
	d.Ask(h.signature)
	return awaitSignature{h}
}

// awaitSignature: the private key, wherever it is, signs the handshake.
type awaitSignature struct{ *handshake }

func (s awaitSignature) Question() want.Question { return s.signature }

func (s awaitSignature) Resume(d *hs.Desk) (hs.State, error) {
	signature, err := s.signature.Result()
	if err != nil {
		return nil, fault.New(fault.SigningFailed).Because(err)
	}
	if err := d.Send(&wire.CertificateVerify{Scheme: s.signature.Scheme, Signature: signature}); err != nil {
		return nil, err
	}
	return s.conclude(d)
}
