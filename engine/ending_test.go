package engine_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// A server's operator is not told to look for a server: the hint is about the client, and the error says how far it
// had come.
func TestServerTellsOfSilence(t *testing.T) {
	for name, c := range map[string]struct {
		end    func(*end) error
		hello  bool
		step   fault.Step
		detail string
		hint   string
	}{
		"silent from the start": {func(e *end) error { return e.Abort(contextDeadline) }, false, 0, "no ClientHello came", "health check"},
		"silent after hello":    {func(e *end) error { return e.Abort(contextDeadline) }, true, fault.StepServerHelloDone, "", "longer handshake timeout"},
		"gone from the start":   {func(e *end) error { return e.CloseInput() }, false, 0, "no ClientHello came", "health check"},
		"gone after hello":      {func(e *end) error { return e.CloseInput() }, true, fault.StepServerHelloDone, "", "client's own log"},
	} {
		server := newServer(t, serverConfig(testkit.RSA))
		if c.hello {
			server.take(t, newClient(t, clientConfig()).step(t), 1<<20)
		} else {
			server.step(t)
		}
		found := c.end(server).(*fault.Error)
		if found.Step != c.step || found.Detail != c.detail || !strings.Contains(found.Hint(), c.hint) {
			t.Errorf("%s: %v\nwant step %v, detail %q, and a hint with %q", name, found, c.step, c.detail, c.hint)
		}
	}
}

// An error that the caller answers with may be one that it has for all connections: it stays as it is.
func TestSharedErrorStaysAsItIs(t *testing.T) {
	shared := fault.New(fault.RejectedByCaller).With("on the list")
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			client, server := newClient(t, clientConfig()), newServer(t, serverConfig(testkit.RSA))
			client.answer = func(q want.Question) { q.(*want.VerifyPeer).Answer(want.Verdict{Err: shared}) }
			shake(t, client, server, 1<<20)
			wantFault(t, client, fault.RejectedByCaller, client.sent)
			if found := client.err.(*fault.Error); found.Role != fault.Client || found.Step == 0 || found.Detail != shared.Detail {
				t.Errorf("the failure is %+v", found)
			}
		})
	}
	wg.Wait()
	if shared.Role != 0 || shared.Step != 0 {
		t.Errorf("the caller's error was changed to %+v", shared)
	}
}

// What lies under an answer's error may have happened on another connection, to a remote key for instance: it is not
// taken for this one's failure, and the peer is told.
func TestErrorsOfOtherConnections(t *testing.T) {
	elsewhere := map[string]error{
		"an alert": &fault.PeerAlert{Alert: wire.Alert{Level: wire.LevelFatal, Description: wire.AlertUnknownCA}, Role: fault.Client},
		"a fault":  fault.New(fault.Silence),
	}
	for name, cause := range elsewhere {
		for _, cause := range []error{cause, fmt.Errorf("remote key: %w", cause)} {
			t.Run(name, func(t *testing.T) {
				cc := clientConfig()
				cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
				client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
				server.answer = func(q want.Question) { q.Fail(cause) }
				shake(t, client, server, 1<<20)
				wantFault(t, server, fault.SigningFailed, server.sent)
				if !errors.Is(server.err, cause) {
					t.Errorf("the failure does not lead to its cause: %v", server.err)
				}

				client, server = newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
				client.answer = func(q want.Question) { q.(*want.VerifyPeer).Fail(cause) }
				shake(t, client, server, 1<<20)
				if !errors.Is(client.err, cause) || len(client.sent) == 0 || !errors.As(server.err, new(*fault.PeerAlert)) {
					t.Errorf("the client failed with %v, the server with %v", client.err, server.err)
				}
			})
		}
	}
}

// RFC 5246 §7.2.1: our close_notify ends our direction only. A wish to renegotiate stays unanswered then, and reading
// goes on.
func TestRenegotiationAfterClose(t *testing.T) {
	for role, message := range map[fault.Role][]byte{
		fault.Client: {0, 0, 0, 0},
		fault.Server: helloOf(t, clientConfig(), nil)[5:],
	} {
		t.Run(role.String(), func(t *testing.T) {
			us, peer := connected(t)
			if role == fault.Server {
				us, peer = peer, us
			}
			us.Close()
			us.Output()
			if out := us.take(t, sealed(t, peer, wire.ContentHandshake, message), 1<<20); us.err != nil || len(out) != 0 {
				t.Fatalf("it is answered with %x, and reading ends with %v", out, us.err)
			}
			send(t, peer, us, []byte("still here"))
		})
	}
}

// An end within a record is no end that anyone could have meant. RFC 5246 §7.2.1.
func TestEndWithinARecord(t *testing.T) {
	for _, strict := range []bool{false, true} {
		told := 0
		sc := serverConfig(testkit.RSA)
		sc.StrictClose = strict
		sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
			if _, is := e.(event.Truncated); is {
				told++
			}
		})
		client, server := newClient(t, clientConfig()), newServer(t, sc)
		mustShake(t, client, server)
		err := server.Abort(io.ErrUnexpectedEOF)
		if !errors.Is(err, fault.Truncated) || !errors.Is(err, io.ErrUnexpectedEOF) || told != 1 {
			t.Errorf("strict %v: it reads as %v, and was told %d times", strict, err, told)
		}
	}
	client := newClient(t, clientConfig())
	client.step(t)
	if err := client.Abort(io.ErrUnexpectedEOF); !errors.Is(err, fault.HangUp) {
		t.Errorf("during the handshake it reads as %v", err)
	}
}

// A Write that comes between a failure and its alert does not take the alert with it.
func TestSealLeavesTheAlert(t *testing.T) {
	client, server := connected(t)
	rec, _ := client.Seal(nil, []byte("hello"))
	rec[len(rec)-1] ^= 1
	if _, err := server.Open(rec); !errors.Is(err, fault.BadRecordMAC) {
		t.Fatalf("the record reads as %v", err)
	}
	if out, err := server.Seal(nil, []byte("x")); len(out) != 0 || !errors.Is(err, fault.BadRecordMAC) {
		t.Errorf("Seal gives %x, %v", out, err)
	}
	if client.take(t, server.Output(), 1<<20); !errors.Is(client.err, fault.Told(wire.AlertBadRecordMAC)) {
		t.Errorf("the peer was told %v", client.err)
	}
}
