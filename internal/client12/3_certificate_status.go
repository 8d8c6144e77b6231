package client12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitCertificateStatus: the server may staple an OCSP response. Having announced it, it may still send none.
// RFC 6066 §8.
type waitCertificateStatus struct{ *handshake }

func (s waitCertificateStatus) Takes(d *hs.Desk) hs.Types {
	return hs.Only(wire.TypeCertificateStatus) | afterCertificate(s.handshake).Takes(d)
}

func (s waitCertificateStatus) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	status, ok := m.(*wire.CertificateStatus)
	if !ok {
		return afterCertificate(s.handshake).Receive(d, m)
	}
	hs.Accept(d, m)
	s.OCSPResponse = status.Response
	return afterCertificate(s.handshake), nil
}
