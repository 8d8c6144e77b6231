package hs

import (
	"crypto/x509"
	"fmt"
	"testing"

	"github.com/vitro-tls/vitro/want"
)

func credentialFor(names ...string) *want.Credential {
	return &want.Credential{Leaf: &x509.Certificate{DNSNames: names}}
}

// The index leaves out nobody whom x509 would find, whatever the case of the name, the dot at its end, and wildcards.
func TestNameIndexLeavesNobodyOut(t *testing.T) {
	var all []*want.Credential
	for i := range 20 {
		all = append(all, credentialFor(fmt.Sprintf("host%d.Example.com", i), fmt.Sprintf("www.host%d.example.com", i)))
	}
	all = append(all, credentialFor("*.example.com"), credentialFor("*.EXAMPLE.com", "host3.example.com"), credentialFor())
	c := &Compiled{Config: Config{Credentials: all}, names: newNameIndex(all)}
	for _, name := range []string{"host3.example.com", "HOST3.example.COM", "host3.example.com.", "www.host7.example.com",
		"any.example.com", "example.com", "other.test", "", "*.example.com", "a.b.example.com"} {
		var found, want []string
		for _, credential := range c.MayHaveName(all, name) {
			if credential.Leaf.VerifyHostname(name) == nil {
				found = append(found, fmt.Sprint(credential.Leaf.DNSNames))
			}
		}
		for _, credential := range all {
			if credential.Leaf.VerifyHostname(name) == nil {
				want = append(want, fmt.Sprint(credential.Leaf.DNSNames))
			}
		}
		if fmt.Sprint(found) != fmt.Sprint(want) {
			t.Errorf("%q: %v, want %v", name, found, want)
		}
	}
	if got := c.MayHaveName(all, "host3.example.com"); len(got) != 3 {
		t.Errorf("%d of %d are looked at for one name", len(got), len(all))
	}
	others := []*want.Credential{credentialFor("a.test")}
	if got := c.MayHaveName(others, "b.test"); len(got) != 1 {
		t.Error("credentials that are not the configuration's own are left out")
	}
}
