package engine_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Schemes of the tests: what signs the leaf of an RSA issuer, what signs everything else, and what signs nothing.
var (
	onlyRSA     = []wire.SignatureScheme{wire.RSA_PKCS1_SHA256}
	onlyECDSA   = []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256}
	onlyEd25519 = []wire.SignatureScheme{wire.ED25519}
)

// RFC 8446 §4.2.3: the extension for certificates is sent where they may be signed otherwise than the handshake, by
// a client in its ClientHello and by a server in its CertificateRequest, and by nobody else.
func TestSignatureAlgorithmsCert(t *testing.T) {
	for name, c := range map[string]struct{ handshake, certificates, want []wire.SignatureScheme }{
		"by default":                 {nil, nil, nil},
		"other ones in certificates": {nil, onlyECDSA, onlyECDSA},
		"the same ones":              {onlyECDSA, onlyECDSA, nil},
		"the same, in another order": {[]wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256, wire.ED25519}, []wire.SignatureScheme{wire.ED25519, wire.ECDSA_SECP256R1_SHA256}, nil},
		"fewer in the handshake":     {onlyECDSA, nil, suite.Schemes()},
	} {
		t.Run(name, func(t *testing.T) {
			set := func(cfg engine.Config) engine.Config {
				cfg.SignatureSchemes, cfg.CertificateSchemes = c.handshake, c.certificates
				return cfg
			}
			for _, v := range bothVersions {
				cc := set(clientConfig())
				cc.MaxVersion = v
				ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
				if ch.Has(wire.ExtSignatureAlgsCert) != (c.want != nil) || !slices.Equal(ch.SignatureAlgorithmsCert, c.want) {
					t.Errorf("the ClientHello of %v has %v, want %v", v, ch.SignatureAlgorithmsCert, c.want)
				}
			}
			cc, sc := introduced(wire.TLS13, engine.RequestClientCertificate)
			var request *wire.CertificateRequest
			watch := func(_ event.Meta, e event.Event) {
				if m, ok := e.(event.Message); ok && m.Message.Type() == wire.TypeCertificateRequest {
					request = m.Message.(*wire.CertificateRequest)
				}
			}
			cc.Tracer = event.TracerFunc(watch)
			client, server := newClient(t, cc), newServer(t, set(sc))
			server.answer = skipping
			mustShake(t, client, server)
			if request == nil || request.Has(wire.ExtSignatureAlgsCert) != (c.want != nil) || !slices.Equal(request.SignatureAlgorithmsCert, c.want) {
				t.Errorf("the CertificateRequest has %+v, want %v", request, c.want)
			}
		})
	}
	t.Run("with what is there to be ignored", func(t *testing.T) {
		cc := clientConfig13()
		cc.GREASE, cc.CertificateSchemes = true, onlyECDSA
		ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
		if list := ch.SignatureAlgorithmsCert; len(list) != 2 || !wire.IsGREASE(uint16(list[0])) || list[1] != onlyECDSA[0] {
			t.Errorf("the extension has %v", list)
		}
	})
}

// RFC 8446 §4.4.2.2, RFC 5246 §7.4.2: of a server's certificates the client gets one whose chain is signed with what it
// lists, if there is one that suits it as well otherwise; else one that is not.
func TestServerHeedsCertificateSchemes(t *testing.T) {
	byRSA := credentialOf(t, testkit.IssuedBy(t, testkit.RSA, testkit.P256, testkit.Host))
	byECDSA := credentialOf(t, testkit.IssuedBy(t, testkit.P256, testkit.P256, testkit.Host))
	ofOther := credentialOf(t, testkit.IssuedBy(t, testkit.P256, testkit.P256, testkit.OtherHost))
	ofP521 := credentialOf(t, testkit.IssuedBy(t, testkit.P256, testkit.P521, testkit.Host))
	all := append(slices.Clone(onlyECDSA), onlyRSA...)
	for name, c := range map[string]struct {
		credentials             []*want.Credential
		handshake, certificates []wire.SignatureScheme
		want                    *want.Credential
		unlisted                bool
	}{
		"everything is listed":                {[]*want.Credential{byRSA, byECDSA}, nil, nil, byRSA, false},
		"one chain is":                        {[]*want.Credential{byRSA, byECDSA}, nil, onlyECDSA, byECDSA, false},
		"by signature_algorithms alone":       {[]*want.Credential{byRSA, byECDSA}, onlyECDSA, onlyECDSA, byECDSA, false},
		"both schemes of a chain are":         {[]*want.Credential{byRSA, byECDSA}, nil, all, byRSA, false},
		"half a chain is not enough":          {[]*want.Credential{byRSA, byECDSA}, nil, onlyRSA, byRSA, true},
		"none is":                             {[]*want.Credential{byRSA, byECDSA}, nil, onlyEd25519, byRSA, true},
		"the only one is not":                 {[]*want.Credential{byRSA}, nil, onlyECDSA, byRSA, true},
		"a name counts more":                  {[]*want.Credential{ofOther, byRSA}, nil, onlyECDSA, byRSA, true},
		"what the key can sign with does too": {[]*want.Credential{ofP521, byRSA}, onlyECDSA, onlyECDSA, byRSA, true},
	} {
		for _, v := range bothVersions {
			if v == wire.TLS12 && c.want == byRSA && c.handshake != nil {
				continue // in TLS 1.2 an ECDSA scheme goes with any curve
			}
			t.Run(fmt.Sprint(name, v), func(t *testing.T) {
				cc, sc := clientConfig(), serverConfig()
				cc.MinVersion, cc.MaxVersion, sc.MaxVersion, sc.Credentials = v, v, v, c.credentials
				cc.SignatureSchemes, cc.CertificateSchemes = c.handshake, c.certificates
				var told []event.CredentialChosen
				sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
					if e, ok := e.(event.CredentialChosen); ok {
						told = append(told, e)
					}
				})
				client, server := newClient(t, cc), newServer(t, sc)
				mustShake(t, client, server)
				if got := client.State().PeerCertificates[0]; !got.Equal(c.want.Leaf) {
					t.Errorf("the client saw a certificate that is signed with %v, want %v", got.SignatureAlgorithm, c.want.Leaf.SignatureAlgorithm)
				}
				if len(told) != 1 || told[0].ChainUnlisted != c.unlisted {
					t.Errorf("told: %+v, want %v", told, c.unlisted)
				}
			})
		}
	}
}

// A client does the same by the server's request: RFC 5246 §7.4.4, RFC 8446 §4.4.2.3.
func TestClientHeedsCertificateSchemes(t *testing.T) {
	byRSA := credentialOf(t, testkit.IssuedBy(t, testkit.RSA, testkit.P256, testkit.Host))
	byECDSA := credentialOf(t, testkit.IssuedBy(t, testkit.P256, testkit.P256, testkit.Host))
	for _, v := range bothVersions {
		for name, c := range map[string]struct {
			handshake, certificates []wire.SignatureScheme
			want                    *want.Credential
		}{
			"everything is listed": {nil, nil, byRSA},
			"one chain is":         {onlyECDSA, onlyECDSA, byECDSA},
			"none is":              {append(slices.Clone(onlyRSA), suite.Schemes13()...), onlyEd25519, byRSA},
		} {
			t.Run(fmt.Sprint(name, v), func(t *testing.T) {
				cc, sc := introduced(v, engine.RequireClientCertificate)
				cc.Credentials = []*want.Credential{byRSA, byECDSA}
				sc.SignatureSchemes, sc.CertificateSchemes = c.handshake, c.certificates
				client, server := newClient(t, cc), newServer(t, sc)
				mustShake(t, client, server)
				if got := server.State().PeerCertificates[0]; !got.Equal(c.want.Leaf) {
					t.Errorf("the server saw a certificate that is signed with %v, want %v", got.SignatureAlgorithm, c.want.Leaf.SignatureAlgorithm)
				}
			})
		}
	}
	// The extension alone, beside handshakes that everything may sign.
	cc, sc := introduced(wire.TLS13, engine.RequireClientCertificate)
	cc.Credentials, sc.CertificateSchemes = []*want.Credential{byRSA, byECDSA}, onlyECDSA
	client, server := newClient(t, cc), newServer(t, sc)
	mustShake(t, client, server)
	if got := server.State().PeerCertificates[0]; !got.Equal(byECDSA.Leaf) {
		t.Errorf("by signature_algorithms_cert alone the server saw a certificate that is signed with %v", got.SignatureAlgorithm)
	}
}
