package client13

import (
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitCertificate: the server introduces itself; before that it may ask the client to, once. RFC 8446 §4.3.2, §4.4.2.
type waitCertificate struct{ handshake }

func (waitCertificate) Takes(d *hs.Desk) hs.Types {
	if d.Request != nil {
		return hs.Only(wire.TypeCertificate)
	}
	return hs.Only(wire.TypeCertificateRequest) | hs.Only(wire.TypeCertificate)
}

func (s waitCertificate) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	if request, ok := m.(*wire.CertificateRequest); ok {
		return s.asked(d, request)
	}
	cert, err := hs.Expect[*wire.Certificate](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.4.2: the server's has no context.
	if len(cert.RequestContext) != 0 {
		return nil, fault.New(fault.IllegalContext)
	}
	// RFC 8446 §4.4.2.4: a server always has a certificate.
	if len(cert.Chain) == 0 {
		return nil, fault.New(fault.EmptyServerCertificate)
	}
	for i, x := range cert.EntryExtensions {
		for _, t := range x.Order {
			// RFC 8446 §4.4.2: an answer only to what was asked.
			if !s.ClientHello.Has(t) {
				return nil, fault.New(fault.ExtensionNotOffered).With(fmt.Sprintf("%v in entry %d of Certificate", t, i))
			}
		}
	}
	chain, err := hello.ParseChain(cert.Chain)
	if err != nil {
		return nil, err
	}
	s.PeerCertificates = chain
	if len(cert.EntryExtensions) > 0 {
		s.OCSPResponse, s.SCTs = cert.EntryExtensions[0].OCSPResponse, cert.EntryExtensions[0].SCTs
	}
	return waitCertificateVerify(s), nil
}

func (s waitCertificate) asked(d *hs.Desk, request *wire.CertificateRequest) (hs.State, error) {
	hs.Accept(d, request)
	d.CertificateAsked = true
	// RFC 8446 §4.2.5, §4.3.2, §9.3: what it has besides, and we do not know, is passed over; the context is empty in the handshake, and never without signature_algorithms.
	if len(request.RequestContext) != 0 {
		return nil, fault.New(fault.IllegalContext)
	}
	if !request.Has(wire.ExtSignatureAlgorithms) {
		return nil, fault.New(fault.MissingExtension).With(wire.ExtSignatureAlgorithms.String())
	}
	d.Request = requested(request)
	return s, nil
}
