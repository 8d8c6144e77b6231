package engine_test

import (
	"crypto/rsa"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// malformed is a client's entropy that sends another ciphertext than it should.
type malformed struct {
	engine.Entropy
	make func(*rsa.PublicKey) []byte
}

func (m malformed) EncryptPremaster(pub *rsa.PublicKey, _ []byte) ([]byte, error) {
	return m.make(pub), nil
}

// textbook encrypts a block without padding it.
func textbook(block []byte) func(*rsa.PublicKey) []byte {
	return func(pub *rsa.PublicKey) []byte { return testkit.RawRSA(pub, block) }
}

// padded is a PKCS #1 v1.5 block for encryption, well formed but for what change does. RFC 8017 §7.2.1.
func padded(random interface{ Read([]byte) (int, error) }, size int, premaster []byte, change func(block []byte)) []byte {
	block := make([]byte, size)
	random.Read(block)
	for i := range block {
		if block[i] == 0 {
			block[i] = 1
		}
	}
	block[0], block[1] = 0, 2
	block[size-len(premaster)-1] = 0
	copy(block[size-len(premaster):], premaster)
	if change != nil {
		change(block)
	}
	return block
}

// premasterClasses are the published ways in which a premaster can be malformed: Bleichenbacher 1998, Klima, Pokorny
// and Rosa 2003, ROBOT 2017, Marvin 2023.
func premasterClasses(seed uint64) map[string]func(*rsa.PublicKey) []byte {
	const size = 256
	random := testkit.Random(seed)
	secret := func(n int) []byte {
		b := make([]byte, n)
		random.Read(b)
		for i := range b {
			b[i] |= 1 // no zero within, so that only the class counts
		}
		if n > 1 {
			b[0], b[1] = 3, 3
		}
		return b
	}
	good := secret(48)
	version := func(major, minor byte) []byte {
		b := slices.Clone(good)
		b[0], b[1] = major, minor
		return b
	}
	block := func(premaster []byte, change func([]byte)) func(*rsa.PublicKey) []byte {
		return textbook(padded(random, size, premaster, change))
	}
	number := func(n func(*big.Int) *big.Int) func(*rsa.PublicKey) []byte {
		return func(pub *rsa.PublicKey) []byte {
			return n(new(big.Int).Set(pub.N)).FillBytes(make([]byte, pub.Size()))
		}
	}
	wellFormed := block(good, nil)
	return map[string]func(*rsa.PublicKey) []byte{
		"first byte 1":             block(good, func(b []byte) { b[0] = 1 }),
		"block type 0":             block(good, func(b []byte) { b[1] = 0 }),
		"block type 1":             block(good, func(b []byte) { b[1] = 1 }),
		"block type 3":             block(good, func(b []byte) { b[1] = 3 }),
		"zero in first 8 padding":  block(good, func(b []byte) { b[5] = 0 }),
		"zero at once":             block(good, func(b []byte) { b[2] = 0 }),
		"zero in late padding":     block(good, func(b []byte) { b[100] = 0 }),
		"no zero":                  block(good, func(b []byte) { b[size-49] = 1 }),
		"zero inside premaster":    block(good, func(b []byte) { b[size-49] = 1; b[size-20] = 0 }),
		"empty premaster":          block(nil, nil),
		"premaster of 1":           block(secret(1), nil),
		"premaster of 47":          block(secret(47), nil),
		"premaster of 49":          block(secret(49), nil),
		"premaster of 64":          block(secret(64), nil),
		"premaster of 245":         block(secret(245), nil),
		"version 2.0":              block(version(2, 0), nil),
		"version SSL 3.0":          block(version(3, 0), nil),
		"version TLS 1.0":          block(version(3, 1), nil),
		"version TLS 1.1":          block(version(3, 2), nil),
		"version TLS 1.3":          block(version(3, 4), nil),
		"version 255.255":          block(version(255, 255), nil),
		"ciphertext 0":             number(func(n *big.Int) *big.Int { return n.SetInt64(0) }),
		"ciphertext 1":             number(func(n *big.Int) *big.Int { return n.SetInt64(1) }),
		"ciphertext N-1":           number(func(n *big.Int) *big.Int { return n.Sub(n, big.NewInt(1)) }),
		"ciphertext N":             number(func(n *big.Int) *big.Int { return n }),
		"ciphertext N+1":           number(func(n *big.Int) *big.Int { return n.Add(n, big.NewInt(1)) }),
		"ciphertext of ones":       func(pub *rsa.PublicKey) []byte { return slices.Repeat([]byte{255}, pub.Size()) },
		"ciphertext random":        func(pub *rsa.PublicKey) []byte { b := make([]byte, pub.Size()); random.Read(b); return b },
		"ciphertext short":         func(pub *rsa.PublicKey) []byte { return wellFormed(pub)[1:] },
		"ciphertext cut":           func(pub *rsa.PublicKey) []byte { return wellFormed(pub)[:pub.Size()-1] },
		"ciphertext long":          func(pub *rsa.PublicKey) []byte { return append(wellFormed(pub), 0) },
		"ciphertext padded":        func(pub *rsa.PublicKey) []byte { return append([]byte{0}, wellFormed(pub)...) },
		"ciphertext empty":         func(pub *rsa.PublicKey) []byte { return []byte{} },
		"ciphertext of one byte":   func(pub *rsa.PublicKey) []byte { return []byte{2} },
		"ciphertext of 512 bytes":  func(pub *rsa.PublicKey) []byte { return make([]byte, 512) },
		"ciphertext of 4096 bytes": func(pub *rsa.PublicKey) []byte { return slices.Repeat([]byte{7}, 4096) },
	}
}

// trace is all that tells one premaster from another: what the server puts out behind its first flight, what it
// fails with, what it tells whoever watches.
type trace struct {
	Out    string
	Err    string
	Events []string
}

func premasterTrace(t *testing.T, encrypt func(*rsa.PublicKey) []byte) trace {
	t.Helper()
	cc, sc := clientConfig(), serverConfig(testkit.RSA)
	cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	cc.Entropy = malformed{hs.NewEntropy(nil), encrypt}
	// What the client sent itself is its own doing and left out; the rest is told whole.
	var told []string
	sc.Tracer = event.TracerFunc(func(m event.Meta, e event.Event) {
		switch e := e.(type) {
		case event.Message:
			told = append(told, fmt.Sprint(m.Step, e.Kind(), e.Sent, e.Message.Type()))
		case event.Record:
			told = append(told, fmt.Sprint(m.Step, e.Kind(), e.Sent, e.Type))
		case event.KeysDerived:
			told = append(told, fmt.Sprint(m.Step, e.Kind(), e.Suite, e.ExtendedMaster, e.MasterLen, e.KeyLen))
		default:
			told = append(told, fmt.Sprintf("%v %s %+v", m.Step, e.Kind(), e))
		}
	})
	client, server := newClient(t, cc), newServer(t, sc)
	client.answer = func(q want.Question) { q.(*want.VerifyPeer).Answer(want.Verdict{Skipped: true}) }
	toClient := server.take(t, client.step(t), 1<<20)
	toServer := client.take(t, toClient, 1<<20)
	// From here on only; what came before does not depend on the premaster.
	before := len(server.sent)
	told = nil
	server.take(t, toServer, 1<<20)
	if server.err == nil {
		t.Fatal("the server went on with a premaster that the client does not have")
	}
	if len(told) == 0 {
		t.Fatal("nothing was told, so that nothing was compared")
	}
	return trace{fmt.Sprintf("%x", server.sent[before:]), server.err.Error(), told}
}

// RFC 5246 §7.4.7.1: nothing that a peer or an operator sees tells a malformed premaster from a well-formed wrong
// one. 1,000 of them, of every published class.
func TestPremasterOracle(t *testing.T) {
	random := testkit.Random(99)
	wrong := make([]byte, 48)
	random.Read(wrong)
	wrong[0], wrong[1] = 3, 3
	reference := premasterTrace(t, textbook(padded(random, 256, wrong, nil)))
	if reference.Out != fmt.Sprintf("%x", record(wire.ContentAlert, []byte{byte(wire.LevelFatal), byte(fault.BadRecordMAC.Alert)})) {
		t.Fatalf("a wrong premaster is answered with %s", reference.Out)
	}
	rounds := 1000
	if testing.Short() {
		rounds = 100
	}
	done := 0
	for seed := uint64(0); done < rounds; seed++ {
		for name, encrypt := range premasterClasses(seed) {
			if got := premasterTrace(t, encrypt); !reflect.DeepEqual(got, reference) {
				t.Fatalf("%s shows:\n%+v\na well-formed wrong premaster shows:\n%+v", name, got, reference)
			}
			if done++; done == rounds {
				break
			}
		}
	}
}

// The classes do what they say: a block that is well formed is accepted by the same means.
func TestPremasterClassesAreReal(t *testing.T) {
	cc := clientConfig()
	cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	random := testkit.Random(7)
	cc.Entropy = padder{hs.NewEntropy(nil), random}
	mustShake(t, newClient(t, cc), newServer(t, serverConfig(testkit.RSA)))
}

type padder struct {
	engine.Entropy
	random interface{ Read([]byte) (int, error) }
}

func (p padder) EncryptPremaster(pub *rsa.PublicKey, premaster []byte) ([]byte, error) {
	return textbook(padded(p.random, pub.Size(), premaster, nil))(pub), nil
}
