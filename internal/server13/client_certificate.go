package server13

import (
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// request asks the client for a certificate, if the configuration says so. RFC 8446 §4.3.2.
func request(d *hs.Desk) error {
	if d.Config.ClientAuth == hs.NoClientCertificate {
		return nil
	}
	m := new(wire.CertificateRequest)
	hello.RequestSchemes(d.Config, m)
	if len(d.Config.ClientCAs) > 0 {
		m.CertificateAuthorities = d.Config.ClientCAs
		m.Add(wire.ExtCertAuthorities)
	}
	return d.Send(m)
}

// awaitClient: the server has said all; what comes first from the client?
func awaitClient(d *hs.Desk, next waitFinished) hs.State {
	switch {
	case next.Resumed && len(next.PeerCertificates) > 0:
		return next // the session's certificates have been judged before it was taken up
	case next.Resumed, d.Config.ClientAuth == hs.NoClientCertificate:
		return judged(d, next)
	}
	return waitCertificate{next}
}

// waitCertificate: the client introduces itself, or says that it cannot. RFC 8446 §4.4.2.
type waitCertificate struct{ next waitFinished }

func (waitCertificate) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeCertificate) }

func (s waitCertificate) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	cert, err := hs.Expect[*wire.Certificate](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.4.2: the context of the request, which has none.
	if len(cert.RequestContext) != 0 {
		return nil, fault.New(fault.IllegalContext)
	}
	for i, x := range cert.EntryExtensions {
		// RFC 8446 §4.4.2: an answer only to what was asked, and we ask for nothing that stands here.
		if len(x.Order) > 0 {
			return nil, fault.New(fault.ExtensionNotOffered).With(fmt.Sprintf("%v in entry %d of Certificate", x.Order[0], i))
		}
	}
	chain, err := hello.ParseClientChain(d, cert.Chain, fault.ClientCertificateRequired)
	if err != nil {
		return nil, err
	}
	if len(chain) == 0 {
		return judged(d, s.next), nil
	}
	s.next.PeerCertificates = chain
	return waitCertificateVerify(s), nil
}

// waitCertificateVerify: the client proves that it holds the certificate's key. RFC 8446 §4.4.3.
type waitCertificateVerify struct{ next waitFinished }

func (waitCertificateVerify) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeCertificateVerify) }

func (s waitCertificateVerify) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	var space [hs.MaxSigned13]byte
	signed := hs.Signed13(space[:0], fault.Client, d.Transcript.Sum()) // the transcript before this message
	cv, err := hs.Expect[*wire.CertificateVerify](d, m)
	if err != nil {
		return nil, err
	}
	if err := hello.CheckClientSignature(d, s.next.Negotiated, cv, signed); err != nil {
		return nil, err
	}
	return judged(d, s.next), nil
}

func judged(d *hs.Desk, next waitFinished) hs.State {
	if question := hello.AskClientVerdict(d, next.Negotiated); question != nil {
		return awaitVerdict{next, question}
	}
	return next
}

// awaitVerdict: is the client who it says it is?
type awaitVerdict struct {
	next     waitFinished
	question *want.VerifyPeer
}

func (s awaitVerdict) Question() want.Question { return s.question }

func (s awaitVerdict) Resume(d *hs.Desk) (hs.State, error) {
	n, err := hello.TakeVerdict(d, s.next.Negotiated, s.question)
	if err != nil {
		return nil, err
	}
	s.next.Negotiated = n
	return s.next, nil
}
