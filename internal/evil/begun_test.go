package evil

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// welcome lists what a victim may hear next, that has heard said and waits for next.
func welcome(k Kind, said []Unit, next wire.HandshakeType) []wire.HandshakeType {
	asked := slices.ContainsFunc(said, func(u Unit) bool { return u.Message() == wire.TypeCertificateRequest })
	toClient := slices.ContainsFunc(said, func(u Unit) bool { return u.Message() == wire.TypeServerHello })
	asks := wire.TypeServerHelloDone // the message that a CertificateRequest may come before
	if k.Version == wire.TLS13 {
		asks = wire.TypeCertificate
	}
	switch {
	case next == wire.TypeCertificateRequest:
		return []wire.HandshakeType{next, asks}
	case next == asks && toClient && !asked:
		return []wire.HandshakeType{next, wire.TypeCertificateRequest}
	case next == wire.TypeCertificateStatus:
		return []wire.HandshakeType{next, wire.TypeServerKeyExchange}
	}
	return []wire.HandshakeType{next}
}

// A message that has no place is refused by its header, before any of it is kept; one that has is waited for.
func TestBegunMessages(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		for flight, units := range honest {
			for i, u := range units {
				if k.Version == wire.TLS13 && u.Message() == wire.TypeChangeCipherSpec {
					continue
				}
				for begun := range 256 {
					begun := wire.HandshakeType(begun)
					if begun > 30 && begun%32 != wire.TypeCertificate && begun < 254 {
						continue
					}
					want := refused(fault.UnexpectedMessage)
					if begun != wire.TypeChangeCipherSpec && slices.Contains(welcome(k, units[:i], u.Message()), begun) {
						want = outcome{rules: []*fault.Rule{fault.HangUp}, waits: true}
					}
					header := Unit{Type: wire.ContentHandshake, Content: []byte{byte(begun), 0, 16, 0}, Epoch: readEpoch(k, units[i:])}
					list = append(list, alteration{fmt.Sprintf("begun before %v", u.Message()), begun.String(), flight,
						func(f []Unit) []Unit { return append(slices.Clone(f[:i]), header) }, want})
				}
			}
		}
		return list
	})
}
