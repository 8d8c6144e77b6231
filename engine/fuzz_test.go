package engine_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// fuzzed drives one end with arbitrary bytes, in pieces: it may fail, with an error of ours, but never panic, never
// complete a handshake, and never go in circles.
func fuzzed(t *testing.T, e *end, input []byte, cut uint8) {
	e.answer = func(q want.Question) {
		if v, ok := q.(*want.VerifyPeer); ok {
			v.Answer(want.Verdict{Skipped: true})
			return
		}
		answerNow(q)
	}
	e.step(t)
	for len(input) > 0 && e.err == nil && !e.ready {
		n := e.Feed(input[:min(int(cut)+1, len(input))])
		input = input[n:]
		if out := e.step(t); n == 0 && len(out) == 0 && e.err == nil {
			t.Fatal("takes no input and says nothing")
		}
	}
	if e.ready {
		t.Fatal("a handshake was completed by someone without keys")
	}
	if e.err == nil {
		e.err = e.CloseInput()
	}
	var found *fault.Error
	var told *fault.PeerAlert
	if !errors.As(e.err, &found) && !errors.As(e.err, &told) {
		t.Fatalf("failed with %T: %v", e.err, e.err)
	}
	if found != nil && found.Rule == fault.InternalError {
		t.Fatalf("a fault of our own: %v", found)
	}
}

func FuzzServer(f *testing.F) {
	for _, id := range everyExchange {
		cc := clientConfig()
		cc.CipherSuites = []wire.CipherSuite{id}
		client, server := newClient(f, cc), newServer(f, serverConfig(testkit.RSA))
		mustShake(f, client, server)
		f.Add(client.sent, uint8(255))
		f.Add(client.sent, uint8(0))
	}
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint8(9))
	f.Fuzz(func(t *testing.T, input []byte, cut uint8) {
		sc := serverConfig(testkit.RSA, testkit.P256)
		sc.Entropy = hs.NewEntropy(testkit.Random(6)) // the same input takes the same way
		fuzzed(t, newServer(t, sc), input, cut)
	})
}

// FuzzClient plays the client's randomness back, so that the recorded server flights reach deep.
func FuzzClient(f *testing.F) {
	seeded := func(t testing.TB) *end {
		cc := clientConfig()
		cc.Entropy = hs.NewEntropy(testkit.Random(5))
		return newClient(t, cc)
	}
	for _, id := range everyExchange {
		sc := serverConfig(testkit.RSA)
		sc.CipherSuites = []wire.CipherSuite{id}
		client, server := seeded(f), newServer(f, sc)
		mustShake(f, client, server)
		// Up to ServerHelloDone; with the whole of it a replayed ECDHE handshake would be a true one.
		if i := bytes.Index(server.sent, []byte{14, 0, 0, 0}); i > 0 {
			f.Add(server.sent[:i+4], uint8(255))
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, cut uint8) {
		fuzzed(t, seeded(t), input, cut)
	})
}

// FuzzOpen gives a connected end arbitrary records.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{23, 3, 3, 0, 1, 0})
	f.Add([]byte{21, 3, 3, 0, 2, 1, 0})
	f.Fuzz(func(t *testing.T, input []byte) {
		_, server := connected(t)
		for len(input) > 0 {
			size, err := server.RecordSize(input)
			if err != nil || size == 0 || size > len(input) {
				return
			}
			if data, err := server.Open(input[:size]); err == nil && len(data) > 0 {
				t.Fatalf("%x opens as %x", input[:size], data)
			}
			input = input[size:]
		}
	})
}
