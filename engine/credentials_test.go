package engine_test

import (
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Which certificate a client gets to see, where there are several: first the ones with the name that it asked for, and
// among them those whose key's curve it lists (RFC 8422 §5.1.1), in the order of the configuration.
func TestOrderOfCredentials(t *testing.T) {
	other := func(k testkit.Kind) *want.Credential {
		return credentialOf(t, testkit.Flawed(testkit.WrongHost, k))
	}
	good := testkit.Credential
	for name, c := range map[string]struct {
		credentials []*want.Credential
		groups      []wire.NamedGroup
		want        int
	}{
		"the first":                           {[]*want.Credential{good(testkit.P256), good(testkit.RSA)}, nil, 0},
		"the one with the name":               {[]*want.Credential{other(testkit.P256), good(testkit.RSA)}, nil, 1},
		"the name before the curve":           {[]*want.Credential{other(testkit.RSA), good(testkit.P521)}, []wire.NamedGroup{wire.X25519}, 1},
		"a curve that is not listed":          {[]*want.Credential{good(testkit.P521), good(testkit.RSA)}, []wire.NamedGroup{wire.X25519, wire.SecP256r1}, 1},
		"one that is":                         {[]*want.Credential{good(testkit.P521), good(testkit.P384)}, []wire.NamedGroup{wire.X25519, wire.SecP384r1}, 1},
		"Ed25519 is on no list":               {[]*want.Credential{good(testkit.Ed25519), good(testkit.RSA)}, []wire.NamedGroup{wire.SecP256r1}, 0},
		"nothing better than an unlisted one": {[]*want.Credential{good(testkit.P521)}, []wire.NamedGroup{wire.X25519}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := clientConfig(), serverConfig()
			cc.Policy, cc.Groups, sc.Credentials = "modern", c.groups, c.credentials
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			if got := client.State().PeerCertificates[0]; !got.Equal(c.credentials[c.want].Leaf) {
				t.Errorf("the client saw a %v certificate for %v", got.PublicKeyAlgorithm, got.DNSNames)
			}
		})
	}
}
