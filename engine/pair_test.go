package engine_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// end is one end of a connection without a network, with the answers to what it asks.
type end struct {
	*engine.Engine
	answer func(want.Question)
	sent   []byte // all that it has put out
	early  []byte // what a late answer's test has taken out of turn
	asked  []string
	err    error
	ready  bool
}

// answerNow answers as a caller with the keys at hand would.
func answerNow(q want.Question) {
	switch q := q.(type) {
	case *want.VerifyPeer:
		q.Answer(verify(q.Peer))
	case *want.Sign:
		q.Run()
	case *want.DecryptPremaster:
		q.Run()
	case *want.ChooseCredential:
		q.Answer(nil)
	case *want.ChooseConfig:
		q.Answer(nil)
	}
}

func verify(p want.Peer) want.Verdict {
	intermediates := x509.NewCertPool()
	for _, c := range p.Chain[1:] {
		intermediates.AddCert(c)
	}
	chains, err := p.Chain[0].Verify(x509.VerifyOptions{
		Roots: testkit.PKI().Roots, Intermediates: intermediates, CurrentTime: p.Now, DNSName: p.State.ServerName,
	})
	return want.Verdict{Err: err, Chains: chains}
}

func compile(t testing.TB, c engine.Config) *engine.Compiled {
	t.Helper()
	compiled, err := engine.Compile(c)
	if err != nil {
		t.Fatalf("the configuration does not compile: %v", err)
	}
	return compiled
}

func clientConfig() engine.Config {
	return engine.Config{Policy: "legacy", ServerName: testkit.Host, MaxVersion: wire.TLS12}
}

func serverConfig(kinds ...testkit.Kind) engine.Config {
	c := engine.Config{Policy: "legacy", MaxVersion: wire.TLS12}
	for _, k := range kinds {
		c.Credentials = append(c.Credentials, testkit.Credential(k))
	}
	return c
}

func newClient(t testing.TB, c engine.Config) *end {
	return &end{Engine: engine.NewClient(compile(t, c), engine.Options{}), answer: answerNow}
}

func newServer(t testing.TB, c engine.Config) *end {
	return &end{Engine: engine.NewServer(compile(t, c), engine.Options{}), answer: answerNow}
}

// step drives an end until it waits for input, and returns what it put out.
func (e *end) step(t testing.TB) []byte {
	t.Helper()
	var out []byte
	for range 1000 {
		switch w := e.Step(testkit.Now).(type) {
		case want.HaveOutput:
			b := e.Output()
			out = append(out, b...)
		case want.Question:
			e.asked = append(e.asked, w.Name())
			e.answer(w)
			<-w.Done()
			out, e.early = append(out, e.early...), nil
		case want.NeedInput:
			e.sent = append(e.sent, out...)
			return out
		case want.Ready:
			e.ready = true
			e.sent = append(e.sent, out...)
			return out
		case want.Failed:
			e.err = w.Err
			e.sent = append(e.sent, out...)
			return out
		}
	}
	t.Fatal("the engine goes in circles")
	return nil
}

// take feeds all of b in pieces of at most chunk bytes, and returns what was put out. After the handshake what
// arrives goes through Open.
func (e *end) take(t testing.TB, b []byte, chunk int) []byte {
	t.Helper()
	out := e.step(t)
	for len(b) > 0 && e.err == nil {
		if e.ready && !e.HasHandshake() {
			out = append(out, e.open(t, &b)...)
			continue
		}
		n := e.Feed(b[:min(chunk, len(b))])
		b = b[n:]
		more := e.step(t)
		out = append(out, more...)
		if n == 0 && len(more) == 0 && !e.ready && e.err == nil {
			t.Fatalf("the engine takes no input and says nothing, with %d bytes left", len(b))
		}
	}
	return out
}

// open hands the first record of b to Open.
func (e *end) open(t testing.TB, b *[]byte) []byte {
	t.Helper()
	size, err := e.RecordSize(*b)
	if err == nil {
		if size == 0 || size > len(*b) {
			t.Fatalf("a piece of a record is left after the handshake: %x", *b)
		}
		_, err = e.Open(bytes.Clone((*b)[:size]))
		*b = (*b)[size:]
	}
	if err != nil {
		e.err = err
	}
	return e.Output()
}

// shake runs a handshake to its end, feeding at most chunk bytes at a time.
func shake(t testing.TB, client, server *end, chunk int) {
	t.Helper()
	toServer := client.step(t)
	for range 20 {
		toClient := server.take(t, toServer, chunk)
		toServer = client.take(t, toClient, chunk)
		if len(toServer) == 0 && len(toClient) == 0 {
			return
		}
	}
	t.Fatal("the handshake does not end")
}

func mustShake(t testing.TB, client, server *end) {
	t.Helper()
	shake(t, client, server, 1<<20)
	if client.err != nil || server.err != nil || !client.ready || !server.ready {
		t.Fatalf("the handshake failed:\nclient: %v\nserver: %v", client.err, server.err)
	}
}

// send seals data at one end and opens it at the other.
func send(t testing.TB, from, to *end, data []byte) {
	t.Helper()
	sealed, err := from.Seal(nil, data)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	deliver(t, to, sealed, data)
}

// deliver opens what was sealed, which must be data.
func deliver(t testing.TB, to *end, sealed, data []byte) {
	t.Helper()
	var got []byte
	for len(sealed) > 0 {
		size, err := to.RecordSize(sealed)
		if err != nil {
			t.Fatalf("RecordSize: %v", err)
		}
		plain, err := to.OpenTo(make([]byte, size), sealed[:size])
		if err != nil {
			t.Fatalf("OpenTo: %v", err)
		}
		got, sealed = append(got, plain...), sealed[size:]
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("%d bytes went in, %d other ones came out", len(data), len(got))
	}
}

// wantFault checks that an end failed by a rule, and that what it put out ends with the rule's alert.
func wantFault(t testing.TB, e *end, r *fault.Rule, out []byte) {
	t.Helper()
	var found *fault.Error
	if !errors.As(e.err, &found) || found.Rule != r {
		t.Fatalf("failed with %v, want the rule %s", e.err, r.Name)
	}
	if r.Silent || r == fault.PlainHTTPRequest {
		return
	}
	alert := []byte{byte(wire.LevelFatal), byte(r.Alert)}
	if len(out) < 7 || out[len(out)-7] != byte(wire.ContentAlert) || !bytes.HasSuffix(out, alert) {
		t.Fatalf("%s: what was put out ends with %x, want the alert %v", r.Name, out[max(0, len(out)-16):], r.Alert)
	}
	if more := e.Output(); len(more) != 0 {
		t.Fatalf("%x was put out behind a fatal alert", more)
	}
}

// wantSealedFault is wantFault after the handshake, where only the peer can read the alert.
func wantSealedFault(t testing.TB, e, peer *end, r *fault.Rule, out []byte) {
	t.Helper()
	var found *fault.Error
	if !errors.As(e.err, &found) || found.Rule != r {
		t.Fatalf("failed with %v, want the rule %s", e.err, r.Name)
	}
	if peer.take(t, out, 1<<20); !errors.Is(peer.err, fault.Told(r.Alert)) {
		t.Fatalf("%s: the peer was told %v, want %v", r.Name, peer.err, r.Alert)
	}
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
