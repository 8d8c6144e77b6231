package trust_test

import (
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// peer is one that sends a chain and is watched.
func peer(chain [][]byte) want.Peer {
	return want.Peer{
		Chain:   testkit.Parse(chain),
		State:   want.ConnectionState{ServerName: testkit.Host},
		Now:     testkit.Now,
		Watched: true,
	}
}

func verifier() *trust.Verifier { return &trust.Verifier{Roots: testkit.PKI().Roots} }

func TestGoodServers(t *testing.T) {
	for _, kind := range testkit.Kinds {
		for _, host := range []string{testkit.Host, testkit.Host + ".", "VITRO.test", "localhost", "127.0.0.1", "::1", "[::1]", "::1%lo"} {
			p := peer(testkit.Leaf(kind).Chain)
			p.State.ServerName = host
			v := verifier().Verify(p, fault.Client)
			if v.Err != nil {
				t.Errorf("%v, %s: %v", kind, host, v.Err)
				continue
			}
			if len(v.Chains) != 1 || len(v.Chains[0]) != 3 || !v.Chains[0][2].Equal(testkit.PKI().Root.Certificate) {
				t.Errorf("%v, %s: chains are %v, want leaf, intermediate, root", kind, host, v.Chains)
			}
		}
	}
}

func TestGoodClient(t *testing.T) {
	c, err := testkit.PKI().Intermediate.Issue(testkit.LeafOptions{
		CommonName: "somebody", Now: testkit.Now, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Fatal(err)
	}
	p := peer(c.Chain)
	p.State.ServerName = "a.server.that.is.not.the.client"
	if v := verifier().Verify(p, fault.Server); v.Err != nil {
		t.Errorf("a client has no name to be held to: %v", v.Err)
	}
}

// Whoever watches sees every check of a good server, in the order in which they are reasons to refuse one.
func TestChecksOfAGoodServer(t *testing.T) {
	p := peer(testkit.Leaf(testkit.RSA).Chain)
	p.State.CipherSuite = wire.TLS_RSA_WITH_AES_128_GCM_SHA256
	got := verifier().Verify(p, fault.Client).Checks
	leaf := "CN=" + testkit.Host
	inter, root := "CN="+testkit.IntermediateName, "CN="+testkit.RootName
	want := []event.Check{
		{What: event.CheckKey, Index: 0, Subject: leaf, Wanted: "RSA 2048, ECDSA 256", Found: []string{"RSA 2048", "ECDSA 256", "ECDSA 256"}},
		{What: event.CheckLink, Index: 0, Subject: leaf, Issuer: inter, Algorithm: "ECDSA-SHA256"},
		{What: event.CheckLink, Index: 1, Subject: inter, Issuer: root, Algorithm: "ECDSA-SHA256"},
		{What: event.CheckRoot, Index: 2, Subject: root, Issuer: root, Roots: trust.FromPool},
		{What: event.CheckDates, Index: 0, Subject: leaf, NotBefore: p.Chain[0].NotBefore, NotAfter: p.Chain[0].NotAfter},
		{What: event.CheckDates, Index: 1, Subject: inter, NotBefore: p.Chain[1].NotBefore, NotAfter: p.Chain[1].NotAfter},
		{What: event.CheckDates, Index: 2, Subject: root, NotBefore: testkit.PKI().Root.Certificate.NotBefore, NotAfter: testkit.PKI().Root.Certificate.NotAfter},
		{What: event.CheckUsage, Index: 0, Subject: leaf, Wanted: "serverAuth", Found: []string{"serverAuth"}},
		{What: event.CheckUsage, Index: 0, Subject: leaf, Wanted: "keyEncipherment", Found: []string{"digitalSignature", "keyEncipherment"}},
		{What: event.CheckName, Index: 0, Subject: leaf, Wanted: testkit.Host, Found: []string{testkit.Host, "localhost", "127.0.0.1", "::1"}},
	}
	for i := range want {
		want[i].Passed = true
	}
	if !slices.EqualFunc(got, want, sameCheck) {
		t.Errorf("checks are\n%+v\nwant\n%+v", got, want)
	}
}

func sameCheck(a, b event.Check) bool {
	return a.What == b.What && a.Passed == b.Passed && a.Index == b.Index && a.Subject == b.Subject && a.Issuer == b.Issuer &&
		a.Algorithm == b.Algorithm && a.NotBefore.Equal(b.NotBefore) && a.NotAfter.Equal(b.NotAfter) && a.Wanted == b.Wanted &&
		slices.Equal(a.Found, b.Found) && a.Roots == b.Roots && slices.Equal(a.Logs, b.Logs)
}

func TestNobodyWatches(t *testing.T) {
	for _, c := range []*testkit.Certificate{testkit.Leaf(testkit.P256), testkit.Flawed(testkit.Expired, testkit.P256)} {
		p := peer(c.Chain)
		p.Watched = false
		if v := verifier().Verify(p, fault.Client); v.Checks != nil {
			t.Errorf("%d checks were told to nobody", len(v.Checks))
		}
	}
}

// refusal is a peer that must be refused.
type refusal struct {
	name   string
	chain  [][]byte
	host   string // testkit.Host
	now    time.Time
	role   fault.Role // fault.Client
	roots  *x509.CertPool
	system bool // the roots of this machine, in place of roots
	suite  wire.CipherSuite

	rule   *fault.Rule
	check  event.CheckKind // the one that fails; 0: it does not come to any
	index  int             // of the certificate that it fails at
	detail []string        // what the text must tell
	hint   string          // what the hint must tell
	absent string          // what the text must not tell
}

func (r refusal) verify() want.Verdict {
	p := peer(r.chain)
	if r.host != "" {
		p.State.ServerName = r.host
	}
	if !r.now.IsZero() {
		p.Now = r.now
	}
	p.State.CipherSuite = r.suite
	v := verifier()
	if r.roots != nil || r.system {
		v.Roots = r.roots
	}
	role := fault.Client
	if r.role != 0 {
		role = r.role
	}
	return v.Verify(p, role)
}

func (r refusal) run(t *testing.T) {
	v := r.verify()
	failure, ok := errors.AsType[*fault.Error](v.Err)
	if !ok {
		t.Fatalf("the verdict is %v, want %s", v.Err, r.rule.Name)
	}
	t.Log(failure)
	if failure.Rule != r.rule {
		t.Errorf("the rule is %s, want %s", failure.Rule.Name, r.rule.Name)
	}
	for _, s := range r.detail {
		if !strings.Contains(failure.Detail, s) {
			t.Errorf("the detail does not tell %q: %s", s, failure.Detail)
		}
	}
	if r.absent != "" && strings.Contains(failure.Error(), r.absent) {
		t.Errorf("the text has %q in it: %s", r.absent, failure)
	}
	if !strings.Contains(failure.Hint(), r.hint) {
		t.Errorf("the hint does not tell %q: %s", r.hint, failure.Hint())
	}
	if v.Chains != nil {
		t.Error("a refused peer has verified chains")
	}
	r.runChecks(t, v.Checks)
}

// The check that failed comes last, behind those that passed.
func (r refusal) runChecks(t *testing.T, checks []event.Check) {
	if r.check == 0 {
		if len(checks) > 0 {
			t.Errorf("checks are %+v, want none", checks)
		}
		return
	}
	if len(checks) == 0 {
		t.Fatalf("no checks, want %v to fail", r.check)
	}
	last := checks[len(checks)-1]
	if last.Passed || last.What != r.check || last.Index != r.index {
		t.Errorf("the last check is %+v, want %v to fail at certificate %d", last, r.check, r.index)
	}
	for _, c := range checks[:len(checks)-1] {
		if !c.Passed {
			t.Errorf("%+v failed before the last check", c)
		}
	}
}

func runAll(t *testing.T, all []refusal) {
	for _, r := range all {
		t.Run(r.name, r.run)
	}
}

// A verdict is not yet the failure of a connection: the engine, which makes it one, says whose it is. With a role set
// it would be taken for the failure of another connection, and lose its rule.
func TestVerdictBelongsToNoConnectionYet(t *testing.T) {
	for _, flaw := range testkit.Flaws {
		var found *fault.Error
		v := verifier().Verify(peer(testkit.Flawed(flaw, testkit.RSA).Chain), fault.Client)
		if errors.As(v.Err, &found) && (found.Role != 0 || found.Step != 0) {
			t.Errorf("%s: the verdict claims the %v at %v", flaw, found.Role, found.Step)
		}
	}
}
