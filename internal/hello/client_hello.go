// Package hello builds ClientHellos and reads what they ask for. It stands below the versions, because a ClientHello
// is sent before the version is known.
package hello

import (
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Offer is a ClientHello with the secrets behind it.
type Offer struct {
	Hello  *wire.ClientHello
	Shares []suite.PrivateShare // one for each entry of key_share
	// Session is the one that is to be resumed, nil for none: pre_shared_key names it, or (TLS 1.2) session_ticket or the
	// session ID.
	Session *want.Session
	// Again is what the handshake before this one left, nil in a first.
	Again *hs.Renegotiated
}

// Again builds the ClientHello of another handshake on the same connection, tied to the one before. RFC 5746 §3.5.
func Again(c *hs.Compiled, slots *wire.Slots, before *hs.Renegotiated) (*Offer, error) {
	o, err := First(c.Again, slots)
	if err != nil {
		return nil, err
	}
	o.Hello.RenegotiationInfo, o.Again = before.ClientFinished, before
	return o, nil
}

// Share returns the secret half of the key share of a group, nil if the offer has none.
func (o *Offer) Share(g wire.NamedGroup) suite.PrivateShare {
	for _, s := range o.Shares {
		if s.Group() == g {
			return s
		}
	}
	return nil
}

// What every hello says in the same way; nobody changes it.
var (
	nullCompression = []wire.CompressionMethod{wire.CompressionNull}
	Uncompressed    = []wire.PointFormat{wire.PointUncompressed}
)

// First builds the ClientHello that opens a connection: of what we can do, in the form that all take, without a cookie.
// RFC 5246 §7.4.1.2, RFC 8446 §4.1.2, §4.2.2, §9.3, §D.5.
func First(c *hs.Compiled, slots *wire.Slots) (*Offer, error) {
	m := slots.ClientHello()
	m.Version = wire.TLS12 // RFC 8446 §4.1.2: the newest is in supported_versions
	m.CipherSuites, m.CompressionMethods = c.Offer, nullCompression
	// RFC 5246 §7.4.1.2: 32 bytes from a secure generator. The time that once stood in the first four tells
	// strangers our clock and is left out.
	if err := c.Draw(m.Random[:]); err != nil {
		return nil, err
	}
	m.Order = slices.Grow(m.Order, 20)
	o := &Offer{Hello: m}
	addCommon(c, &m.Extensions)
	if c.Speaks(wire.TLS13) {
		if err := o.addTLS13(c); err != nil {
			return nil, err
		}
	}
	// RFC 5746 §3.4: empty in a first handshake. Last, because some old servers refuse a hello that ends with an
	// extension without a body.
	if c.Speaks(wire.TLS12) {
		m.Add(wire.ExtRenegotiationInfo)
	}
	if c.GREASE {
		return o, o.grease(c)
	}
	return o, nil
}

func addCommon(c *hs.Compiled, x *wire.Extensions) {
	if c.SNI != "" {
		x.ServerName = c.SNI
		x.Add(wire.ExtServerName)
	}
	// RFC 7627 §5.2: in every hello that may come to TLS 1.2.
	if c.Speaks(wire.TLS12) {
		x.Add(wire.ExtExtendedMasterSecret)
	}
	// RFC 7366 §2.1: it concerns CBC alone.
	if c.HasCBC {
		x.Add(wire.ExtEncryptThenMAC)
	}
	// RFC 8422 §4, §5.1, §5.1.2: of curves and points speaks only who offers them, and points are uncompressed.
	if len(c.Groups) > 0 {
		x.SupportedGroups = c.Groups
		x.Add(wire.ExtSupportedGroups)
	}
	if c.HasECDHE && c.Speaks(wire.TLS12) {
		x.PointFormats = Uncompressed
		x.Add(wire.ExtPointFormats)
	}
	// RFC 5077 §3.2: empty, it asks for a ticket.
	if c.ClientSessions && c.Speaks(wire.TLS12) {
		x.Add(wire.ExtSessionTicket)
	}
	offerLimits(c, x)
	if len(c.Protocols) > 0 {
		x.ALPN = c.Protocols
		x.Add(wire.ExtALPN)
	}
	x.StatusRequest = wire.StatusOCSP
	x.Add(wire.ExtStatusRequest)
	// RFC 5246 §7.4.1.4.1, RFC 8446 §4.2.3: said by every client that a certificate is to convince.
	x.SignatureAlgorithms = c.SignatureSchemes
	x.Add(wire.ExtSignatureAlgorithms)
	addSchemesCert(c, x)
	x.Add(wire.ExtSCT)
}

// addTLS13 adds what TLS 1.3 cannot do without. RFC 8446 §4.2.1, §4.2.8, §9.2.
func (o *Offer) addTLS13(c *hs.Compiled) error {
	m := o.Hello
	// RFC 8446 §D.4: a session ID that is not empty makes the handshake look like a resumption of TLS 1.2, which
	// middleboxes let pass.
	m.SessionID = make([]byte, SessionIDLen)
	if err := c.Draw(m.SessionID); err != nil {
		return err
	}
	m.SupportedVersions = c.Versions
	m.Add(wire.ExtSupportedVersions)
	if err := o.addShares(c); err != nil {
		return err
	}
	m.Add(wire.ExtKeyShare)
	// RFC 8446 §4.2.9: sessions are resumed with a fresh key exchange beside the old secret, so that what gives the one
	// away does not give away the other.
	if c.ClientSessions {
		m.PSKModes = []wire.PSKMode{wire.PSKModeDHE}
		m.Add(wire.ExtPSKModes)
	}
	return nil
}

func (o *Offer) addShares(c *hs.Compiled) error {
	groups := c.KeyShares
	if groups == nil {
		groups = c.Groups[:1]
	}
	for _, g := range groups {
		share, err := c.Entropy.KeyShare(g)
		if err != nil {
			return fault.New(fault.EntropyFailed).Because(err)
		}
		o.addShare(share)
		// The classical half of a hybrid share serves servers that do not have the hybrid, and costs no second key.
		if half := suite.Classical(share); half != nil && c.KeyShares == nil && slices.Contains(c.Groups, half.Group()) {
			o.addShare(half)
		}
	}
	return nil
}

func (o *Offer) addShare(s suite.PrivateShare) {
	o.Shares = append(o.Shares, s)
	o.Hello.KeyShares = append(o.Hello.KeyShares, wire.KeyShare{Group: s.Group(), Public: s.Public()})
}

// Retry builds the second ClientHello: the first with what the server asked for, and nothing else changed. RFC 8446
// §4.1.2, §4.2.10.
func Retry(c *hs.Compiled, first *Offer, hrr *wire.ServerHello) (*Offer, error) {
	old := first.Hello
	m := &wire.ClientHello{
		Version:            old.Version,
		Random:             old.Random,
		SessionID:          old.SessionID,
		CipherSuites:       old.CipherSuites,
		CompressionMethods: old.CompressionMethods,
		Extensions:         old.Extensions,
	}
	m.Order = slices.Clone(old.Order)
	second := &Offer{Hello: m, Shares: first.Shares, Session: first.Session}
	if hrr.Has(wire.ExtKeyShare) {
		share, err := c.Entropy.KeyShare(hrr.SelectedGroup)
		if err != nil {
			return nil, fault.New(fault.EntropyFailed).Because(err)
		}
		m.KeyShares, second.Shares = nil, nil
		second.addShare(share)
	}
	if hrr.Has(wire.ExtCookie) {
		m.Cookie = hrr.Cookie
		m.Add(wire.ExtCookie)
	}
	return second, nil
}
