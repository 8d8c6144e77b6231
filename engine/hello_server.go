package engine

import (
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/server12"
	"github.com/vitro-tls/vitro/internal/server13"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// waitClientHello: a server has heard nothing yet. RFC 5246 §7.4.1.2, RFC 8446 §4.1.2.
type waitClientHello struct{}

func (waitClientHello) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeClientHello) }

func (waitClientHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	ch, err := hs.Expect[*wire.ClientHello](d, m)
	if err != nil {
		return nil, err
	}
	if !d.Config.AskConfig {
		return chooseVersion(d, ch)
	}
	question := want.NewChooseConfig(d.Asker, ch)
	d.Ask(question)
	return awaitConfig{ch, question}, nil
}

// awaitConfig: which configuration serves this client?
type awaitConfig struct {
	hello    *wire.ClientHello
	question *want.ChooseConfig
}

func (s awaitConfig) Question() want.Question { return s.question }

func (s awaitConfig) Resume(d *hs.Desk) (hs.State, error) {
	answer, err := s.question.Result()
	if err != nil {
		return nil, hello.Refusal(err, fault.ConfigRefused)
	}
	if chosen, ok := answer.(*Compiled); ok && chosen != nil {
		d.Config = chosen
		if d.Cookies == nil {
			d.Cookies = chosen.Cookies
		}
	}
	return chooseVersion(d, s.hello)
}

func chooseVersion(d *hs.Desk, ch *wire.ClientHello) (hs.State, error) {
	opened(d)
	// RFC 8446 §D.5: SSL 3.0 is refused, whatever supported_versions has beside it.
	if ch.Version <= wire.SSL30 {
		return nil, fault.New(fault.NoCommonVersion).With("legacy_version is " + ch.Version.String())
	}
	theirs := OfferedVersions(ch)
	// RFC 7507 §3: who says that it fell back to an older version must not have had to.
	if ch.Offers(wire.TLS_FALLBACK_SCSV) && !slices.Contains(theirs, d.Config.Versions[0]) {
		return nil, fault.New(fault.InappropriateFallback).Between("versions", hs.Names(d.Config.Versions), said(ch))
	}
	version, ok := hello.FirstCommon(d.Config.Versions, theirs)
	if !ok {
		return nil, fault.New(fault.NoCommonVersion).Between("versions", hs.Names(d.Config.Versions), said(ch))
	}
	d.Out.SetVersion(wire.TLS12) // RFC 8446 §5.1: the field says so for TLS 1.3 too
	chosen := event.VersionChosen{Version: version, Ours: d.Config.Versions, Theirs: ch.SupportedVersions}
	if !ch.Has(wire.ExtSupportedVersions) {
		chosen.UpTo = ch.Version
	}
	hs.Tell(d, 0, chosen)
	if version == wire.TLS13 {
		return server13.Start(d, ch)
	}
	return server12.Start(d, ch)
}

// said is what a ClientHello says of versions, for errors. One without a list names the newest; which older ones the
// client speaks, it does not say. RFC 5246 §E.1.
func said(ch *wire.ClientHello) []string {
	if ch.Has(wire.ExtSupportedVersions) {
		return hs.Names(ch.SupportedVersions)
	}
	return []string{"up to " + ch.Version.String()}
}

// OfferedVersions returns the versions that a client can be answered with: what supported_versions lists (RFC 8446
// §4.2.1, §D.2), or everything up to client_version (RFC 5246 §E.1, RFC 5746 §3.6).
func OfferedVersions(ch *wire.ClientHello) []wire.Version {
	if ch.Has(wire.ExtSupportedVersions) {
		return ch.SupportedVersions
	}
	var list []wire.Version
	for v := min(ch.Version, wire.TLS12); v >= wire.SSL30; v-- {
		list = append(list, v)
	}
	return list
}
