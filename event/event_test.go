package event

import (
	"crypto/x509"
	"errors"
	"reflect"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// emitters is every event type with values in it, behind a function that emits it. The conversion to Event happens
// inside Emit, as it does in the engine.
func emitters() map[string]func(*Stream) {
	suites := []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	chain := []*x509.Certificate{{}}
	hello := &wire.ClientHello{}
	failure := errors.New("failure")
	names := []string{"h2"}
	return map[string]func(*Stream){
		"opened":              func(s *Stream) { Emit(s, 0, Opened{"host", "modern", suites}) },
		"policy_replaced":     func(s *Stream) { Emit(s, 0, PolicyReplaced{"VARIABLE", "legacy"}) },
		"record":              func(s *Stream) { Emit(s, 0, Record{true, wire.ContentHandshake, wire.TLS12, 512, true}) },
		"message":             func(s *Stream) { Emit(s, fault.StepClientHello, Message{true, hello}) },
		"version_chosen":      func(s *Stream) { Emit(s, 0, VersionChosen{Version: wire.TLS12}) },
		"suite_chosen":        func(s *Stream) { Emit(s, 0, SuiteChosen{suites[0], suites, nil}) },
		"group_chosen":        func(s *Stream) { Emit(s, 0, GroupChosen{Group: wire.X25519}) },
		"scheme_chosen":       func(s *Stream) { Emit(s, 0, SchemeChosen{Scheme: wire.ED25519}) },
		"protocol_chosen":     func(s *Stream) { Emit(s, 0, ProtocolChosen{"h2", names, names}) },
		"credential_chosen":   func(s *Stream) { Emit(s, 0, CredentialChosen{chain[0], true, 2, false}) },
		"check":               func(s *Stream) { Emit(s, 0, Check{What: CheckName, Wanted: "host", Found: names}) },
		"peer_verified":       func(s *Stream) { Emit(s, fault.StepClientVerification, PeerVerified{Chain: chain, ServerName: "host"}) },
		"premaster_generated": func(s *Stream) { Emit(s, fault.StepGenPremaster, PremasterGenerated{Length: 48}) },
		"keys_derived":        func(s *Stream) { Emit(s, fault.StepGenSecretKey, KeysDerived{Cipher: "AES-128-GCM", MasterLen: 48}) },
		"finished":            func(s *Stream) { Emit(s, fault.StepFinish, Finished{Version: wire.TLS12, ServerName: "host"}) },
		"retry_asked":         func(s *Stream) { Emit(s, 0, RetryAsked{Group: wire.SecP384r1}) },
		"cookie_returned":     func(s *Stream) { Emit(s, 0, CookieReturned{time.Second, wire.X25519, true}) },
		"resumption":          func(s *Stream) { Emit(s, 0, Resumption{Accepted: true, Created: time.Unix(1, 0)}) },
		"renegotiating":       func(s *Stream) { Emit(s, 0, Renegotiating{}) },
		"keys_updated":        func(s *Stream) { Emit(s, 0, KeysUpdated{Sent: true}) },
		"alert":               func(s *Stream) { Emit(s, 0, Alert{true, wire.Alert{Level: wire.LevelFatal}}) },
		"truncated":           func(s *Stream) { Emit(s, 0, Truncated{}) },
		"asked":               func(s *Stream) { Emit(s, 0, Asked{"Sign"}) },
		"answered":            func(s *Stream) { Emit(s, 0, Answered{"Sign", false}) },
		"failed":              func(s *Stream) { Emit(s, 0, Failed{failure}) },
	}
}

// Law 7: watching is free when nobody watches.
func TestEmitCostsNothingUnwatched(t *testing.T) {
	var s Stream
	s.Init(nil, fault.Client, NextConn())
	now := time.Unix(1, 0)
	for kind, emit := range emitters() {
		if n := testing.AllocsPerRun(100, func() { s.SetTime(now); emit(&s) }); n != 0 {
			t.Errorf("%s costs %.0f allocations though nobody listens", kind, n)
		}
	}
	if s.Watched() {
		t.Error("a stream without a tracer is watched")
	}
}

var kind = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// Each event arrives as it was sent, under a kind of its own.
func TestEventsArrive(t *testing.T) {
	types := map[reflect.Type]bool{}
	for name, emit := range emitters() {
		var got []Event
		var s Stream
		s.Init(TracerFunc(func(_ Meta, e Event) { got = append(got, e) }), fault.Server, 1)
		emit(&s)
		if len(got) != 1 || got[0].Kind() != name || !kind.MatchString(name) {
			t.Errorf("%s: got %v", name, got)
			continue
		}
		if of := reflect.TypeOf(got[0]); types[of] || of.Kind() != reflect.Struct {
			t.Errorf("%s: %v came before, or is no value", name, of)
		} else {
			types[of] = true
		}
		if !s.Watched() {
			t.Error("a stream with a tracer is not watched")
		}
	}
}

// Meta says whose event it is, when, at which step, and numbers it from 1.
func TestMeta(t *testing.T) {
	var got []Meta
	var s Stream
	s.Init(TracerFunc(func(m Meta, _ Event) { got = append(got, m) }), fault.Client, 42)
	first, second := time.Unix(100, 0), time.Unix(200, 0)
	s.SetTime(first)
	Emit(&s, fault.StepClientHello, Message{})
	Emit(&s, 0, Truncated{})
	s.SetTime(second)
	Emit(&s, fault.StepServerHello, Message{})
	want := []Meta{
		{42, fault.Client, 1, fault.StepClientHello, first},
		{42, fault.Client, 2, 0, first},
		{42, fault.Client, 3, fault.StepServerHello, second},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if first, second := NextConn(), NextConn(); first == second {
		t.Errorf("two connections have the number %d", first)
	}
}

// Several goroutines of one connection emit at once: the tracer, which has no lock of its own, gets one event at a
// time, in the order of their numbers. The race detector watches.
func TestCallsAreSerialised(t *testing.T) {
	const emitters, each = 8, 200
	var seqs []uint64
	inside := 0
	var s Stream
	s.Init(TracerFunc(func(m Meta, _ Event) {
		inside++
		if inside != 1 {
			t.Error("two calls of the tracer at once")
		}
		seqs = append(seqs, m.Seq)
		inside--
	}), fault.Client, 1)
	var group sync.WaitGroup
	for range emitters {
		group.Go(func() {
			for i := range each {
				s.SetTime(time.Unix(int64(i), 0))
				Emit(&s, 0, Record{Length: i})
			}
		})
	}
	group.Wait()
	if len(seqs) != emitters*each {
		t.Fatalf("%d events arrived, %d were sent", len(seqs), emitters*each)
	}
	for i, seq := range seqs {
		if seq != uint64(i)+1 {
			t.Fatalf("event %d has number %d", i+1, seq)
		}
	}
}

func TestTee(t *testing.T) {
	var order []string
	listener := func(name string) Tracer {
		return TracerFunc(func(_ Meta, e Event) { order = append(order, name+" "+e.Kind()) })
	}
	if Tee() != nil || Tee(nil, nil) != nil {
		t.Error("a tee of nobody is somebody, and costs as much")
	}
	Tee(nil, listener("alone")).Event(Meta{}, Truncated{})
	Tee(listener("first"), nil, listener("second")).Event(Meta{}, Truncated{})
	if want := []string{"alone truncated", "first truncated", "second truncated"}; !reflect.DeepEqual(order, want) {
		t.Errorf("got %q, want %q", order, want)
	}
}

// The story by its messages: who sends which, and the step that it is.
func TestStepOf(t *testing.T) {
	for _, c := range []struct {
		message wire.HandshakeType
		sender  fault.Role
		want    fault.Step
	}{
		{wire.TypeClientHello, fault.Client, fault.StepClientHello},
		{wire.TypeServerHello, fault.Server, fault.StepServerHello},
		{wire.TypeCertificate, fault.Server, fault.StepServerCertificate},
		{wire.TypeCertificate, fault.Client, 0},
		{wire.TypeServerHelloDone, fault.Server, fault.StepServerHelloDone},
		{wire.TypeClientKeyExchange, fault.Client, fault.StepClientKeyExchange},
		{wire.TypeChangeCipherSpec, fault.Client, fault.StepClientChangeCipherSpec},
		{wire.TypeFinished, fault.Client, fault.StepClientFinished},
		{wire.TypeChangeCipherSpec, fault.Server, fault.StepServerChangeCipherSpec},
		{wire.TypeFinished, fault.Server, fault.StepServerFinished},
		{wire.TypeServerKeyExchange, fault.Server, 0},
		{wire.TypeCertificateStatus, fault.Server, 0},
		{wire.TypeCertificateRequest, fault.Server, 0},
		{wire.TypeHelloRequest, fault.Server, 0},
	} {
		if got := StepOf(c.message, c.sender); got != c.want {
			t.Errorf("%v from the %v is %v, want %v", c.message, c.sender, got, c.want)
		}
	}
}

func TestCheckKinds(t *testing.T) {
	seen := map[string]bool{"check": true}
	for k := CheckLink; k <= CheckTimestamps; k++ {
		if seen[k.String()] {
			t.Errorf("check %d has no name of its own: %v", k, k)
		}
		seen[k.String()] = true
	}
}
