package server13

import (
	"bytes"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// retry asks for a ClientHello with a share for a group. RFC 8446 §4.1.4.
func retry(d *hs.Desk, ch *wire.ClientHello, s *suite.Suite, group wire.NamedGroup) (hs.State, error) {
	var shares []wire.NamedGroup
	for _, share := range ch.KeyShares {
		shares = append(shares, share.Group)
	}
	hs.Tell(d, 0, event.RetryAsked{Group: group, Shares: shares})
	// RFC 8446 §4.4.1: the first ClientHello stays in the transcript as its hash.
	d.Transcript.Replace()
	hrr := &wire.ServerHello{
		Version:     wire.TLS12,
		Random:      wire.HelloRetryRequestRandom,
		SessionID:   ch.SessionID,
		CipherSuite: s.ID,
	}
	hrr.SupportedVersions = []wire.Version{wire.TLS13}
	hrr.Add(wire.ExtSupportedVersions)
	hrr.SelectedGroup = group
	hrr.Add(wire.ExtKeyShare)
	if err := d.Send(hrr); err != nil {
		return nil, err
	}
	if err := d.CompatibilityCCS(ch.SessionID); err != nil {
		return nil, err
	}
	return waitSecondClientHello{ch, s, group}, nil
}

// waitSecondClientHello: the first with the share that was asked for, and nothing else changed. RFC 8446 §4.1.2.
type waitSecondClientHello struct {
	first *wire.ClientHello
	suite *suite.Suite
	group wire.NamedGroup
}

func (s waitSecondClientHello) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	var truncated []byte
	if ch, ok := m.(*wire.ClientHello); ok {
		truncated = d.Transcript.SumWith(s.suite.Hash, withoutBinders(ch))
	}
	ch, err := hs.Expect[*wire.ClientHello](d, m)
	if err != nil {
		return nil, err
	}
	if err := checkHello(ch); err != nil {
		return nil, err
	}
	if what := changed(s.first, ch); what != "" {
		return nil, fault.New(fault.ChangedAfterRetry).With(what)
	}
	// RFC 8446 §4.1.2: exactly the share that was asked for.
	if len(ch.KeyShares) != 1 || ch.KeyShares[0].Group != s.group {
		return nil, fault.New(fault.BadKeyShare).With("the second ClientHello has not exactly the share that was asked for, " + s.group.String())
	}
	// RFC 8446 §4.2.10: early data goes with the first ClientHello only.
	d.SkipEarly = 0
	return introduce(d, ch, s.suite, &ch.KeyShares[0], truncated)
}

// changed names what the second ClientHello has otherwise than the first, "" if nothing that must stay.
func changed(first, second *wire.ClientHello) string {
	switch {
	case first.Version != second.Version:
		return "legacy_version"
	case first.Random != second.Random:
		return "random"
	case !bytes.Equal(first.SessionID, second.SessionID):
		return "legacy_session_id"
	case !slices.Equal(first.CipherSuites, second.CipherSuites):
		return "cipher_suites"
	case first.ServerName != second.ServerName:
		return "server_name"
	case !slices.Equal(first.SupportedGroups, second.SupportedGroups):
		return "supported_groups"
	case !slices.Equal(first.SupportedVersions, second.SupportedVersions):
		return "supported_versions"
	case !slices.Equal(first.SignatureAlgorithms, second.SignatureAlgorithms):
		return "signature_algorithms"
	case !slices.Equal(first.ALPN, second.ALPN):
		return wire.ExtALPN.String()
	case second.Has(wire.ExtEarlyData):
		return "early_data"
	}
	return ""
}
