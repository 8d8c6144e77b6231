package client13

import (
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// retry answers a HelloRetryRequest with a second ClientHello. RFC 8446 §4.1.4.
func retry(d *hs.Desk, offer *hello.Offer, hrr *wire.ServerHello, s *suite.Suite) (hs.State, error) {
	var shares []wire.NamedGroup
	for _, share := range offer.Hello.KeyShares {
		shares = append(shares, share.Group)
	}
	hs.Tell(d, 0, event.RetryAsked{Group: hrr.SelectedGroup, Cookie: hrr.Has(wire.ExtCookie), Shares: shares})
	// RFC 8446 §4.2.8: a group that the client offered, and sent no share for.
	if hrr.Has(wire.ExtKeyShare) {
		if !slices.Contains(d.Config.Groups, hrr.SelectedGroup) || slices.Contains(shares, hrr.SelectedGroup) {
			return nil, fault.New(fault.GroupNotOffered).With("in a HelloRetryRequest").
				Between("groups", hs.Names(offer.Hello.SupportedGroups), []string{hrr.SelectedGroup.String()})
		}
	} else if !hrr.Has(wire.ExtCookie) {
		// RFC 8446 §4.1.4: one that changes nothing in the ClientHello.
		return nil, fault.New(fault.UselessRetry)
	}
	// RFC 8446 §4.4.1: the first ClientHello stays in the transcript as its hash.
	d.Transcript.Replace()
	d.Retried = true
	d.Transcript.Add(hrr.Raw())
	second, err := hello.Retry(d.Config, offer, hrr)
	if err != nil {
		return nil, err
	}
	second.RetrySession(d, s)
	if err := d.CompatibilityCCS(second.Hello.SessionID); err != nil {
		return nil, err
	}
	if err := second.Send(d); err != nil {
		return nil, err
	}
	return waitSecondServerHello{second, hrr, s}, nil
}

// waitSecondServerHello: after a retry the server must answer. RFC 8446 §4.1.4.
type waitSecondServerHello struct {
	offer *hello.Offer
	hrr   *wire.ServerHello
	suite *suite.Suite
}

func (waitSecondServerHello) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeServerHello) }

func (s waitSecondServerHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	sh, err := hs.Expect[*wire.ServerHello](d, m)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.1.4: not a second retry.
	if sh.IsHelloRetryRequest() {
		return nil, fault.New(fault.UnexpectedMessage).With("a second HelloRetryRequest")
	}
	if !sh.Has(wire.ExtSupportedVersions) || sh.SupportedVersions[0] != wire.TLS13 {
		return nil, fault.New(fault.ChangedAfterRetry).With("the version")
	}
	chosen, err := checkHello(s.offer.Hello, sh)
	if err != nil {
		return nil, err
	}
	// RFC 8446 §4.1.4: with the suite, and the group, that the retry named.
	if chosen != s.suite {
		return nil, fault.New(fault.ChangedAfterRetry).With("the cipher suite")
	}
	if s.hrr.Has(wire.ExtKeyShare) && sh.Has(wire.ExtKeyShare) && sh.KeyShares[0].Group != s.hrr.SelectedGroup {
		return nil, fault.New(fault.ChangedAfterRetry).With("the group")
	}
	return agree(d, s.offer, sh, chosen)
}
