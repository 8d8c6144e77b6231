package server13

import (
	"bytes"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// retry asks for another ClientHello: with a share for a group, where share is nil, and with a cookie, where there are
// keys for one. RFC 8446 §4.1.4.
func retry(d *hs.Desk, ch *wire.ClientHello, s *suite.Suite, group wire.NamedGroup, share *wire.KeyShare) (hs.State, error) {
	a := &asked{suite: s, group: group, share: share == nil, first: bytes.Clone(d.Transcript.Sum()), alike: likenessOf(ch)}
	told := event.RetryAsked{Cookie: d.Cookies != nil}
	for _, share := range ch.KeyShares {
		told.Shares = append(told.Shares, share.Group)
	}
	if a.share {
		told.Group = group
	}
	hs.Tell(d, 0, told)
	if d.Cookies != nil {
		if err := a.seal(d); err != nil {
			return nil, err
		}
	}
	if err := d.Send(a.request(ch.SessionID)); err != nil {
		return nil, err
	}
	// RFC 8446 §4.4.1: the first ClientHello stays in the transcript as its hash. take begins anew with that.
	d.Transcript.Release()
	if err := d.CompatibilityCCS(ch.SessionID); err != nil {
		return nil, err
	}
	if d.Cookies != nil {
		return waitCookie{}, nil
	}
	return waitSecondClientHello{a}, nil
}

// request is the HelloRetryRequest. It is the same each time that it is made, so that it need not be kept. RFC 8446
// §4.1.4: of the extensions only what the second ClientHello needs.
func (a *asked) request(sessionID []byte) *wire.ServerHello {
	m := &wire.ServerHello{
		Version:     wire.TLS12,
		Random:      wire.HelloRetryRequestRandom,
		SessionID:   sessionID,
		CipherSuite: a.suite.ID,
	}
	m.SupportedVersions = []wire.Version{wire.TLS13}
	m.Add(wire.ExtSupportedVersions)
	if a.share {
		m.SelectedGroup = a.group
		m.Add(wire.ExtKeyShare)
	}
	if a.cookie != nil {
		m.Cookie = a.cookie
		m.Add(wire.ExtCookie)
	}
	return m
}

// waitSecondClientHello: the first with the share that was asked for, and nothing else changed. RFC 8446 §4.1.2.
type waitSecondClientHello struct{ *asked }

func (waitSecondClientHello) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeClientHello) }

func (s waitSecondClientHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ch, err := hs.Expect[*wire.ClientHello](d, m)
	if err != nil {
		return nil, err
	}
	if err := checkHello(ch); err != nil {
		return nil, err
	}
	return s.take(d, ch)
}

// waitCookie: the second ClientHello brings what there is to know of the first. RFC 8446 §4.2.2.
type waitCookie struct{}

func (waitCookie) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeClientHello) }

func (waitCookie) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ch, err := hs.Expect[*wire.ClientHello](d, m)
	if err != nil {
		return nil, err
	}
	if err := checkHello(ch); err != nil {
		return nil, err
	}
	// RFC 8446 §4.2.2: a client copies the cookie that it was given.
	if !ch.Has(wire.ExtCookie) {
		return nil, fault.New(fault.MissingExtension).With(wire.ExtCookie.String())
	}
	return returned(d, ch, false)
}

// returned goes on with the cookie of a second ClientHello, which may be the first that this connection has seen.
func returned(d *hs.Desk, ch *wire.ClientHello, elsewhere bool) (hs.State, error) {
	a, age, err := open(d, ch)
	if err != nil {
		return nil, err
	}
	d.Context = wire.Context{Version: wire.TLS13, HashLen: a.suite.Hash.Size()}
	told := event.CookieReturned{Age: age, Elsewhere: elsewhere}
	if a.share {
		told.Group = a.group
	}
	hs.Tell(d, 0, told)
	if elsewhere {
		tellSuite(d, ch, a.suite.ID)
	}
	return a.take(d, ch)
}

// take goes on with the second ClientHello. RFC 8446 §4.4.1: in front of it in the transcript are the hash of the first,
// and the request.
func (a *asked) take(d *hs.Desk, ch *wire.ClientHello) (hs.State, error) {
	share, err := a.check(ch)
	if err != nil {
		return nil, err
	}
	request, err := wire.Encode(a.request(ch.SessionID), d.Context)
	if err != nil {
		return nil, fault.New(fault.InternalError).Because(err)
	}
	d.Retried = true
	d.Transcript.Restart(a.suite.Hash, a.first)
	d.Transcript.Add(request)
	truncated := bytes.Clone(d.Transcript.SumWith(a.suite.Hash, withoutBinders(ch)))
	d.Transcript.Add(ch.Raw())
	// RFC 8446 §4.2.10: early data goes with the first ClientHello only.
	d.SkipEarly = 0
	return introduce(d, ch, a.suite, share, truncated)
}
