package hello

import (
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// ChooseProtocol takes the server's favourite among what the client offers. RFC 7301 §3.2: having nothing in common
// is fatal; a server that speaks no ALPN ignores the extension.
func ChooseProtocol(d *hs.Desk, ch *wire.ClientHello) (string, error) {
	ours := d.Config.Protocols
	if !ch.Has(wire.ExtALPN) || len(ours) == 0 {
		return "", nil
	}
	p, ok := FirstCommon(ours, ch.ALPN)
	if !ok {
		return "", fault.New(fault.NoCommonProtocol).Between("application protocols", ours, ch.ALPN)
	}
	hs.Tell(d, 0, event.ProtocolChosen{Protocol: p, Offered: ch.ALPN, Ours: ours})
	return p, nil
}

// CheckProtocol: RFC 7301 §3.1: the server's protocol is one of those that the client offered.
func CheckProtocol(ch *wire.ClientHello, x *wire.Extensions) error {
	if x.Has(wire.ExtALPN) && !slices.Contains(ch.ALPN, x.ALPN[0]) {
		return fault.New(fault.ProtocolNotOffered).Between("application protocols", ch.ALPN, x.ALPN)
	}
	return nil
}

// FirstCommon returns the first of ours that is among theirs.
func FirstCommon[T comparable](ours, theirs []T) (T, bool) {
	for _, v := range ours {
		if slices.Contains(theirs, v) {
			return v, true
		}
	}
	var none T
	return none, false
}

// named reports whether a credential has the name that a client asked for.
func named(c *want.Credential, ch *wire.ClientHello) bool {
	return ch.ServerName != "" && c.Leaf.VerifyHostname(ch.ServerName) == nil
}

// TellCredential tells which of a server's credentials a client gets to see.
func TellCredential(d *hs.Desk, ch *wire.ClientHello, c *want.Credential, of int) {
	if !d.Stream.Watched() {
		return
	}
	fits := ChainFits(c, CertificateSchemes(&ch.Extensions))
	hs.Tell(d, 0, event.CredentialChosen{Leaf: c.Leaf, Named: named(c, ch), Of: of, ChainUnlisted: !fits})
}

// ByName returns credentials with those that have the name that the client asked for in front, among equals those that
// are liked, and among those the ones whose chain the client can check. RFC 8446 §4.4.2.2: where there is none, the
// client gets another, and may know how.
func ByName(credentials []*want.Credential, ch *wire.ClientHello, liked func(*want.Credential) bool) []*want.Credential {
	if len(credentials) < 2 {
		return credentials
	}
	var byRank [8][]*want.Credential
	schemes := CertificateSchemes(&ch.Extensions)
	for _, c := range credentials {
		rank := 0
		if !named(c, ch) {
			rank += 4
		}
		if !liked(c) {
			rank += 2
		}
		// RFC 8446 §4.2.3: SHA-1 is the last resort, also for a client that lists it.
		if !ChainFits(c, schemes) || hasSHA1(c) {
			rank++
		}
		byRank[rank] = append(byRank[rank], c)
	}
	return slices.Concat(byRank[:]...)
}
