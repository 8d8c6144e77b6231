package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Every suite with every group and every kind of key that fits it: both ends agree, and data flows both ways.
func TestHandshake(t *testing.T) {
	for _, s := range suite.All() {
		groups := suite.Groups()
		switch s.KeyExchange {
		case wire.KeyExchangeRSA:
			groups = groups[:1]
		case wire.KeyExchangeDHE:
			groups = suite.FieldGroups()[:2] // TestDHEGroups has all
		}
		for _, g := range groups {
			for _, kind := range testkit.Kinds {
				if suite.AuthOf(testkit.Credential(kind).Leaf.PublicKey) != s.Auth {
					continue
				}
				t.Run(fmt.Sprintf("%v/%v/%v", s.ID, g, kind), func(t *testing.T) {
					cc, sc := clientConfig(), serverConfig(kind)
					cc.CipherSuites = []wire.CipherSuite{s.ID}
					cc.Groups = []wire.NamedGroup{g}
					if curve := curveOf(kind); curve != 0 && curve != g { // RFC 8422 §5.3
						cc.Groups, sc.Groups = []wire.NamedGroup{g, curve}, cc.Groups
					}
					client, server := newClient(t, cc), newServer(t, sc)
					mustShake(t, client, server)
					cs, ss := client.State(), server.State()
					if cs.CipherSuite != s.ID || ss.CipherSuite != s.ID {
						t.Errorf("suites %v and %v, want %v", cs.CipherSuite, ss.CipherSuite, s.ID)
					}
					if s.KeyExchange != wire.KeyExchangeRSA && (cs.Group != g || ss.Group != g || cs.Scheme != ss.Scheme || cs.Scheme == 0) {
						t.Errorf("groups %v and %v, schemes %v and %v", cs.Group, ss.Group, cs.Scheme, ss.Scheme)
					}
					if !cs.ExtendedMaster || !bytes.Equal(cs.ClientFinished, ss.ClientFinished) || !bytes.Equal(cs.ServerFinished, ss.ServerFinished) {
						t.Error("the ends do not agree on what they have finished")
					}
					if cbc := s.Cipher.CBC(); cs.EncryptThenMAC != cbc || ss.EncryptThenMAC != cbc {
						t.Errorf("encrypt-then-MAC: client %v, server %v, want %v", cs.EncryptThenMAC, ss.EncryptThenMAC, cbc)
					}
					big := make([]byte, 100_000)
					testkit.Random(1).Read(big)
					send(t, client, server, big)
					send(t, server, client, big)
					send(t, server, client, nil)
				})
			}
		}
	}
}

// curveOf is where a kind's ECDSA key lies, 0 if it is of another kind.
func curveOf(kind testkit.Kind) wire.NamedGroup {
	return map[testkit.Kind]wire.NamedGroup{
		testkit.P256: wire.SecP256r1, testkit.P384: wire.SecP384r1, testkit.P521: wire.SecP521r1}[kind]
}

// A server may sign with other schemes than it takes from its client, and a client likewise.
func TestSchemesToSignWith(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		t.Run(version.String(), func(t *testing.T) {
			pss, ed := []wire.SignatureScheme{wire.RSA_PSS_RSAE_SHA512}, []wire.SignatureScheme{wire.ED25519}
			cc, sc := clientConfig(), serverConfig(testkit.RSA)
			cc.MaxVersion, sc.MaxVersion = version, version
			cc.Policy, sc.ClientAuth = "modern", engine.RequireClientCertificate
			cc.Credentials = []*want.Credential{testkit.Credential(testkit.Ed25519)}
			cc.SignatureSchemes, cc.SigningSchemes = pss, ed
			sc.SignatureSchemes, sc.SigningSchemes = ed, pss
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			if c, s := client.State(), server.State(); len(s.PeerCertificates) == 0 || c.Scheme != wire.RSA_PSS_RSAE_SHA512 {
				t.Errorf("the server signed with %v; the client showed %d certificates", c.Scheme, len(s.PeerCertificates))
			}
			// Without lists of their own to sign with, neither end has a scheme.
			sc.SigningSchemes = nil
			server = newServer(t, sc)
			if shake(t, newClient(t, cc), server, 1<<20); !errors.Is(server.err, fault.NoCommonScheme) {
				t.Errorf("a server that takes ed25519 alone signs with an RSA key: %v", server.err)
			}
		})
	}
}

// A client that names ChaCha20 first has no AES in hardware, and gets it from a server whose order is the default; a list
// of the caller's is taken as it stands.
func TestChaCha20ForWhoHasNoAES(t *testing.T) {
	aes, chacha := wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
	aes13, chacha13 := wire.TLS_AES_128_GCM_SHA256, wire.TLS_CHACHA20_POLY1305_SHA256
	list := func(s ...wire.CipherSuite) []wire.CipherSuite { return s }
	for _, c := range []struct {
		version         wire.Version
		offered, listed []wire.CipherSuite
		want            wire.CipherSuite
	}{
		{wire.TLS12, list(chacha, aes), nil, chacha},
		{wire.TLS12, list(aes, chacha), nil, aes},
		{wire.TLS12, list(chacha, aes), list(aes, chacha), aes},
		{wire.TLS12, list(wire.TLS_RSA_WITH_AES_128_GCM_SHA256, chacha, aes), nil, aes},
		{wire.TLS12, list(wire.TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256, aes), nil, aes},
		{wire.TLS13, list(chacha13, aes13), nil, chacha13},
		{wire.TLS13, list(aes13, chacha13), nil, aes13},
		{wire.TLS13, list(chacha13, aes13), list(aes13, chacha13), aes13},
	} {
		t.Run(fmt.Sprint(c.version, c.offered, c.listed), func(t *testing.T) {
			cc, sc := clientConfig(), serverConfig(testkit.RSA)
			cc.MaxVersion, sc.MaxVersion = c.version, c.version
			if c.version == wire.TLS13 {
				cc.CipherSuites13, sc.CipherSuites13 = c.offered, c.listed
			} else {
				cc.CipherSuites, sc.CipherSuites = c.offered, c.listed
			}
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			if got := client.State().CipherSuite; got != c.want {
				t.Errorf("the server chose %v instead of %v", got, c.want)
			}
		})
	}
}

// Every signature scheme signs and verifies in a handshake.
func TestSignatureSchemes(t *testing.T) {
	for _, kind := range testkit.Kinds {
		for _, scheme := range testkit.Credential(kind).Schemes {
			t.Run(scheme.String(), func(t *testing.T) {
				cc := clientConfig()
				cc.Policy, cc.SignatureSchemes = "modern", []wire.SignatureScheme{scheme}
				client, server := newClient(t, cc), newServer(t, serverConfig(kind))
				mustShake(t, client, server)
				if got := client.State().Scheme; got != scheme {
					t.Errorf("signed with %v, want %v", got, scheme)
				}
			})
		}
	}
}

// recorded collects what an end tells, as values that can be compared.
type recorded struct {
	steps  []fault.Step
	events []string
	last   uint64
	t      testing.TB
}

func (r *recorded) Event(m event.Meta, e event.Event) {
	if m.Seq != r.last+1 {
		r.t.Errorf("event %d follows event %d", m.Seq, r.last)
	}
	r.last = m.Seq
	if m.Step != 0 {
		r.steps = append(r.steps, m.Step)
	}
	text := fmt.Sprintf("%d %s", m.Step, e.Kind())
	switch e := e.(type) {
	case event.Message:
		text += fmt.Sprintf(" %v %x", e.Message.Type(), e.Message.Raw())
	case event.Record:
		text += fmt.Sprintf(" %+v", e)
	case event.Failed:
		text += " " + e.Err.Error()
	}
	r.events = append(r.events, text)
}

// The client tells all thirteen steps, the server all but the two that only the client takes; each once, ascending.
func TestThirteenSteps(t *testing.T) {
	for _, policy := range []string{"modern", "legacy"} {
		t.Run(policy, func(t *testing.T) {
			of, by := &recorded{t: t}, &recorded{t: t}
			cc, sc := clientConfig(), serverConfig(testkit.RSA)
			cc.Policy, cc.Tracer, sc.Tracer = policy, of, by
			if policy == "legacy" {
				cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
			}
			mustShake(t, newClient(t, cc), newServer(t, sc))
			var all, server []fault.Step
			for s := fault.StepClientHello; s <= fault.StepFinish; s++ {
				all = append(all, s)
				if s != fault.StepClientVerification && s != fault.StepGenPremaster {
					server = append(server, s)
				}
			}
			if !reflect.DeepEqual(of.steps, all) {
				t.Errorf("the client told the steps %d", of.steps)
			}
			if !reflect.DeepEqual(by.steps, server) {
				t.Errorf("the server told the steps %d", by.steps)
			}
		})
	}
}

// A message may come in records of one byte, and all messages of a flight in one record. RFC 5246 §6.2.1.
func TestFragmentsAndCoalescing(t *testing.T) {
	for _, size := range []int{1, 5, 1 << 14} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			client, server := newClient(t, clientConfig()), newServer(t, serverConfig(testkit.RSA))
			flight := reframe(t, server.take(t, reframe(t, client.step(t), size), 1<<20), size)
			server.take(t, client.take(t, flight, 1<<20), 1<<20)
			if !server.ready {
				t.Fatalf("client: %v, server: %v", client.err, server.err)
			}
		})
	}
}

// reframe puts a plaintext flight of handshake messages into records of another size.
func reframe(t testing.TB, flight []byte, size int) []byte {
	t.Helper()
	var content, out []byte
	for len(flight) > 0 {
		n := 5 + int(flight[3])<<8 + int(flight[4])
		if flight[0] != byte(wire.ContentHandshake) {
			t.Fatal("only handshake records can be put together")
		}
		content, flight = append(content, flight[5:n]...), flight[n:]
	}
	for len(content) > 0 {
		n := min(size, len(content))
		out = append(out, record(wire.ContentHandshake, content[:n])...)
		content = content[n:]
	}
	return out
}

// record frames content.
func record(t wire.ContentType, content []byte) []byte {
	return append([]byte{byte(t), 3, 3, byte(len(content) >> 8), byte(len(content))}, content...)
}
