package engine_test

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"math/rand/v2"
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

// replay is an entropy that repeats itself, the padding of an encrypted premaster included.
type replay struct {
	engine.Entropy
	encrypted *[]byte
}

func (r replay) EncryptPremaster(pub *rsa.PublicKey, premaster []byte) ([]byte, error) {
	if *r.encrypted == nil {
		var err error
		if *r.encrypted, err = r.Entropy.EncryptPremaster(pub, premaster); err != nil {
			return nil, err
		}
	}
	return *r.encrypted, nil
}

// splitCase is a conversation that can be had again, bit for bit: its entropy and its answers repeat themselves, and its
// keys sign the same twice.
type splitCase struct {
	name    string
	make    func() *resumer
	change  func(cc, sc *engine.Config)
	resumed bool
}

func splitCases() []splitCase {
	suite12 := func(id wire.CipherSuite, kind testkit.Kind) func(cc, sc *engine.Config) {
		return func(cc, sc *engine.Config) {
			cc.CipherSuites = []wire.CipherSuite{id}
			sc.Credentials = []*want.Credential{testkit.Credential(kind)}
		}
	}
	known := func(cc, sc *engine.Config) {
		cc.Credentials, sc.ClientAuth = sc.Credentials, engine.RequireClientCertificate
	}
	retry := func(_, sc *engine.Config) { sc.Groups = []wire.NamedGroup{wire.SecP384r1} }
	group := func(g wire.NamedGroup) func(cc, sc *engine.Config) {
		return func(cc, _ *engine.Config) { cc.Groups = []wire.NamedGroup{g} }
	}
	plain := func(_, _ *engine.Config) {}
	list := []splitCase{
		{"TLS 1.2 RSA", newResumer12, suite12(wire.TLS_RSA_WITH_AES_128_GCM_SHA256, testkit.RSA), false},
		{"TLS 1.2 RSA CBC", newResumer12, suite12(wire.TLS_RSA_WITH_AES_256_CBC_SHA, testkit.RSA), false},
		{"TLS 1.2 DHE", newResumer12, suite12(wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, testkit.RSA), false},
		{"TLS 1.2 ECDHE", newResumer12, suite12(wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, testkit.Ed25519), false},
		{"TLS 1.2 ECDHE CBC", newResumer12, suite12(wire.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, testkit.Ed25519), false},
		{"TLS 1.2 known client", newResumer12, known, false},
		{"TLS 1.3", newResumer, plain, false},
		{"TLS 1.3 X25519MLKEM768", newResumer, group(wire.X25519MLKEM768), false},
		{"TLS 1.3 known client", newResumer, known, false},
		{"TLS 1.3 retry", newResumer, retry, false},
		{"TLS 1.3 resumed after a retry", newResumer, retry, true},
	}
	for name, make := range resumers {
		list = append(list, splitCase{name + " resumed", make, plain, true})
	}
	return list
}

// pieces cuts a stream.
type pieces struct {
	name string
	next func() int
}

func everyPieces() []pieces {
	list := []pieces{{"one byte", func() int { return 1 }}, {"three bytes", func() int { return 3 }}}
	for seed := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, 1))
		list = append(list, pieces{fmt.Sprintf("random pieces %d", seed), func() int { return 1 + random.IntN(1<<random.IntN(12)) }})
	}
	return list
}

// seen is all that can be seen of one end.
type seen struct {
	sent, got []byte
	events    []string
	asked     []string
	state     string
	err       string
}

// talker is an end whose bytes come in pieces.
type talker struct {
	*end
	is   seen
	rest []byte // of what has come
	next func() int
}

func (k *talker) Event(m event.Meta, e event.Event) {
	text := fmt.Sprintf("%d %d %s ", m.Seq, m.Step, e.Kind())
	switch e := e.(type) {
	case event.Message:
		text += fmt.Sprintf("%v %x", e.Message.Type(), e.Message.Raw())
	case event.Failed:
		text += e.Err.Error()
	case event.CredentialChosen, event.PeerVerified:
	default:
		text += fmt.Sprintf("%+v", e)
	}
	k.is.events = append(k.is.events, text)
}

// hear takes a flight piece by piece, and returns what is said to it.
func (k *talker) hear(t *testing.T, flight []byte) (out []byte) {
	t.Helper()
	out = k.step(t)
	for len(flight) > 0 {
		n := min(k.next(), len(flight))
		k.rest = append(k.rest, flight[:n]...)
		flight = flight[n:]
		for k.err == nil {
			more, again := k.digest(t)
			if out = append(out, more...); !again {
				break
			}
		}
	}
	return out
}

// digest takes what it can of what has come.
func (k *talker) digest(t *testing.T) (out []byte, again bool) {
	if !k.ready {
		n := k.Feed(k.rest)
		k.rest = k.rest[n:]
		out = k.step(t)
		return out, n > 0 || len(out) > 0 || k.ready
	}
	size, err := k.RecordSize(k.rest)
	switch {
	case err != nil:
		k.err = err
		return k.Output(), false
	case size == 0 || size > len(k.rest):
		return nil, false
	}
	data, err := k.Open(bytes.Clone(k.rest[:size]))
	if k.rest, k.is.got = k.rest[size:], append(k.is.got, data...); err != nil {
		k.err = err
		return k.Output(), false
	}
	return append(k.Output(), k.step(t)...), true
}

func (k *talker) say(t *testing.T, data []byte) []byte {
	t.Helper()
	out, err := k.Seal(nil, data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// converse shakes hands, lets data and new keys go both ways, and closes. broken is the byte of the server's first flight
// that is changed, from its end; 0: none.
func (c splitCase) converse(t *testing.T, r resumer, encrypted *[]byte, p pieces, broken int) (ends [2]seen) {
	t.Helper()
	client, server := &talker{next: p.next}, &talker{next: p.next}
	r.cc.Tracer, r.sc.Tracer = client, server
	r.cc.Entropy, r.sc.Entropy = replay{hs.NewEntropy(testkit.Random(1)), encrypted}, hs.NewEntropy(testkit.Random(2))
	client.end, server.end = newClient(t, r.cc), newServer(t, r.sc)
	client.answer, server.answer = r.answer(fault.Client), r.answer(fault.Server)
	toServer := client.hear(t, nil)
	for i := 0; len(toServer) > 0; i++ {
		toClient := server.hear(t, toServer)
		server.is.sent = append(server.is.sent, toClient...)
		if broken > 0 && i == 0 {
			toClient[len(toClient)-broken] ^= 4
		}
		client.is.sent = append(client.is.sent, toServer...)
		toServer = client.hear(t, toClient)
	}
	if client.ready && server.ready && client.err == nil && server.err == nil {
		c.chat(t, client, server)
	}
	for i, k := range []*talker{client, server} {
		if k.err != nil {
			k.is.err = k.err.Error()
		}
		k.is.asked = k.asked
		s := k.State()
		k.is.state = fmt.Sprint(s.Version, s.CipherSuite, s.Group, s.Scheme, s.ServerName, s.ExtendedMaster, s.EncryptThenMAC,
			len(s.PeerCertificates), len(s.VerifiedChains), s.Complete, s.Resumed, s.Retried, s.ClientFinished, s.ServerFinished)
		if s.Export != nil && s.Complete {
			key, err := s.Export("EXPERIMENTAL split", nil, 32)
			k.is.state += fmt.Sprint(key, err)
		}
		ends[i] = k.is
	}
	return ends
}

func (c splitCase) chat(t *testing.T, client, server *talker) {
	t.Helper()
	data := make([]byte, 20_000)
	testkit.Random(3).Read(data)
	pass := func(from, to *talker, b []byte) {
		from.is.sent = append(from.is.sent, b...)
		back := to.hear(t, b)
		to.is.sent = append(to.is.sent, back...)
		if back = from.hear(t, back); len(back) > 0 {
			t.Fatalf("an answer is answered with %d bytes", len(back))
		}
	}
	for _, ends := range [][2]*talker{{server, client}, {client, server}} {
		from, to := ends[0], ends[1]
		pass(from, to, from.say(t, data))
		if from.State().Version == wire.TLS13 {
			for _, request := range []bool{true, false} {
				if err := from.UpdateKeys(request); err != nil {
					t.Fatal(err)
				}
				pass(from, to, from.say(t, data[:100]))
			}
		}
		from.Close()
	}
	pass(server, client, server.Output())
	pass(client, server, client.Output())
}

// RFC 5246 §6.2.1, RFC 8446 §5.1: TLS is a stream, and how a network cuts it means nothing. Whether a connection is fed
// byte by byte, in pieces of any length or all at once, it tells the same, puts out the same, asks the same, delivers
// the same and ends with the same state, or for the same reason.
func TestEverySplit(t *testing.T) {
	for _, c := range splitCases() {
		t.Run(c.name, func(t *testing.T) {
			r := c.make()
			r.sc.Credentials = []*want.Credential{testkit.Credential(testkit.Ed25519)}
			// The ones that sign the same twice.
			r.cc.SignatureSchemes = []wire.SignatureScheme{wire.ED25519, wire.RSA_PKCS1_SHA256}
			c.change(&r.cc, &r.sc)
			r.verified = map[fault.Role]int{}
			if c.resumed {
				r.first(t)
			}
			var encrypted []byte
			whole := pieces{"all at once", func() int { return 1 << 20 }}
			failed := 0
			for _, broken := range []int{0, 1, 40, 90} {
				first := c.converse(t, *r, &encrypted, whole, broken)
				if len(first[0].got) == 0 {
					failed++
				}
				if broken == 0 && (len(first[0].got) < 20_000 || len(first[1].got) < 20_000) {
					t.Fatalf("%d and %d bytes arrived; %q, %q", len(first[0].got), len(first[1].got), first[0].err, first[1].err)
				}
				for _, p := range everyPieces() {
					again := c.converse(t, *r, &encrypted, p, broken)
					for i, role := range []string{"client", "server"} {
						if d := difference(first[i], again[i]); d != "" {
							t.Errorf("byte %d changed, %s: the %s %s", broken, p.name, role, d)
						}
					}
				}
			}
			if failed == 0 {
				t.Error("no byte that was changed did any harm")
			}
		})
	}
}

func difference(a, b seen) string {
	switch {
	case a.err != b.err:
		return fmt.Sprintf("ends with %q instead of %q", b.err, a.err)
	case !bytes.Equal(a.sent, b.sent):
		return "puts out something else"
	case !bytes.Equal(a.got, b.got):
		return "delivers something else"
	case !slices.Equal(a.asked, b.asked):
		return fmt.Sprintf("asks %v instead of %v", b.asked, a.asked)
	case a.state != b.state:
		return fmt.Sprintf("agrees on %s instead of %s", b.state, a.state)
	case len(a.events) != len(b.events):
		return fmt.Sprintf("tells %d events instead of %d", len(b.events), len(a.events))
	}
	for i := range a.events {
		if a.events[i] != b.events[i] {
			return fmt.Sprintf("tells %s instead of %s", b.events[i], a.events[i])
		}
	}
	return ""
}
