package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

var dheContext = wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeDHE}

func dheConfigs(groups ...wire.NamedGroup) (client, server engine.Config) {
	client, server = clientConfig(), serverConfig(testkit.RSA)
	client.CipherSuites = []wire.CipherSuite{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256}
	client.Groups = groups
	return client, server
}

// RFC 7919: every group, and both ends tell which it was, and how large.
func TestDHEGroups(t *testing.T) {
	for _, g := range suite.FieldGroups() {
		cc, sc := dheConfigs(g)
		told := map[string]event.GroupChosen{}
		watch := func(who string) event.Tracer {
			return event.TracerFunc(func(_ event.Meta, e event.Event) {
				if e, ok := e.(event.GroupChosen); ok {
					told[who] = e
				}
			})
		}
		cc.Tracer, sc.Tracer = watch("client"), watch("server")
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		if cs, ss := client.State(), server.State(); cs.Group != g || ss.Group != g {
			t.Errorf("%v: the ends have %v and %v", g, cs.Group, ss.Group)
		}
		for _, who := range []string{"client", "server"} {
			if e := told[who]; e.Group != g || e.FieldBits != suite.FieldByID(g).Bits() || !slices.Contains(e.Offered, g) {
				t.Errorf("%v: the %s tells %+v", g, who, e)
			}
		}
		send(t, client, server, []byte("question"))
		send(t, server, client, []byte("answer"))
	}
}

// RFC 7919 §3: a client that offers DHE says which finite fields it has; one that does not, offers none.
func TestDHEOffer(t *testing.T) {
	all := suite.FieldGroups()
	mixed := []wire.NamedGroup{wire.FFDHE3072, wire.X25519}
	for _, c := range []struct {
		name   string
		change func(*engine.Config)
		want   []wire.NamedGroup
	}{
		{"policy legacy", func(c *engine.Config) {}, append(suite.Groups(), all...)},
		{"policy legacy with TLS 1.3", func(c *engine.Config) { c.MaxVersion = 0 }, append(suite.Groups13(), all...)},
		{"policy modern", func(c *engine.Config) { c.Policy = "modern" }, suite.Groups()},
		{"DHE alone", func(c *engine.Config) { c.CipherSuites = []wire.CipherSuite{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256} }, all},
		{"RSA alone", func(c *engine.Config) { c.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256} }, nil},
		{"a list of both", func(c *engine.Config) { c.Groups = mixed }, mixed},
		{"a list of both without DHE", func(c *engine.Config) { c.Policy, c.Groups = "modern", mixed }, []wire.NamedGroup{wire.X25519}},
		{"a list of curves", func(c *engine.Config) { c.Groups = []wire.NamedGroup{wire.X25519} }, []wire.NamedGroup{wire.X25519}},
	} {
		cc := clientConfig()
		c.change(&cc)
		ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
		if !slices.Equal(ch.SupportedGroups, c.want) {
			t.Errorf("%s: the client offers %v, want %v", c.name, ch.SupportedGroups, c.want)
		}
	}
}

// RFC 7919 §4: what a server makes of a client's list.
func TestDHEChoice(t *testing.T) {
	const unknown = wire.NamedGroup(261) // of the range, defined by nobody
	ecdhe, dhe, rsa := wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_RSA_WITH_AES_128_GCM_SHA256
	for _, c := range []struct {
		name    string
		suites  []wire.CipherSuite
		offered []wire.NamedGroup // nil: no supported_groups
		ours    []wire.NamedGroup
		want    wire.CipherSuite
		group   wire.NamedGroup
	}{
		{"a client of before", []wire.CipherSuite{dhe, rsa}, nil, nil, dhe, wire.FFDHE2048},
		{"one that lists curves", []wire.CipherSuite{dhe}, []wire.NamedGroup{wire.X25519}, nil, dhe, wire.FFDHE2048},
		{"the server's favourite", []wire.CipherSuite{dhe}, []wire.NamedGroup{wire.FFDHE4096, wire.FFDHE3072}, nil, dhe, wire.FFDHE3072},
		{"the server's list", []wire.CipherSuite{dhe}, []wire.NamedGroup{wire.FFDHE2048, wire.FFDHE3072}, []wire.NamedGroup{wire.X25519, wire.FFDHE3072, wire.FFDHE2048}, dhe, wire.FFDHE3072},
		{"the server's list, a client of before", []wire.CipherSuite{dhe}, nil, []wire.NamedGroup{wire.X25519, wire.FFDHE4096}, dhe, wire.FFDHE4096},
		{"a server's list of curves", []wire.CipherSuite{dhe}, nil, []wire.NamedGroup{wire.X25519}, dhe, wire.FFDHE2048},
		{"a field that nobody knows", []wire.CipherSuite{dhe, rsa}, []wire.NamedGroup{unknown, wire.X25519}, nil, rsa, 0},
		{"another field than ours", []wire.CipherSuite{dhe, rsa}, []wire.NamedGroup{wire.FFDHE2048}, []wire.NamedGroup{wire.X25519, wire.FFDHE3072}, rsa, 0},
		{"a field that nobody knows, and ECDHE", []wire.CipherSuite{dhe, ecdhe}, []wire.NamedGroup{unknown, wire.X25519}, nil, ecdhe, wire.X25519},
		{"fields alone, and ECDHE", []wire.CipherSuite{ecdhe, dhe}, []wire.NamedGroup{wire.FFDHE2048}, nil, dhe, wire.FFDHE2048},
		{"all of them", []wire.CipherSuite{rsa, dhe, ecdhe}, []wire.NamedGroup{wire.FFDHE2048, wire.X25519}, nil, ecdhe, wire.X25519},
	} {
		sc := serverConfig(testkit.RSA)
		sc.Groups = c.ours
		server := newServer(t, sc)
		out := server.take(t, helloOf(t, clientConfig(), func(ch *wire.ClientHello) {
			ch.CipherSuites, ch.SupportedGroups = c.suites, c.offered
			if c.offered == nil {
				ch.Order = drop(ch.Order, wire.ExtSupportedGroups)
			}
		}), 1<<20)
		if server.err != nil {
			t.Errorf("%s: %v", c.name, server.err)
			continue
		}
		m := split(t, out, wire.Context{Version: wire.TLS12, KeyExchange: suite.ByID(c.want).KeyExchange})
		var group wire.NamedGroup
		if ske, ok := m[2].(*wire.ServerKeyExchange); ok {
			group = ske.Group
			if field, err := suite.NewField(ske.Prime, ske.Generator); err == nil {
				group = field.ID()
			}
		}
		if took := m[0].(*wire.ServerHello).CipherSuite; took != c.want || group != c.group {
			t.Errorf("%s: the server takes %v with %v, want %v with %v", c.name, took, group, c.want, c.group)
		}
	}
}

// The same groups serve TLS 1.3, for a configuration that names them. RFC 8446 §4.2.7.
func TestFieldsInTLS13(t *testing.T) {
	cc, sc := clientConfig13(), serverConfig13(testkit.RSA)
	cc.Groups = []wire.NamedGroup{wire.X25519, wire.FFDHE3072, wire.FFDHE2048}
	sc.Groups = []wire.NamedGroup{wire.FFDHE2048, wire.FFDHE3072}
	client, server := newClient(t, cc), newServer(t, sc)
	mustShake(t, client, server)
	if cs, ss := client.State(), server.State(); cs.Group != wire.FFDHE2048 || ss.Group != wire.FFDHE2048 || cs.Version != wire.TLS13 {
		t.Errorf("%v with %v and %v", cs.Version, cs.Group, ss.Group)
	}
	send(t, client, server, []byte("question"))
}

// degenerate are public values that leave no secret, for a prime. RFC 7919 §5.1.
func degenerate(prime []byte) map[string][]byte {
	p := new(big.Int).SetBytes(prime)
	plus := func(d int64) []byte { return new(big.Int).Add(p, big.NewInt(d)).Bytes() }
	return map[string][]byte{"0": {0}, "1": {1}, "1 with zeros": append(make([]byte, 255), 1), "p-1": plus(-1), "p": plus(0),
		"p+1": plus(1), "more than p": append([]byte{1}, prime...)}
}

// What a client can do wrong in DHE.
func TestServerRefusesDHE(t *testing.T) {
	cc, _ := dheConfigs()
	for name, public := range degenerate(suite.FieldByID(wire.FFDHE2048).Prime()) {
		t.Run(name, func(t *testing.T) {
			server := newServer(t, serverConfig(testkit.RSA))
			kx := &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeDHE, Public: public}
			out := server.take(t, append(helloOf(t, cc, nil), frame(t, kx)...), 1<<20)
			wantFault(t, server, fault.DegeneratePublicKey, out)
			provoked(fault.DegeneratePublicKey)
		})
	}
	t.Run("fields that nobody knows, and no other suite", func(t *testing.T) {
		server := newServer(t, serverConfig(testkit.RSA))
		out := server.take(t, helloOf(t, cc, func(ch *wire.ClientHello) {
			ch.SupportedGroups = []wire.NamedGroup{261, 0x01fc}
		}), 1<<20)
		wantFault(t, server, fault.NoCommonField, out)
		provoked(fault.NoCommonField)
	})
	// What the default policy says to a client without ECDHE, and how to mend it.
	for _, suites := range [][]wire.CipherSuite{
		{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256},
		{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_RSA_WITH_AES_128_GCM_SHA256},
	} {
		t.Run(fmt.Sprintf("policy modern and %d suites without ECDHE", len(suites)), func(t *testing.T) {
			sc := serverConfig(testkit.RSA)
			sc.Policy = ""
			server := newServer(t, sc)
			out := server.take(t, helloOf(t, cc, func(ch *wire.ClientHello) { ch.CipherSuites = suites }), 1<<20)
			wantFault(t, server, fault.OnlyDHEKeyExchange, out)
			provoked(fault.OnlyDHEKeyExchange)
			var found *fault.Error
			if errors.As(server.err, &found); !bytes.Contains([]byte(found.Hint()), []byte("policy legacy")) {
				t.Errorf("the hint is %q", found.Hint())
			}
		})
	}
}

// dheFlight is a server's flight whose ServerKeyExchange was changed and signed again: what an honest server sends that
// was given such numbers.
func dheFlight(t *testing.T, client *end, change func(*wire.ServerKeyExchange)) []byte {
	t.Helper()
	opening := client.step(t)
	ch := split(t, opening, wire.Context{})[0].(*wire.ClientHello)
	m := split(t, newServer(t, serverConfig(testkit.RSA)).take(t, opening, 1<<20), dheContext)
	sh, ske := m[0].(*wire.ServerHello), m[2].(*wire.ServerKeyExchange)
	change(ske)
	var err error
	signed := slices.Concat(ch.Random[:], sh.Random[:], ske.Params())
	if ske.Signature, err = suite.Sign(testkit.Credential(testkit.RSA).Signer, ske.Scheme, signed); err != nil {
		t.Fatal(err)
	}
	return frame(t, m...)
}

// ownPrime is 2^2047 + 1919, a prime that no RFC has.
func ownPrime() []byte {
	p := new(big.Int).Lsh(big.NewInt(1), 2047)
	return p.Add(p, big.NewInt(1919)).Bytes()
}

// What a server can do wrong in DHE. All of it is signed well.
func TestClientRefusesDHE(t *testing.T) {
	type change func(*wire.ServerKeyExchange)
	cases := map[string]struct {
		rule   *fault.Rule
		change change
	}{
		"1024 bits": {fault.SmallField, func(m *wire.ServerKeyExchange) { m.Prime = bytes.Repeat([]byte{0xff}, 128) }},
		"1024 bits behind zeros": {fault.SmallField, func(m *wire.ServerKeyExchange) {
			m.Prime = append(make([]byte, 256), bytes.Repeat([]byte{0xff}, 128)...)
		}},
		"a prime of 0":  {fault.SmallField, func(m *wire.ServerKeyExchange) { m.Prime = []byte{0} }},
		"an even prime": {fault.BadField, func(m *wire.ServerKeyExchange) { m.Prime = append(ownPrime()[:255], 2) }},
		"8200 bits":     {fault.BadField, func(m *wire.ServerKeyExchange) { m.Prime = bytes.Repeat([]byte{0xff}, 1025) }},
		"generator 0":   {fault.BadField, func(m *wire.ServerKeyExchange) { m.Generator = []byte{0} }},
		"generator 1":   {fault.BadField, func(m *wire.ServerKeyExchange) { m.Generator = []byte{1} }},
		"generator p": {fault.BadField, func(m *wire.ServerKeyExchange) {
			m.Prime, m.Generator = ownPrime(), ownPrime()
		}},
	}
	for name, public := range degenerate(suite.FieldByID(wire.FFDHE2048).Prime()) {
		cases["public value "+name] = struct {
			rule   *fault.Rule
			change change
		}{fault.DegeneratePublicKey, func(m *wire.ServerKeyExchange) { m.Public = public }}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cc, _ := dheConfigs()
			client := newClient(t, cc)
			wantFault(t, client, c.rule, client.take(t, dheFlight(t, client, c.change), 1<<20))
			provoked(c.rule)
		})
	}
	// RFC 5246 §7.4.3: the signature covers each of the numbers.
	for name, change := range map[string]change{
		"the generator changed":    func(m *wire.ServerKeyExchange) { m.Generator = []byte{3} },
		"the public value changed": func(m *wire.ServerKeyExchange) { m.Public[7] ^= 1 },
		"the prime changed":        func(m *wire.ServerKeyExchange) { m.Prime[128] ^= 1 },
		"the signature changed":    func(m *wire.ServerKeyExchange) { m.Signature[7] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := dheConfigs()
			client := newClient(t, cc)
			m := split(t, newServer(t, sc).take(t, client.step(t), 1<<20), dheContext)
			ske := m[2].(*wire.ServerKeyExchange)
			ske.Prime, ske.Public = bytes.Clone(ske.Prime), bytes.Clone(ske.Public)
			change(ske)
			wantFault(t, client, fault.BadKeyExchangeSignature, client.take(t, frame(t, m...), 1<<20))
		})
	}
}

// RFC 7919 §3.1: a client takes a field that it has not offered, also one that the server made up: servers of before know
// nothing of the offer. Its public value may come without the zeros in front.
func TestClientTakesAServersOwnField(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*wire.ServerKeyExchange)
		group  wire.NamedGroup
		bits   int
	}{
		"a prime of its own": {func(m *wire.ServerKeyExchange) {
			m.Prime, m.Generator, m.Public = ownPrime(), []byte{5}, []byte{9, 9, 9}
		}, 0, 2048},
		"another generator": {func(m *wire.ServerKeyExchange) { m.Generator = []byte{5} }, 0, 2048},
		"one that was not offered": {func(m *wire.ServerKeyExchange) {
			m.Prime = suite.FieldByID(wire.FFDHE3072).Prime()
		}, wire.FFDHE3072, 3072},
	} {
		t.Run(name, func(t *testing.T) {
			cc, _ := dheConfigs(wire.FFDHE2048)
			var told event.GroupChosen
			cc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
				if e, ok := e.(event.GroupChosen); ok {
					told = e
				}
			})
			client := newClient(t, cc)
			out := client.take(t, dheFlight(t, client, c.change), 1<<20)
			if client.err != nil || told.Group != c.group || told.FieldBits != c.bits {
				t.Fatalf("the client tells %+v: %v", told, client.err)
			}
			kx := split(t, out[:5+int(out[3])<<8+int(out[4])], dheContext)[0].(*wire.ClientKeyExchange)
			if len(kx.Public) != c.bits/8 {
				t.Errorf("the client answers with %d bytes, want %d", len(kx.Public), c.bits/8)
			}
		})
	}
}

// zeroFirst makes keys whose secret begins with a zero byte: it tries exponents until one does.
type zeroFirst struct{ engine.Entropy }

type patient struct {
	suite.PrivateShare
	field   *suite.Field
	entropy engine.Entropy
}

func (z zeroFirst) FieldShare(f *suite.Field) (suite.PrivateShare, error) {
	s, err := z.Entropy.FieldShare(f)
	return &patient{s, f, z.Entropy}, err
}

// Shared is called before Public: the client knows the server's half when it makes its own.
func (p *patient) Shared(peer []byte) ([]byte, error) {
	for {
		secret, err := p.PrivateShare.Shared(peer)
		if err != nil || secret[0] == 0 {
			return secret, err
		}
		if p.PrivateShare, err = p.entropy.FieldShare(p.field); err != nil {
			return nil, err
		}
	}
}

// RFC 5246 §8.1.2: a secret that begins with a zero byte gives the keys that it gives without, in both hashes.
func TestDHESecretWithZeroInFront(t *testing.T) {
	for _, id := range []wire.CipherSuite{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384} {
		cc, sc := dheConfigs()
		cc.CipherSuites = []wire.CipherSuite{id}
		cc.Entropy = zeroFirst{hs.NewEntropy(nil)}
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		send(t, client, server, []byte("question"))
	}
}
