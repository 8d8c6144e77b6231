package trust_test

import (
	"crypto/x509"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
)

// A root that is no root any more, but a CA below one that is, is as good as today's root allows.
func TestVerifiedBeforeUnderAnotherAnchor(t *testing.T) {
	bound := ca("a root for other names")
	bound.PermittedDNSDomains, bound.PermittedDNSDomainsCritical = []string{"elsewhere.test"}, true
	above := forge(t, nil, bound)
	issuer := forge(t, &above, ca("a CA"))
	server := forge(t, &issuer, leaf())
	p := want.Peer{Chain: []*x509.Certificate{server.cert, issuer.cert}, State: want.ConnectionState{ServerName: testkit.Host}, Now: testkit.Now}
	then := (&trust.Verifier{Roots: poolOf(issuer)}).Verify(p, fault.Client)
	if then.Err != nil {
		t.Fatal(then.Err)
	}
	today := trust.Verifier{Roots: poolOf(above)}
	if err := today.Verify(p, fault.Client).Err; !errors.Is(err, fault.NameNotPermitted) {
		t.Fatalf("without a session: %v", err)
	}
	p.Verified = then.Chains
	if err := today.Verify(p, fault.Client).Err; !errors.Is(err, fault.NameNotPermitted) {
		t.Errorf("with its session the server is trusted beyond what its root may issue for: %v", err)
	}
}
