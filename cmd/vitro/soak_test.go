package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	stdtls "crypto/tls"
	"errors"
	"flag"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

var (
	soakFor   = flag.Duration("soak", 0, "how long TestSoak goes on; 0: each client asks a few times")
	soakConns = flag.Int("soak-connections", 64, "how many connections TestSoak has at once")
)

// soaking is a server under load, and what its clients have seen.
type soaking struct {
	t       *testing.T
	host    string
	content []byte        // of the one file that it serves
	busy    chan struct{} // as many clients as may do something at once; the others are connected, and idle
	caches  map[uint16]tls.ClientSessionCache
	std     stdtls.ClientSessionCache

	connections, requests, updates, hangups, resumed atomic.Int64
	bytes                                            atomic.Int64
}

// downloader is one connection of either implementation.
type downloader struct {
	net.Conn
	under net.Conn
	own   *tls.Conn // nil for crypto/tls's
	in    *bufio.Reader
}

// dial connects as one of several clients: either version, either implementation, by a ticket where there is one.
func (s *soaking) dial(ctx context.Context, random *rand.Rand) (*downloader, error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", s.host)
	if err != nil {
		return nil, err
	}
	version := uint16(tls.VersionTLS12 + random.IntN(2))
	roots := testkit.PKI().Roots
	if random.IntN(4) == 0 {
		conn := stdtls.Client(raw, &stdtls.Config{RootCAs: roots, ServerName: testkit.Host, MaxVersion: version,
			ClientSessionCache: s.std, Time: testkit.Clock})
		d := &downloader{Conn: conn, under: raw, in: bufio.NewReader(conn)}
		return d, s.greeted(raw, conn.HandshakeContext(ctx), conn.ConnectionState().DidResume)
	}
	conn := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: testkit.Host, MaxVersion: version,
		ClientSessionCache: s.caches[version], Time: testkit.Clock})
	d := &downloader{Conn: conn, under: raw, own: conn, in: bufio.NewReader(conn)}
	return d, s.greeted(raw, conn.HandshakeContext(ctx), conn.ConnectionState().DidResume)
}

func (s *soaking) greeted(raw net.Conn, err error, resumed bool) error {
	if err != nil {
		raw.Close()
		return err
	}
	s.connections.Add(1)
	if resumed {
		s.resumed.Add(1)
	}
	return nil
}

// ask asks for a part of the file, and adds what came and what should have come to the connection's two hashes. Where it
// leaves in the middle, it says so.
func (s *soaking) ask(d *downloader, random *rand.Rand, got, want hash.Hash) (left bool, err error) {
	start := random.IntN(len(s.content) - 1)
	end := min(start+1+random.IntN(1<<(4+random.IntN(14))), len(s.content))
	if d.own != nil && d.own.ConnectionState().Version == tls.VersionTLS13 && random.IntN(3) == 0 {
		if err := d.own.UpdateKeys(random.IntN(2) == 0); err != nil {
			return false, fmt.Errorf("new keys: %w", err)
		}
		s.updates.Add(1)
	}
	if _, err := fmt.Fprintf(d, "GET /file HTTP/1.1\r\nHost: %s\r\nRange: bytes=%d-%d\r\n\r\n", testkit.Host, start, end-1); err != nil {
		return false, err
	}
	resp, err := http.ReadResponse(d.in, nil)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return false, fmt.Errorf("status %s", resp.Status)
	}
	if random.IntN(20) == 0 {
		io.CopyN(io.Discard, resp.Body, int64(random.IntN(end-start)))
		return true, nil
	}
	n, err := io.Copy(got, resp.Body)
	want.Write(s.content[start:end])
	s.bytes.Add(n)
	s.requests.Add(1)
	return false, err
}

// visit is one connection: some questions, and one of the ways to leave.
func (s *soaking) visit(ctx context.Context, random *rand.Rand) error {
	s.busy <- struct{}{}
	d, err := s.dial(ctx, random)
	if err != nil {
		<-s.busy
		return err
	}
	defer d.under.Close()
	got, want := sha256.New(), sha256.New()
	for i := range 1 + random.IntN(12) {
		if i > 0 {
			s.busy <- struct{}{}
		}
		left, err := s.ask(d, random, got, want)
		<-s.busy
		if err != nil {
			return err
		}
		if left {
			s.hangups.Add(1)
			return d.under.Close() // in the middle of a record, as likely as not
		}
	}
	if string(got.Sum(nil)) != string(want.Sum(nil)) {
		return errors.New("what came is not what was asked for")
	}
	switch random.IntN(3) {
	case 0: // without a word
		s.hangups.Add(1)
		return d.under.Close()
	case 1: // within a record
		s.hangups.Add(1)
		_, err := d.under.Write([]byte{23, 3, 3, 64, 0, 1, 2, 3})
		return err
	}
	return d.Close()
}

// run lets clients come and go, conns at once, until the time is over or, without one, each has come a few times.
func (s *soaking) run(conns int, long time.Duration) {
	ctx, cancel := context.WithTimeout(s.t.Context(), long+5*time.Minute)
	defer cancel()
	end := time.Now().Add(long)
	var going sync.WaitGroup
	for i := range conns {
		going.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 7))
			for n := 0; long == 0 && n < 3 || long > 0 && time.Now().Before(end); n++ {
				if err := s.visit(ctx, random); err != nil {
					s.t.Errorf("client %d, visit %d: %v", i, n, err)
					return
				}
			}
		})
	}
	going.Wait()
}

// A server that nobody visits has three goroutines (its command, Serve, Accept), and beside its socket and its directory
// what the runtime waits with.
const (
	serving   = 3
	listening = 5
)

// leftOver is what a process holds beside its memory.
func leftOver(t *testing.T) (goroutines, descriptors int) {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("it takes Linux to count descriptors")
	}
	return runtime.NumGoroutine(), len(open)
}

// backTo waits until no more goroutines and descriptors are held than before, and says what is left if that never comes.
func backTo(t *testing.T, goroutines, descriptors int) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		g, d := leftOver(t)
		if g <= goroutines && d <= descriptors {
			return
		}
		select {
		case <-tick.C:
		case <-late:
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines and %d descriptors are left over; %d and %d were there before\n%s",
				g, d, goroutines, descriptors, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// heldAfterSoak is how much more a server may hold after its clients have gone than before they came: sessions in
// caches, and what package net/http keeps.
const heldAfterSoak = 8 << 20

// Many clients of both versions and two implementations come and go, ask for parts of a file, change keys, resume, and
// leave in the middle of whatever: no byte is lost or reordered, and when they have gone no goroutine, no descriptor and
// no buffer is left over. With -soak 5m -soak-connections 2000 it goes on for long.
func TestSoak(t *testing.T) {
	dir := t.TempDir()
	content := make([]byte, 1<<20)
	if _, err := testkit.Random(11).Read(content); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	goroutines, descriptors := leftOver(t)
	server := startServe(t, append(certFlags(t, testkit.P256, testkit.RSA), "--explain", "none", "--handshake-timeout", "2m", dir)...)
	s := &soaking{t: t, host: server.host, content: content, busy: make(chan struct{}, 16), std: stdtls.NewLRUClientSessionCache(0),
		caches: map[uint16]tls.ClientSessionCache{tls.VersionTLS12: tls.NewLRUClientSessionCache(0), tls.VersionTLS13: tls.NewLRUClientSessionCache(0)}}
	s.run(4, 0) // what is made once
	goroutines, descriptors = goroutines+serving, descriptors+listening
	backTo(t, goroutines, descriptors)
	before := testkit.LiveHeap()
	s.run(*soakConns, *soakFor)
	backTo(t, goroutines, descriptors)
	held := testkit.LiveHeap() - before
	t.Logf("%d connections (%d at once, %d resumed, %d broken off), %d requests, %d changes of keys, %d MiB; %d KiB more on the heap than before",
		s.connections.Load(), *soakConns, s.resumed.Load(), s.hangups.Load(), s.requests.Load(), s.updates.Load(), s.bytes.Load()>>20, held>>10)
	if held > heldAfterSoak {
		t.Errorf("%d bytes are held that were not before, at most %d", held, heldAfterSoak)
	}
	if s.resumed.Load() == 0 || s.updates.Load() == 0 || s.hangups.Load() == 0 {
		t.Error("nobody resumed, changed keys or broke off")
	}
	if code := server.stop(); code != exitOK {
		t.Errorf("exit %d\n%s", code, server.stderr)
	}
}

// Clients that begin a handshake and do not end it, each at another place, are given up after the timeout: none keeps its
// goroutine, its descriptor or its buffer, and others are served meanwhile.
func TestSlowHandshakesAreGivenUp(t *testing.T) {
	goroutines, descriptors := leftOver(t)
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x", "--explain", "none", "--handshake-timeout", "300ms")...)
	before := testkit.LiveHeap()
	hello := firstFlight(t)
	var going sync.WaitGroup
	for i := range 100 {
		going.Go(func() {
			conn, err := net.Dial("tcp", s.host)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if _, err := conn.Write(hello[:i*len(hello)/99]); err != nil {
				t.Errorf("after %d bytes: %v", i*len(hello)/99, err)
			}
			// Whatever the server says, it ends.
			if _, err := io.Copy(io.Discard, conn); err != nil && !errors.Is(err, net.ErrClosed) {
				t.Logf("client %d: %v", i, err)
			}
		})
	}
	going.Wait()
	backTo(t, goroutines+serving, descriptors+listening)
	if held := testkit.LiveHeap() - before; held > heldAfterSoak {
		t.Errorf("%d bytes are held that were not before", held)
	}
}

// firstFlight is what a client says first.
func firstFlight(t *testing.T) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer server.Close()
	go func() {
		defer client.Close()
		_ = tls.Client(client, &tls.Config{ServerName: testkit.Host}).Handshake()
	}()
	header := make([]byte, 5)
	if _, err := io.ReadFull(server, header); err != nil {
		t.Fatal(err)
	}
	body := make([]byte, int(header[3])<<8+int(header[4]))
	if _, err := io.ReadFull(server, body); err != nil {
		t.Fatal(err)
	}
	return append(header, body...)
}
