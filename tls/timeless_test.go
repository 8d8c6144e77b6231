package tls

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// timeless is a connection that knows no deadlines and says so, as a channel of SSH does.
type timeless struct {
	net.Conn
	tell    atomic.Bool
	writing chan struct{} // told of writes
}

func (*timeless) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (*timeless) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (*timeless) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

func (c *timeless) Write(b []byte) (int, error) {
	if c.tell.Load() {
		c.writing <- struct{}{}
	}
	return c.Conn.Write(b)
}

// Where no deadline can interrupt a write that the peer does not take, nobody waits for the write: neither Close, which
// interrupts it, nor a Read that has found something wrong.
func TestStuckWriteWithoutDeadlines(t *testing.T) {
	for name, c := range map[string]struct {
		stick func(client, server *Conn)
		then  func(client *Conn, peer net.Conn) error
		want  error
	}{
		"Close beside an answer": {
			func(client, server *Conn) {
				go client.Read(make([]byte, 1))
				if err := server.UpdateKeys(true); err != nil {
					t.Error(err)
				}
			},
			func(client *Conn, _ net.Conn) error { return client.Close() }, nil,
		},
		"Read beside a Write": {
			func(client, _ *Conn) { go client.Write(make([]byte, 1000)) },
			func(client *Conn, peer net.Conn) error {
				go peer.Write(append([]byte{23, 3, 3, 0, 32}, make([]byte, 32)...))
				_, err := client.Read(make([]byte, 1))
				return err
			}, fault.BadRecordMAC,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := net.Pipe()
			defer a.Close()
			under := &timeless{Conn: a, writing: make(chan struct{}, 1)}
			client, server := Client(under, clientConfig()), Server(b, serverConfig(testkit.P256))
			if cerr, serr := both(client, server); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			under.tell.Store(true)
			c.stick(client, server)
			<-under.writing
			said := make(chan error, 1)
			go func() { said <- c.then(client, b) }()
			select {
			case err := <-said:
				if !errors.Is(err, c.want) {
					t.Errorf("it says %v, want %v", err, c.want)
				}
			case <-time.After(20 * time.Second):
				t.Error("it waits for the write")
			}
		})
	}
}
