// Package client12 is the client's side of a TLS 1.2 handshake: one file for each wait, in the order of the wire.
// RFC 5246 §7.3, Figure 1.
package client12

import (
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Start takes up the handshake at the ServerHello, once that has said TLS 1.2. RFC 5246 §7.4.1.3.
func Start(d *hs.Desk, offer *hello.Offer, sh *wire.ServerHello) (hs.State, error) {
	ch := offer.Hello
	s := suite.ByID(sh.CipherSuite)
	// RFC 5246 §7.4.1.3: the suite is one of those that the client offered, and of this version.
	if s == nil || s.Version != wire.TLS12 || !ch.Offers(sh.CipherSuite) {
		return nil, fault.New(fault.SuiteNotOffered).With(sh.CipherSuite.String()).
			Between("cipher suites", hs.Names(ch.CipherSuites), []string{sh.CipherSuite.String()})
	}
	// RFC 5246 §7.4.1.3: so is the compression, and we offer none.
	if sh.CompressionMethod != wire.CompressionNull {
		return nil, fault.New(fault.CompressionNotOffered).With(sh.CompressionMethod.String())
	}
	if err := checkExtensions(d.Config, offer, sh, s); err != nil {
		return nil, err
	}
	if err := hello.TakeLimits(d, ch, wire.TLS12, &sh.Extensions); err != nil {
		return nil, err
	}
	resumed, err := resumes(offer, sh)
	if err != nil {
		return nil, err
	}
	n := &hs.Negotiated{
		Version:            wire.TLS12,
		Suite:              s,
		ClientHello:        ch,
		ServerHello:        sh,
		ServerName:         d.Config.ServerName,
		ExtendedMaster:     sh.Has(wire.ExtExtendedMasterSecret),
		EncryptThenMAC:     sh.Has(wire.ExtEncryptThenMAC),
		SecureRenegotiable: sh.Has(wire.ExtRenegotiationInfo),
		SCTs:               sh.SCTs,
		Again:              offer.Again,
	}
	if sh.Has(wire.ExtALPN) {
		n.Protocol = sh.ALPN[0]
		hs.Tell(d, 0, event.ProtocolChosen{Protocol: n.Protocol, Offered: ch.ALPN})
	}
	d.Context = wire.Context{Version: wire.TLS12, KeyExchange: s.KeyExchange}
	if !resumed && (len(d.Config.Credentials) > 0 || d.Config.AskCredential) {
		d.Transcript.Keep() // for a signature, if the server asks for one
	}
	d.Transcript.Choose(s.Hash)
	d.Transcript.Add(sh.Raw())
	hs.Tell(d, 0, event.SuiteChosen{Suite: s.ID, Offered: ch.CipherSuites})
	h := &handshake{Negotiated: n}
	if resumed {
		return resume(d, h, offer.Session), nil
	}
	if offer.Session != nil {
		hs.Tell(d, 0, event.Resumption{Why: event.ResumptionDeclined})
	}
	return waitCertificate{h}, nil
}

// handshake is what its states hand on to each other. Each state is no more than that, and what it waits for: then it
// costs nothing to become the next one.
type handshake struct {
	*hs.Negotiated
	half    half                     // of the key exchange, the server's
	request *want.CertificateRequest // nil for none
	choice  hello.ClientChoice       // in answer to it
	keys    *hs.Keys12
	ticket  *wire.NewSessionTicket // nil for none

	verdict    *want.VerifyPeer
	credential *want.ChooseCredential
	signature  *want.Sign
}

func checkExtensions(c *hs.Compiled, offer *hello.Offer, sh *wire.ServerHello, s *suite.Suite) error {
	ch := offer.Hello
	for _, t := range sh.Order {
		// RFC 5246 §7.4.1.4, RFC 5746 §3.6: an answer only to what was asked. supported_groups is let pass, for servers that
		// always send it.
		if !ch.Has(t) && t != wire.ExtSupportedGroups {
			return fault.New(fault.ExtensionNotOffered).With(t.String())
		}
	}
	if err := offer.Again.CheckServer(sh, s); err != nil {
		return err
	}
	// RFC 5746 §4.1: who insists on the extension ends the connection without it. By default a client goes on, and does not
	// renegotiate.
	if c.RequireRenegotiationInfo && !sh.Has(wire.ExtRenegotiationInfo) {
		return fault.New(fault.NoRenegotiationInfo)
	}
	// RFC 8422 §5.2: a server that lists point formats lists the uncompressed one.
	if sh.Has(wire.ExtPointFormats) && !slices.Contains(sh.PointFormats, wire.PointUncompressed) {
		return fault.New(fault.NoUncompressedPoints)
	}
	// RFC 7366 §3: a server that chose an AEAD does not answer encrypt_then_mac.
	if sh.Has(wire.ExtEncryptThenMAC) && !s.Cipher.CBC() {
		return fault.New(fault.UselessEncryptThenMAC).With(s.ID.String())
	}
	// RFC 8446 §4.1.3, §4.2.1: in another version's ServerHello these mean nothing.
	for _, t := range []wire.ExtensionType{wire.ExtSupportedVersions, wire.ExtKeyShare, wire.ExtPreSharedKey} {
		if sh.Has(t) {
			return fault.New(fault.MisplacedExtension).With(t.String() + " in a ServerHello of TLS 1.2")
		}
	}
	return hello.CheckProtocol(ch, &sh.Extensions)
}
