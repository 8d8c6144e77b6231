package client12

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitServerHelloDone: the server has said all it has to say; before that it may ask for a certificate, once.
// RFC 5246 §7.4.4, §7.4.5.
type waitServerHelloDone struct{ *handshake }

func (s waitServerHelloDone) Takes(*hs.Desk) hs.Types {
	if s.request != nil {
		return hs.Only(wire.TypeServerHelloDone)
	}
	return hs.Only(wire.TypeCertificateRequest) | hs.Only(wire.TypeServerHelloDone)
}

func (s waitServerHelloDone) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	if request, ok := m.(*wire.CertificateRequest); ok {
		hs.Accept(d, m)
		d.CertificateAsked = true
		s.request = requested(request)
		return s, nil
	}
	if _, err := hs.Expect[*wire.ServerHelloDone](d, m); err != nil {
		return nil, err
	}
	s.verdict = hello.AskVerdict(d, s.Negotiated)
	return awaitVerdict(s), nil
}
