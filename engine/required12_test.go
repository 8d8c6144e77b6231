package engine_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// What docs/REQUIREMENTS.md has of TLS 1.2 and its extensions, and no other test provokes.

// extensionsAt returns where the extensions of a ClientHello in a record begin: at their length.
func extensionsAt(hello []byte) int {
	at := 5 + 4 + 2 + 32
	at += 1 + int(hello[at])
	at += 2 + int(binary.BigEndian.Uint16(hello[at:]))
	return at + 1 + int(hello[at])
}

// resized corrects the lengths of a record that holds a ClientHello, and of its extensions if it has any.
func resized(hello []byte) []byte {
	binary.BigEndian.PutUint16(hello[3:], uint16(len(hello)-5))
	binary.BigEndian.PutUint16(hello[7:], uint16(len(hello)-9))
	if at := extensionsAt(hello); at < len(hello) {
		binary.BigEndian.PutUint16(hello[at:], uint16(len(hello)-at-2))
	}
	return hello
}

// withExtension is a ClientHello with an extension of any bytes in the place of its own.
func withExtension(t testing.TB, c engine.Config, x wire.ExtensionType, body []byte) []byte {
	t.Helper()
	hello := helloOf(t, c, func(ch *wire.ClientHello) { ch.Order = drop(ch.Order, x) })
	hello = binary.BigEndian.AppendUint16(hello, uint16(x))
	hello = binary.BigEndian.AppendUint16(hello, uint16(len(body)))
	return resized(append(hello, body...))
}

// RFC 5246 §7.4.1.2: a ClientHello may end before its extensions, and has a length that fits exactly.
func TestHelloWithoutExtensions(t *testing.T) {
	bare := func(id wire.CipherSuite) []byte {
		hello := helloOf(t, clientConfig(), func(ch *wire.ClientHello) {
			ch.CipherSuites, ch.Order = []wire.CipherSuite{id}, nil
		})
		if extensionsAt(hello) != len(hello) {
			t.Fatal("the hello has extensions")
		}
		return hello
	}
	server := newServer(t, serverConfig(testkit.RSA))
	out := server.take(t, bare(wire.TLS_RSA_WITH_AES_128_GCM_SHA256), 1<<20)
	if server.err != nil {
		t.Fatalf("a hello without extensions is refused: %v", server.err)
	}
	sh := split(t, out, wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeRSA})[0].(*wire.ServerHello)
	// RFC 5246 §7.4.1.4: nothing is answered that was not asked.
	if len(sh.Order) != 0 {
		t.Errorf("it is answered with the extensions %v", sh.Order)
	}
	for name, change := range map[string]func([]byte) []byte{
		"a byte behind it":           func(b []byte) []byte { return append(b, 7) },
		"a list that ends too early": func(b []byte) []byte { return append(b, 0, 5, 0, 35, 0, 0) },
		"a list that ends too late":  func(b []byte) []byte { return append(b, 0, 3, 0, 35, 0, 0) },
		"a session ID of 33 bytes":   func(b []byte) []byte { return slices.Insert(b, 44, make([]byte, 33)...) },
	} {
		hello := change(bare(wire.TLS_RSA_WITH_AES_128_GCM_SHA256))
		if name == "a session ID of 33 bytes" {
			hello[43] = 33
		}
		binary.BigEndian.PutUint16(hello[3:], uint16(len(hello)-5))
		binary.BigEndian.PutUint16(hello[7:], uint16(len(hello)-9))
		server := newServer(t, serverConfig(testkit.RSA))
		out := server.take(t, hello, 1<<20)
		var found *fault.Error
		if !errors.As(server.err, &found) || found.Rule != fault.DecodeError || !bytes.HasSuffix(out, []byte{2, byte(wire.AlertDecodeError)}) {
			t.Errorf("%s: %v, answered with %x", name, server.err, out)
		}
	}
}

// RFC 5246 §E.1, RFC 5746 §3.6: a server answers a newer version with its own newest, whatever 3.x the record says.
func TestHelloOfANewerVersion(t *testing.T) {
	for _, version := range []wire.Version{0x0305, 0x0400, 0xffff} {
		for _, minor := range []byte{0, 1, 4, 0xff} {
			hello := helloOf(t, clientConfig(), func(ch *wire.ClientHello) { ch.Version = version })
			hello[2] = minor
			server := newServer(t, serverConfig(testkit.RSA))
			out := server.take(t, hello, 1<<20)
			if server.err != nil || len(out) < 11 || !bytes.Equal(out[9:11], []byte{3, 3}) {
				t.Errorf("version %#x in a record of 3.%d: %v", uint16(version), minor, server.err)
			}
		}
	}
}

// RFC 5246 §7.4.1.1: a client that is shaking hands passes over a HelloRequest, which is no part of the transcript.
func TestHelloRequestIsNotHashed(t *testing.T) {
	client, server := newClient(t, clientConfig()), newServer(t, serverConfig(testkit.P256))
	ask := frame(t, new(wire.HelloRequest))
	flight := server.take(t, client.step(t), 1<<20)
	n := 5 + int(flight[3])<<8 + int(flight[4])
	answer := client.take(t, slices.Concat(ask, flight[:n], ask, flight[n:], ask), 1<<20)
	if client.err != nil || len(answer) == 0 {
		t.Fatalf("the client does not go on: %v", client.err)
	}
	client.take(t, server.take(t, answer, 1<<20), 1<<20)
	if !client.ready || !server.ready {
		t.Errorf("client: %v; server: %v", client.err, server.err)
	}
}

// RFC 5246 §6.2.3: a protected record has 2^14 + 2048 bytes at most; RFC 8446 §5.2: in TLS 1.3 2^14 + 256.
func TestRecordLengths(t *testing.T) {
	for version, most := range map[wire.Version]int{wire.TLS12: 1<<14 + 2048, wire.TLS13: 1<<14 + 256} {
		for _, n := range []int{most, most + 1} {
			cc, sc := limited(version)
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			rec := append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, make([]byte, n)...)
			rule := fault.RecordOverflow
			if n == most { // whose length is fine, and whose MAC is not
				rule = fault.BadRecordMAC
			}
			out := server.take(t, rec, 1<<20)
			wantSealedFault(t, server, client, rule, out)
			provoked(rule)
		}
	}
}

// RFC 5246 §7.2.2, RFC 8446 §6.2: a fatal alert is the end for both, and nothing goes out or in behind it.
func TestNothingBehindAFatalAlert(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		cc, sc := limited(version)
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		before, err := client.Seal(nil, []byte("before"))
		if err != nil {
			t.Fatal(err)
		}
		alert := sealed(t, client, wire.ContentAlert, []byte{2, byte(wire.AlertAccessDenied)})
		behind, err := client.Seal(nil, []byte("behind"))
		if err != nil {
			t.Fatal(err)
		}
		deliver(t, server, before, []byte("before"))
		if out := server.take(t, alert, 1<<20); len(out) != 0 || !errors.Is(server.err, fault.Told(wire.AlertAccessDenied)) {
			t.Errorf("%v: the alert is answered with %x, and read as %v", version, out, server.err)
		}
		if data, err := server.Open(behind); err == nil || len(data) != 0 {
			t.Errorf("%v: behind the alert %q is read", version, data)
		}
		if out, err := server.Seal(nil, []byte("answer")); err == nil || len(out) != 0 {
			t.Errorf("%v: behind the alert %x is sent", version, out)
		}
		if server.Close(); server.HasOutput() {
			t.Errorf("%v: behind the alert there is a close_notify", version)
		}
	}
}

// RFC 5246 §7.2.1, RFC 8446 §6.1: what comes behind close_notify is not read.
func TestNothingIsReadBehindCloseNotify(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		cc, sc := limited(version)
		client, server := newClient(t, cc), newServer(t, sc)
		mustShake(t, client, server)
		closing := sealed(t, client, wire.ContentAlert, []byte{1, 0})
		behind, err := client.Seal(nil, []byte("behind"))
		if err != nil {
			t.Fatal(err)
		}
		server.take(t, closing, 1<<20)
		if data, err := server.Open(behind); !errors.Is(err, io.EOF) || len(data) != 0 {
			t.Errorf("%v: behind close_notify %q is read, and %v", version, data, err)
		}
	}
}

// RFC 5746 §3.6: the SCSV stands for an empty renegotiation_info, and is answered like one.
func TestSCSV(t *testing.T) {
	for _, said := range []bool{true, false} {
		server := newServer(t, serverConfig(testkit.P256))
		out := server.take(t, helloOf(t, clientConfig(), func(ch *wire.ClientHello) {
			ch.Order = drop(ch.Order, wire.ExtRenegotiationInfo)
			if said {
				ch.CipherSuites = append(slices.Clone(ch.CipherSuites), wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
			}
		}), 1<<20)
		if server.err != nil {
			t.Fatal(server.err)
		}
		sh := split(t, out, wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})[0].(*wire.ServerHello)
		if sh.Has(wire.ExtRenegotiationInfo) != said || len(sh.RenegotiationInfo) != 0 {
			t.Errorf("SCSV %v: renegotiation_info %v, %x", said, sh.Has(wire.ExtRenegotiationInfo), sh.RenegotiationInfo)
		}
	}
}

// RFC 6066 §3, RFC 7301 §3.1: names are one of a type, and none is empty.
func TestServerRefusesNames(t *testing.T) {
	for name, c := range map[string]struct {
		x    wire.ExtensionType
		body []byte
	}{
		"two host names":            {wire.ExtServerName, []byte{0, 8, 0, 0, 1, 'a', 0, 0, 1, 'b'}},
		"an empty host name":        {wire.ExtServerName, []byte{0, 3, 0, 0, 0}},
		"no list of names":          {wire.ExtServerName, nil},
		"a host name without end":   {wire.ExtServerName, []byte{0, 4, 0, 0xff, 0xff, 'a'}},
		"another type without end":  {wire.ExtServerName, []byte{0, 4, 7, 0, 9, 'a'}},
		"an empty protocol":         {wire.ExtALPN, []byte{0, 4, 2, 'h', '2', 0}},
		"no protocol":               {wire.ExtALPN, []byte{0, 0}},
		"a protocol without end":    {wire.ExtALPN, []byte{0, 3, 9, 'h', '2'}},
		"bytes behind the protocol": {wire.ExtALPN, []byte{0, 3, 2, 'h', '2', 0}},
	} {
		for _, config := range []engine.Config{serverConfig(testkit.RSA), serverConfig13(testkit.P256)} {
			cc := clientConfig()
			if config.MaxVersion == 0 {
				cc = clientConfig13()
			}
			server := newServer(t, config)
			out := server.take(t, withExtension(t, cc, c.x, c.body), 1<<20)
			var found *fault.Error
			if !errors.As(server.err, &found) || found.Rule != fault.DecodeError || !bytes.HasSuffix(out, []byte{2, byte(wire.AlertDecodeError)}) {
				t.Errorf("%s: %v, answered with %x", name, server.err, out)
			}
		}
	}
	// A name of a type that nobody knows is passed over.
	server := newServer(t, serverConfig(testkit.RSA))
	server.take(t, withExtension(t, clientConfig(), wire.ExtServerName, []byte{0, 8, 7, 0, 1, 'a', 0, 0, 1, 'b'}), 1<<20)
	if server.err != nil || server.State().ServerName != "b" {
		t.Errorf("a name of another type: %v, %q", server.err, server.State().ServerName)
	}
}

// RFC 6066 §4: max_fragment_length has four values.
func TestServerRefusesFragmentLengths(t *testing.T) {
	for value := range 7 {
		server := newServer(t, serverConfig(testkit.RSA))
		out := server.take(t, withExtension(t, clientConfig(), wire.ExtMaxFragmentLength, []byte{byte(value)}), 1<<20)
		if 1 <= value && value <= 4 {
			if server.err != nil {
				t.Errorf("%d: %v", value, server.err)
			}
			continue
		}
		wantFault(t, server, fault.IllegalValue, out)
	}
}

// RFC 8449 §4: a client may know larger records than we do, and its limit is one all the same.
func TestLimitBeyondMeasure(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		cc, sc := limited(version)
		cc.RecordSizeLimit = 100
		client, server := newClient(t, cc), newServer(t, sc)
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.RecordSizeLimit = 0xffff
		if out := server.take(t, frame(t, ch), 1<<20); server.err != nil || len(out) == 0 {
			t.Errorf("%v: %v", version, server.err)
		}
	}
}

// RFC 8449 §4: the limits of a resumed connection are its own.
func TestLimitsOfAResumption(t *testing.T) {
	for name, way := range resumers {
		r := way()
		r.cc.RecordSizeLimit = 1000
		r.first(t)
		r.cc.RecordSizeLimit = 300
		client, server := r.meet(t)
		out, err := server.Seal(nil, make([]byte, 2000))
		if err != nil || !client.State().Resumed {
			t.Fatalf("%s: resumed %v, %v", name, client.State().Resumed, err)
		}
		if largest := slices.Max(contents(out, client.State().Version)); largest != 300 {
			t.Errorf("%s: the largest record has %d bytes, where 300 were asked for", name, largest)
		}
	}
}

// RFC 5077 §3.2: who wants no tickets says nothing of them, and a server answers nothing then.
func TestNoTicketAskedFor(t *testing.T) {
	if ch := split(t, newClient(t, clientConfig()).step(t), wire.Context{})[0].(*wire.ClientHello); ch.Has(wire.ExtSessionTicket) {
		t.Error("a client that keeps no sessions asks for a ticket")
	}
	sc := serverConfig(testkit.P256)
	sc.ServerSessions = true
	client, server := newClient(t, clientConfig()), newServer(t, sc)
	mustShake(t, client, server)
	if contains(server.asked, "SealTicket") {
		t.Error("a ticket is sealed that nobody asked for")
	}
	keeper, _ := newResumer12().ends(t)
	ch := split(t, keeper.step(t), wire.Context{})[0].(*wire.ClientHello)
	if !ch.Has(wire.ExtSessionTicket) || len(ch.SessionTicket) != 0 {
		t.Errorf("a client that keeps sessions asks with %x", ch.SessionTicket)
	}
}

// RFC 5077 §3.3: a ticket counts once the server's Finished has been checked, not before.
func TestNoSessionBeforeFinished(t *testing.T) {
	r := newResumer12()
	client, server := r.ends(t)
	last := server.take(t, client.take(t, server.take(t, client.step(t), 1<<20), 1<<20), 1<<20)
	last[len(last)-1] ^= 1 // within the server's Finished
	client.take(t, last, 1<<20)
	client.step(t)
	if !errors.Is(client.err, fault.BadRecordMAC) || len(r.stored) != 0 {
		t.Errorf("%v; %d sessions are stored", client.err, len(r.stored))
	}
}

// RFC 5077 §3.4: where there is a ticket, a session ID is nothing to look for.
func TestTicketBeforeID(t *testing.T) {
	r := newResumer12()
	r.sc.ServerStore = true
	r.first(t)
	client, server := r.ends(t)
	ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
	r.byID[string(ch.SessionID)] = r.load
	ch.SessionTicket = []byte("garbage")
	server.take(t, frame(t, ch), 1<<20)
	if server.err != nil || contains(server.asked, "LoadSession") || !slices.Contains(r.reasons[fault.Server], event.ResumptionUnknownTicket) {
		t.Errorf("%v; it was asked %v, and told %v", server.err, server.asked, r.reasons)
	}
}

// RFC 8422 §4, §5.1: only a hello with elliptic curves speaks of them, and of uncompressed points alone.
func TestNoCurvesOffered(t *testing.T) {
	for id, offered := range map[wire.CipherSuite]bool{
		wire.TLS_RSA_WITH_AES_128_GCM_SHA256: false, wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: true,
	} {
		cc := clientConfig()
		cc.CipherSuites = []wire.CipherSuite{id}
		ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
		if ch.Has(wire.ExtSupportedGroups) != offered || ch.Has(wire.ExtPointFormats) != offered {
			t.Errorf("%v: the hello has %v", id, ch.Order)
		}
		if offered && !slices.Equal(ch.PointFormats, []wire.PointFormat{wire.PointUncompressed}) {
			t.Errorf("the point formats are %v", ch.PointFormats)
		}
	}
}

// RFC 8422 §5.1: a client whose curves we do not have gets no elliptic curves, and another suite if it has one.
func TestUnknownGroupsLeaveRSA(t *testing.T) {
	server := newServer(t, serverConfig(testkit.RSA))
	out := server.take(t, helloOf(t, clientConfig(), func(ch *wire.ClientHello) {
		ch.SupportedGroups = []wire.NamedGroup{30}
		ch.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	}), 1<<20)
	if server.err != nil {
		t.Fatal(server.err)
	}
	if sh := split(t, out, wire.Context{Version: wire.TLS12})[0].(*wire.ServerHello); sh.CipherSuite != wire.TLS_RSA_WITH_AES_128_GCM_SHA256 {
		t.Errorf("it chose %v", sh.CipherSuite)
	}
}

// badPoints are public values that no honest peer sends, by group. RFC 8422 §5.1.2, §5.10, §5.11, RFC 8446 §4.2.8.2,
// §7.4.2.
func badPoints(t testing.TB, g wire.NamedGroup, good []byte) map[string][]byte {
	t.Helper()
	if g == wire.X25519 {
		one := make([]byte, 32)
		one[0] = 1
		return map[string][]byte{"zero": make([]byte, 32), "of order one": one, "too long": append(bytes.Clone(good), 0)}
	}
	half := len(good) / 2
	off := bytes.Clone(good)
	off[len(off)-1] ^= 1
	compressed := append([]byte{2 + good[len(good)-1]&1}, good[1:1+half]...)
	hybrid := append([]byte{6 + good[len(good)-1]&1}, good[1:]...)
	return map[string][]byte{"not on the curve": off, "compressed": compressed, "hybrid": hybrid, "at infinity": {0}, "cut short": good[:len(good)-1]}
}

var ecdhGroups = []wire.NamedGroup{wire.SecP256r1, wire.SecP384r1, wire.SecP521r1, wire.X25519}

// RFC 8422 §5.11: each side checks the point that it gets, and X25519's secret; other formats than the uncompressed one
// are none.
func TestPointsThatAreNone(t *testing.T) {
	for _, g := range ecdhGroups {
		cc := clientConfig()
		cc.Groups, cc.CipherSuites = []wire.NamedGroup{g}, []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
		good := pointOf(t, g)
		for name, bad := range badPoints(t, g, good) {
			server := newServer(t, serverConfig(testkit.RSA))
			kx := &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Public: bad}
			wantFault(t, server, fault.BadPublicKey, server.take(t, append(helloOf(t, cc, nil), frame(t, kx)...), 1<<20))

			client := newClient(t, cc)
			evil := newServer(t, serverConfig(testkit.RSA))
			hello := client.step(t)
			ch := split(t, hello, wire.Context{})[0].(*wire.ClientHello)
			m := split(t, evil.take(t, hello, 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})
			ske := m[2].(*wire.ServerKeyExchange)
			ske.Public = bad
			signAgain(t, ch, m[0].(*wire.ServerHello), ske)
			out := client.take(t, frame(t, m...), 1<<20)
			var found *fault.Error
			if !errors.As(client.err, &found) || found.Rule != fault.BadPublicKey || !bytes.HasSuffix(out, []byte{2, byte(wire.AlertIllegalParameter)}) {
				t.Errorf("%v %s: the client: %v", g, name, client.err)
			}
		}
	}
}

// pointOf is a public value that a server of ours makes.
func pointOf(t testing.TB, g wire.NamedGroup) []byte {
	t.Helper()
	cc := clientConfig()
	cc.Groups, cc.CipherSuites = []wire.NamedGroup{g}, []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	m := split(t, newServer(t, serverConfig(testkit.RSA)).take(t, helloOf(t, cc, nil), 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})
	return m[2].(*wire.ServerKeyExchange).Public
}

// signAgain makes the signature of a ServerKeyExchange that was changed right.
func signAgain(t testing.TB, ch *wire.ClientHello, sh *wire.ServerHello, ske *wire.ServerKeyExchange) {
	t.Helper()
	var err error
	if ske.Signature, err = suite.Sign(testkit.Credential(testkit.RSA).Signer, ske.Scheme, slices.Concat(ch.Random[:], sh.Random[:], ske.Params())); err != nil {
		t.Fatal(err)
	}
}

// RFC 5246 §6, §6.2.1, §7.1: the records of our own flights: of the types that there are, none empty, of TLS 1.2 but for
// the first hello's, and behind ChangeCipherSpec nothing in the clear.
func TestOwnRecords12(t *testing.T) {
	client, server := newClient(t, clientConfig()), newServer(t, serverConfig(testkit.P256))
	hello := client.step(t)
	flight := server.take(t, hello, 1<<20)
	second := client.take(t, flight, 1<<20)
	last := server.take(t, second, 1<<20)
	for i, flight := range [][]byte{hello, flight, second, last} {
		types, versions, contents := recordsOf(flight)
		changed := false
		for j := range types {
			version := wire.TLS12
			if i == 0 {
				version = wire.TLS10
			}
			if versions[j] != version || len(contents[j]) == 0 || types[j] != wire.ContentHandshake && types[j] != wire.ContentChangeCipherSpec {
				t.Errorf("flight %d, record %d: %v of %v with %d bytes", i, j, types[j], versions[j], len(contents[j]))
			}
			if changed && contents[j][0] == byte(wire.TypeFinished) && len(contents[j]) == 16 {
				t.Errorf("flight %d: Finished is in the clear", i)
			}
			changed = changed || types[j] == wire.ContentChangeCipherSpec
		}
		if changed != (i >= 2) {
			t.Errorf("flight %d: ChangeCipherSpec %v", i, changed)
		}
	}
}

// RFC 5246 §7.4.1.3: the server's random is its own.
func TestServersRandom12(t *testing.T) {
	hello := helloOf(t, clientConfig(), nil)
	randoms := map[wire.Random]bool{split(t, hello, wire.Context{})[0].(*wire.ClientHello).Random: true}
	for range 3 {
		sh, _ := firstMessage(t, newServer(t, serverConfig(testkit.P256)).take(t, hello, 1<<20))
		if randoms[sh.Random] {
			t.Error("it is the client's, or one of before")
		}
		randoms[sh.Random] = true
	}
}

// RFC 5746 §3.4, RFC 7627 §5.2, RFC 5246 §7.4.1.2: what every ClientHello of ours has, and that it does not have both ways
// of saying the same.
func TestOwnHello12(t *testing.T) {
	for _, c := range []engine.Config{clientConfig(), bothConfig()} {
		ch := ownHello(t, c)
		if !ch.Has(wire.ExtRenegotiationInfo) || len(ch.RenegotiationInfo) != 0 || ch.Offers(wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV) {
			t.Errorf("renegotiation_info %v %x, SCSV %v", ch.Has(wire.ExtRenegotiationInfo), ch.RenegotiationInfo, ch.Offers(wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV))
		}
		if !ch.Has(wire.ExtExtendedMasterSecret) || !ch.Has(wire.ExtSignatureAlgorithms) {
			t.Errorf("it has %v", ch.Order)
		}
		if !slices.Equal(ch.CompressionMethods, []wire.CompressionMethod{wire.CompressionNull}) || ch.Version != wire.TLS12 {
			t.Errorf("compressions %v, version %v", ch.CompressionMethods, ch.Version)
		}
	}
}
