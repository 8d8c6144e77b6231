package engine_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// What docs/REQUIREMENTS.md has of the hellos of TLS 1.3, and no other test provokes.

// bothConfig is a client of both versions.
func bothConfig() engine.Config {
	c := clientConfig()
	c.MaxVersion = 0
	return c
}

func ownHello(t testing.TB, c engine.Config) *wire.ClientHello {
	t.Helper()
	return split(t, newClient(t, c).step(t), wire.Context{})[0].(*wire.ClientHello)
}

// firstMessage is the message in the first record of a flight, and what follows that record.
func firstMessage(t testing.TB, flight []byte) (*wire.ServerHello, []byte) {
	t.Helper()
	n := 5 + int(binary.BigEndian.Uint16(flight[3:]))
	return split(t, flight[:n], wire.Context{})[0].(*wire.ServerHello), flight[n:]
}

// RFC 8446 §4.1.2, §4.2.1, §4.2.8, §9.2: what our own ClientHello has.
func TestOwnHello13(t *testing.T) {
	ch, other := ownHello(t, bothConfig()), ownHello(t, bothConfig())
	if ch.Version != wire.TLS12 || !slices.Equal(ch.SupportedVersions, []wire.Version{wire.TLS13, wire.TLS12}) {
		t.Errorf("legacy_version %v, supported_versions %v", ch.Version, ch.SupportedVersions)
	}
	if only := ownHello(t, clientConfig13()).SupportedVersions; !slices.Equal(only, []wire.Version{wire.TLS13}) {
		t.Errorf("a client of TLS 1.3 alone lists %v", only)
	}
	if len(ch.SessionID) != 32 || bytes.Equal(ch.SessionID, other.SessionID) || ch.Random == other.Random {
		t.Errorf("two hellos have the session IDs %x and %x", ch.SessionID, other.SessionID)
	}
	if !slices.Equal(ch.CompressionMethods, []wire.CompressionMethod{wire.CompressionNull}) {
		t.Errorf("compressions %v", ch.CompressionMethods)
	}
	for x, has := range map[wire.ExtensionType]bool{
		wire.ExtSupportedVersions: true, wire.ExtSignatureAlgorithms: true, wire.ExtSupportedGroups: true, wire.ExtKeyShare: true,
		wire.ExtServerName: true, wire.ExtCookie: false, wire.ExtEarlyData: false, wire.ExtPostHandshakeAuth: false, 4: false,
	} {
		if ch.Has(x) != has {
			t.Errorf("%v: %v, want %v", x, ch.Has(x), has)
		}
	}
	at := -1
	for _, share := range ch.KeyShares {
		i := slices.Index(ch.SupportedGroups, share.Group)
		if i <= at {
			t.Errorf("the shares %v do not follow the groups %v", ch.KeyShares, ch.SupportedGroups)
		}
		at = i
	}
	for _, g := range ch.SupportedGroups {
		if g < wire.SecP256r1 || g > 30 && g < 256 {
			t.Errorf("the obsolete group %v is offered", g)
		}
	}
	for _, s := range []wire.SignatureScheme{wire.RSA_PKCS1_SHA256, wire.RSA_PSS_RSAE_SHA256, wire.ECDSA_SECP256R1_SHA256} {
		if !slices.Contains(ch.SignatureAlgorithms, s) {
			t.Errorf("%v is not offered", s)
		}
	}
	for _, s := range ch.SignatureAlgorithms {
		if hash, key := s>>8, s&0xff; s < 0x0700 && (hash < 4 || key == 2 || key == 0) {
			t.Errorf("the obsolete scheme %v is offered", s)
		}
	}
}

// RFC 8446 §4.1.3: our own ServerHello has no more than the keys need, and its randomness from nobody else.
func TestOwnServerHello13(t *testing.T) {
	hello := helloOf(t, bothConfig(), func(ch *wire.ClientHello) { ch.Add(wire.ExtEarlyData) })
	ch := split(t, hello, wire.Context{})[0].(*wire.ClientHello)
	randoms := map[wire.Random]bool{ch.Random: true}
	for range 3 {
		sh, _ := firstMessage(t, newServer(t, serverConfig13(testkit.P256)).take(t, hello, 1<<20))
		if sh.Version != wire.TLS12 || !slices.Equal(sh.SupportedVersions, []wire.Version{wire.TLS13}) || sh.CompressionMethod != 0 {
			t.Errorf("legacy_version %v, supported_versions %v, compression %v", sh.Version, sh.SupportedVersions, sh.CompressionMethod)
		}
		if !bytes.Equal(sh.SessionID, ch.SessionID) {
			t.Errorf("the session ID %x comes back as %x", ch.SessionID, sh.SessionID)
		}
		slices.Sort(sh.Order)
		if !slices.Equal(sh.Order, []wire.ExtensionType{wire.ExtSupportedVersions, wire.ExtKeyShare}) {
			t.Errorf("it has %v", sh.Order)
		}
		if randoms[sh.Random] {
			t.Error("its random is the client's, or one of before")
		}
		randoms[sh.Random] = true
	}
}

// RFC 8446 §4.2.1, §D.2: supported_versions decides, and where there is none legacy_version, up to TLS 1.2.
func TestVersionsOfAHello(t *testing.T) {
	for _, c := range []struct {
		legacy wire.Version
		list   []wire.Version
		oldest wire.Version // of the server
		agreed wire.Version // 0: refused
	}{
		{0x0304, nil, 0, wire.TLS12},
		{0x0305, nil, 0, wire.TLS12},
		{0x0303, []wire.Version{0x0303}, 0, wire.TLS12},
		{0x0304, []wire.Version{0x0303}, 0, wire.TLS12},
		{0x0301, []wire.Version{0x0a0a, 0x0305, 0x0304, 0x0303}, 0, wire.TLS13},
		{0x0303, []wire.Version{0x0304}, 0, wire.TLS13},
		{0xffff, []wire.Version{0x7f1c, 0x0304}, 0, wire.TLS13},
		{0x0303, []wire.Version{0x0a0a, 0x0302}, 0, 0},
		{0x0301, nil, 0, 0},
		{0x0302, nil, 0, 0},
		{0x0304, nil, wire.TLS13, 0},
	} {
		sc := serverConfig13(testkit.P256)
		sc.MinVersion = c.oldest
		server := newServer(t, sc)
		out := server.take(t, helloOf(t, bothConfig(), func(ch *wire.ClientHello) {
			ch.Version, ch.SupportedVersions = c.legacy, c.list
			if c.list == nil {
				ch.Order = drop(ch.Order, wire.ExtSupportedVersions)
			}
		}), 1<<20)
		if c.agreed == 0 {
			wantFault(t, server, fault.NoCommonVersion, out)
			continue
		}
		if server.err != nil {
			t.Errorf("%#x with %v: %v", uint16(c.legacy), c.list, server.err)
			continue
		}
		sh, _ := firstMessage(t, out)
		if got := server.State().Version; got != c.agreed || sh.Version != wire.TLS12 || sh.Has(wire.ExtSupportedVersions) != (c.agreed == wire.TLS13) {
			t.Errorf("%#x with %v: %v, a ServerHello of %v with %v", uint16(c.legacy), c.list, got, sh.Version, sh.Order)
		}
	}
}

// RFC 8446 §D.5: SSL 3.0 is refused wherever a hello says so, whatever else it lists.
func TestSSL30(t *testing.T) {
	for _, version := range []wire.Version{0x0300, 0x0200, 0} {
		server := newServer(t, serverConfig13(testkit.P256))
		out := server.take(t, helloOf(t, bothConfig(), func(ch *wire.ClientHello) { ch.Version = version }), 1<<20)
		wantFault(t, server, fault.NoCommonVersion, out)
	}
	for _, config := range []engine.Config{bothConfig(), clientConfig13(), clientConfig()} {
		client := newClient(t, config)
		sh, _ := firstMessage(t, newServer(t, serverConfig13(testkit.P256)).take(t, client.step(t), 1<<20))
		sh.Version = wire.SSL30
		wantFault(t, client, fault.WrongServerVersion, client.take(t, frame(t, sh), 1<<20))
	}
}

// RFC 8446 §4.1.2: TLS 1.2 lets a client offer compressions, if the null one is among them.
func TestCompressionsOfTLS12(t *testing.T) {
	server := newServer(t, serverConfig13(testkit.P256))
	server.take(t, helloOf(t, clientConfig(), func(ch *wire.ClientHello) { ch.CompressionMethods = []wire.CompressionMethod{1, 64, 0} }), 1<<20)
	if server.err != nil {
		t.Error(server.err)
	}
}

// RFC 8446 §4.1.2, §4.4.2.1, §9.3: extensions that a server does not know, or has no use for, change nothing.
func TestUnknownExtensions13(t *testing.T) {
	for x, body := range map[wire.ExtensionType][]byte{
		17: {0, 7, 1, 0, 4, 0, 0, 0, 0}, 4: nil, 0x1234: []byte("whatever"), 0x3374: nil, wire.ExtPadding: make([]byte, 300),
	} {
		server := newServer(t, serverConfig13(testkit.P256))
		out := server.take(t, withExtension(t, clientConfig13(), x, body), 1<<20)
		if server.err != nil {
			t.Errorf("%v: %v", x, server.err)
			continue
		}
		if sh, _ := firstMessage(t, out); sh.Has(x) || len(sh.Order) != 2 {
			t.Errorf("%v is answered with %v", x, sh.Order)
		}
	}
}

// RFC 8446 §4.1.3: in a ServerHello of TLS 1.2 the extensions of TLS 1.3 have no place.
func TestClientRefusesKeyShare12(t *testing.T) {
	client := newClient(t, bothConfig())
	hello := client.step(t)
	ch := split(t, hello, wire.Context{})[0].(*wire.ClientHello)
	sh, _ := firstMessage(t, newServer(t, serverConfig(testkit.P256)).take(t, hello, 1<<20))
	sh.KeyShares = ch.KeyShares[:1]
	sh.Add(wire.ExtKeyShare)
	wantFault(t, client, fault.MisplacedExtension, client.take(t, frame(t, sh), 1<<20))
}

// RFC 8446 §4.2.1: a selected version is one that was offered, and not older than TLS 1.3.
func TestSelectedVersions(t *testing.T) {
	for _, version := range []wire.Version{0x0305, 0x7f1c, 0x0302, 0x0300, 0} {
		client := newClient(t, bothConfig())
		sh, _ := firstMessage(t, newServer(t, serverConfig13(testkit.P256)).take(t, client.step(t), 1<<20))
		sh.SupportedVersions[0] = version
		out := client.take(t, frame(t, sh), 1<<20)
		rule := fault.VersionNotOffered
		if version < wire.TLS13 {
			rule = fault.MisplacedExtension
		}
		wantFault(t, client, rule, out)
		provoked(rule)
	}
}

// retrying is a client and a server that has to ask for another share.
func retrying(t testing.TB) (client, server *end, request *wire.ServerHello) {
	t.Helper()
	sc := serverConfig13(testkit.P256)
	sc.Groups = []wire.NamedGroup{wire.SecP384r1}
	client, server = newClient(t, bothConfig()), newServer(t, sc)
	request, _ = firstMessage(t, server.take(t, client.step(t), 1<<20))
	if !request.IsHelloRetryRequest() {
		t.Fatal("the server asks for nothing")
	}
	return client, server, request
}

// RFC 8446 §4.1.4: a HelloRetryRequest is held to what a ServerHello is held to.
func TestClientRefusesRetry(t *testing.T) {
	for name, c := range map[string]struct {
		rule   *fault.Rule
		change func(*wire.ServerHello)
	}{
		"no version":          {fault.SuiteNotOffered, func(sh *wire.ServerHello) { sh.Order = drop(sh.Order, wire.ExtSupportedVersions) }},
		"another old version": {fault.WrongServerVersion, func(sh *wire.ServerHello) { sh.Version = wire.TLS11 }},
		"another session ID":  {fault.SessionIDNotEchoed, func(sh *wire.ServerHello) { sh.SessionID[0]++ }},
		"a suite of its own":  {fault.SuiteNotOffered, func(sh *wire.ServerHello) { sh.CipherSuite = 0x1306 }},
		"compression":         {fault.CompressionNotOffered, func(sh *wire.ServerHello) { sh.CompressionMethod = 1 }},
		"an extension of its own": {fault.ExtensionNotOffered, func(sh *wire.ServerHello) {
			sh.Opaque = append(sh.Opaque, wire.OpaqueExtension{Type: 0x1234})
			sh.Add(0x1234)
		}},
	} {
		client, _, request := retrying(t)
		c.change(request)
		t.Log(name)
		wantFault(t, client, c.rule, client.take(t, frame(t, request), 1<<20))
	}
}

// RFC 8446 §4.1.4, §4.2.8: what a HelloRetryRequest has said stays.
func TestClientRefusesAfterRetry(t *testing.T) {
	for name, change := range map[string]func(*wire.ServerHello){
		"another suite":   func(sh *wire.ServerHello) { sh.CipherSuite = wire.TLS_CHACHA20_POLY1305_SHA256 },
		"another group":   func(sh *wire.ServerHello) { sh.KeyShares[0].Group = wire.X25519 },
		"another version": func(sh *wire.ServerHello) { sh.Order = drop(sh.Order, wire.ExtSupportedVersions) },
	} {
		client, server, request := retrying(t)
		sh, _ := firstMessage(t, server.take(t, client.take(t, frame(t, request), 1<<20), 1<<20))
		change(sh)
		t.Log(name)
		wantFault(t, client, fault.ChangedAfterRetry, client.take(t, frame(t, sh), 1<<20))
	}
}

// RFC 8446 §4.2.8: shares stand in the order of supported_groups.
func TestSharesOutOfOrder(t *testing.T) {
	server := newServer(t, serverConfig13(testkit.P256))
	wantFault(t, server, fault.BadKeyShare, server.take(t, helloOf(t, clientConfig13(), func(ch *wire.ClientHello) {
		slices.Reverse(ch.KeyShares)
	}), 1<<20))
}

// RFC 8446 §4.2.8.1, §4.2.8.2, §7.4.2: both sides check the share that they get.
func TestBadShares13(t *testing.T) {
	for _, g := range append(slices.Clone(ecdhGroups), wire.FFDHE2048) {
		cc, sc := clientConfig13(), serverConfig13(testkit.P256)
		cc.Groups, sc.Groups = []wire.NamedGroup{g}, []wire.NamedGroup{g}
		good := ownHello(t, cc).KeyShares[0].Public
		var bad map[string][]byte
		if field := suite.FieldByID(g); field != nil {
			bad = map[string][]byte{}
			for name, public := range degenerate(field.Prime()) {
				if len(public) <= len(good) {
					public = append(make([]byte, len(good)-len(public)), public...)
				}
				bad[name] = public
			}
		} else {
			bad = badPoints(t, g, good)
		}
		for name, public := range bad {
			t.Log(g, name)
			server := newServer(t, sc)
			wantFault(t, server, fault.BadPublicKey, server.take(t, helloOf(t, cc, func(ch *wire.ClientHello) { ch.KeyShares[0].Public = public }), 1<<20))
			client := newClient(t, cc)
			sh, _ := firstMessage(t, newServer(t, sc).take(t, client.step(t), 1<<20))
			sh.KeyShares[0].Public = public
			wantFault(t, client, fault.BadPublicKey, client.take(t, frame(t, sh), 1<<20))
		}
	}
}

// RFC 8446 §4.2.11: pre_shared_key is the last extension of a ClientHello.
func TestPreSharedKeyIsLast(t *testing.T) {
	r := newResumer()
	r.first(t)
	client, server := r.ends(t)
	hello := client.step(t)
	out := server.take(t, resized(append(bytes.Clone(hello), 0x12, 0x34, 0, 0)), 1<<20)
	wantFault(t, server, fault.MisplacedExtension, out)
}

// RFC 8446 §4.6.1: a server is told the name of the hello that resumes.
func TestNameOfAResumption(t *testing.T) {
	for way, make := range resumers {
		r := make()
		r.first(t)
		if _, server := r.meet(t); !server.State().Resumed || server.State().ServerName != testkit.Host {
			t.Errorf("%s: resumed %v, under the name %q", way, server.State().Resumed, server.State().ServerName)
		}
	}
}

// RFC 8446 §4.6.1: what hides the age of a ticket is new for each.
func TestAgesOfTickets(t *testing.T) {
	r := newResumer()
	r.sc.Tickets = 4
	seen := map[uint32]bool{}
	for range 2 {
		r.meet(t)
		for _, s := range r.stored {
			seen[s.AgeAdd] = true
		}
	}
	if len(seen) != 8 {
		t.Errorf("8 tickets have %d values of ticket_age_add", len(seen))
	}
}

// recordsOf lists the records of a flight: type, version, content.
func recordsOf(flight []byte) (types []wire.ContentType, versions []wire.Version, contents [][]byte) {
	for len(flight) > 0 {
		n := 5 + int(binary.BigEndian.Uint16(flight[3:]))
		types = append(types, wire.ContentType(flight[0]))
		versions = append(versions, wire.Version(binary.BigEndian.Uint16(flight[1:])))
		contents, flight = append(contents, flight[5:n]), flight[n:]
	}
	return types, versions, contents
}

// RFC 8446 §5.1, §D.4: the records of our own flights: TLS 1.2 but for the first hello's, nothing empty, nothing in the
// clear behind a ServerHello but the ChangeCipherSpec of compatibility mode.
func TestRecordVersions13(t *testing.T) {
	for _, empty := range []bool{false, true} {
		client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
		first := client.step(t)
		hello := first
		if empty {
			hello = helloOf(t, clientConfig13(), func(ch *wire.ClientHello) { ch.SessionID = nil })
		}
		flight := server.take(t, hello, 1<<20)
		types, versions, contents := recordsOf(flight)
		if types[0] != wire.ContentHandshake || (types[1] == wire.ContentChangeCipherSpec) == empty {
			t.Errorf("empty session ID %v: the server's records are %v", empty, types)
		}
		for i := range types {
			clear := i == 0 || i == 1 && !empty
			if versions[i] != wire.TLS12 || len(contents[i]) == 0 || !clear && types[i] != wire.ContentApplicationData {
				t.Errorf("record %d: %v of %v with %d bytes", i, types[i], versions[i], len(contents[i]))
			}
		}
		if empty {
			continue
		}
		if _, v, _ := recordsOf(first); len(v) != 1 || v[0] != wire.TLS10 {
			t.Errorf("the first ClientHello is in records of %v", v)
		}
		types, versions, _ = recordsOf(client.take(t, flight, 1<<20))
		if !slices.Equal(types, []wire.ContentType{wire.ContentChangeCipherSpec, wire.ContentApplicationData}) || versions[0] != wire.TLS12 || versions[1] != wire.TLS12 {
			t.Errorf("the client's records are %v of %v", types, versions)
		}
	}
	client, _, request := retrying(t)
	types, versions, _ := recordsOf(client.take(t, frame(t, request), 1<<20))
	if !slices.Equal(types, []wire.ContentType{wire.ContentChangeCipherSpec, wire.ContentHandshake}) || versions[1] != wire.TLS12 {
		t.Errorf("the second ClientHello is in records %v of %v", types, versions)
	}
}

// RFC 8446 §4.2.3: a chain with SHA-1 is for clients that take it, and for them the last resort.
func TestSHA1IsTheLastResort(t *testing.T) {
	good, old := testkit.Credential(testkit.P256), *testkit.Credential(testkit.P256)
	old.ChainSchemes = []wire.SignatureScheme{wire.ECDSA_SHA1}
	old.Chain = append(slices.Clone(old.Chain), old.Chain[0]) // which tells it from the other
	for name, c := range map[string]struct {
		credentials []*want.Credential
		shown       int
	}{
		"beside a better one": {[]*want.Credential{&old, good}, len(good.Chain)},
		"alone":               {[]*want.Credential{&old}, len(old.Chain)},
	} {
		sc := serverConfig()
		sc.Credentials = c.credentials
		server := newServer(t, sc)
		out := server.take(t, helloOf(t, clientConfig(), func(ch *wire.ClientHello) {
			ch.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
			ch.SignatureAlgorithmsCert = append(slices.Clone(suite.Schemes()), wire.ECDSA_SHA1)
			ch.Add(wire.ExtSignatureAlgsCert)
		}), 1<<20)
		if server.err != nil {
			t.Errorf("%s: %v", name, server.err)
			continue
		}
		m := split(t, out, wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})
		if got := len(m[1].(*wire.Certificate).Chain); got != c.shown {
			t.Errorf("%s: a chain of %d is shown, want %d", name, got, c.shown)
		}
	}
}

// bound is a ClientHello of a client that resumes, whose binder is right whatever else was changed.
func bound(t testing.TB, r *resumer, ch *wire.ClientHello) []byte {
	t.Helper()
	s := suite.ByID(r.load.Suite)
	hello := frame(t, ch)
	raw := hello[5:]
	h := s.Hash.New()
	h.Write(raw[:len(raw)-ch.BindersLen()])
	copy(raw[len(raw)-s.Hash.Size():], keys13.NewEarly(s, r.load.Secret).BinderKey(false).Binder(nil, h.Sum(nil)))
	return hello
}

// RFC 8446 §9.2: a client that resumes need not say what certificates it takes; if it does not resume, it has to.
func TestResumeWithoutSchemes(t *testing.T) {
	for known, rule := range map[bool]*fault.Rule{true: nil, false: fault.MissingExtension} {
		r := newResumer()
		r.first(t)
		client, server := r.ends(t)
		if !known {
			r.open = func([]byte) *want.Session { return nil }
		}
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.Order = drop(ch.Order, wire.ExtSignatureAlgorithms)
		out := server.take(t, bound(t, r, ch), 1<<20)
		if rule != nil {
			wantFault(t, server, rule, out)
			continue
		}
		if server.err != nil {
			t.Fatal(server.err)
		}
		if sh, _ := firstMessage(t, out); !sh.Has(wire.ExtPreSharedKey) {
			t.Error("the session is not resumed")
		}
	}
}
