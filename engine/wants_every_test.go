package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// encounter is a connection with questions on either side. run drives it as far as it goes.
type encounter struct {
	ends map[fault.Role]*end
	run  func(*testing.T)
}

// alive reports whether both ends are connected, and have shaken hands as often as they were to.
func (e encounter) alive() bool {
	for _, end := range e.ends {
		if end.err != nil || !end.ready || end.HasHandshake() {
			return false
		}
	}
	return true
}

// encounters are kinds of connections which between them raise every want, each at every place that it has. Both ends
// have certificates.
func encounters() map[string]func(*testing.T) encounter {
	list := map[string]func(*testing.T) encounter{"renegotiation": renegotiating}
	for name, suite := range map[string]wire.CipherSuite{"TLS 1.2 RSA": everyExchange[0], "TLS 1.2 ECDHE": everyExchange[1], "TLS 1.2 DHE": everyExchange[2]} {
		list[name] = func(t *testing.T) encounter {
			cc, sc := introduced(wire.TLS12, engine.RequireClientCertificate, testkit.P256)
			cc.CipherSuites, sc.Credentials = []wire.CipherSuite{suite}, []*want.Credential{testkit.Credential(testkit.RSA)}
			cc.AskCredential, sc.AskConfig, sc.AskCredential = true, true, true
			return between(newClient(t, cc), newServer(t, sc))
		}
	}
	for name, make := range resumers {
		acquainted := func(t *testing.T) *resumer {
			r := make()
			r.cc.Credentials, r.cc.AskCredential = []*want.Credential{testkit.Credential(testkit.P256)}, true
			r.sc.ClientAuth, r.sc.AskConfig, r.sc.AskCredential = engine.RequireClientCertificate, true, true
			return r
		}
		list[name] = func(t *testing.T) encounter {
			r := acquainted(t)
			return between(r.ends(t))
		}
		list[name+" resumed"] = func(t *testing.T) encounter {
			r := acquainted(t)
			r.first(t)
			return between(r.ends(t))
		}
	}
	return list
}

func between(client, server *end) encounter {
	ends := map[fault.Role]*end{fault.Client: client, fault.Server: server}
	e := encounter{ends: ends}
	e.run = func(t *testing.T) {
		t.Helper()
		shake(t, client, server, 1<<20)
		if e.alive() {
			for _, way := range [][2]*end{{client, server}, {server, client}} {
				if sealed, err := way[0].Seal(nil, []byte("data")); err == nil { // it may have closed meanwhile
					way[0].take(t, way[1].take(t, sealed, 1<<20), 1<<20)
				}
			}
			client.step(t)
		}
	}
	return e
}

// mustLive checks that all has gone well, and that data flows.
func (e encounter) mustLive(t *testing.T) {
	t.Helper()
	for role, end := range e.ends {
		if end.err != nil || !end.ready || end.HasHandshake() {
			t.Fatalf("the %v is not connected: %v", role, end.err)
		}
	}
	if client, server := e.ends[fault.Client], e.ends[fault.Server]; server != nil {
		send(t, client, server, []byte("data"))
		send(t, server, client, []byte("data"))
	}
}

// renegotiating is the second handshake of a client of TLS 1.2, whose server wants to know it.
func renegotiating(t *testing.T) encounter {
	r := newRenegotiator(t, func(c *engine.Config) {
		c.Credentials, c.AskCredential = []*want.Credential{testkit.Credential(testkit.P256)}, true
	})
	before := r.client.State()
	r.client.asked = nil
	return encounter{map[fault.Role]*end{fault.Client: r.client}, func(t *testing.T) {
		r.ask()
		r.verified = slices.Concat(before.ClientFinished, before.ServerFinished)
		for _, k := range []wire.HandshakeType{wire.TypeServerHello, wire.TypeCertificate, wire.TypeCertificateRequest,
			wire.TypeServerHelloDone, wire.TypeChangeCipherSpec, wire.TypeFinished} {
			if r.client.err == nil {
				r.listen(r.client.take(t, r.say(k), 1<<20))
			}
		}
	}}
}

// eachQuestion calls f for each question that an encounter raises where all goes well.
func eachQuestion(t *testing.T, f func(t *testing.T, make func(*testing.T) encounter, role fault.Role, question string)) {
	for name, make := range encounters() {
		e := make(t)
		e.run(t)
		if !e.alive() {
			t.Fatalf("%s: where all goes well, it fails", name)
		}
		for role, end := range e.ends {
			slices.Sort(end.asked)
			for _, question := range slices.Compact(end.asked) {
				t.Run(fmt.Sprintf("%s/%v %s", name, role, question), func(t *testing.T) { f(t, make, role, question) })
			}
		}
	}
}

// Between them the encounters raise every want that there is, in each role that it has.
func TestEncountersRaiseEveryWant(t *testing.T) {
	raised := map[string]bool{}
	eachQuestion(t, func(_ *testing.T, _ func(*testing.T) encounter, role fault.Role, question string) {
		raised[role.String()+" "+question] = true
	})
	every := []string{
		"client ChooseCredential", "client LoadSession", "client Sign", "client StoreSession", "client VerifyPeer",
		"server ChooseConfig", "server ChooseCredential", "server DecryptPremaster", "server LoadSession", "server OpenTicket",
		"server SealTicket", "server Sign", "server StoreSession", "server VerifyPeer",
	}
	if got := slices.Sorted(maps.Keys(raised)); !slices.Equal(got, every) {
		t.Errorf("raised are %v, want %v", got, every)
	}
}

// Every want can be answered late and from another goroutine, after the engine has been asked for other things in vain.
func TestEveryAnswerLate(t *testing.T) {
	for name, make := range encounters() {
		t.Run(name, func(t *testing.T) {
			e := make(t)
			for _, end := range e.ends {
				answer := end.answer
				end.answer = func(q want.Question) {
					askInVain(t, end, q)
					go answer(q)
				}
			}
			e.run(t)
			e.mustLive(t)
		})
	}
}

// askInVain takes steps while a question is unanswered: it stands, or, after the handshake, holds nothing up.
func askInVain(t *testing.T, e *end, q want.Question) {
	t.Helper()
	for range 3 {
		switch again := e.Step(testkit.Now).(type) {
		case want.HaveOutput:
			e.early = append(e.early, e.Output()...)
		case want.Ready:
			e.ready = true
		case want.Question:
			if again != q {
				t.Errorf("%s is unanswered, and %s is asked", q.Name(), again.Name())
			}
		default:
			t.Errorf("%s is unanswered, and the engine says %s", q.Name(), again.Name())
		}
	}
}

// The second answer is refused and changes nothing, whether the first is an answer or the lack of one.
func TestEveryAnswerDoubled(t *testing.T) {
	for name, make := range encounters() {
		t.Run(name, func(t *testing.T) {
			e := make(t)
			for _, end := range e.ends {
				answer := end.answer
				end.answer = func(q want.Question) {
					answer(q)
					if err := q.Fail(errors.New("changed my mind")); !errors.Is(err, want.ErrAnswered) {
						t.Errorf("%s took a second answer: %v", q.Name(), err)
					}
				}
			}
			e.run(t)
			e.mustLive(t)
		})
	}
	eachQuestion(t, func(t *testing.T, make func(*testing.T) encounter, role fault.Role, question string) {
		outcomes := [2]error{}
		for i, twice := range []bool{false, true} {
			e := make(t)
			failOn(e.ends[role], question, func(q want.Question, answer func(want.Question)) {
				q.Fail(errNone)
				if twice {
					answer(q)
				}
			})
			e.run(t)
			outcomes[i] = e.ends[role].err
		}
		if fmt.Sprint(outcomes[0]) != fmt.Sprint(outcomes[1]) {
			t.Errorf("failed: %v; and then answered: %v", outcomes[0], outcomes[1])
		}
	})
}

var errNone = errors.New("nobody knows")

// failOn answers one question in another way.
func failOn(e *end, question string, f func(q want.Question, answer func(want.Question))) {
	answer := e.answer
	e.answer = func(q want.Question) {
		if q.Name() == question {
			f(q, answer)
			return
		}
		answer(q)
	}
}

// failures are the rules by which an end fails that gets no answer. What is not there costs a session or its
// resumption, and no more.
var failures = map[string]*fault.Rule{
	"server ChooseConfig":     fault.ConfigRefused,
	"server ChooseCredential": fault.NoCredential,
	"client ChooseCredential": fault.NoClientCredential,
	"server DecryptPremaster": fault.BadRecordMAC, // RFC 5246 §7.4.7.1: a moment later, like every wrong premaster
	"client Sign":             fault.SigningFailed,
	"server Sign":             fault.SigningFailed,
	"client VerifyPeer":       fault.RejectedByCaller,
	"server VerifyPeer":       fault.RejectedByCaller,
}

// A want without an answer is a failure with a name, and the peer is told; or, where it is about sessions, a full
// handshake or a session less.
func TestEveryAnswerFails(t *testing.T) {
	eachQuestion(t, func(t *testing.T, make func(*testing.T) encounter, role fault.Role, question string) {
		e := make(t)
		failed := 0
		failOn(e.ends[role], question, func(q want.Question, _ func(want.Question)) { failed++; q.Fail(errNone) })
		e.run(t)
		end, peer := e.ends[role], e.ends[role.Peer()]
		rule := failures[role.String()+" "+question]
		switch {
		case failed == 0:
			t.Fatal("it was not asked")
		case rule == nil && !e.alive():
			t.Fatalf("the connection fails: %v", end.err)
		case rule == nil:
			return
		case e.alive():
			t.Fatal("the connection does not fail")
		}
		var found *fault.Error
		if !errors.As(end.err, &found) || found.Rule != rule {
			t.Errorf("fails with %v, want the rule %s", end.err, rule.Name)
		}
		if peer != nil && !errors.Is(peer.err, fault.Told(rule.Alert)) {
			t.Errorf("the peer was told %v, want %v", peer.err, rule.Alert)
		}
		if told := errors.Is(end.err, errNone); told != (question != "DecryptPremaster") {
			t.Errorf("the reason shows: %v; error: %v", told, end.err)
		}
	})
}

// Whoever works on an answer learns that nobody needs it any more, and may give it all the same: it is dropped.
func TestEveryAnswerCancelled(t *testing.T) {
	endings := map[string]func(*end){
		"abort":       func(e *end) { e.Abort(context.Canceled) },
		"close":       func(e *end) { e.Close() },
		"end of file": func(e *end) { e.CloseInput() },
	}
	eachQuestion(t, func(t *testing.T, make func(*testing.T) encounter, role fault.Role, question string) {
		for name, ending := range endings {
			e := make(t)
			cancelled, behind := 0, false
			failOn(e.ends[role], question, func(q want.Question, answer func(want.Question)) {
				end := e.ends[role]
				behind = end.ready && !end.HasHandshake() || end.State().Complete
				if q.Context().Err() != nil {
					t.Errorf("%s: the context ended before the question did", name)
				}
				ending(end)
				// A peer that ends its side after the handshake may still get what it asked for.
				if ended := q.Context().Err() != nil; !ended && (name != "end of file" || !behind) {
					t.Errorf("%s: the context goes on after the connection has ended", name)
				}
				answer(q)
				cancelled++
			})
			end := e.ends[role]
			e.run(t)
			switch {
			case cancelled == 0:
				t.Errorf("%s: it was not asked", name)
			case !behind && e.alive():
				t.Errorf("%s: the handshake was completed after its end", name)
			case !behind && name == "abort" && !errors.Is(end.err, fault.Cancelled):
				t.Errorf("%s: ends with %v", name, end.err)
			}
		}
	})
}
