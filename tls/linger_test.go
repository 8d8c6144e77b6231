package tls

import (
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// lingering is a pipe whose ends can be closed for writing, as those of TCP.
type lingering struct {
	net.Conn
	closed atomic.Bool
}

func (h *lingering) CloseWrite() error { return nil }

func (h *lingering) Close() error {
	h.closed.Store(true)
	return h.Conn.Close()
}

// Behind an alert the connection underneath stays for a moment, so that it gets through, and no longer: neither for a peer
// that never closes, nor for a deadline that the caller sets later.
func TestLingerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		defer a.Close()
		under := &lingering{Conn: b}
		server := Server(under, serverConfig(testkit.P256))
		go func() {
			a.Write([]byte{22, 3, 1, 0, 4, 99, 0, 0, 0}) // no message of TLS
			a.Read(make([]byte, 100))                    // the alert
		}()
		if err := server.Handshake(); err == nil {
			t.Fatal("the handshake goes on")
		}
		server.Close()
		synctest.Wait()
		if under.closed.Load() {
			t.Fatal("there was no alert to wait for")
		}
		server.SetDeadline(time.Time{})
		time.Sleep(2 * lingerTime)
		synctest.Wait()
		if !under.closed.Load() {
			t.Error("the connection underneath is still open, and a goroutine reads it")
		}
	})
}

// nameless is a connection without addresses, as some tunnels are.
type nameless struct{ net.Conn }

func (nameless) LocalAddr() net.Addr  { return nil }
func (nameless) RemoteAddr() net.Addr { return nil }

// A client that knows its server neither by name nor by address has no session with it.
func TestSessionWithoutAName(t *testing.T) {
	cc, sc := resumingConfigs()
	cc.ServerName, cc.InsecureSkipVerify = "", true
	for range 2 {
		a, b := tcp(t)
		client, server := Client(nameless{a}, cc), Server(b, sc)
		talk(t, client, server)
		if client.ConnectionState().DidResume {
			t.Error("resumed with whom nobody knows")
		}
	}
}
