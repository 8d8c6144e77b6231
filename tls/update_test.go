package tls

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// RFC 8446 §6.1, §4.6.3: who has said close_notify reads on, and sends nothing more: not even the new keys that the peer asks
// for.
func TestRequestForKeysAfterCloseWrite(t *testing.T) {
	for _, role := range []string{"client", "server"} {
		t.Run(role+" has closed", func(t *testing.T) {
			closed, open := connect(t)
			if role == "server" {
				closed, open = open, closed
			}
			if err := closed.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if err := open.UpdateKeys(true); err != nil {
				t.Fatal(err)
			}
			exchangeByte(t, closed, open)
			if n, err := open.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("behind close_notify the peer reads %d bytes, %v", n, err)
			}
			if err := closed.UpdateKeys(false); err == nil {
				t.Error("it has new keys for what it does not write")
			}
		})
	}
}

// heldUp is a connection whose writes wait while they are to.
type heldUp struct {
	net.Conn
	on   atomic.Bool
	goOn chan struct{}
}

func (h *heldUp) Write(b []byte) (int, error) {
	if h.on.Load() {
		<-h.goOn
	}
	return h.Conn.Write(b)
}

// A request that comes while our own UpdateKeys is being written is answered behind that.
func TestRequestForKeysDuringUpdateKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		under := &heldUp{Conn: a, goOn: make(chan struct{})}
		client, server := Client(under, clientConfig()), Server(b, serverConfig(testkit.P256))
		if cerr, serr := both(client, server); cerr != nil || serr != nil {
			t.Fatal(cerr, serr)
		}
		go client.Read(make([]byte, 1))
		go server.Read(make([]byte, 1))
		synctest.Wait()
		under.on.Store(true)
		updated := make(chan error)
		go func() { updated <- client.UpdateKeys(false) }()
		synctest.Wait()
		if err := server.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * answerDelay) // of the bubble's time
		under.on.Store(false)
		close(under.goOn)
		if err := <-updated; err != nil {
			t.Fatal(err)
		}
		<-time.After(2 * answerDelay) // of the bubble's time
		if client.engine.HasOutput() {
			t.Error("the answer waits for a Write that may never come")
		}
		client.Close()
		server.Close()
	})
}
