package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// introduced are the configurations of a client with certificates, and of a server that asks for one.
func introduced(v wire.Version, mode engine.ClientAuth, kinds ...testkit.Kind) (cc, sc engine.Config) {
	cc, sc = clientConfig(), serverConfig(testkit.P256)
	cc.MinVersion, cc.MaxVersion, sc.MaxVersion = v, v, v
	for _, k := range kinds {
		cc.Credentials = append(cc.Credentials, testkit.Credential(k))
	}
	sc.ClientAuth = mode
	return cc, sc
}

var bothVersions = []wire.Version{wire.TLS12, wire.TLS13}

// skipping answers like answerNow, and trusts every client.
func skipping(q want.Question) {
	if v, ok := q.(*want.VerifyPeer); ok && len(v.Chain) == 0 || ok && v.State.PeerCertificates[0].Subject.CommonName != testkit.Host {
		v.Answer(want.Verdict{Skipped: true})
		return
	}
	answerNow(q)
}

// wantBroken checks which rule an end failed by, and that the peer was told its alert.
func wantBroken(t testing.TB, e, peer *end, r *fault.Rule) {
	t.Helper()
	var found *fault.Error
	if !errors.As(e.err, &found) || found.Rule != r {
		t.Fatalf("failed with %v, want the rule %s", e.err, r.Name)
	}
	if !errors.Is(peer.err, fault.Told(r.Alert)) {
		t.Errorf("%s: the peer was told %v, want %v", r.Name, peer.err, r.Alert)
	}
	provoked(r)
}

// Every kind of key in both versions: the server knows the client afterwards, and data flows.
func TestClientCertificates(t *testing.T) {
	for _, v := range bothVersions {
		for _, kind := range testkit.Kinds {
			t.Run(fmt.Sprint(v, kind), func(t *testing.T) {
				cc, sc := introduced(v, engine.RequireClientCertificate, kind)
				client, server := newClient(t, cc), newServer(t, sc)
				mustShake(t, client, server)
				if s := server.State(); len(s.PeerCertificates) != 2 || len(s.VerifiedChains) == 0 ||
					!bytes.Equal(s.PeerCertificates[0].Raw, testkit.Leaf(kind).Leaf.Raw) {
					t.Errorf("the server knows %v, verified %v", s.PeerCertificates, s.VerifiedChains)
				}
				if !contains(server.asked, "VerifyPeer") || !contains(client.asked, "Sign") {
					t.Errorf("the server asked %v, the client %v", server.asked, client.asked)
				}
				send(t, client, server, []byte("hello"))
				send(t, server, client, []byte("hello"))
			})
		}
	}
}

// In RSA key exchange, and without extended_master_secret's binding to help, the signature covers the same messages.
func TestClientCertificateRSAKeyExchange(t *testing.T) {
	cc, sc := introduced(wire.TLS12, engine.RequireClientCertificate, testkit.P384)
	cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_256_GCM_SHA384}
	sc.Credentials = []*want.Credential{testkit.Credential(testkit.RSA)}
	client, server := newClient(t, cc), newServer(t, sc)
	mustShake(t, client, server)
	if len(server.State().PeerCertificates) == 0 {
		t.Error("the server does not know the client")
	}
}

// What each mode makes of a client without a certificate.
func TestClientAuthModes(t *testing.T) {
	for _, v := range bothVersions {
		for mode, asked := range map[engine.ClientAuth]bool{engine.NoClientCertificate: false, engine.RequestClientCertificate: true} {
			for _, verdict := range []bool{false, true} {
				cc, sc := introduced(v, mode)
				sc.AskVerdict = verdict
				if !asked {
					cc.Credentials = []*want.Credential{testkit.Credential(testkit.P256)}
				}
				client, server := newClient(t, cc), newServer(t, sc)
				server.answer = skipping
				mustShake(t, client, server)
				if contains(server.asked, "VerifyPeer") != verdict || len(server.State().PeerCertificates) != 0 || contains(client.asked, "Sign") {
					t.Errorf("%v, mode %d: the server asked %v, the client %v", v, mode, server.asked, client.asked)
				}
				send(t, client, server, []byte("hello"))
			}
		}
		rule := fault.ClientCertificateRequired
		if v == wire.TLS12 {
			rule = fault.ClientCertificateRequiredTLS12
		}
		client, server := refusedClient(t, v, nil, nil)
		wantBroken(t, server, client, rule)
		if !errors.Is(server.err, fault.ClientCertificateRequired) || !errors.Is(client.err, fault.ClientCertificateWanted) {
			t.Errorf("%v: %v and %v", v, server.err, client.err)
		}
	}
}

// refusedClient lets a server refuse a client, which in TLS 1.3 is ready before it learns of that.
func refusedClient(t *testing.T, v wire.Version, change func(cc, sc *engine.Config), answer func(want.Question)) (client, server *end) {
	t.Helper()
	cc, sc := introduced(v, engine.RequireClientCertificate)
	if change != nil {
		change(&cc, &sc)
	}
	client, server = newClient(t, cc), newServer(t, sc)
	if answer != nil {
		client.answer = answer
	}
	shake(t, client, server, 1<<20)
	return client, server
}

// The first certificate is shown whose key fits and whose chain leads to a CA that the server names; none, if none.
func TestClientChoosesCertificate(t *testing.T) {
	root, elsewhere := testkit.PKI().Root.Certificate.RawSubject, testkit.PKI().Untrusted.Certificate.RawSubject
	for _, v := range bothVersions {
		for name, c := range map[string]struct {
			change func(cc, sc *engine.Config)
			shown  testkit.Kind
			none   bool
		}{
			"the first": {func(_, _ *engine.Config) {}, testkit.RSA, false},
			"by scheme": {func(_, sc *engine.Config) { sc.SignatureSchemes = []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256} }, testkit.P256, false},
			"no scheme": {func(cc, sc *engine.Config) {
				cc.SignatureSchemes = append(drop(suite.Schemes(), wire.ED25519), wire.ED25519)
				cc.Credentials = cc.Credentials[:1]
				sc.SignatureSchemes = []wire.SignatureScheme{wire.ECDSA_SECP256R1_SHA256}
			}, 0, true},
			"a CA of the chain": {func(_, sc *engine.Config) { sc.ClientCAs = [][]byte{elsewhere, root} }, testkit.RSA, false},
			"another CA":        {func(_, sc *engine.Config) { sc.ClientCAs = [][]byte{elsewhere} }, 0, true},
			"a key for no signing": {func(cc, _ *engine.Config) {
				cc.Credentials = []*want.Credential{credentialOf(t, testkit.Flawed(testkit.NoDigitalSignature, testkit.RSA))}
			}, 0, true},
		} {
			t.Run(fmt.Sprint(v, "/", name), func(t *testing.T) {
				cc, sc := introduced(v, engine.RequestClientCertificate, testkit.RSA, testkit.P256)
				c.change(&cc, &sc)
				client, server := newClient(t, cc), newServer(t, sc)
				mustShake(t, client, server)
				got := server.State().PeerCertificates
				if c.none != (len(got) == 0) || !c.none && !bytes.Equal(got[0].Raw, testkit.Leaf(c.shown).Leaf.Raw) {
					t.Errorf("shown were %v", got)
				}
			})
		}
	}
}

// The client's questions: what they know, late answers, an answer of none, and failures.
func TestClientQuestions(t *testing.T) {
	for _, v := range bothVersions {
		ask := func(cc, sc *engine.Config) {
			cc.AskCredential = true
			sc.ClientCAs = [][]byte{testkit.PKI().Untrusted.Certificate.RawSubject}
		}
		chosen := testkit.Credential(testkit.P256)
		choose := func(answer func(*want.ChooseCredential)) func(want.Question) {
			return func(q want.Question) {
				if c, ok := q.(*want.ChooseCredential); ok {
					if c.Hello != nil || c.Request == nil || c.Request.Version != v || len(c.Request.Authorities) != 1 || len(c.Request.Schemes) == 0 {
						t.Errorf("%v: the question is %+v", v, c)
					}
					answer(c)
					return
				}
				answerNow(q)
			}
		}
		client, server := refusedClient(t, v, ask, choose(func(q *want.ChooseCredential) { go q.Answer(chosen) }))
		if client.err != nil || server.err != nil || len(server.State().PeerCertificates) == 0 {
			t.Errorf("%v: answered late: %v and %v", v, client.err, server.err)
		}
		client, server = refusedClient(t, v, ask, choose(func(q *want.ChooseCredential) { q.Answer(new(want.Credential)) }))
		if !errors.Is(server.err, fault.ClientCertificateRequired) {
			t.Errorf("%v: answered with none: %v and %v", v, client.err, server.err)
		}
		client, server = refusedClient(t, v, ask, choose(func(q *want.ChooseCredential) { q.Fail(errors.New("lost")) }))
		wantBroken(t, client, server, fault.NoClientCredential)

		unfit := func(cc, sc *engine.Config) {
			ask(cc, sc)
			sc.SignatureSchemes = []wire.SignatureScheme{wire.ED25519}
			sc.Credentials = []*want.Credential{testkit.Credential(testkit.Ed25519)}
		}
		client, server = refusedClient(t, v, unfit, choose(func(q *want.ChooseCredential) { q.Answer(chosen) }))
		wantBroken(t, client, server, fault.NoCommonScheme)

		give := func(cc, _ *engine.Config) { cc.Credentials = []*want.Credential{chosen} }
		client, server = refusedClient(t, v, give, func(q want.Question) {
			if s, ok := q.(*want.Sign); ok {
				s.Fail(errors.New("on holiday"))
				return
			}
			answerNow(q)
		})
		wantBroken(t, client, server, fault.SigningFailed)
		client, server = refusedClient(t, v, give, func(q want.Question) {
			if s, ok := q.(*want.Sign); ok {
				sig, err := suite.Sign(s.Credential.Signer, s.Scheme, append(bytes.Clone(s.Message), 0))
				if err != nil {
					t.Fatal(err)
				}
				s.Answer(sig)
				return
			}
			answerNow(q)
		})
		wantBroken(t, server, client, fault.BadCertificateSignature)
	}
}

// While the client's own last answer is awaited, what the server says already is left for Open.
func TestLastQuestionTakesNoInput(t *testing.T) {
	cc, sc := introduced(wire.TLS13, engine.RequireClientCertificate, testkit.P256)
	client, server := newClient(t, cc), newServer(t, sc)
	client.answer = func(q want.Question) {
		if _, ok := q.(*want.Sign); ok {
			if n := client.Feed([]byte{23, 3, 3, 0, 40, 1}); n != 0 {
				t.Errorf("the engine took %d bytes that belong to Open", n)
			}
		}
		answerNow(q)
	}
	mustShake(t, client, server)
}

// The server's question: its refusal is the peer's alert, and the verdict comes late.
func TestServerVerdict(t *testing.T) {
	for _, v := range bothVersions {
		for _, refuse := range []bool{false, true} {
			cc, sc := introduced(v, engine.RequireClientCertificate, testkit.P256)
			verified := &recorded{t: t}
			sc.Tracer = verified
			client, server := newClient(t, cc), newServer(t, sc)
			server.answer = func(q want.Question) {
				if p, ok := q.(*want.VerifyPeer); ok && refuse {
					if len(p.Chain) != 2 || p.State.Version != v || p.State.CipherSuite == 0 {
						t.Errorf("the question is %+v", p.Peer)
					}
					go p.Answer(want.Verdict{Err: fault.New(fault.UnknownCA)})
					return
				}
				go answerNow(q)
			}
			shake(t, client, server, 1<<20)
			if refuse {
				wantBroken(t, server, client, fault.UnknownCA)
			} else if client.err != nil || server.err != nil {
				t.Errorf("%v: %v and %v", v, client.err, server.err)
			}
			if slices.Contains(verified.steps, fault.StepClientVerification) {
				t.Errorf("%v: the server told the client's step: %v", v, verified.steps)
			}
		}
	}
}

// oddKey is a certificate with a key that cannot sign: of X25519, by one bit of the algorithm's name.
func oddKey() []byte {
	return bytes.Replace(testkit.Leaf(testkit.Ed25519).Leaf.Raw, []byte{6, 3, 0x2b, 101, 112}, []byte{6, 3, 0x2b, 101, 110}, 1)
}

// What a client can show that no server takes.
func TestServerRefusesCertificates(t *testing.T) {
	noSigning := testkit.Flawed(testkit.NoDigitalSignature, testkit.RSA)
	for _, v := range bothVersions {
		for name, c := range map[string]struct {
			chain [][]byte
			rule  *fault.Rule
		}{
			"not a certificate":    {[][]byte{{1, 2, 3}}, fault.BadCertificate},
			"a key for ECDH":       {[][]byte{oddKey()}, fault.UnsupportedKeyType},
			"a usage":              {noSigning.Chain, fault.WrongKeyUsage},
			"another's":            {testkit.Leaf(testkit.P384).Chain, fault.WrongKeyType},
			"another's of TLS 1.2": {testkit.Leaf(testkit.RSA).Chain, fault.WrongKeyType},
		} {
			t.Run(fmt.Sprint(v, "/", name), func(t *testing.T) {
				forged := *testkit.Credential(testkit.P256)
				forged.Chain = c.chain
				rule := c.rule
				if v == wire.TLS12 && name == "another's" {
					rule = fault.BadCertificateSignature // there any curve goes with any hash
				}
				client, server := refusedClient(t, v, func(cc, _ *engine.Config) { cc.Credentials = []*want.Credential{&forged} }, nil)
				wantBroken(t, server, client, rule)
			})
		}
		// A scheme that the server did not ask for.
		client, server := refusedClient(t, v, func(cc, sc *engine.Config) {
			cc.Credentials = []*want.Credential{testkit.Credential(testkit.P256)}
		}, func(q want.Question) {
			if s, ok := q.(*want.Sign); ok {
				s.Scheme = wire.ECDSA_SHA1
				s.Answer([]byte{1})
				return
			}
			answerNow(q)
		})
		wantBroken(t, server, client, fault.SchemeNotOffered)
	}
}

// A server's configuration that cannot be said in a CertificateRequest is refused.
func TestBadClientAuth(t *testing.T) {
	for name, change := range map[string]func(*engine.Config){
		"mode":       func(c *engine.Config) { c.ClientAuth = 3 },
		"empty name": func(c *engine.Config) { c.ClientCAs = [][]byte{{}} },
		"many names": func(c *engine.Config) { c.ClientCAs = slices.Repeat([][]byte{make([]byte, 1<<10)}, 64) },
	} {
		c := serverConfig(testkit.RSA)
		change(&c)
		if _, err := engine.Compile(c); !errors.Is(err, fault.BadConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// RFC 5246 §7.4.4: a server of TLS 1.2 that asks for RSA keys only is not shown an ECDSA one.
func TestCertificateTypes(t *testing.T) {
	for types, shown := range map[wire.ClientCertificateType]bool{wire.CertRSASign: false, wire.CertECDSASign: true} {
		cc := clientConfig()
		cc.Credentials = []*want.Credential{testkit.Credential(testkit.P256)}
		cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
		client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
		m := split(t, server.take(t, client.step(t), 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeRSA})
		ask := &wire.CertificateRequest{CertificateTypes: []wire.ClientCertificateType{types}, SignatureAlgorithms: suite.Schemes()}
		out := client.take(t, frame(t, m[0], m[1], ask, m[2]), 1<<20)
		if client.err != nil || contains(client.asked, "Sign") != shown || bytes.Equal(out[5:12], []byte{11, 0, 0, 3, 0, 0, 0}) == shown {
			t.Errorf("%v: asked %v, answered %x; %v", types, client.asked, out[:12], client.err)
		}
	}
}
