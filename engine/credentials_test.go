package engine_test

import (
	"testing"

	"github.com/vitro-tls/vitro/fault"
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

// RFC 8422 §5.3: an ECDSA certificate is not shown to a client of TLS 1.2 whose list of groups leaves its curve out. A
// list without any curve of ECDSA is one for the key exchange alone, and leaves the server free; so does no list.
func TestCurveOfCertificate(t *testing.T) {
	const grease, brainpool, explicit, x448, nobody = 0x2a2a, 26, 0xff01, 30, 34
	x25519 := wire.X25519
	for name, c := range map[string]struct {
		groups []wire.NamedGroup
		shown  bool
	}{
		"the curve itself":                     {[]wire.NamedGroup{x25519, wire.SecP384r1}, true},
		"another":                              {[]wire.NamedGroup{x25519, wire.SecP256r1}, false},
		"others":                               {[]wire.NamedGroup{wire.SecP521r1, wire.SecP256r1, x25519}, false},
		"an old one":                           {[]wire.NamedGroup{x25519, 1}, false},
		"a Brainpool curve":                    {[]wire.NamedGroup{x25519, brainpool}, false},
		"a Brainpool curve of TLS 1.3":         {[]wire.NamedGroup{x25519, 33}, false},
		"curves that are given in full":        {[]wire.NamedGroup{x25519, explicit}, false},
		"X25519 alone":                         {[]wire.NamedGroup{x25519}, true},
		"groups that are for key exchange all": {[]wire.NamedGroup{grease, x25519, x448, nobody, wire.FFDHE2048, wire.X25519MLKEM768}, true},
	} {
		t.Run(name, func(t *testing.T) {
			cc := clientConfig()
			cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
			server := newServer(t, serverConfig(testkit.P384))
			out := server.take(t, helloOf(t, cc, func(ch *wire.ClientHello) { ch.SupportedGroups = c.groups }), 1<<20)
			if c.shown {
				if server.err != nil {
					t.Fatalf("refused: %v", server.err)
				}
				return
			}
			wantFault(t, server, fault.CurveNotListed, out)
			provoked(fault.CurveNotListed)
		})
	}
	t.Run("another suite", func(t *testing.T) {
		cc, sc := clientConfig(), serverConfig(testkit.P384, testkit.RSA)
		cc.Groups = []wire.NamedGroup{wire.SecP256r1}
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		if got := client.State().PeerCertificates[0]; !got.Equal(sc.Credentials[1].Leaf) {
			t.Errorf("the client saw a %v certificate", got.PublicKeyAlgorithm)
		}
	})
}
