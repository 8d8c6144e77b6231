package hello

import (
	"iter"
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

// ByName goes through credentials: those that have the name that the client asked for first, among equals those that are
// liked, and among those the ones whose chain the client can check. RFC 8446 §4.4.2.2: where there is none, the client
// gets another, and may know how. It looks at no more of them than it is asked for.
func ByName(cfg *hs.Compiled, credentials []*want.Credential, ch *wire.ClientHello, liked func(*want.Credential) bool) iter.Seq[*want.Credential] {
	schemes := CertificateSchemes(&ch.Extensions)
	rank := func(c *want.Credential) int {
		rank := 0
		if !liked(c) {
			rank += 2
		}
		// RFC 8446 §4.2.3: SHA-1 is the last resort, also for a client that lists it.
		if !ChainFits(c, schemes) || hasSHA1(c) {
			rank++
		}
		return rank
	}
	return func(yield func(*want.Credential) bool) {
		if len(credentials) == 1 {
			yield(credentials[0])
			return
		}
		var theirs []*want.Credential
		if ch.ServerName != "" {
			for _, c := range cfg.MayHaveName(credentials, ch.ServerName) {
				if named(c, ch) {
					theirs = append(theirs, c)
				}
			}
		}
		isTheirs := func(c *want.Credential) bool { return slices.Contains(theirs, c) }
		none := func(*want.Credential) bool { return false }
		_ = inRanks(theirs, rank, none, yield) && inRanks(credentials, rank, isTheirs, yield)
	}
}

// inRanks goes through a list, but for those that were there before, the best rank first. It returns whether it got to the
// end.
func inRanks(list []*want.Credential, rank func(*want.Credential) int, before func(*want.Credential) bool, yield func(*want.Credential) bool) bool {
	for r := range 4 {
		for _, c := range list {
			if rank(c) == r && !before(c) && !yield(c) {
				return false
			}
		}
	}
	return true
}
