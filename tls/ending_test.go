package tls

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// oneAtATime is a writer that does not stand two calls at once.
type oneAtATime struct {
	busy, lines, clashes atomic.Int64
}

func (w *oneAtATime) Write(b []byte) (int, error) {
	if w.busy.Add(1) != 1 {
		w.clashes.Add(1)
	}
	runtime.Gosched()
	w.lines.Add(1)
	w.busy.Add(-1)
	return len(b), nil
}

// One KeyLogWriter may serve many Configs: Dial makes one for each name. As with crypto/tls it need not be safe for
// use by several goroutines.
func TestKeyLogWriterOfManyConfigs(t *testing.T) {
	w := new(oneAtATime)
	sc := serverConfig(testkit.P256)
	sc.KeyLogWriter = w
	const many = 20
	var wg sync.WaitGroup
	for range many {
		cc := clientConfig()
		cc.KeyLogWriter = w
		client, server := pair(t, cc, sc)
		wg.Go(func() {
			if cerr, serr := both(client, server); cerr != nil || serr != nil {
				t.Error(cerr, serr)
			}
		})
	}
	wg.Wait()
	const each = 5 // both handshake, both traffic and the exporter secret
	if w.lines.Load() != 2*many*each || w.clashes.Load() != 0 {
		t.Errorf("%d lines were written, want %d; %d times two at once", w.lines.Load(), 2*many*each, w.clashes.Load())
	}
}

// halfCloser counts how often its own direction was closed: Close lingers behind that only.
type halfCloser struct {
	*net.TCPConn
	halves atomic.Int64
}

func (h *halfCloser) CloseWrite() error {
	h.halves.Add(1)
	return h.TCPConn.CloseWrite()
}

// Close lingers for an alert of ours, and for nothing else: who was refused has nothing to get through.
func TestCloseLingersForAnAlertOnly(t *testing.T) {
	for name, c := range map[string]struct {
		says    []byte
		fails   error
		lingers int64
	}{
		"refused":  {[]byte{21, 3, 3, 0, 2, 2, 40}, fault.Told(wire.AlertHandshakeFailure), 0},
		"refusing": {[]byte{22, 3, 3, 0, 4, 99, 0, 0, 0}, fault.UnexpectedMessage, 1},
	} {
		t.Run(name, func(t *testing.T) {
			raw, peer := tcp(t)
			under := &halfCloser{TCPConn: raw.(*net.TCPConn)}
			peer.Write(c.says)
			client := Client(under, clientConfig())
			if err := client.Handshake(); !errors.Is(err, c.fails) {
				t.Fatalf("failed with %v", err)
			}
			peer.Close()
			client.Close()
			if n := under.halves.Load(); n != c.lingers {
				t.Errorf("it lingered %d times, want %d", n, c.lingers)
			}
		})
	}
}

// slowToStop takes its time to set a deadline in the past, as a busy machine would: if it can, until another deadline
// has been set, which it undoes then.
type slowToStop struct {
	net.Conn
	set, stopped atomic.Bool
}

func await(b *atomic.Bool) {
	for range 1000 {
		if b.Load() {
			return
		}
		runtime.Gosched()
	}
}

func (s *slowToStop) SetWriteDeadline(d time.Time) error {
	err := s.Conn.SetWriteDeadline(d)
	s.set.Store(true)
	await(&s.stopped)
	return err
}

func (s *slowToStop) SetDeadline(d time.Time) error {
	if d.IsZero() {
		return s.Conn.SetDeadline(d)
	}
	await(&s.set)
	defer s.stopped.Store(true)
	return s.Conn.SetDeadline(d)
}

// Whenever a context ends during a callback, the peer is told: the deadline that interrupts the network does not meet
// the alert.
func TestAlertSurvivesInterruption(t *testing.T) {
	for range 20 {
		c, s := tcp(t)
		ctx, cancel := context.WithCancel(context.Background())
		client, server := Client(&slowToStop{Conn: c}, clientConfig()), Server(s, serverConfig(testkit.P256))
		client.answerLate = func(want.Question, func()) { cancel() }
		served := make(chan error, 1)
		go func() { served <- server.Handshake() }()
		if err := client.HandshakeContext(ctx); !errors.Is(err, fault.Cancelled) {
			t.Fatalf("failed with %v", err)
		}
		client.Close()
		if err := <-served; !errors.Is(err, fault.Told(wire.AlertUserCanceled)) {
			t.Fatalf("the peer was told %v", err)
		}
	}
}

// A context that has ended before the handshake began ends it.
func TestContextEndedBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	client, server := pair(t, clientConfig(), serverConfig(testkit.P256))
	go server.Handshake()
	if err := client.HandshakeContext(ctx); !errors.Is(err, fault.Cancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("failed with %v", err)
	}
	if err := client.Handshake(); !errors.Is(err, fault.Cancelled) {
		t.Errorf("and then with %v", err)
	}
	if client.ConnectionState().HandshakeComplete {
		t.Error("the handshake was completed")
	}
}

// A fault of a connection underneath, which speaks TLS itself, is not this one's.
func TestFaultOfTheConnectionUnderneath(t *testing.T) {
	c, _ := tcp(t)
	inner := &fault.Error{Rule: fault.BadRecordMAC, Role: fault.Client, Step: fault.StepFinish}
	err := Client(&bytesOf{c, func([]byte) (int, error) { return 0, inner }}, clientConfig()).Handshake()
	if found := new(fault.Error); !errors.As(err, &found) || found.Rule != fault.ConnectionBroken || !errors.Is(err, fault.BadRecordMAC) {
		t.Errorf("failed with %v", err)
	}
}

// endsAt ends a context while the connection writes for the last time in the handshake, and lets that through.
type endsAt struct {
	net.Conn
	cancel context.CancelFunc
	writes int
}

func (e *endsAt) Write(b []byte) (int, error) {
	n, err := e.Conn.Write(b)
	if e.writes--; e.writes == 0 {
		e.cancel()
	}
	return n, err
}

// A context that ends with the handshake's last write fails the handshake, and then nothing is said to be agreed on:
// VerifyHostname and ExportKeyingMaterial would speak for a connection that is none.
func TestContextEndedAtTheEnd(t *testing.T) {
	c, s := tcp(t)
	ctx, cancel := context.WithCancel(context.Background())
	server := Server(s, serverConfig(testkit.P256))
	go server.Handshake()
	client := Client(&endsAt{Conn: c, cancel: cancel, writes: 2}, clientConfig()) // ClientHello, and the last flight
	if err := client.HandshakeContext(ctx); !errors.Is(err, fault.Cancelled) {
		t.Fatalf("failed with %v", err)
	}
	if state := client.ConnectionState(); state.HandshakeComplete || state.Version != 0 {
		t.Errorf("the handshake failed, and the state says %v, complete %v", VersionName(state.Version), state.HandshakeComplete)
	}
}
