package tls

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

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

// refuses says the alert of a rule, and nothing more.
func refuses(t *testing.T, c *Conn, rule *fault.Rule) {
	t.Helper()
	if err := c.engine.Abort(fault.New(rule)); err == nil {
		t.Fatal("it goes on")
	}
	if _, err := c.conn.Write(c.engine.Output()); err != nil {
		t.Error(err)
	}
}

// deafened is a connection after its handshake, whose server closes once it has said before; no Write of the client's gets
// through any more.
func deafened(t *testing.T, before func(server *Conn)) (client *Conn, under *deafWriter) {
	t.Helper()
	a, b := tcp(t)
	under = &deafWriter{Conn: a}
	client, server := Client(under, clientConfig()), Server(b, serverConfig(testkit.P256))
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	before(server)
	if err := b.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	under.deaf.Store(true)
	return client, under
}

// RFC 8446 §4.4.2.4: a server judges its client's certificate when the client is done already. The alert that it closed
// with is what Write says beside the broken pipe, each time; where there is none, or data in front of it, the pipe is all.
func TestWriteTellsWhyItWasRefused(t *testing.T) {
	data := func(t *testing.T, server *Conn) {
		if _, err := server.Write([]byte("data")); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		before func(t *testing.T, server *Conn)
		write  func(*Conn) error
		told   bool
	}{
		"an alert":              {before: func(t *testing.T, server *Conn) { refuses(t, server, fault.ClientCertificateRequired) }, told: true},
		"an alert, to new keys": {before: func(t *testing.T, server *Conn) { refuses(t, server, fault.ClientCertificateRequired) }, write: func(c *Conn) error { return c.UpdateKeys(false) }, told: true},
		"nothing":               {before: func(*testing.T, *Conn) {}},
		"data":                  {before: data},
		"data, then an alert":   {before: func(t *testing.T, server *Conn) { data(t, server); refuses(t, server, fault.ClientCertificateRequired) }},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := deafened(t, func(server *Conn) { c.before(t, server) })
			if c.write == nil {
				c.write = func(client *Conn) error {
					_, err := client.Write([]byte("request"))
					return err
				}
			}
			err := c.write(client)
			if errors.Is(err, fault.Told(wire.AlertCertificateRequired)) != c.told || !errors.Is(err, syscall.EPIPE) {
				t.Errorf("it says %v", err)
			}
			if again := c.write(client); errors.Is(again, fault.Told(wire.AlertCertificateRequired)) != c.told {
				t.Errorf("the second time it says %v", again)
			}
			if strings.HasPrefix(name, "data") {
				got := make([]byte, 4)
				if _, err := io.ReadFull(client, got); err != nil || string(got) != "data" {
					t.Errorf("what was there to read is %q, %v", got, err)
				}
			}
		})
	}
}

// Where a Read is going on, it is the one that finds the alert. The Write that has failed waits for that, or else whoever
// closes after it would interrupt the Read. It does not wait for long.
func TestWriteWaitsForWhatReadIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		says func(t *testing.T, server *Conn)
		told bool
	}{
		"an alert": {func(t *testing.T, server *Conn) { refuses(t, server, fault.ClientCertificateRequired) }, true},
		"data, then an alert": {func(t *testing.T, server *Conn) {
			if _, err := server.Write([]byte("data")); err != nil {
				t.Error(err)
			}
			refuses(t, server, fault.ClientCertificateRequired)
		}, true},
		"nothing": {func(*testing.T, *Conn) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server, under := shaken(t)
				deaf := &deafWriter{Conn: under[0]}
				client.conn = deaf
				deaf.deaf.Store(true)
				read := make(chan error)
				go func() {
					_, err := io.Copy(io.Discard, readerOnly{client})
					read <- err
				}()
				synctest.Wait()
				said := make(chan struct{})
				go func() {
					defer close(said)
					time.Sleep(refusalTime / 2)
					c.says(t, server)
				}()
				_, err := client.Write([]byte("request"))
				if errors.Is(err, fault.Told(wire.AlertCertificateRequired)) != c.told || !errors.Is(err, syscall.EPIPE) {
					t.Errorf("Write says %v", err)
				}
				client.Close()
				<-said
				if err := <-read; errors.Is(err, fault.Told(wire.AlertCertificateRequired)) != c.told {
					t.Errorf("Read says %v", err)
				}
			})
		})
	}
}

type readerOnly struct{ io.Reader }

// deadlines notes the deadline for reading that is in force.
type deadlines struct {
	*deafWriter
	read atomic.Pointer[time.Time]
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read.Store(&t)
	return d.deafWriter.SetReadDeadline(t)
}

// Listening for an alert leaves the caller's own deadline as it was.
func TestListeningKeepsTheDeadline(t *testing.T) {
	client, under := deafened(t, func(*Conn) {})
	noted := &deadlines{deafWriter: under}
	client.conn = noted
	for _, c := range []struct {
		name string
		set  func(time.Time) error
		at   time.Time
	}{
		{"none", func(time.Time) error { return nil }, time.Time{}},
		{"SetReadDeadline", client.SetReadDeadline, time.Date(2200, 1, 2, 3, 4, 5, 6000, time.UTC)},
		{"SetDeadline", client.SetDeadline, time.Date(2300, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"the first second there was", client.SetReadDeadline, time.Unix(0, 0)},
		{"taken back", client.SetReadDeadline, time.Time{}},
	} {
		if err := c.set(c.at); err != nil {
			t.Fatal(err)
		}
		client.write.refused = sync.Once{}
		if _, err := client.Write([]byte("request")); !errors.Is(err, syscall.EPIPE) {
			t.Fatalf("%s: Write says %v", c.name, err)
		}
		if got := noted.read.Load(); got == nil || !got.Equal(c.at) {
			t.Errorf("%s: the deadline is %v, want %v", c.name, got, c.at)
		}
	}
}

// A peer may refuse before it has heard everything of the handshake. Whoever writes on meets a closed connection, and is
// told what the alert was that lies in front of that.
func TestHandshakeTellsWhyItWasRefused(t *testing.T) {
	alert := []byte{21, 3, 3, 0, 2, byte(wire.LevelFatal), byte(wire.AlertAccessDenied)}
	t.Run("server", func(t *testing.T) {
		a, b := tcp(t)
		under := &deafWriter{Conn: b}
		under.deaf.Store(true)
		hello := make(chan []byte, 1)
		go func() {
			c, s := net.Pipe()
			go Client(c, clientConfig()).Handshake()
			buf := make([]byte, 1<<14)
			n, _ := s.Read(buf)
			hello <- buf[:n]
			s.Close()
		}()
		if _, err := a.Write(append(<-hello, alert...)); err != nil {
			t.Fatal(err)
		}
		a.(*net.TCPConn).CloseWrite()
		if err := Server(under, serverConfig(testkit.P256)).Handshake(); !errors.Is(err, fault.Told(wire.AlertAccessDenied)) {
			t.Errorf("the handshake ends with %v", err)
		}
	})
	t.Run("client, whose part is done", func(t *testing.T) {
		a, b := tcp(t)
		under := &deafWriter{Conn: a}
		ctx, cancel := context.WithCancel(t.Context())
		go Server(breaksOff{b, func() { under.deaf.Store(true) }, cancel}, serverConfig(testkit.P256)).HandshakeContext(ctx)
		if err := Client(under, clientConfig()).Handshake(); !errors.Is(err, fault.Told(wire.AlertUserCanceled)) {
			t.Errorf("the handshake ends with %v", err)
		}
	})
}

// breaksOff gives its handshake up once it has written a flight.
type breaksOff struct {
	net.Conn
	before, after func()
}

func (c breaksOff) Write(b []byte) (int, error) {
	c.before()
	defer c.after()
	return c.Conn.Write(b)
}
