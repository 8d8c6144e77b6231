package server12

import (
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// helloDone ends the server's flight, with a CertificateRequest in front if the client is to introduce itself.
// RFC 5246 §7.4.4, §7.4.5.
func (h *handshake) helloDone(d *hs.Desk) (hs.State, error) {
	if d.Config.ClientAuth == hs.NoClientCertificate {
		return waitClientKeyExchange{h}, d.Send(d.Slots().ServerHelloDone())
	}
	if err := d.Send(certificateRequest(d.Config)); err != nil {
		return nil, err
	}
	return waitCertificate{h}, d.Send(d.Slots().ServerHelloDone())
}

func certificateRequest(c *hs.Compiled) *wire.CertificateRequest {
	m := &wire.CertificateRequest{SignatureAlgorithms: c.SignatureSchemes, Authorities: c.ClientCAs}
	for _, s := range c.SignatureSchemes {
		kind := wire.CertECDSASign // RFC 8422 §5.5: Ed25519 keys go by it too
		if suite.AuthOfScheme(s) == suite.AuthRSA {
			kind = wire.CertRSASign
		}
		if !slices.Contains(m.CertificateTypes, kind) {
			m.CertificateTypes = append(m.CertificateTypes, kind)
		}
	}
	return m
}

// waitCertificate: the client introduces itself, or says that it cannot. RFC 5246 §7.4.6.
type waitCertificate struct{ *handshake }

func (waitCertificate) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeCertificate) }

func (s waitCertificate) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	cert, err := hs.Expect[*wire.Certificate](d, m)
	if err != nil {
		return nil, err
	}
	chain, err := hello.ParseClientChain(d, cert.Chain, fault.ClientCertificateRequiredTLS12)
	if err != nil {
		return nil, err
	}
	s.PeerCertificates = chain
	return waitClientKeyExchange(s), nil
}

// identified: the keys are made, and the client is yet to prove who it is, if it said so.
func (h *handshake) identified(d *hs.Desk) hs.State {
	if len(h.PeerCertificates) > 0 {
		return waitCertificateVerify{h}
	}
	return h.judged(d)
}

// waitCertificateVerify: the client proves that it holds the certificate's key. RFC 5246 §7.4.8.
type waitCertificateVerify struct{ *handshake }

func (waitCertificateVerify) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeCertificateVerify) }

func (s waitCertificateVerify) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	signed := d.Transcript.Kept() // the handshake before this message
	cv, err := hs.Expect[*wire.CertificateVerify](d, m)
	if err != nil {
		return nil, err
	}
	if err := hello.CheckClientSignature(d, s.Negotiated, cv, signed); err != nil {
		return nil, err
	}
	return s.judged(d), nil
}

func (h *handshake) judged(d *hs.Desk) hs.State {
	if h.verdict = hello.AskClientVerdict(d, h.Negotiated); h.verdict != nil {
		return awaitVerdict{h}
	}
	return waitChangeCipherSpec{h}
}

// awaitVerdict: is the client who it says it is?
type awaitVerdict struct{ *handshake }

func (s awaitVerdict) Question() want.Question { return s.verdict }

func (s awaitVerdict) Resume(d *hs.Desk) (hs.State, error) {
	if _, err := hello.TakeVerdict(d, s.Negotiated, s.verdict); err != nil {
		return nil, err
	}
	return waitChangeCipherSpec(s), nil
}
