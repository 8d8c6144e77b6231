package https

import (
	stdtls "crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/tls"
)

// dialled is a connection as net/http gets it. net/http's HTTP/2 asks for crypto/tls's ConnectionState.
//
// It keeps the reason for which the connection ends: net/http often says only that it did, or what became of a Write,
// while the server's alert is still unread.
type dialled struct {
	net.Conn
	tls      *tls.Conn // nil where it is a program's own around it
	state    stdtls.ConnectionState
	protocol string

	reading atomic.Bool
	once    sync.Once
	ended   chan struct{} // closed when a Read has failed
	reason  error         // valid then: TLS's reason, if it has one
}

func (d *dialled) ConnectionState() stdtls.ConnectionState { return d.state }

func (d *dialled) isHTTP2() bool { return d != nil && d.protocol == nameHTTP2 }

func (d *dialled) Read(b []byte) (int, error) {
	d.reading.Store(true)
	n, err := d.Conn.Read(b)
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		return n, err
	}
	d.once.Do(func() {
		if errors.As(err, new(*fault.Error)) || errors.As(err, new(*fault.PeerAlert)) {
			d.reason = err
		}
		close(d.ended)
	})
	return n, err
}

// Write: HTTP/2 of net/http writes before it begins to read, and does not begin after an error.
func (d *dialled) Write(b []byte) (int, error) {
	n, err := d.Conn.Write(b)
	if err != nil && !d.reading.Load() {
		_ = d.SetReadDeadline(time.Now().Add(lingering))
		_, _ = io.Copy(io.Discard, readerOnly{d})
		err = d.because(err)
	}
	return n, err
}

type readerOnly struct{ io.Reader }

// because adds the reason of TLS to an error of net/http's. After a Write that failed it is about to be read.
func (d *dialled) because(err error) error {
	if d == nil || errors.As(err, new(*fault.PeerAlert)) {
		return err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "write" {
		select {
		case <-d.ended:
		case <-time.After(lingering):
		}
	}
	select {
	case <-d.ended:
	default:
		return err
	}
	if d.reason == nil || errors.Is(err, d.reason) {
		return err
	}
	return fmt.Errorf("%w: %w", err, d.reason)
}

// told fills in what a response says of its connection.
func (d *dialled) told(resp *http.Response, req *http.Request) {
	resp.Request = req
	if d == nil {
		return
	}
	resp.TLS = &d.state
	if d.tls != nil {
		resp.Request = req.WithContext(withConn(req.Context(), d.tls))
	}
}
