package https

import (
	"context"
	stdtls "crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/tls"
)

type connKey struct{}

// ConnOf returns the connection that a request came on, for what r.TLS cannot hold: to export keys, to see what only
// Vitro tells. In a Response of a Transport, its Request has the connection too. It is nil where r has none of this
// package's. The connection is net/http's to read, write and close.
func ConnOf(r *http.Request) *tls.Conn {
	conn, _ := r.Context().Value(connKey{}).(*tls.Conn)
	return conn
}

func withConn(ctx context.Context, conn *tls.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// visitor is a server's connection as net/http gets it, once its handshake is done.
type visitor struct {
	*tls.Conn
	state stdtls.ConnectionState
	stall time.Duration
	asked atomic.Bool // something came
}

func (v *visitor) self() *visitor { return v }

func (v *visitor) Read(b []byte) (int, error) {
	n, err := v.Conn.Read(b)
	if n > 0 {
		v.asked.Store(true)
	}
	return n, err
}

func (v *visitor) Write(b []byte) (int, error) {
	if v.stall > 0 {
		if err := v.SetWriteDeadline(time.Now().Add(v.stall)); err != nil {
			return 0, err
		}
	}
	return v.Conn.Write(b)
}

// visitor1 speaks HTTP/1.1. net/http asks for crypto/tls's ConnectionState, and takes a connection that has one for
// encrypted: it fills Request.TLS, and does not look for the preface of HTTP/2.
type visitor1 struct{ *visitor }

func (v visitor1) ConnectionState() stdtls.ConnectionState { return v.state }

// preface is what a client of HTTP/2 says first. RFC 9113 §3.4.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// visitor2 speaks HTTP/2. net/http finds that out by the preface, and would speak HTTP/1.1 without: here it sees nothing
// but the preface first.
type visitor2 struct {
	*visitor
	seen  int   // of the preface; Reads follow one another
	other error // came instead of the preface
}

var errPreface = errors.New("https: HTTP/2 was agreed on, and the client says something else")

func (v *visitor2) Read(b []byte) (int, error) {
	if v.other != nil {
		return 0, v.other
	}
	n, err := v.visitor.Read(b)
	if rest := preface[v.seen:]; rest != "" {
		head := min(n, len(rest))
		if string(b[:head]) != rest[:head] {
			// RFC 9113 §3.4: a connection error. net/http says nothing more after an error that is the network's.
			v.other = &net.OpError{Op: "read", Net: "tcp", Source: v.LocalAddr(), Addr: v.RemoteAddr(), Err: errPreface}
			return 0, v.other
		}
		v.seen += head
	}
	return n, err
}
