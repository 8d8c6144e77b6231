package tls

import (
	"io"
	"net"
	"runtime"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// held is how many connections a test of memory holds.
const held = 300

// stackOfServers is how large the stack of a goroutine is, on average, that has called serve on a server's connection, and
// then waits. visit is the client's part.
func stackOfServers(t *testing.T, config *Config, visit, serve []func(*Conn) error) uint64 {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	release := make(chan struct{})
	served := make(chan error, held)
	var all sync.WaitGroup
	one := func() {
		c, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		s, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		client, server := Client(c, clientConfig()), Server(s, config)
		t.Cleanup(func() { client.conn.Close(); server.conn.Close() })
		all.Add(1)
		go func() {
			defer all.Done()
			served <- each(server, serve)
			<-release
		}()
		if err := each(client, visit); err != nil {
			t.Fatal(err)
		}
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	}
	one() // what is made once
	before := stackInUse()
	for range held {
		one()
	}
	stack := (stackInUse() - before) / held
	close(release)
	all.Wait()
	return stack
}

func stackInUse() uint64 {
	for range 3 {
		runtime.GC()
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.StackInuse
}

// A goroutine that has shaken hands, read or written what fits into a record, and updated its keys, waits with the 2 KiB of
// stack that it began with: in a large server that is a quarter of what a connection costs.
func TestServersStackStaysSmall(t *testing.T) {
	if raced {
		t.Skip("the race detector's frames are larger")
	}
	shake := func(c *Conn) error { return c.Handshake() }
	read := func(c *Conn) error { return readFull(c, 1<<14) }
	write := func(c *Conn) error { return writeFull(c, 1<<14) }
	update := func(c *Conn) error { return c.UpdateKeys(true) }
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		config := &Config{Certificates: serverConfig(testkit.P256).Certificates, MaxVersion: version}
		for name, c := range map[string]struct{ visit, serve []func(*Conn) error }{
			"a handshake":      {in(shake), in(shake)},
			"a record read":    {in(write), in(read)},
			"a record written": {in(read), in(write)},
			"both":             {in(write, read), in(read, write)},
			"the keys updated": {in(write, update, write, read), in(read, read, write)},
		} {
			if name == "the keys updated" && version == VersionTLS12 {
				continue
			}
			// A few goroutines meet the runtime at work of its own, for which their stacks grow.
			const most = 2048 + 2048/4
			if stack := stackOfServers(t, config, c.visit, c.serve); stack > most {
				t.Errorf("%x, %s: %d bytes of stack, want at most %d", version, name, stack, most)
			}
		}
	}
}

func in(order ...func(*Conn) error) []func(*Conn) error { return order }

func each(c *Conn, do []func(*Conn) error) error {
	for _, f := range do {
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

func readFull(c *Conn, n int) error {
	_, err := io.ReadFull(c, make([]byte, n))
	return err
}

func writeFull(c *Conn, n int) error {
	_, err := c.Write(make([]byte, n))
	return err
}
