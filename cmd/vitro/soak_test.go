package main

import (
	"context"
	stdtls "crypto/tls"
	"errors"
	"flag"
	"fmt"
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

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

var (
	soakFor   = flag.Duration("soak", 0, "how long TestSoak goes on; 0: each client asks a few times")
	soakConns = flag.Int("soak-connections", 64, "how many connections TestSoak has at once")
	soakBusy  = flag.Int("soak-busy", 16, "how many of TestSoak's connections do something at once; the others are idle")
)

// soaking is a server under load, and what its clients have seen.
type soaking struct {
	t       *testing.T
	host    string
	content []byte        // of the one file that it serves, and of what is uploaded
	busy    chan struct{} // as many clients as may do something at once; the others are connected, and idle
	lives   sync.Map      // of the server's connections, by the client's address: *life
	idle    time.Duration // after which the server hangs up
	caches  map[uint16]tls.ClientSessionCache
	std     stdtls.ClientSessionCache

	connections, requests, uploads, updates, breaks, resumed, timeouts atomic.Int64
	down, up                                                           atomic.Int64 // bytes
	longest                                                            atomic.Int64 // between two questions of one connection
}

// newSoaking serves a file as vitro serve does, beside a handler that answers uploads.
func newSoaking(t *testing.T, idle time.Duration) (*soaking, *running) {
	t.Helper()
	dir := t.TempDir()
	content := make([]byte, 1<<20)
	if _, err := testkit.Random(11).Read(content); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &soaking{t: t, content: content, busy: make(chan struct{}, *soakBusy), idle: idle, std: stdtls.NewLRUClientSessionCache(0),
		caches: map[uint16]tls.ClientSessionCache{tls.VersionTLS12: tls.NewLRUClientSessionCache(0), tls.VersionTLS13: tls.NewLRUClientSessionCache(0)}}
	files, err := serveContent("", false, []string{dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(files.close)
	mux := http.NewServeMux()
	mux.Handle("GET /", files.handler)
	mux.HandleFunc("POST /", s.take)
	o := &serveOptions{listen: "127.0.0.1:0", explain: explainNone, handshakeTimeout: 2 * time.Minute}
	for _, kind := range []testkit.Kind{testkit.P256, testkit.RSA} {
		cert, key := testkit.Files(t, testkit.Leaf(kind))
		o.certs, o.keys = append(o.certs, cert), append(o.keys, key)
	}
	server := startHandler(t, o, s.attended(mux), func(server *https.Server) {
		server.HTTP.ConnState, server.HTTP.IdleTimeout = s.state, idle
	})
	s.host = server.host
	return s, server
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

func (s *soaking) String() string {
	return fmt.Sprintf("%d connections, %d resumed, %d broken off, %d closed by the server's timeout; %d downloads, %d uploads, %d changes of keys; "+
		"%d MiB down, %d MiB up, all of it hashed at both ends; longest silence %v",
		s.connections.Load(), s.resumed.Load(), s.breaks.Load(), s.timeouts.Load(), s.requests.Load(), s.uploads.Load(), s.updates.Load(),
		s.down.Load()>>20, s.up.Load()>>20, time.Duration(s.longest.Load()).Round(time.Millisecond))
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

// Many clients of both versions and two implementations come and go, ask for parts of a file or upload some, change keys,
// resume, and leave in the middle of whatever: in neither direction is a byte lost or reordered, no connection ends but by
// its client or by a timeout that has run out, and when they have gone no goroutine, no descriptor and no buffer is left
// over. With -soak 2m -soak-connections 2000 it goes on for long.
func TestSoak(t *testing.T) {
	goroutines, descriptors := leftOver(t)
	s, server := newSoaking(t, idleTimeout)
	s.run(4, 0) // what is made once
	goroutines, descriptors = goroutines+serving, descriptors+listening
	backTo(t, goroutines, descriptors)
	before := testkit.LiveHeap()
	s.run(*soakConns, *soakFor)
	backTo(t, goroutines, descriptors)
	s.lives.Clear()
	held := testkit.LiveHeap() - before
	t.Logf("%d at once: %v; %d KiB more on the heap than before", *soakConns, s, held>>10)
	if held > heldAfterSoak {
		t.Errorf("%d bytes are held that were not before, at most %d", held, heldAfterSoak)
	}
	if s.resumed.Load() == 0 || s.updates.Load() == 0 || s.breaks.Load() == 0 || s.uploads.Load() == 0 {
		t.Errorf("nobody resumed, changed keys, broke off or uploaded: %v", s)
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
