package client13

import (
	"crypto/x509"
	"errors"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// waitCertificateVerify: the server proves that it holds the certificate's key. RFC 8446 §4.4.3.
type waitCertificateVerify struct{ handshake }

func (waitCertificateVerify) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeCertificateVerify) }

func (s waitCertificateVerify) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	var space [hs.MaxSigned13]byte
	signed := hs.Signed13(space[:0], fault.Server, d.Transcript.Sum()) // the transcript before this message
	cv, err := hs.Expect[*wire.CertificateVerify](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.4.3: with one of the schemes that the client offered.
	if !slices.Contains(s.ClientHello.SignatureAlgorithms, cv.Scheme) {
		return nil, fault.New(fault.SchemeNotOffered).
			Between("signature schemes", hs.Names(s.ClientHello.SignatureAlgorithms), []string{cv.Scheme.String()})
	}
	if err := suite.VerifyFor(wire.TLS13, s.PeerCertificates[0].PublicKey, cv.Scheme, signed, cv.Signature); err != nil {
		if errors.Is(err, suite.ErrWrongKey) {
			return nil, fault.New(fault.WrongKeyType).With(cv.Scheme.String()).Because(err)
		}
		return nil, fault.New(fault.BadCertificateSignature).With(cv.Scheme.String())
	}
	hs.Tell(d, 0, event.SchemeChosen{Scheme: cv.Scheme, Offered: s.ClientHello.SignatureAlgorithms})
	s.Scheme = cv.Scheme
	return awaitVerdict{s.handshake, hello.AskVerdict(d, s.Negotiated)}, nil
}

// awaitVerdict: is the server who it says it is?
type awaitVerdict struct {
	handshake
	question *want.VerifyPeer
}

func (s awaitVerdict) Question() want.Question { return s.question }

func (s awaitVerdict) Resume(d *hs.Desk) (hs.State, error) {
	n, err := hello.TakeVerdict(d, s.Negotiated, s.question)
	if err != nil {
		return nil, err
	}
	if err := hello.CheckKeyUsage(d, n.PeerCertificates[0], x509.KeyUsageDigitalSignature); err != nil {
		return nil, err
	}
	return waitFinished{handshake{n}}, nil
}
