//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	std "crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
)

// server is a loop that runs until the test ends.
type server struct {
	*loop
	addr  string
	roots *x509.CertPool

	mu   sync.Mutex
	said []error // why connections have failed
}

// start runs a loop, and returns what stops it and waits for its end.
func start(t *testing.T, change func(*loop)) (s *server, finish func()) {
	t.Helper()
	s = prepare(t)
	if change != nil {
		change(s.loop)
	}
	return s, s.start(t)
}

func (s *server) start(t *testing.T) (finish func()) {
	done := make(chan error, 1)
	go func() { done <- s.run() }()
	finish = sync.OnceFunc(func() {
		s.stop()
		if err := <-done; err != nil {
			t.Errorf("the loop ended with: %v", err)
		}
	})
	t.Cleanup(finish)
	return finish
}

func prepare(t *testing.T) *server {
	t.Helper()
	root := t.TempDir() + "/root.pem"
	credential, err := credential("", "", root)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := pki.LoadPool(root)
	if err != nil {
		t.Fatal(err)
	}
	fd, addr, err := listenOn("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLoop(fd, credential, 10_000, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.release()
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	})
	s := &server{loop: l, addr: addr.String(), roots: roots}
	l.log = func(_ *conn, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.said = append(s.said, err)
	}
	return s
}

func (s *server) failures() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]error(nil), s.said...)
}

// client is one of either kind, which takes an end without close_notify for a failure.
func (s *server) client() *tls.Config { return &tls.Config{RootCAs: s.roots, StrictClose: true} }

func (s *server) dial(t *testing.T) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", s.addr, s.client())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// hears says something and expects it back.
func hears(conn io.ReadWriter, said string) error {
	if _, err := io.WriteString(conn, said); err != nil {
		return err
	}
	heard := make([]byte, len(said))
	if _, err := io.ReadFull(conn, heard); err != nil {
		return err
	}
	if string(heard) != said {
		return fmt.Errorf("said %.20q, heard %.20q", said, heard)
	}
	return nil
}

// A thousand clients at once, Vitro's and crypto/tls's, are served by one goroutine.
func TestThousandConnections(t *testing.T) {
	n := 1000
	files, err := openFiles(2*n + ownFiles) // both ends are in this process
	if err != nil {
		t.Fatal(err)
	}
	if files < 2*n+ownFiles {
		n = (files - ownFiles) / 2
		t.Logf("this process may open %d files: %d connections only (ulimit -n)", files, n)
	}
	s, finish := start(t, nil)
	conns := make([]io.ReadWriteCloser, n)
	together(n, func(i int) {
		var err error
		if i%2 == 0 {
			conns[i], err = tls.Dial("tcp", s.addr, s.client())
		} else {
			conns[i], err = std.Dial("tcp", s.addr, &std.Config{RootCAs: s.roots})
		}
		if err != nil {
			t.Errorf("client %d: %v", i, err)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	for round := range 2 {
		together(n, func(i int) {
			if err := hears(conns[i], strings.Repeat(fmt.Sprintf("%d says this in round %d. ", i, round), 1+i)); err != nil {
				t.Errorf("client %d, round %d: %v", i, round, err)
			}
		})
	}
	if running := goroutinesOfTheLoop(); running != 1 {
		t.Errorf("%d goroutines serve %d connections, want one", running, n)
	}
	together(n, func(i int) {
		if err := conns[i].Close(); err != nil {
			t.Errorf("client %d, closing: %v", i, err)
		}
	})
	finish()
	if s.served != n || s.peak != n {
		t.Errorf("%d connections were served, %d at once; want %d, all at once", s.served, s.peak, n)
	}
	if failures := s.failures(); len(failures) > 0 {
		t.Errorf("%d connections failed; the first: %v", len(failures), failures[0])
	}
}

// together calls f with 0 to n-1, by a few goroutines.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	const workers = 16
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	group.Wait()
}

// goroutinesOfTheLoop counts those that run code of the loop or of its connections.
func goroutinesOfTheLoop() (n int) {
	all := make([]byte, 4<<20)
	for stack := range strings.SplitSeq(string(all[:runtime.Stack(all, true)]), "\n\n") {
		if strings.Contains(stack, "(*loop)") || strings.Contains(stack, "eventloop.(*conn)") {
			n++
		}
	}
	return n
}

// drip is a network that brings one byte at a time, so that every record comes by halves.
type drip struct{ net.Conn }

func (d drip) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := d.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func TestRecordsByHalves(t *testing.T) {
	s, _ := start(t, nil)
	config := s.client()
	config.ServerName = "127.0.0.1"
	conn := tls.Client(drip{s.network(t)}, config)
	for _, said := range []string{"one", strings.Repeat("two", 1000)} {
		if err := hears(conn, said); err != nil {
			t.Fatal(err)
		}
	}
}

func (s *server) network(t *testing.T) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Whoever talks without listening is not listened to: it costs little memory, and loses nothing.
func TestSlowReader(t *testing.T) {
	s := prepare(t)
	said := bytes.Repeat([]byte("all of this has to come back, in this order. "), 1<<18)
	dialed := make(chan *tls.Conn, 1)
	wrote := make(chan error, 1)
	go func() {
		conn, err := tls.Dial("tcp", s.addr, s.client())
		if err == nil {
			dialed <- conn
			_, err = conn.Write(said)
		}
		wrote <- err
	}()
	for blocked := false; !blocked; {
		if _, err := s.round(); err != nil {
			t.Fatal(err)
		}
		for _, c := range s.conns {
			blocked = c.needs() == unix.EPOLLOUT
			if waits := len(c.in) + len(c.out); waits > 1<<20 {
				t.Fatalf("%d bytes wait for a client that does not read", waits)
			}
		}
	}
	s.start(t)
	conn := <-dialed
	defer conn.Close()
	heard := make([]byte, len(said))
	if _, err := io.ReadFull(conn, heard); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(heard, said) {
		t.Error("what came back is not what was said")
	}
}

// Keys may change in the middle, and both sides say goodbye.
func TestKeyUpdateAndGoodbye(t *testing.T) {
	s, _ := start(t, nil)
	conn := s.dial(t)
	for range 3 {
		if err := conn.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
		if err := hears(conn, "under new keys"); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after our goodbye comes %v, want the server's", err)
	}
}

// Who has been here comes back by its ticket, and costs no signature.
func TestResumption(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			signatures := 0
			s, finish := start(t, func(l *loop) {
				l.sign = func(w *want.Sign) {
					signatures++
					_ = w.Run()
				}
			})
			config := s.client()
			config.MaxVersion, config.ClientSessionCache = version, tls.NewLRUClientSessionCache(1)
			for visit := range 3 {
				conn, err := tls.Dial("tcp", s.addr, config)
				if err != nil {
					t.Fatal(err)
				}
				if err := hears(conn, "here I am"); err != nil {
					t.Fatal(err)
				}
				if resumed := conn.ConnectionState().DidResume; resumed != (visit > 0) {
					t.Errorf("visit %d: resumed: %v", visit, resumed)
				}
				conn.Close()
			}
			finish()
			if signatures != 1 {
				t.Errorf("%d signatures for three visits, want one", signatures)
			}
		})
	}
}

// A signature that another goroutine makes takes its time; the loop serves others meanwhile.
func TestSignatureFromElsewhere(t *testing.T) {
	asked := make(chan *want.Sign, 2)
	s, _ := start(t, func(l *loop) { l.sign = func(w *want.Sign) { asked <- w } })
	first, second := make(chan error, 1), make(chan error, 1)
	visit := func(done chan error) {
		conn, err := tls.Dial("tcp", s.addr, s.client())
		if err == nil {
			err = hears(conn, "hello")
			conn.Close()
		}
		done <- err
	}
	go visit(first)
	early := <-asked
	go visit(second)
	late := <-asked // the first one's handshake is still open
	if err := late.Run(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("the client that did not have to wait: %v", err)
	}
	if err := early.Run(); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Errorf("the client that had to wait: %v", err)
	}
}

// A client that says nothing is shown the door when its time is up, and the log has the reason.
func TestSilentClient(t *testing.T) {
	s, _ := start(t, func(l *loop) { l.timeout = time.Millisecond })
	if _, err := s.network(t).Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("a silent client reads %v, want io.EOF", err)
	}
	if failures := s.failures(); len(failures) != 1 || !errors.Is(failures[0], fault.Silence) {
		t.Errorf("the log has %v, want fault.Silence", failures)
	}
}

// A failure reaches the peer as an alert, or as an answer that it understands, although it talks on.
func TestFailuresAreTold(t *testing.T) {
	s, _ := start(t, nil)
	network := s.network(t)
	if _, err := fmt.Fprintf(network, "GET / HTTP/1.1\r\nHost: x\r\n\r\n%s", strings.Repeat("x", 1<<18)); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(network); err != nil || !strings.Contains(string(answer), "HTTP request to an HTTPS server") {
		t.Errorf("plain HTTP is answered with %q, %v", answer, err)
	}
	network.Close()

	_, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: s.roots, CurvePreferences: []tls.CurveID{tls.X25519}, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, MaxVersion: tls.VersionTLS12})
	var told *fault.PeerAlert
	if !errors.As(err, &told) {
		t.Errorf("a client with no suite in common fails with %v, want the server's alert", err)
	}
}

// Beyond the room there is, clients wait for someone to leave.
func TestFullHouse(t *testing.T) {
	s, finish := start(t, func(l *loop) { l.room = 1 })
	first := s.dial(t)
	if err := hears(first, "first"); err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	network := s.network(t) // into the backlog
	go func() {
		config := s.client()
		config.ServerName = "127.0.0.1"
		second <- hears(tls.Client(network, config), "second")
	}()
	if err := hears(first, "still the only one"); err != nil {
		t.Fatal(err)
	}
	first.Close()
	if err := <-second; err != nil {
		t.Errorf("the second client, after the first has left: %v", err)
	}
	finish()
	if s.peak != 1 {
		t.Errorf("%d connections at once, where there is room for one", s.peak)
	}
}

// Ctrl-C ends the program, and every client is told goodbye.
func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	root := t.TempDir() + "/root.pem"
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"--listen", "127.0.0.1:0", "--root", root}, write)
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	if !lines.Scan() {
		t.Fatal(<-done)
	}
	addr, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "echoing on "), ";")
	roots, err := pki.LoadPool(root)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: roots, StrictClose: true})
	if err != nil {
		t.Fatalf("dial %s: %v", addr, err)
	}
	defer conn.Close()
	if err := hears(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the client reads %v, want close_notify", err)
	}
	if !lines.Scan() || lines.Text() != "served 1 connections, 1 at once" {
		t.Errorf("the last line is %q", lines.Text())
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
