package engine_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// asking returns a pair of which every want is raised by one of two handshakes: RSA raises DecryptPremaster, ECDHE
// Sign.
func asking(t *testing.T, id wire.CipherSuite) (client, server *end) {
	cc, sc := clientConfig(), serverConfig(testkit.RSA)
	cc.CipherSuites = []wire.CipherSuite{id}
	sc.AskConfig, sc.AskCredential = true, true
	return newClient(t, cc), newServer(t, sc)
}

var everyExchange = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256}

// A callback tells that an answer is there.
func TestNotify(t *testing.T) {
	var notified atomic.Int32
	c := engine.NewClient(compile(t, clientConfig()), engine.Options{Notify: func() { notified.Add(1) }})
	client, server := &end{Engine: c, answer: answerNow}, newServer(t, serverConfig(testkit.RSA))
	mustShake(t, client, server)
	if notified.Load() != 1 {
		t.Errorf("notified %d times of one answer", notified.Load())
	}
}

// A want without an answer is a failure with a name, and the peer is told. Only the premaster fails in silence.
func TestFailedAnswers(t *testing.T) {
	refusal := errors.New("the key is on holiday")
	rules := map[string]*fault.Rule{
		"ChooseConfig":     fault.ConfigRefused,
		"ChooseCredential": fault.NoCredential,
		"Sign":             fault.SigningFailed,
		"VerifyPeer":       fault.RejectedByCaller,
		"DecryptPremaster": fault.BadRecordMAC,
	}
	seen := map[string]bool{}
	for name, rule := range rules {
		for _, id := range everyExchange {
			client, server := asking(t, id)
			failer := server
			if name == "VerifyPeer" {
				failer = client
			}
			failer.answer = func(q want.Question) {
				if q.Name() != name {
					answerNow(q)
					return
				}
				seen[name] = true
				q.Fail(refusal)
			}
			shake(t, client, server, 1<<20)
			if failer.err == nil {
				if contains(failer.asked, name) {
					t.Errorf("%s failed, and the handshake did not", name)
				}
				continue
			}
			wantFault(t, failer, rule, failer.sent)
			if told := errors.Is(failer.err, refusal); told != (name != "DecryptPremaster") {
				t.Errorf("%s: the reason shows: %v; error: %v", name, told, failer.err)
			}
			other := client
			if failer == client {
				other = server
			}
			if !errors.Is(other.err, fault.Told(rule.Alert)) {
				t.Errorf("%s: the peer was told %v, want %v", name, other.err, rule.Alert)
			}
		}
	}
	for name := range rules {
		if !seen[name] {
			t.Errorf("%s was never asked", name)
		}
	}
}

// The configuration that ChooseConfig is answered with is the one that counts.
func TestChooseConfig(t *testing.T) {
	sc := serverConfig(testkit.P256)
	sc.AskConfig = true
	other := compile(t, serverConfig(testkit.RSA))
	client, server := newClient(t, clientConfig()), newServer(t, sc)
	server.answer = func(q want.Question) {
		if q, ok := q.(*want.ChooseConfig); ok {
			if q.Hello.ServerName != testkit.Host {
				t.Errorf("the question names %q", q.Hello.ServerName)
			}
			q.Answer(other)
			return
		}
		answerNow(q)
	}
	mustShake(t, client, server)
	if server.Config() != other || client.State().CipherSuite != wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 {
		t.Errorf("the answer was not used: %v", client.State().CipherSuite)
	}
}

// VerifyPeer comes at ServerHelloDone with all that the server has said of itself.
func TestVerifyPeerKnowsAll(t *testing.T) {
	sc := serverConfig(testkit.RSA)
	credential := *sc.Credentials[0]
	credential.OCSP, credential.SCTs = []byte("staple"), [][]byte{[]byte("one"), []byte("two")}
	sc.Credentials[0] = &credential
	client, server := newClient(t, clientConfig()), newServer(t, sc)
	client.answer = func(q want.Question) {
		p := q.(*want.VerifyPeer).Peer
		if string(p.OCSPResponse) != "staple" || len(p.SCTs) != 2 || string(p.SCTs[1]) != "two" || len(p.Chain) != 2 ||
			p.State.CipherSuite == 0 || p.State.ServerName != testkit.Host || !p.Now.Equal(testkit.Now) {
			t.Errorf("the question is %+v", p)
		}
		answerNow(q)
	}
	mustShake(t, client, server)
	if s := client.State(); string(s.OCSPResponse) != "staple" || len(s.SCTs) != 2 || len(s.VerifiedChains) == 0 {
		t.Errorf("afterwards the state is %+v", s)
	}
}

// Whoever refuses with a fault of its own chooses the alert; one that another connection has failed with is only a cause.
func TestRefusalsOfTheCallers(t *testing.T) {
	own := &fault.Rule{Name: "own", Alert: wire.AlertAccessDenied, Sentence: "not today"}
	elsewhere := fault.New(own)
	elsewhere.Step = fault.StepServerHello
	for name, instead := range map[string]*fault.Rule{"ChooseConfig": fault.ConfigRefused, "ChooseCredential": fault.NoCredential} {
		for _, c := range []struct {
			reason error
			rule   *fault.Rule
		}{{fault.New(own), own}, {fmt.Errorf("it is Sunday: %w", fault.New(own)), own}, {elsewhere, instead}} {
			client, server := asking(t, wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)
			server.answer = func(q want.Question) {
				if q.Name() == name {
					q.Fail(c.reason)
					return
				}
				answerNow(q)
			}
			shake(t, client, server, 1<<20)
			wantFault(t, server, c.rule, server.sent)
		}
	}
	client, _ := refusedClient(t, wire.TLS13, func(cc, _ *engine.Config) { cc.AskCredential = true }, func(q want.Question) {
		if q.Name() == "ChooseCredential" {
			q.Fail(fault.New(own))
			return
		}
		answerNow(q)
	})
	if !errors.Is(client.err, own) {
		t.Errorf("a client's own refusal becomes %v", client.err)
	}
}
