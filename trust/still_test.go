package trust

import (
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
)

// A session's chains spare the signatures, and nothing else: roots, dates, names and leaf are those of today.
func TestVerifiedBefore(t *testing.T) {
	leaf := testkit.Parse(testkit.Leaf(testkit.P256).Chain)
	peer := want.Peer{Chain: leaf, State: want.ConnectionState{ServerName: testkit.Host}, Now: testkit.Now}
	good := (&Verifier{Roots: testkit.PKI().Roots}).Verify(peer, fault.Client)
	if good.Err != nil {
		t.Fatal(good.Err)
	}
	// The intermediate is not sent again, so that only the session's chains lead to the root.
	again := peer
	again.Chain, again.Verified = leaf[:1], good.Chains
	for name, c := range map[string]struct {
		change func(*Verifier, *want.Peer)
		rule   *fault.Rule
	}{
		"as it was": {func(*Verifier, *want.Peer) {}, nil},
		"unknown":   {func(_ *Verifier, p *want.Peer) { p.Verified = nil }, fault.UnknownCA},
		"another root": {func(v *Verifier, _ *want.Peer) {
			v.Roots = x509.NewCertPool()
			v.Roots.AddCert(testkit.PKI().Untrusted.Certificate)
		}, fault.UnknownCA},
		"no root":      {func(v *Verifier, _ *want.Peer) { v.Roots = x509.NewCertPool() }, fault.UnknownCA},
		"another name": {func(_ *Verifier, p *want.Peer) { p.State.ServerName = testkit.OtherHost }, fault.WrongHost},
		"out of date":  {func(_ *Verifier, p *want.Peer) { p.Chain, p.Now = leaf, leaf[0].NotAfter.Add(time.Second) }, fault.CertificateExpired},
		"another leaf": {func(_ *Verifier, p *want.Peer) { p.Chain = testkit.Parse(testkit.Leaf(testkit.RSA).Chain[:1]) }, fault.UnknownCA},
		"a chain of nobody": {func(_ *Verifier, p *want.Peer) {
			p.Verified = [][]*x509.Certificate{nil, {leaf[0]}, {leaf[0], testkit.PKI().Untrusted.Certificate}}
		}, fault.UnknownCA},
		"no timestamps": {func(v *Verifier, _ *want.Peer) { v.RequireSCTs, v.Logs = 1, new(LogList) }, fault.TooFewTimestamps},
	} {
		t.Run(name, func(t *testing.T) {
			verifier, p := Verifier{Roots: testkit.PKI().Roots}, again
			c.change(&verifier, &p)
			verdict := verifier.Verify(p, fault.Client)
			switch {
			case c.rule == nil && (verdict.Err != nil || len(verdict.Chains) != 1):
				t.Errorf("%v", verdict.Err)
			case c.rule != nil && !errors.Is(verdict.Err, c.rule):
				t.Errorf("%v, want %s", verdict.Err, c.rule.Name)
			}
		})
	}
}
