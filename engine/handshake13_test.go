package engine_test

import (
	"bytes"
	"errors"
	"fmt"
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

func clientConfig13() engine.Config {
	c := clientConfig()
	c.MinVersion, c.MaxVersion = wire.TLS13, 0
	return c
}

func serverConfig13(kinds ...testkit.Kind) engine.Config {
	c := serverConfig(kinds...)
	c.MaxVersion = 0
	return c
}

// Every suite, group and kind of key: both ends agree, and data flows both ways.
func TestHandshake13(t *testing.T) {
	shakeWith := func(t *testing.T, id wire.CipherSuite, g wire.NamedGroup, kind testkit.Kind) {
		cc := clientConfig13()
		cc.CipherSuites13, cc.Groups = []wire.CipherSuite{id}, []wire.NamedGroup{g}
		client, server := newClient(t, cc), newServer(t, serverConfig13(kind))
		mustShake(t, client, server)
		cs, ss := client.State(), server.State()
		// RFC 8446 §D: to whoever asks for it, every connection of TLS 1.3 has what the extension brought to TLS 1.2.
		if !cs.ExtendedMaster || !ss.ExtendedMaster {
			t.Errorf("extended master secret: the client says %v, the server %v; want both", cs.ExtendedMaster, ss.ExtendedMaster)
		}
		if cs.Version != wire.TLS13 || cs.CipherSuite != id || ss.CipherSuite != id || cs.Group != g || ss.Group != g || cs.Scheme != ss.Scheme {
			t.Errorf("client: %+v; server: %+v", cs, ss)
		}
		big := make([]byte, 100_000)
		testkit.Random(1).Read(big)
		send(t, client, server, big)
		send(t, server, client, big)
	}
	for _, s := range suite.All13() {
		t.Run(s.ID.String(), func(t *testing.T) { shakeWith(t, s.ID, wire.X25519, testkit.P256) })
	}
	for _, g := range suite.Groups13() {
		t.Run(g.String(), func(t *testing.T) { shakeWith(t, wire.TLS_AES_128_GCM_SHA256, g, testkit.P256) })
	}
	for _, k := range testkit.Kinds {
		t.Run(fmt.Sprint(k), func(t *testing.T) { shakeWith(t, wire.TLS_AES_256_GCM_SHA384, wire.X25519, k) })
	}
}

// The default is TLS 1.3 with the hybrid group in one round trip; its X25519 half is the second share.
func TestDefault13(t *testing.T) {
	cc, sc := clientConfig13(), serverConfig13(testkit.P256)
	cc.MinVersion = 0
	hello := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
	if len(hello.KeyShares) != 2 || hello.KeyShares[0].Group != wire.X25519MLKEM768 || hello.KeyShares[1].Group != wire.X25519 ||
		!bytes.HasSuffix(hello.KeyShares[0].Public, hello.KeyShares[1].Public) {
		t.Errorf("the shares are %v", hello.KeyShares)
	}
	client, server := newClient(t, cc), newServer(t, sc)
	mustShake(t, client, server)
	if s := client.State(); s.Version != wire.TLS13 || s.Group != wire.X25519MLKEM768 || s.CipherSuite != wire.TLS_AES_128_GCM_SHA256 {
		t.Errorf("agreed on %+v", s)
	}
}

// A client sends the shares that its configuration names, in the order of its groups, or none. RFC 8446 §4.2.8.
func TestKeySharesOfTheCallers(t *testing.T) {
	groups := []wire.NamedGroup{wire.X25519, wire.X25519MLKEM768, wire.SecP256r1}
	for name, c := range map[string]struct{ asked, sent []wire.NamedGroup }{
		"the second":            {groups[1:2], groups[1:2]},
		"two, in another order": {[]wire.NamedGroup{wire.SecP256r1, wire.X25519}, []wire.NamedGroup{wire.X25519, wire.SecP256r1}},
		"all":                   {groups, groups},
		"none":                  {[]wire.NamedGroup{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := clientConfig13(), serverConfig13(testkit.P256)
			cc.Groups, cc.KeyShares, sc.Groups = groups, c.asked, []wire.NamedGroup{wire.X25519}
			var sent []wire.NamedGroup
			for _, share := range split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello).KeyShares {
				sent = append(sent, share.Group)
			}
			if !slices.Equal(sent, c.sent) {
				t.Errorf("it sends shares for %v instead of %v", sent, c.sent)
			}
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			if s := client.State(); s.Group != wire.X25519 || s.Retried == slices.Contains(c.sent, wire.X25519) {
				t.Errorf("agreed on %v, retried %v", s.Group, s.Retried)
			}
		})
	}
}

// A server without the client's favourite takes the half that it has; one that the client sent no share for asks for
// one. RFC 8446 §4.1.4.
func TestGroups13(t *testing.T) {
	for name, c := range map[string]struct {
		client, server []wire.NamedGroup
		agreed         wire.NamedGroup
		retry          bool
	}{
		"the hybrid's half":               {nil, []wire.NamedGroup{wire.X25519}, wire.X25519, false},
		"a retry":                         {nil, []wire.NamedGroup{wire.SecP384r1}, wire.SecP384r1, true},
		"a retry for the hybrid":          {[]wire.NamedGroup{wire.X25519, wire.X25519MLKEM768}, nil, wire.X25519MLKEM768, true},
		"no retry for a classical better": {[]wire.NamedGroup{wire.SecP256r1, wire.X25519}, []wire.NamedGroup{wire.X25519, wire.SecP256r1}, wire.SecP256r1, false},
	} {
		t.Run(name, func(t *testing.T) {
			retried := 0
			cc, sc := clientConfig13(), serverConfig13(testkit.P256)
			cc.Groups, sc.Groups = c.client, c.server
			count := event.TracerFunc(func(_ event.Meta, e event.Event) {
				if _, ok := e.(event.RetryAsked); ok {
					retried++
				}
			})
			cc.Tracer, sc.Tracer = count, count
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			if got := client.State().Group; got != c.agreed || (retried == 2) != c.retry {
				t.Errorf("agreed on %v, with %d retries told", got, retried)
			}
			send(t, client, server, []byte("hello"))
		})
	}
}

// Both versions at either end: the newest in common is chosen, and an attacker who takes the newest away is seen.
// RFC 8446 §4.1.3.
func TestVersions(t *testing.T) {
	for _, c := range []struct{ client, server, agreed wire.Version }{
		{0, 0, wire.TLS13}, {wire.TLS12, 0, wire.TLS12}, {0, wire.TLS12, wire.TLS12},
	} {
		cc, sc := clientConfig(), serverConfig(testkit.P256)
		cc.MaxVersion, sc.MaxVersion = c.client, c.server
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		if got := client.State().Version; got != c.agreed {
			t.Errorf("up to %v and %v: %v", c.client, c.server, got)
		}
	}
	t.Run("downgrade", func(t *testing.T) {
		cc := clientConfig()
		cc.MaxVersion = 0
		client, server := newClient(t, cc), newServer(t, serverConfig13(testkit.P256))
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.Order = drop(ch.Order, wire.ExtSupportedVersions)
		out := client.take(t, server.take(t, frame(t, ch), 1<<20), 1<<20)
		wantFault(t, client, fault.DowngradeDetected, out)
		provoked(fault.DowngradeDetected)
	})
	// RFC 7507 §3: a client that says that it fell back had no need to.
	t.Run("fallback", func(t *testing.T) {
		for highest, refused := range map[wire.Version]bool{0: true, wire.TLS12: false} {
			sc := serverConfig13(testkit.P256)
			sc.MaxVersion = highest
			client, server := newClient(t, clientConfig()), newServer(t, sc)
			ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
			ch.CipherSuites = append(slices.Clone(ch.CipherSuites), wire.TLS_FALLBACK_SCSV)
			out := server.take(t, frame(t, ch), 1<<20)
			if refused {
				wantFault(t, server, fault.InappropriateFallback, out)
				provoked(fault.InappropriateFallback)
			} else if server.err != nil {
				t.Errorf("a server of TLS 1.2 refuses a client that fell back to it: %v", server.err)
			}
		}
	})
}

// What a ClientHello lists for TLS 1.3 is no offer in TLS 1.2: hybrid groups, and what is there to be ignored
// (RFC 8701 §3).
func TestGroupsOfTheOtherVersion(t *testing.T) {
	cc := clientConfig()
	cc.MaxVersion, cc.GREASE = 0, true
	cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	for _, group := range []wire.NamedGroup{wire.X25519MLKEM768, 0} {
		client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
		hello := client.step(t)
		ch := split(t, hello, wire.Context{})[0].(*wire.ClientHello)
		if group == 0 {
			group = ch.SupportedGroups[0]
		}
		if !slices.Contains(ch.SupportedGroups, group) {
			t.Fatalf("%v is not in the ClientHello", group)
		}
		m := split(t, server.take(t, hello, 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})
		m[2].(*wire.ServerKeyExchange).Group = group
		wantFault(t, client, fault.GroupNotOffered, client.take(t, frame(t, m...), 1<<20))
	}
}

// GREASE stands in every list of a ClientHello that has one, and whoever speaks TLS ignores it. RFC 8701 §3.1.
func TestGREASE(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		cc, sc := clientConfig(), serverConfig13(testkit.P256)
		cc.MaxVersion, cc.GREASE, sc.MaxVersion = 0, true, version
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		send(t, client, server, []byte("hello"))
	}
	cc := clientConfig13()
	cc.GREASE = true
	ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
	for what, v := range map[string]uint16{
		"cipher_suites":        uint16(ch.CipherSuites[0]),
		"extensions":           uint16(ch.Order[0]),
		"supported_groups":     uint16(ch.SupportedGroups[0]),
		"key_share":            uint16(ch.KeyShares[0].Group),
		"supported_versions":   uint16(ch.SupportedVersions[0]),
		"signature_algorithms": uint16(ch.SignatureAlgorithms[0]),
	} {
		if !wire.IsGREASE(v) {
			t.Errorf("%s begins with 0x%04x", what, v)
		}
	}
	for what, change := range map[string]func(*wire.ServerHello){
		"suite":   func(sh *wire.ServerHello) { sh.CipherSuite = ch.CipherSuites[0] },
		"version": func(sh *wire.ServerHello) { sh.SupportedVersions[0] = ch.SupportedVersions[0] },
		"group":   func(sh *wire.ServerHello) { sh.KeyShares[0].Group = ch.KeyShares[0].Group },
		"retry": func(sh *wire.ServerHello) {
			sh.Random, sh.SelectedGroup = wire.HelloRetryRequestRandom, ch.SupportedGroups[0]
		},
	} {
		cc := clientConfig13()
		cc.GREASE, cc.Entropy = true, hs.NewEntropy(testkit.Random(4))
		ch = split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
		cc.Entropy = hs.NewEntropy(testkit.Random(4)) // the same values once more
		client := newClient(t, cc)
		flight := newServer(t, serverConfig13(testkit.P256)).take(t, client.step(t), 1<<20)
		sh := split(t, flight[:5+int(flight[3])<<8+int(flight[4])], wire.Context{})[0].(*wire.ServerHello)
		change(sh)
		client.take(t, frame(t, sh), 1<<20)
		if client.err == nil {
			t.Errorf("a server chose a %s that is there to be ignored", what)
		}
	}
}

// A TLS 1.2 server that echoes the session ID which only pleases middleboxes claims a session that never was.
func TestSessionIDEchoed(t *testing.T) {
	cc := clientConfig()
	cc.MaxVersion = 0
	client, server := newClient(t, cc), newServer(t, serverConfig(testkit.P256))
	hello := client.step(t)
	ch := split(t, hello, wire.Context{})[0].(*wire.ClientHello)
	m := split(t, server.take(t, hello, 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})
	m[0].(*wire.ServerHello).SessionID = ch.SessionID
	wantFault(t, client, fault.SessionIDEchoed, client.take(t, frame(t, m...), 1<<20))
	provoked(fault.SessionIDEchoed)
}

// A client of TLS 1.3 alone knows no HelloRequest.
func TestHelloRequest13(t *testing.T) {
	client := newClient(t, clientConfig13())
	client.step(t)
	wantFault(t, client, fault.UnexpectedMessage, client.take(t, record(wire.ContentHandshake, []byte{0, 0, 0, 0}), 1<<20))
}

// The client's thirteen steps shrink, and each is told once.
func TestSteps13(t *testing.T) {
	of, by := &recorded{t: t}, &recorded{t: t}
	cc, sc := clientConfig13(), serverConfig13(testkit.P256)
	cc.Tracer, sc.Tracer = of, by
	sc.Groups = []wire.NamedGroup{wire.SecP256r1} // a retry is no second step
	mustShake(t, newClient(t, cc), newServer(t, sc))
	if want := []fault.Step{1, 2, 8, 3, 5, 12, 10, 13}; !slices.Equal(of.steps, want) {
		t.Errorf("the client told %d, want %d", of.steps, want)
	}
	if want := []fault.Step{1, 2, 8, 3, 12, 10, 13}; !slices.Equal(by.steps, want) {
		t.Errorf("the server told %d, want %d", by.steps, want)
	}
}

// What a client can do wrong.
func TestServerRefuses13(t *testing.T) {
	drops := func(e wire.ExtensionType) func(*wire.ClientHello) {
		return func(ch *wire.ClientHello) { ch.Order = drop(ch.Order, e) }
	}
	cases := []struct {
		name   string
		rule   *fault.Rule
		change func(*wire.ClientHello)
	}{
		{"no key_share", fault.MissingExtension, drops(wire.ExtKeyShare)},
		{"no supported_groups", fault.MissingExtension, drops(wire.ExtSupportedGroups)},
		{"no signature_algorithms", fault.MissingExtension, drops(wire.ExtSignatureAlgorithms)},
		{"two compressions", fault.NoNullCompression, func(ch *wire.ClientHello) { ch.CompressionMethods = []wire.CompressionMethod{0, 1} }},
		{"a share twice", fault.BadKeyShare, func(ch *wire.ClientHello) { ch.KeyShares = append(ch.KeyShares, ch.KeyShares[0]) }},
		{"a share of a group that it does not list", fault.BadKeyShare, func(ch *wire.ClientHello) {
			ch.SupportedGroups = []wire.NamedGroup{wire.SecP256r1}
		}},
		{"no suite in common", fault.NoCommonSuite, func(ch *wire.ClientHello) { ch.CipherSuites = []wire.CipherSuite{0x1306} }},
		{"no group in common", fault.NoCommonGroup, func(ch *wire.ClientHello) {
			ch.SupportedGroups, ch.KeyShares = []wire.NamedGroup{30}, nil
		}},
		{"no scheme in common", fault.NoCommonScheme, func(ch *wire.ClientHello) {
			ch.SignatureAlgorithms = []wire.SignatureScheme{wire.RSA_PKCS1_SHA256, wire.ECDSA_SECP384R1_SHA384}
		}},
		{"a share that is no point", fault.BadPublicKey, func(ch *wire.ClientHello) {
			ch.SupportedGroups = []wire.NamedGroup{wire.SecP256r1}
			ch.KeyShares = []wire.KeyShare{{Group: wire.SecP256r1, Public: make([]byte, 65)}}
		}},
		{"a share cut short", fault.BadPublicKey, func(ch *wire.ClientHello) {
			ch.KeyShares = ch.KeyShares[:1]
			ch.KeyShares[0].Public = ch.KeyShares[0].Public[1:]
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := newServer(t, serverConfig13(testkit.P256))
			out := server.take(t, helloOf(t, clientConfig13(), c.change), 1<<20)
			wantFault(t, server, c.rule, out)
			provoked(c.rule)
		})
	}
}

// After a HelloRetryRequest only what was asked for may change. RFC 8446 §4.1.2.
func TestSecondClientHello(t *testing.T) {
	changes := map[string]struct {
		change func(*wire.ClientHello)
		rule   *fault.Rule
	}{
		"random":                {func(ch *wire.ClientHello) { ch.Random[0]++ }, fault.ChangedAfterRetry},
		"session ID":            {func(ch *wire.ClientHello) { ch.SessionID = nil }, fault.ChangedAfterRetry},
		"suites":                {func(ch *wire.ClientHello) { ch.CipherSuites = ch.CipherSuites[:1] }, fault.ChangedAfterRetry},
		"name":                  {func(ch *wire.ClientHello) { ch.ServerName = "other.test" }, fault.ChangedAfterRetry},
		"another group":         {func(ch *wire.ClientHello) { ch.KeyShares[0].Group = wire.SecP256r1 }, fault.BadKeyShare},
		"no share":              {func(ch *wire.ClientHello) { ch.KeyShares = nil }, fault.BadKeyShare},
		"nothing but it should": {nil, nil},
	}
	for name, c := range changes {
		t.Run(name, func(t *testing.T) {
			sc := serverConfig13(testkit.P256)
			sc.Groups = []wire.NamedGroup{wire.SecP384r1}
			client, server := newClient(t, clientConfig13()), newServer(t, sc)
			second := client.take(t, server.take(t, client.step(t), 1<<20), 1<<20)
			if bytes.HasPrefix(second, record(wire.ContentChangeCipherSpec, []byte{1})) {
				second = second[6:]
			} else {
				t.Error("no ChangeCipherSpec in front of the second ClientHello (RFC 8446 §D.4)")
			}
			ch := split(t, second, wire.Context{})[0].(*wire.ClientHello)
			if c.change != nil {
				c.change(ch)
			}
			out := server.take(t, frame(t, ch), 1<<20)
			if c.rule != nil {
				wantFault(t, server, c.rule, out)
				provoked(c.rule)
			} else if server.err != nil {
				t.Error(server.err)
			}
		})
	}
}

// What a server can do wrong before it has keys.
func TestClientRefuses13(t *testing.T) {
	cases := []struct {
		name   string
		rule   *fault.Rule
		change func(*wire.ServerHello)
	}{
		{"another session ID", fault.SessionIDNotEchoed, func(sh *wire.ServerHello) { sh.SessionID = make([]byte, 32) }},
		{"a suite of TLS 1.2", fault.SuiteNotOffered, func(sh *wire.ServerHello) { sh.CipherSuite = wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 }},
		{"a suite of its own", fault.SuiteNotOffered, func(sh *wire.ServerHello) { sh.CipherSuite = 0x1306 }},
		{"compression", fault.CompressionNotOffered, func(sh *wire.ServerHello) { sh.CompressionMethod = 1 }},
		{"no key_share", fault.MissingExtension, func(sh *wire.ServerHello) { sh.Order = drop(sh.Order, wire.ExtKeyShare) }},
		{"a group without a share", fault.GroupNotOffered, func(sh *wire.ServerHello) { sh.KeyShares[0].Group = wire.SecP384r1 }},
		{"a share cut short", fault.BadPublicKey, func(sh *wire.ServerHello) { sh.KeyShares[0].Public = sh.KeyShares[0].Public[1:] }},
		{"ALPN in the clear", fault.MisplacedExtension, func(sh *wire.ServerHello) {
			sh.ALPN = []string{"http/1.1"}
			sh.Add(wire.ExtALPN)
		}},
		{"version TLS 1.1", fault.WrongServerVersion, func(sh *wire.ServerHello) { sh.Version = wire.TLS11 }},
		{"TLS 1.2 by supported_versions", fault.MisplacedExtension, func(sh *wire.ServerHello) { sh.SupportedVersions[0] = wire.TLS12 }},
		{"TLS 1.3 by the old field", fault.WrongServerVersion, func(sh *wire.ServerHello) {
			sh.Version = wire.TLS13
			sh.Order = drop(sh.Order, wire.ExtSupportedVersions)
		}},
		{"a pre-shared key", fault.ExtensionNotOffered, func(sh *wire.ServerHello) { sh.Add(wire.ExtPreSharedKey) }},
		{"a retry for nothing", fault.UselessRetry, func(sh *wire.ServerHello) {
			sh.Random = wire.HelloRetryRequestRandom
			sh.Order = drop(sh.Order, wire.ExtKeyShare)
		}},
		{"a retry for a share that it has", fault.GroupNotOffered, func(sh *wire.ServerHello) {
			sh.Random, sh.SelectedGroup = wire.HelloRetryRequestRandom, wire.X25519
		}},
		{"a retry for an unknown group", fault.GroupNotOffered, func(sh *wire.ServerHello) {
			sh.Random, sh.SelectedGroup = wire.HelloRetryRequestRandom, 30
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cc := clientConfig13()
			cc.Protocols = []string{"http/1.1"}
			client, server := newClient(t, cc), newServer(t, serverConfig13(testkit.P256))
			flight := server.take(t, client.step(t), 1<<20)
			n := 5 + int(flight[3])<<8 + int(flight[4])
			sh := split(t, flight[:n], wire.Context{})[0].(*wire.ServerHello)
			c.change(sh)
			out := client.take(t, frame(t, sh), 1<<20)
			wantFault(t, client, c.rule, out)
			provoked(c.rule)
		})
	}
	t.Run("two retries", func(t *testing.T) {
		sc := serverConfig13(testkit.P256)
		sc.Groups = []wire.NamedGroup{wire.SecP384r1}
		client, server := newClient(t, clientConfig13()), newServer(t, sc)
		flight := server.take(t, client.step(t), 1<<20)
		client.take(t, flight, 1<<20)
		out := client.take(t, flight, 1<<20)
		wantFault(t, client, fault.UnexpectedMessage, out)
	})
}

func connected13(t testing.TB) (client, server *end) {
	t.Helper()
	client, server = newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
	mustShake(t, client, server)
	return client, server
}

// Keys are changed on demand, in both directions, and data flows before, between and after. RFC 8446 §4.6.3.
func TestKeyUpdate(t *testing.T) {
	for _, request := range []bool{false, true} {
		client, server := connected13(t)
		for range 5 {
			for _, p := range [][2]*end{{client, server}, {server, client}} {
				from, to := p[0], p[1]
				send(t, from, to, []byte("before"))
				if err := from.UpdateKeys(request); err != nil {
					t.Fatal(err)
				}
				answer := to.take(t, from.Output(), 1<<20)
				if to.err != nil || (len(answer) > 0) != request {
					t.Fatalf("asked for new keys: %v; answered with %d bytes; %v", request, len(answer), to.err)
				}
				from.take(t, answer, 1<<20)
				send(t, from, to, []byte("after"))
				send(t, to, from, []byte("back"))
			}
		}
	}
}

// Who asks for new keys of both gets them, even if our own are on their way already because the peer has asked.
func TestKeyUpdateAskedForWhileOneWaits(t *testing.T) {
	client, server := connected13(t)
	if err := client.UpdateKeys(true); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Open(client.Output()); err != nil || !server.HasOutput() {
		t.Fatalf("no KeyUpdate waits: %v", err)
	}
	for range 3 { // which say the same thing
		if err := server.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
	}
	answer := client.take(t, server.Output(), 1<<20)
	if client.err != nil || len(answer) == 0 {
		t.Fatalf("the client was not asked: %d bytes, %v", len(answer), client.err)
	}
	if server.take(t, answer, 1<<20); server.err != nil {
		t.Fatal(server.err)
	}
	send(t, client, server, []byte("after"))
	send(t, server, client, []byte("back"))
}

// A flood of KeyUpdates is refused, and not answered with a flood.
func TestKeyUpdateFlood(t *testing.T) {
	client, server := connected13(t)
	var flood []byte
	for range 33 {
		if err := client.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
		flood = append(flood, client.Output()...)
	}
	out := server.take(t, flood, 1<<20)
	if !errors.Is(server.err, fault.TooManyMessages) {
		t.Errorf("33 in a row end with %v", server.err)
	}
	if len(out) > 33*40 {
		t.Errorf("they are answered with %d bytes", len(out))
	}
}

// What has no place among the records of TLS 1.3.
func TestRecords13(t *testing.T) {
	ccs := record(wire.ContentChangeCipherSpec, []byte{1})
	t.Run("ChangeCipherSpec is dropped", func(t *testing.T) {
		client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
		flight := server.take(t, append(client.step(t), ccs...), 1<<20)
		answer := client.take(t, slices.Concat(flight, ccs)[:len(flight)], 1<<20)
		server.take(t, slices.Concat(ccs, ccs, answer), 1<<20)
		if !server.ready {
			t.Error(server.err)
		}
	})
	t.Run("but not without end", func(t *testing.T) {
		client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
		out := server.take(t, append(client.step(t), bytes.Repeat(ccs, 40)...), 1<<20)
		if !errors.Is(server.err, fault.TooManyEmptyRecords) || len(out) == 0 {
			t.Error(server.err)
		}
	})
	t.Run("nor after the handshake", func(t *testing.T) {
		client, server := connected13(t)
		wantSealedFault(t, server, client, fault.UnprotectedRecord, server.take(t, ccs, 1<<20))
		provoked(fault.UnprotectedRecord)
	})
	t.Run("a message in the clear", func(t *testing.T) {
		client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
		server.take(t, append(client.step(t), record(wire.ContentHandshake, []byte{20, 0, 0, 1, 0})...), 1<<20)
		if !errors.Is(server.err, fault.UnprotectedRecord) {
			t.Error(server.err)
		}
	})
	t.Run("an alert in the clear of a client without keys", func(t *testing.T) {
		client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
		server.take(t, append(client.step(t), record(wire.ContentAlert, []byte{2, 47})...), 1<<20)
		if !errors.Is(server.err, fault.Told(wire.AlertIllegalParameter)) {
			t.Error(server.err)
		}
	})
	t.Run("an empty message", func(t *testing.T) {
		client, server := connected13(t)
		wantSealedFault(t, server, client, fault.EmptyRecord, server.take(t, sealed(t, client, wire.ContentHandshake, nil), 1<<20))
		provoked(fault.EmptyRecord)
	})
	t.Run("a ClientHello again", func(t *testing.T) {
		client, server := connected13(t)
		hello := helloOf(t, clientConfig13(), nil)[5:]
		wantSealedFault(t, server, client, fault.UnexpectedMessage, server.take(t, sealed(t, client, wire.ContentHandshake, hello), 1<<20))
	})
	t.Run("a KeyUpdate of a third kind", func(t *testing.T) {
		client, server := connected13(t)
		wantSealedFault(t, server, client, fault.IllegalValue, server.take(t, sealed(t, client, wire.ContentHandshake, []byte{24, 0, 0, 1, 2}), 1<<20))
		provoked(fault.IllegalValue)
	})
	t.Run("a KeyUpdate with company", func(t *testing.T) {
		client, server := connected13(t)
		wantSealedFault(t, server, client, fault.MessageAcrossKeyChange,
			server.take(t, sealed(t, client, wire.ContentHandshake, []byte{24, 0, 0, 1, 0, 24, 0, 0, 1, 0}), 1<<20))
	})
}

// Early data that we do not take is passed over, within a bound. RFC 8446 §4.2.10.
func TestEarlyDataIsSkipped(t *testing.T) {
	for _, retry := range []bool{false, true} {
		for _, records := range []int{1, 3, 10} {
			t.Run(fmt.Sprint(retry, records), func(t *testing.T) {
				sc := serverConfig13(testkit.P256)
				cc := clientConfig13()
				cc.Groups = []wire.NamedGroup{wire.X25519, wire.SecP384r1}
				if retry {
					sc.Groups = []wire.NamedGroup{wire.SecP384r1}
				}
				early := bytes.Repeat(record(wire.ContentApplicationData, make([]byte, 10_000)), records)
				hello := helloOf(t, cc, func(ch *wire.ClientHello) { ch.Add(wire.ExtEarlyData) })
				server := newServer(t, sc)
				out := server.take(t, append(hello, early...), 1<<20)
				if records == 10 {
					if !errors.Is(server.err, fault.TooMuchEarlyData) {
						t.Errorf("100,000 bytes: %v", server.err)
					}
					provoked(fault.TooMuchEarlyData)
				} else if server.err != nil || len(out) == 0 {
					t.Errorf("%d records: %v", records, server.err)
				}
			})
		}
	}
}

// Records that cannot even be early data, since nothing is in them, do not go on without end. RFC 8446 §5.2, §D.
func TestEmptyEarlyData(t *testing.T) {
	hello := helloOf(t, clientConfig13(), func(ch *wire.ClientHello) { ch.Add(wire.ExtEarlyData) })
	server := newServer(t, serverConfig13(testkit.P256))
	server.take(t, append(hello, bytes.Repeat(record(wire.ContentApplicationData, nil), 40)...), 1<<20)
	if !errors.Is(server.err, fault.TooManyEmptyRecords) {
		t.Errorf("it says %v", server.err)
	}
}

// Of early data that is passed over without keys a record may be as long as any, and stands between messages only. RFC
// 8446 §4.2.10, §5.1, §5.2.
func TestEarlyDataBeforeRetry(t *testing.T) {
	early := func(n int) []byte { return record(wire.ContentApplicationData, make([]byte, n)) }
	for _, c := range []struct {
		name string
		sent func(second []byte) []byte
		rule *fault.Rule
	}{
		{"full records", func(second []byte) []byte { return slices.Concat(early(16384+17), early(16384+256), second) }, nil},
		{"a record too long", func([]byte) []byte { return early(16384 + 257) }, fault.RecordOverflow},
		{"nothing, without end", func([]byte) []byte { return bytes.Repeat(early(0), 40) }, fault.TooManyEmptyRecords},
		{"within a message", func(second []byte) []byte {
			return slices.Concat(record(wire.ContentHandshake, second[5:25]), early(100), record(wire.ContentHandshake, second[25:]))
		}, fault.InterleavedMessage},
	} {
		t.Run(c.name, func(t *testing.T) {
			cc, sc := clientConfig13(), serverConfig13(testkit.P256)
			cc.Groups, sc.Groups = []wire.NamedGroup{wire.X25519, wire.SecP384r1}, []wire.NamedGroup{wire.SecP384r1}
			client, server := newClient(t, cc), newServer(t, sc)
			first := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
			first.Add(wire.ExtEarlyData)
			server.take(t, frame(t, first), 1<<20)
			share, err := suite.NewShare(wire.SecP384r1, testkit.Random(1))
			if err != nil {
				t.Fatal(err)
			}
			second := *first
			second.Order = drop(first.Order, wire.ExtEarlyData)
			second.KeyShares = []wire.KeyShare{{Group: wire.SecP384r1, Public: share.Public()}}
			out := server.take(t, c.sent(frame(t, &second)), 1<<20)
			if c.rule != nil {
				wantFault(t, server, c.rule, out)
			} else if server.err != nil || len(out) == 0 {
				t.Errorf("it is answered with %d bytes, and %v", len(out), server.err)
			}
		})
	}
}

// Padding hides how long data is: with a policy that fills records up, they all look the same. RFC 8446 §5.4.
func TestRecordPadding(t *testing.T) {
	cc := clientConfig13()
	cc.RecordPadding = func(n int) int { return (1000 - n%1000) % 1000 }
	client, server := newClient(t, cc), newServer(t, serverConfig13(testkit.P256))
	mustShake(t, client, server)
	lengths := map[int]bool{}
	for _, n := range []int{1, 10, 500, 1000} {
		data := bytes.Repeat([]byte{7}, n)
		rec, err := client.Seal(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		lengths[len(rec)] = true
		if got, err := server.Open(rec); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes come out as %d, %v", n, len(got), err)
		}
	}
	if len(lengths) != 1 {
		t.Errorf("the records have the lengths %v", lengths)
	}
	send(t, client, server, make([]byte, 1<<14)) // no room: left out
	for _, mad := range []int{-5, 1 << 30} {
		cc.RecordPadding = func(int) int { return mad }
		client, server = newClient(t, cc), newServer(t, serverConfig13(testkit.P256))
		mustShake(t, client, server)
		send(t, client, server, []byte("hello"))
	}
}

// Before an AEAD has protected as many records as are safe under one set of keys, the keys change by themselves. RFC
// 8446 §5.5.
func TestKeysChangeBeforeTheLimit(t *testing.T) {
	cipher := suite.ByID(wire.TLS_AES_128_GCM_SHA256).Cipher
	limit := cipher.MaxRecords
	cipher.MaxRecords = 5
	defer func() { cipher.MaxRecords = limit }()
	updates := 0
	cc := clientConfig13()
	cc.CipherSuites13 = []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256}
	cc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
		if u, ok := e.(event.KeysUpdated); ok && u.Sent && !u.Requested {
			updates++
		}
	})
	client, server := newClient(t, cc), newServer(t, serverConfig13(testkit.P256))
	mustShake(t, client, server)
	for range 23 {
		send(t, client, server, []byte("data"))
	}
	if updates < 4 || updates > 6 {
		t.Errorf("%d updates over 23 records with a limit of 5", updates)
	}
}
