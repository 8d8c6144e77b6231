// Package server13 is the server's side of a TLS 1.3 handshake: one file for each wait, in the order of the wire.
// RFC 8446 §2, Figure 1; §A.2.
package server13

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

// skippedEarlyData bounds the early data that is passed over: what a client can send with a ticket that we did not
// issue, or do not take. RFC 8446 §4.2.10.
const skippedEarlyData = 64 << 10

// Start takes up the handshake at the first ClientHello, once TLS 1.3 has been chosen for it. RFC 8446 §4.1.2.
func Start(d *hs.Desk, ch *wire.ClientHello) (hs.State, error) {
	if err := checkHello(ch); err != nil {
		return nil, err
	}
	// RFC 8446 §4.2.2: no first ClientHello has a cookie. This is a second one, and the first went elsewhere.
	if d.Cookies != nil && ch.Has(wire.ExtCookie) {
		return returned(d, ch, true)
	}
	s, err := chooseSuite(d, ch)
	if err != nil {
		return nil, err
	}
	d.Context = wire.Context{Version: wire.TLS13, HashLen: s.Hash.Size()}
	d.Transcript.Choose(s.Hash)
	if ch.Has(wire.ExtEarlyData) {
		d.SkipEarly = skippedEarlyData
	}
	group, share, err := chooseGroup(d.Config, ch)
	if err != nil {
		return nil, err
	}
	if share == nil || d.Config.AlwaysRetry {
		return retry(d, ch, s, group, share)
	}
	return introduce(d, ch, s, share, hashWithoutBinders(s, ch))
}

// withKeyAlone reports whether a client wants neither a certificate nor a key exchange, but its pre-shared key alone.
func withKeyAlone(ch *wire.ClientHello) bool {
	return ch.Has(wire.ExtPreSharedKey) && ch.Has(wire.ExtPSKModes) && !slices.Contains(ch.PSKModes, wire.PSKModeDHE) &&
		!ch.Has(wire.ExtSupportedGroups) && !ch.Has(wire.ExtKeyShare)
}

// checkHello: what a ClientHello of TLS 1.3 must have. RFC 8446 §4.1.2, §4.2.3, §9.2.
func checkHello(ch *wire.ClientHello) error {
	if len(ch.CompressionMethods) != 1 || ch.CompressionMethods[0] != wire.CompressionNull {
		return fault.New(fault.NoNullCompression)
	}
	// RFC 8446 §9.2: such a hello misses nothing; §4.1.1: but it has no way to a key in common with us.
	if withKeyAlone(ch) {
		return fault.New(fault.NoCommonPSKMode).Between("modes", []string{wire.PSKModeDHE.String()}, hs.Names(ch.PSKModes))
	}
	for _, t := range []wire.ExtensionType{wire.ExtSignatureAlgorithms, wire.ExtSupportedGroups, wire.ExtKeyShare} {
		// Who resumes need not say what certificates it takes: certify asks for that.
		if !ch.Has(t) && !(t == wire.ExtSignatureAlgorithms && ch.Has(wire.ExtPreSharedKey)) {
			return fault.New(fault.MissingExtension).With(t.String())
		}
	}
	// RFC 8446 §4.2.8: one share for a group, in the order of supported_groups, and of no other group.
	at := -1
	for _, share := range ch.KeyShares {
		i := slices.Index(ch.SupportedGroups, share.Group)
		if i <= at {
			return fault.New(fault.BadKeyShare).With(share.Group.String())
		}
		at = i
	}
	return nil
}

func chooseSuite(d *hs.Desk, ch *wire.ClientHello) (*suite.Suite, error) {
	for _, s := range d.Config.Suites13For(ch) {
		if ch.Offers(s.ID) {
			tellSuite(d, ch, s.ID)
			return s, nil
		}
	}
	return nil, fault.New(fault.NoCommonSuite).Between("cipher suites", hs.Names(d.Config.CipherSuites13), hs.Names(ch.CipherSuites))
}

func tellSuite(d *hs.Desk, ch *wire.ClientHello, id wire.CipherSuite) {
	if d.Stream.Watched() {
		hs.Tell(d, 0, event.SuiteChosen{Suite: id, Offered: ch.CipherSuites, Considered: considered(d.Config, ch, id)})
	}
}

func considered(c *hs.Compiled, ch *wire.ClientHello, taken wire.CipherSuite) []event.SuiteVerdict {
	var list []event.SuiteVerdict
	for _, s := range c.Suites13For(ch) {
		reason := event.SuiteLessLiked
		switch {
		case s.ID == taken:
			reason = event.SuiteTaken
		case !ch.Offers(s.ID):
			reason = event.SuiteNotOffered
		}
		list = append(list, event.SuiteVerdict{Suite: s.ID, Reason: reason})
	}
	return list
}

// chooseGroup takes the server's favourite among the groups that the client has sent shares for. RFC 8446 §2.1, §4.1.1. It asks for another
// share only if there is none, or if the client could do better: protection against quantum computers is worth
// a round trip, another classical group is not.
func chooseGroup(c *hs.Compiled, ch *wire.ClientHello) (wire.NamedGroup, *wire.KeyShare, error) {
	best, ok := hello.FirstCommon(c.Groups, ch.SupportedGroups)
	if !ok {
		return 0, nil, fault.New(fault.NoCommonGroup).Between("groups", hs.Names(c.Groups), hs.Names(ch.SupportedGroups))
	}
	for _, g := range c.Groups {
		i := slices.IndexFunc(ch.KeyShares, func(s wire.KeyShare) bool { return s.Group == g })
		if i < 0 {
			continue
		}
		if g != best && !slices.Contains(c.Groups12, best) && slices.Contains(c.Groups12, g) {
			break
		}
		return g, &ch.KeyShares[i], nil
	}
	return best, nil, nil
}

// introduce: the parameters are settled; does the client come back? truncated is the transcript's hash up to the binders.
func introduce(d *hs.Desk, ch *wire.ClientHello, s *suite.Suite, share *wire.KeyShare, truncated []byte) (hs.State, error) {
	protocol, err := hello.ChooseProtocol(d, ch)
	if err != nil {
		return nil, err
	}
	n := &hs.Negotiated{
		Version:     wire.TLS13,
		Suite:       s,
		ClientHello: ch,
		ServerName:  ch.ServerName,
		Protocol:    protocol,
		Group:       share.Group,
		Retried:     d.Retried,
	}
	n.ExtendedMaster = true // RFC 8446 §D: the keys always depend on the whole handshake
	hs.Tell(d, 0, event.GroupChosen{Group: n.Group, Offered: ch.SupportedGroups, Ours: d.Config.Groups})
	return resume(d, n, share, truncated)
}

// certify begins a full handshake: who are we for this client?
func certify(d *hs.Desk, n *hs.Negotiated, share *wire.KeyShare) (hs.State, error) {
	// RFC 8446 §4.2.3: no certificate without.
	if !n.ClientHello.Has(wire.ExtSignatureAlgorithms) {
		return nil, fault.New(fault.MissingExtension).With(wire.ExtSignatureAlgorithms.String())
	}
	if d.Config.AskCredential {
		question := want.NewChooseCredential(d.Asker, n.ClientHello, []wire.CipherSuite{n.Suite.ID})
		question.Retried = n.Retried
		d.Ask(question)
		return awaitCredential{n, share, question}, nil
	}
	return answer(d, n, share, d.Config.Credentials)
}
