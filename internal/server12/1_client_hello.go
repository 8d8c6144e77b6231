// Package server12 is the server's side of a TLS 1.2 handshake: one file for each wait, in the order of the wire.
// RFC 5246 §7.3, Figure 1.
package server12

import (
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Start takes up the handshake at the ClientHello, once TLS 1.2 has been chosen for it. RFC 5246 §7.4.1.2.
func Start(d *hs.Desk, ch *wire.ClientHello) (hs.State, error) {
	if err := checkHello(ch); err != nil {
		return nil, err
	}
	n := &hs.Negotiated{
		Version:     wire.TLS12,
		ClientHello: ch,
		ServerName:  ch.ServerName,
		// RFC 7627 §5.1: whenever the client offers it.
		ExtendedMaster: ch.Has(wire.ExtExtendedMasterSecret),
		// RFC 5746 §3.6, §4.3: the client says that it knows, by the extension or by the SCSV.
		SecureRenegotiable: ch.Has(wire.ExtRenegotiationInfo) || ch.Offers(wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV),
	}
	protocol, err := hello.ChooseProtocol(d, ch)
	if err != nil {
		return nil, err
	}
	n.Protocol = protocol
	h := &handshake{Negotiated: n}
	return h.resume(d)
}

// handshake is what its states hand on to each other. Each state is no more than that, and what it waits for: then it
// costs nothing to become the next one.
type handshake struct {
	*hs.Negotiated
	share suite.PrivateShare // our half of the key exchange
	keys  *hs.Keys12
	// premaster is drawn before the one that is encrypted is looked at.
	premaster [suite.PremasterLen]byte
	ske       *wire.ServerKeyExchange

	session    hello.SessionQuestion
	credential *want.ChooseCredential
	signature  *want.Sign
	decrypted  *want.DecryptPremaster
	verdict    *want.VerifyPeer
	ticket     *want.SealTicket
}

// certify begins a full handshake: who are we for this client?
func (h *handshake) certify(d *hs.Desk) (hs.State, error) {
	if d.Config.AskCredential {
		h.credential = want.NewChooseCredential(d.Asker, h.ClientHello, commonSuites(d.Config, h.ClientHello))
		d.Ask(h.credential)
		return awaitCredential{h}, nil
	}
	return h.answer(d, d.Config.Credentials)
}

func checkHello(ch *wire.ClientHello) error {
	// RFC 5246 §7.4.1.2, RFC 8446 §4.1.2: every client offers the null compression.
	if !slices.Contains(ch.CompressionMethods, wire.CompressionNull) {
		return fault.New(fault.NoNullCompression)
	}
	// RFC 5746 §3.6: empty in a first handshake.
	if len(ch.RenegotiationInfo) != 0 {
		return fault.New(fault.RenegotiationInfoNotEmpty).With(fmt.Sprintf("%d bytes", len(ch.RenegotiationInfo)))
	}
	// RFC 8422 §4, §5.1.2: a client that lists point formats lists the uncompressed one.
	if ch.Has(wire.ExtPointFormats) && !slices.Contains(ch.PointFormats, wire.PointUncompressed) {
		return fault.New(fault.NoUncompressedPoints)
	}
	return nil
}
