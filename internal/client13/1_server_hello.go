// Package client13 is the client's side of a TLS 1.3 handshake: one file for each wait, in the order of the wire.
// RFC 8446 §2, Figure 1; §A.1.
package client13

import (
	"bytes"
	"fmt"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Start takes up the handshake at the first ServerHello, once that has said TLS 1.3: it is the answer, or asks for
// another ClientHello. RFC 8446 §4.1.3, §4.1.4.
func Start(d *hs.Desk, offer *hello.Offer, sh *wire.ServerHello) (hs.State, error) {
	s, err := checkHello(offer.Hello, sh)
	if err != nil {
		return nil, err
	}
	d.Context = wire.Context{Version: wire.TLS13, HashLen: s.Hash.Size()}
	d.Transcript.Choose(s.Hash)
	if sh.IsHelloRetryRequest() {
		return retry(d, offer, sh, s)
	}
	return agree(d, offer, sh, s)
}

// checkHello: what a ServerHello and a HelloRetryRequest have in common. RFC 8446 §4.1.3.
func checkHello(ch *wire.ClientHello, sh *wire.ServerHello) (*suite.Suite, error) {
	if sh.Version != wire.TLS12 {
		return nil, fault.New(fault.WrongServerVersion).With("legacy_version is " + sh.Version.String())
	}
	// RFC 8446 §4.1.3: the session ID comes back as it was sent.
	if !bytes.Equal(sh.SessionID, ch.SessionID) {
		return nil, fault.New(fault.SessionIDNotEchoed)
	}
	// RFC 8446 §4.1.3: the suite is one of those that the client offered, and of this version.
	s := suite.ByID(sh.CipherSuite)
	if s == nil || s.Version != wire.TLS13 || !ch.Offers(sh.CipherSuite) {
		return nil, fault.New(fault.SuiteNotOffered).With(sh.CipherSuite.String()).
			Between("cipher suites", hs.Names(ch.CipherSuites), []string{sh.CipherSuite.String()})
	}
	if sh.CompressionMethod != wire.CompressionNull {
		return nil, fault.New(fault.CompressionNotOffered).With(sh.CompressionMethod.String())
	}
	for _, t := range sh.Order {
		// RFC 8446 §4.1.4, §4.2: a cookie is the one extension that nobody asks for.
		if !ch.Has(t) && !(t == wire.ExtCookie && sh.IsHelloRetryRequest()) {
			return nil, fault.New(fault.ExtensionNotOffered).With(t.String())
		}
		// RFC 8446 §4.1.3: only what the key exchange needs; everything else is encrypted.
		switch t {
		case wire.ExtSupportedVersions, wire.ExtKeyShare, wire.ExtPreSharedKey, wire.ExtCookie:
		default:
			return nil, fault.New(fault.MisplacedExtension).With(fmt.Sprintf("%v in a ServerHello of TLS 1.3", t))
		}
	}
	return s, nil
}

// agree: the key share of the ServerHello makes the handshake's keys. RFC 8446 §4.2.8.
func agree(d *hs.Desk, offer *hello.Offer, sh *wire.ServerHello, s *suite.Suite) (hs.State, error) {
	d.Transcript.Add(sh.Raw())
	ch := offer.Hello
	if err := checkSession(offer, sh, s); err != nil {
		return nil, err
	}
	if !sh.Has(wire.ExtKeyShare) {
		return nil, fault.New(fault.MissingExtension).With(wire.ExtKeyShare.String())
	}
	theirs := sh.KeyShares[0]
	ours := offer.Share(theirs.Group)
	// RFC 8446 §4.2.8: of a group that the client sent a share for.
	if ours == nil {
		return nil, fault.New(fault.GroupNotOffered).Between("groups", hs.Names(ch.SupportedGroups), []string{theirs.Group.String()})
	}
	shared, err := ours.Shared(theirs.Public)
	if err != nil {
		return nil, fault.New(fault.BadPublicKey).With(theirs.Group.String()).Because(err)
	}
	n := &hs.Negotiated{
		Version:     wire.TLS13,
		Suite:       s,
		ClientHello: ch,
		ServerHello: sh,
		ServerName:  d.Config.ServerName,
		Group:       theirs.Group,
		Retried:     d.Retried,
	}
	n.ExtendedMaster = true // RFC 8446 §D: the keys always depend on the whole handshake
	hs.Tell(d, 0, event.SuiteChosen{Suite: s.ID, Offered: ch.CipherSuites})
	hs.Tell(d, 0, event.GroupChosen{Group: n.Group, Offered: ch.SupportedGroups})
	if offer.Session != nil {
		n = takeSession(d, n, offer.Session)
	}
	d.DeriveHandshake13(n, keys13.NewEarly(s, n.PSK()), shared)
	clear(shared)
	if err := d.ReadUnder(d.Secrets13.Server); err != nil {
		return nil, err
	}
	d.OweCCS(ch.SessionID)
	if err := d.WriteUnder(d.Secrets13.Client); err != nil {
		return nil, err
	}
	return waitEncryptedExtensions{handshake{n}}, nil
}

// handshake is what every wait after the ServerHello knows; the secrets, and what the server asked for, lie on the desk.
type handshake struct{ *hs.Negotiated }
