package tls

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// counted counts the calls of the connection underneath: over a socket each is a system call.
type counted struct {
	net.Conn
	reads, writes atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	c.reads.Add(1)
	return c.Conn.Read(b)
}

func (c *counted) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

// shaken returns both ends of a connection after their handshake, and what each called underneath.
func shaken(t *testing.T) (client, server *Conn, under [2]*counted) {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() {
		a.Close()
		b.Close()
	})
	under = [2]*counted{{Conn: a}, {Conn: b}}
	leaf := testkit.Leaf(testkit.P256)
	client = Client(under[0], &Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host})
	server = Server(under[1], &Config{Time: testkit.Clock,
		Certificates: []Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}})
	served := make(chan error, 1)
	go func() { served <- server.Handshake() }()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return client, server, under
}

// A client says two flights and hears one; in TLS 1.3 the server has no more to say. A flight is one write and, with the header of the first record read by
// itself, at most two reads.
func TestFlightsAreWrittenAndReadWhole(t *testing.T) {
	_, _, under := shaken(t)
	for i, role := range []string{"client", "server"} {
		if n := under[i].reads.Load(); n > 4 {
			t.Errorf("%s: %d reads in a handshake, want at most 4", role, n)
		}
		if n := under[i].writes.Load(); n != int64(2-i) {
			t.Errorf("%s: %d writes in a handshake, want %d", role, n, 2-i)
		}
	}
}

// Buffers are lent, not owned: one that is not given back is missed by the pool, and kept by every idle connection.
func TestIdleConnectionHoldsNoBuffer(t *testing.T) {
	client, server, _ := shaken(t)
	if client.read.lent.buf != nil || server.read.lent.buf != nil {
		t.Error("a read buffer is still held after the handshake")
	}
	go client.Write([]byte("12"))
	for _, half := range []string{"first", "second"} {
		if _, err := server.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if held := server.read.lent.buf != nil; held != (half == "first") {
			t.Errorf("after the %s half of a record's data the read buffer is held: %v", half, held)
		}
	}
}
