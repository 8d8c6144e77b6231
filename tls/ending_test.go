package tls

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
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

// deafWriter cannot be written to any more: its peer has closed.
type deafWriter struct {
	net.Conn
	deaf atomic.Bool
}

func (c *deafWriter) Write(b []byte) (int, error) {
	if c.deaf.Load() {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	return c.Conn.Write(b)
}

// RFC 8446 §4.4.2.4: a server judges its client's certificate when the client is done already. The alert that it closed
// with is what Write says, not that the pipe is broken; where there is none, or data in front of it, the pipe is.
func TestWriteTellsWhyItWasRefused(t *testing.T) {
	for name, c := range map[string]struct {
		before func(t *testing.T, server *Conn)
		told   bool
	}{
		"an alert": {func(t *testing.T, server *Conn) {
			if err := server.engine.Abort(fault.New(fault.ClientCertificateRequired)); err == nil {
				t.Fatal("it goes on")
			}
			if _, err := server.conn.Write(server.engine.Output()); err != nil {
				t.Fatal(err)
			}
		}, true},
		"nothing": {func(t *testing.T, server *Conn) {}, false},
		"data": {func(t *testing.T, server *Conn) {
			if _, err := server.Write([]byte("data")); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := tcp(t)
			under := &deafWriter{Conn: a}
			client, server := Client(under, clientConfig()), Server(b, serverConfig(testkit.P256))
			if cerr, serr := both(client, server); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			c.before(t, server)
			server.conn.(*net.TCPConn).CloseWrite()
			under.deaf.Store(true)
			_, err := client.Write([]byte("request"))
			var told *fault.PeerAlert
			if errors.As(err, &told) != c.told || !c.told && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("Write says %v", err)
			}
			if name == "data" {
				got := make([]byte, 4)
				if _, err := io.ReadFull(client, got); err != nil || string(got) != "data" {
					t.Errorf("what was there to read is %q, %v", got, err)
				}
			}
		})
	}
}
