package suite

import (
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// Each policy allows what the one before it allows, and more behind it; the last one allows everything.
func TestPoliciesGrow(t *testing.T) {
	if got := strings.Join(Policies(), " "); got != "modern compatible legacy" {
		t.Fatalf("the policies are %s", got)
	}
	var before, before13 []wire.CipherSuite
	for _, name := range Policies() {
		now, ok := Policy(name)
		now13 := Policy13(name)
		if !ok || len(now) <= len(before) || !slices.Equal(now[:len(before)], before) {
			t.Errorf("%s is not the policy before it with more behind: %v", name, now)
		}
		if len(now13) <= len(before13) || !slices.Equal(now13[:len(before13)], before13) {
			t.Errorf("%s is not the policy before it with more of TLS 1.3 behind: %v", name, now13)
		}
		before, before13 = now, now13
	}
	if len(before) != len(All()) || len(before13) != len(All13()) {
		t.Errorf("legacy has %d of %d suites, and %d of %d of TLS 1.3", len(before), len(All()), len(before13), len(All13()))
	}
	for _, name := range []string{"", "Modern", "default"} {
		if _, ok := Policy(name); ok || Policy13(name) != nil {
			t.Errorf("%q is a policy", name)
		}
	}
}

// What the policies promise: forward secrecy up to compatible, only GCM and ChaCha20 in modern, no tag of 8 bytes below
// legacy.
func TestPoliciesKeepTheirPromises(t *testing.T) {
	for _, s := range slices.Concat(All(), All13()) {
		name := s.ID.String()
		want := PolicyModern
		switch {
		case strings.HasPrefix(name, "TLS_RSA_"), strings.HasPrefix(name, "TLS_DHE_"), strings.Contains(name, "_CCM_8"):
			want = PolicyLegacy
		case strings.Contains(name, "_CBC_"), strings.Contains(name, "_CCM"):
			want = PolicyCompatible
		}
		for _, p := range Policies() {
			list, _ := Policy(p)
			if slices.Contains(list, s.ID) || slices.Contains(Policy13(p), s.ID) {
				if p != want {
					t.Errorf("%s is allowed from %s on, want %s", name, p, want)
				}
				break
			}
		}
	}
}

func TestPolicyFor(t *testing.T) {
	for want, offered := range map[string][]wire.CipherSuite{
		PolicyModern:     {wire.TLS_RSA_WITH_AES_128_CCM, wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		PolicyCompatible: {wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_ECDHE_ECDSA_WITH_AES_128_CCM},
		PolicyLegacy:     {wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV, wire.TLS_RSA_WITH_AES_256_GCM_SHA384},
		"":               {wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV, wire.TLS_AES_128_GCM_SHA256},
	} {
		if got := PolicyFor(offered); got != want {
			t.Errorf("%v: policy %q, want %q", offered, got, want)
		}
	}
}
