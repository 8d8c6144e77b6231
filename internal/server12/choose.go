package server12

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"iter"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// choice is what server and client agree on: the answer to everything in the ClientHello.
type choice struct {
	suite      *suite.Suite
	credential *want.Credential
	groupChoice
	scheme wire.SignatureScheme
}

// fieldBits is the size of a finite field's prime, 0 without one.
func (c *choice) fieldBits() int {
	if f := suite.FieldByID(c.group); f != nil {
		return f.Bits()
	}
	return 0
}

func commonSuites(c *hs.Compiled, ch *wire.ClientHello) []wire.CipherSuite {
	var common []wire.CipherSuite
	for _, id := range c.CipherSuites {
		if ch.Offers(id) {
			common = append(common, id)
		}
	}
	return common
}

// reasons is a set of them.
type reasons uint32

func (r *reasons) add(reason event.SuiteReason)     { *r |= 1 << reason }
func (r reasons) has(reason event.SuiteReason) bool { return r&(1<<reason) != 0 }

// choose takes the first credential with which there is a suite, and with it the first suite of the server's list
// that works.
func choose(d *hs.Desk, ch *wire.ClientHello, credentials []*want.Credential) (choice, error) {
	if len(credentials) == 0 {
		return choice{}, fault.New(fault.NoCredential)
	}
	var reasons reasons
	if len(credentials) == 1 { // what inOrder would come to
		if c, ok := chooseSuite(d.Config, ch, credentials[0], &reasons); ok {
			tell(d, ch, c, 1)
			return c, nil
		}
		return choice{}, noSuite(d.Config, ch, credentials, reasons)
	}
	for credential := range inOrder(d.Config, ch, credentials) {
		if c, ok := chooseSuite(d.Config, ch, credential, &reasons); ok {
			tell(d, ch, c, len(credentials))
			return c, nil
		}
	}
	return choice{}, noSuite(d.Config, ch, credentials, reasons)
}

// inOrder puts the credentials first that have the name that the client asked for, and among them those whose curve it
// lists.
func inOrder(cfg *hs.Compiled, ch *wire.ClientHello, credentials []*want.Credential) iter.Seq[*want.Credential] {
	return hello.ByName(cfg, credentials, ch, func(c *want.Credential) bool { return listsCurve(ch, c.Leaf.PublicKey) })
}

// listsCurve: RFC 8422 §5.1.1: the groups that a client lists are also the curves on which an ECDSA key may lie.
func listsCurve(ch *wire.ClientHello, key crypto.PublicKey) bool {
	ec, ok := key.(*ecdsa.PublicKey)
	if !ok || !ch.Has(wire.ExtSupportedGroups) {
		return true
	}
	return slices.Contains(ch.SupportedGroups, curves[ec.Curve])
}

// maySee: RFC 8422 §5.3, RFC 5246 §7.4.2: a client is not shown an ECDSA key on a curve that it does not list. The exception is a client
// that lists no curve on which such a key can lie: its list (X25519 alone, most often) can only be about the key exchange.
// For it such a key comes last.
func maySee(ch *wire.ClientHello, key crypto.PublicKey) bool {
	return listsCurve(ch, key) || !slices.ContainsFunc(ch.SupportedGroups, isCurveOfECDSA)
}

// isCurveOfECDSA: RFC 8422 §5.1.1 and the IANA registry of groups: the curves of RFC 4492 and RFC 7027, those of RFC 8734,
// and those that are given in full; not X25519 and X448, which lie between them.
func isCurveOfECDSA(g wire.NamedGroup) bool {
	return g >= 1 && g <= 28 || g >= 31 && g <= 33 || g == 0xff01 || g == 0xff02
}

var curves = map[elliptic.Curve]wire.NamedGroup{
	elliptic.P256(): wire.SecP256r1, elliptic.P384(): wire.SecP384r1, elliptic.P521(): wire.SecP521r1,
}

// Suits says why no suite goes with a client and a credential, nil where one does.
func Suits(cfg *hs.Compiled, ch *wire.ClientHello, credential *want.Credential) error {
	var reasons reasons
	if _, ok := chooseSuite(cfg, ch, credential, &reasons); ok {
		return nil
	}
	return noSuite(cfg, ch, []*want.Credential{credential}, reasons)
}

func chooseSuite(cfg *hs.Compiled, ch *wire.ClientHello, credential *want.Credential, reasons *reasons) (choice, bool) {
	for _, s := range cfg.SuitesFor(ch) {
		c, reason := consider(cfg, ch, credential, s)
		if reason == event.SuiteTaken {
			return c, true
		}
		reasons.add(reason)
	}
	return choice{}, false
}

// consider says whether a suite works with a client and a credential, or why not. RFC 5246 §7.4.1.2: suites of the
// client's that we do not know are passed over.
func consider(cfg *hs.Compiled, ch *wire.ClientHello, credential *want.Credential, s *suite.Suite) (choice, event.SuiteReason) {
	c := choice{suite: s, credential: credential}
	switch {
	case !ch.Offers(s.ID):
		return c, event.SuiteNotOffered
	case suite.AuthOf(credential.Leaf.PublicKey) != s.Auth:
		return c, event.SuiteNoKey
	case !maySee(ch, credential.Leaf.PublicKey):
		return c, event.SuiteNoCurve
	}
	return exchanges[s.KeyExchange].suits(cfg, ch, c)
}

// tell tells of a choice and of the deliberation behind it.
func tell(d *hs.Desk, ch *wire.ClientHello, c choice, of int) {
	if !d.Stream.Watched() {
		return
	}
	hello.TellCredential(d, ch, c.credential, of)
	var considered []event.SuiteVerdict
	taken := false
	for _, s := range d.Config.SuitesFor(ch) {
		_, reason := consider(d.Config, ch, c.credential, s)
		if reason == event.SuiteTaken && taken {
			reason = event.SuiteLessLiked
		}
		taken = taken || reason == event.SuiteTaken
		considered = append(considered, event.SuiteVerdict{Suite: s.ID, Reason: reason})
	}
	hs.Tell(d, 0, event.SuiteChosen{Suite: c.suite.ID, Offered: ch.CipherSuites, Considered: considered})
	if c.group != 0 {
		hs.Tell(d, 0, event.GroupChosen{Group: c.group, FieldBits: c.fieldBits(), Offered: c.offered, Ours: c.ours})
		hs.Tell(d, 0, event.SchemeChosen{Scheme: c.scheme, Offered: ch.SignatureAlgorithms})
	}
}

// noSuite finds the nearest reason why nothing works: the one that is left to mend.
func noSuite(cfg *hs.Compiled, ch *wire.ClientHello, credentials []*want.Credential, reasons reasons) error {
	between := func(r *fault.Rule) *fault.Error {
		return fault.New(r).Between("cipher suites", hs.Names(cfg.CipherSuites), hs.Names(ch.CipherSuites))
	}
	switch {
	// RFC 7919 §4: where the finite fields are all that is missing, the alert is this one.
	case reasons.has(event.SuiteNoField):
		return fault.New(fault.NoCommonField).Between("groups", hs.Names(cfg.Fields12), hs.Names(ch.SupportedGroups))
	case reasons.has(event.SuiteNoScheme):
		return fault.New(fault.NoCommonScheme).
			Between("signature schemes", hs.Names(credentials[0].Schemes), hs.Names(ch.SignatureAlgorithms))
	case reasons.has(event.SuiteNoCurve):
		return fault.New(fault.CurveNotListed).Between("curves", hs.Names(curvesOf(credentials)), hs.Names(ch.SupportedGroups))
	case reasons.has(event.SuiteNoGroup):
		return fault.New(fault.NoCommonGroup).Between("groups", hs.Names(cfg.Groups12), hs.Names(chooseCurve(cfg, ch).offered))
	case reasons.has(event.SuiteNoKeyUsage):
		return between(fault.NoSuiteForCertificate).With("its key usage forbids the suites that both have")
	case reasons.has(event.SuiteNoKey):
		return between(fault.NoSuiteForCertificate)
	case suite.PolicyFor(ch.CipherSuites) == suite.PolicyCompatible:
		return between(fault.OnlyOlderCiphers)
	case only(ch, wire.KeyExchangeRSA):
		return between(fault.OnlyRSAKeyExchange)
	case only(ch, wire.KeyExchangeRSA, wire.KeyExchangeDHE):
		return between(fault.OnlyDHEKeyExchange)
	}
	return between(fault.NoCommonSuite)
}

// curvesOf are those that the credentials' ECDSA keys lie on.
func curvesOf(credentials []*want.Credential) (list []wire.NamedGroup) {
	for _, c := range credentials {
		if ec, ok := c.Leaf.PublicKey.(*ecdsa.PublicKey); ok {
			list = append(list, curves[ec.Curve])
		}
	}
	return list
}

// only reports whether the client offers suites that we know, and none with another key exchange than these.
func only(ch *wire.ClientHello, these ...wire.KeyExchange) bool {
	found := false
	for _, s := range suite.All() {
		if !ch.Offers(s.ID) {
			continue
		}
		if !slices.Contains(these, s.KeyExchange) {
			return false
		}
		found = true
	}
	return found
}
