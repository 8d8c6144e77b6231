package engine_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	layer "github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// renegotiator is a server that asks for another handshake, which no end of Vitro does.
type renegotiator struct {
	*insider
	client *end
	read   layer.Half // what the client protects
}

func newRenegotiator(t *testing.T, change func(*engine.Config)) *renegotiator {
	return newRenegotiatorWith(t, wire.TLS_RSA_WITH_AES_128_GCM_SHA256, false, change)
}

func newRenegotiatorWith(t *testing.T, id wire.CipherSuite, etm bool, change func(*engine.Config)) *renegotiator {
	return newRenegotiatorAs(t, &insider{suite: suite.ByID(id), etm: etm}, change)
}

func newRenegotiatorAs(t *testing.T, server *insider, change func(*engine.Config)) *renegotiator {
	server.t, server.role, server.protects = t, fault.Client, true
	server.credential, server.master = testkit.Credential(testkit.RSA), make([]byte, 48)
	r := &renegotiator{insider: server}
	cc := engine.Config{CipherSuites: []wire.CipherSuite{server.suite.ID}, ServerName: testkit.Host, MaxVersion: wire.TLS12, Secrets: r.insider,
		Renegotiation: engine.RenegotiateFreely}
	if change != nil {
		change(&cc)
	}
	r.client = newClient(t, cc)
	r.hear(r.client.step(t))
	r.finish(wire.TypeServerHello, wire.TypeCertificate, wire.TypeServerHelloDone)
	return r
}

// finish says the rest of a handshake, which must succeed.
func (r *renegotiator) finish(kinds ...wire.HandshakeType) {
	r.t.Helper()
	for _, k := range kinds {
		r.listen(r.client.take(r.t, r.say(k), 1<<20))
	}
	r.listen(r.client.take(r.t, slices.Concat(r.say(wire.TypeChangeCipherSpec), r.say(wire.TypeFinished)), 1<<20))
	if r.client.err != nil || r.client.HasHandshake() {
		r.t.Fatalf("the client is not done: %v", r.client.err)
	}
}

// listen hears the client, under whatever keys it has.
func (r *renegotiator) listen(out []byte) {
	for len(out) > 0 {
		n := 5 + int(out[3])<<8 + int(out[4])
		rec := bytes.Clone(out[:n])
		if out = out[n:]; r.read.Protected() {
			ct, content, err := r.read.Open(rec)
			r.must(err)
			rec = append([]byte{byte(ct), 3, 3, byte(len(content) >> 8), byte(len(content))}, content...)
		}
		r.heardChange = false
		if r.hear(rec); wire.ContentType(rec[0]) == wire.ContentChangeCipherSpec {
			r.read = layer.Half{}
			r.read.SetProtection(r.protection(fault.Client))
		}
	}
}

// ask sends a HelloRequest and returns the ClientHello that answers it.
func (r *renegotiator) ask() *wire.ClientHello {
	r.t.Helper()
	r.transcript = nil
	r.server[0]++
	r.client.take(r.t, r.say(wire.TypeHelloRequest), 1<<20)
	if !r.client.HasHandshake() {
		r.t.Fatal("the client does not renegotiate")
	}
	r.listen(r.client.step(r.t))
	m, err := wire.Decode(r.transcript, wire.Context{})
	r.must(err)
	return m.(*wire.ClientHello)
}

// answer sends a ServerHello.
func (r *renegotiator) answer(change func(*wire.ServerHello)) []byte {
	r.t.Helper()
	sh := r.message(wire.TypeServerHello).(*wire.ServerHello)
	change(sh)
	raw, err := wire.Encode(sh, wire.Context{})
	r.must(err)
	r.transcript = append(r.transcript, raw...)
	out, err := r.half.Seal(nil, wire.ContentHandshake, wire.TLS12, raw)
	r.must(err)
	return r.client.take(r.t, out, 1<<20)
}

// RFC 5746 §3.5: both sides name the Finished messages of the handshake before. Application data flows again after it,
// as often as the server likes.
func TestRenegotiation(t *testing.T) {
	r := newRenegotiator(t, nil)
	for range 3 {
		before := r.client.State()
		ch := r.ask()
		if !bytes.Equal(ch.RenegotiationInfo, before.ClientFinished) || ch.Has(wire.ExtSupportedVersions) || ch.Has(wire.ExtSessionTicket) ||
			!ch.Has(wire.ExtExtendedMasterSecret) || ch.Offers(wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV) {
			t.Fatalf("the second hello: %+v", ch)
		}
		r.answer(func(sh *wire.ServerHello) {
			sh.RenegotiationInfo = slices.Concat(before.ClientFinished, before.ServerFinished)
		})
		r.finish(wire.TypeCertificate, wire.TypeServerHelloDone)
		after := r.client.State()
		if !after.Complete || bytes.Equal(after.ClientFinished, before.ClientFinished) || len(after.PeerCertificates) == 0 {
			t.Fatalf("after it: %+v", after)
		}
		record, err := r.client.Seal(nil, []byte("data"))
		if err != nil {
			t.Fatal(err)
		}
		if _, content, err := r.read.Open(record); err != nil || string(content) != "data" {
			t.Fatalf("%q, %v", content, err)
		}
	}
}

// Only as often as the configuration says, and only where RFC 5746 ties the handshakes together; else the client
// declines with a warning and goes on.
func TestRenegotiationDeclined(t *testing.T) {
	declines := func(t *testing.T, r *renegotiator) {
		t.Helper()
		out := r.client.take(t, r.say(wire.TypeHelloRequest), 1<<20)
		_, content, err := r.read.Open(out)
		if err != nil || !bytes.Equal(content, []byte{byte(wire.LevelWarning), byte(wire.AlertNoRenegotiation)}) || r.client.HasHandshake() {
			t.Errorf("it answers %x, %v", content, err)
		}
	}
	t.Run("never", func(t *testing.T) {
		declines(t, newRenegotiator(t, func(c *engine.Config) { c.Renegotiation = engine.RenegotiateNever }))
	})
	t.Run("once", func(t *testing.T) {
		r := newRenegotiator(t, func(c *engine.Config) { c.Renegotiation = engine.RenegotiateOnce })
		before := r.client.State()
		r.ask()
		r.answer(func(sh *wire.ServerHello) {
			sh.RenegotiationInfo = slices.Concat(before.ClientFinished, before.ServerFinished)
		})
		r.finish(wire.TypeCertificate, wire.TypeServerHelloDone)
		declines(t, r)
	})
	// RFC 5746 §4.2: without renegotiation_info in the first handshake.
	t.Run("a server of before", func(t *testing.T) {
		declines(t, newRenegotiatorAs(t, &insider{suite: suite.ByID(wire.TLS_RSA_WITH_AES_128_GCM_SHA256), old: true}, nil))
	})
	t.Run("after our close_notify", func(t *testing.T) {
		r := newRenegotiator(t, nil)
		r.client.Close()
		r.client.Output()
		if out := r.client.take(t, r.say(wire.TypeHelloRequest), 1<<20); len(out) != 0 || r.client.err != nil || r.client.HasHandshake() {
			t.Errorf("it answers %x, %v", out, r.client.err)
		}
	})
}

// RFC 5746 §4.1: a client may insist on a server that ties handshakes together; in TLS 1.3 none is tied, nor begun anew.
func TestRenegotiationInfoRequired(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		cc, sc := clientConfig(), serverConfig(testkit.RSA)
		cc.MaxVersion, sc.MaxVersion, cc.RequireRenegotiationInfo = version, version, true
		mustShake(t, newClient(t, cc), newServer(t, sc))
	}
	cc := clientConfig()
	cc.RequireRenegotiationInfo, cc.CipherSuites = true, []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
	m := split(t, server.take(t, client.step(t), 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeRSA})
	sh := m[0].(*wire.ServerHello)
	sh.Order = drop(sh.Order, wire.ExtRenegotiationInfo)
	wantFault(t, client, fault.NoRenegotiationInfo, client.take(t, frame(t, m...), 1<<20))
	provoked(fault.NoRenegotiationInfo)
}

// RFC 7366 §3.1: with a renegotiation the MAC may move over the ciphertext, but not back. The new order begins with the
// new keys.
func TestEncryptThenMACInRenegotiation(t *testing.T) {
	for _, c := range []struct{ before, after bool }{{true, true}, {false, true}, {false, false}, {true, false}} {
		r := newRenegotiatorWith(t, wire.TLS_RSA_WITH_AES_128_CBC_SHA, c.before, nil)
		before := r.client.State()
		r.ask()
		r.etm = c.after
		out := r.answer(func(sh *wire.ServerHello) {
			sh.RenegotiationInfo = slices.Concat(before.ClientFinished, before.ServerFinished)
		})
		if c.before && !c.after {
			_, alert, err := r.read.Open(out)
			r.must(err)
			wantFault(t, r.client, fault.EncryptThenMACDropped, append([]byte{byte(wire.ContentAlert), 3, 3, 0, 2}, alert...))
			provoked(fault.EncryptThenMACDropped)
			continue
		}
		r.finish(wire.TypeCertificate, wire.TypeServerHelloDone)
		if before.EncryptThenMAC != c.before || r.client.State().EncryptThenMAC != c.after {
			t.Errorf("from %v to %v: the states say %v and %v", c.before, c.after, before.EncryptThenMAC, r.client.State().EncryptThenMAC)
		}
	}
}

// What a server may not do in a renegotiation.
func TestClientRefusesInRenegotiation(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   *fault.Rule
		change func(*renegotiator, *wire.ServerHello)
	}{
		{"no renegotiation_info", fault.OtherConnection, func(_ *renegotiator, sh *wire.ServerHello) {
			sh.RenegotiationInfo, sh.Order = nil, drop(sh.Order, wire.ExtRenegotiationInfo)
		}},
		{"an empty one", fault.OtherConnection, func(_ *renegotiator, sh *wire.ServerHello) { sh.RenegotiationInfo = nil }},
		{"another one", fault.OtherConnection, func(_ *renegotiator, sh *wire.ServerHello) { sh.RenegotiationInfo[20]++ }},
		{"no extended master secret any more", fault.RenegotiatedOtherMaster, func(_ *renegotiator, sh *wire.ServerHello) {
			sh.Order = drop(sh.Order, wire.ExtExtendedMasterSecret)
		}},
		{"another version", fault.WrongServerVersion, func(_ *renegotiator, sh *wire.ServerHello) { sh.Version = wire.TLS11 }},
		{"TLS 1.3", fault.WrongServerVersion, func(_ *renegotiator, sh *wire.ServerHello) {
			sh.SupportedVersions = []wire.Version{wire.TLS13}
			sh.Add(wire.ExtSupportedVersions)
		}},
		{"another certificate", fault.ServerChanged, func(r *renegotiator, _ *wire.ServerHello) {
			other, err := testkit.Flawed(testkit.WrongHost, testkit.RSA).Credential()
			r.must(err)
			r.credential = other
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRenegotiator(t, nil)
			before := r.client.State()
			r.ask()
			out := r.answer(func(sh *wire.ServerHello) {
				sh.RenegotiationInfo = slices.Concat(before.ClientFinished, before.ServerFinished)
				c.change(r, sh)
			})
			if r.client.err == nil {
				out = r.client.take(t, r.say(wire.TypeCertificate), 1<<20)
			}
			_, alert, err := r.read.Open(out)
			r.must(err)
			wantFault(t, r.client, c.rule, append([]byte{byte(wire.ContentAlert), 3, 3, 0, 2}, alert...))
			provoked(c.rule)
		})
	}
}

// What a server says before it has read the ClientHello is not lost; behind its ServerHello it may say nothing, and
// before that not without end.
func TestDataInRenegotiation(t *testing.T) {
	r := newRenegotiator(t, nil)
	before := r.client.State()
	agree := func(sh *wire.ServerHello) {
		sh.RenegotiationInfo = slices.Concat(before.ClientFinished, before.ServerFinished)
	}
	r.ask()
	for range 3 {
		r.client.take(t, r.say(kindData), 1<<20)
	}
	r.answer(agree)
	r.finish(wire.TypeCertificate, wire.TypeServerHelloDone)
	if got := r.client.Held(); !bytes.Equal(got, []byte{1, 1, 1}) || r.client.Held() != nil {
		t.Errorf("held: %x", got)
	}
	before = r.client.State()
	r.ask()
	r.answer(agree)
	if r.client.take(t, r.say(kindData), 1<<20); !errors.Is(r.client.err, fault.EarlyApplicationData) {
		t.Errorf("data behind the ServerHello: %v", r.client.err)
	}

	r = newRenegotiator(t, nil)
	r.ask()
	full, err := r.half.Seal(nil, wire.ContentApplicationData, wire.TLS12, make([]byte, 1<<14))
	for range 65 {
		r.must(err)
		r.client.take(t, full, 1<<20)
		full, err = r.half.Seal(nil, wire.ContentApplicationData, wire.TLS12, make([]byte, 1<<14))
	}
	if !errors.Is(r.client.err, fault.TooMuchBeforeHello) {
		t.Errorf("data without end: %v", r.client.err)
	}
	provoked(fault.TooMuchBeforeHello)
}

// A question of a later handshake ends with the connection, not with the context of the first handshake.
func TestContextOfLaterQuestions(t *testing.T) {
	r := newRenegotiator(t, nil)
	before := r.client.State()
	ctx, cancel := context.WithCancel(t.Context())
	r.client.SetContext(ctx)
	r.ask()
	r.answer(func(sh *wire.ServerHello) {
		sh.RenegotiationInfo = slices.Concat(before.ClientFinished, before.ServerFinished)
	})
	asked := false
	answer := r.client.answer
	r.client.answer = func(q want.Question) {
		asked = true
		if q.Context().Err() != nil {
			t.Error("the question is cancelled already")
		}
		if cancel(); q.Context().Err() == nil {
			t.Error("the question outlives its context")
		}
		answer(q)
	}
	r.finish(wire.TypeCertificate, wire.TypeServerHelloDone)
	if !asked {
		t.Error("the client did not ask about the server")
	}
}
