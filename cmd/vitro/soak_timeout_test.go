package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// counted is TCP with a count of its bytes, so that what lies unread in a socket is told from what was read and lost.
type counted struct {
	*net.TCPConn
	read, written atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.TCPConn.Write(b)
	c.written.Add(int64(n))
	return n, err
}

// counting is a listener whose connections are counted.
type counting struct{ net.Listener }

func (l counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &counted{TCPConn: conn.(*net.TCPConn)}, nil
}

// life is a connection as the server sees it: net/http waits for a question from since on, until it closes.
type life struct {
	conn   net.Conn
	first  bool      // no question came yet
	since  time.Time // zero: a question is being answered
	ended  time.Time
	read   int64 // bytes of TLS, until then
	closed chan struct{}
}

// state is told what net/http makes of its connections.
func (s *soaking) state(conn net.Conn, state http.ConnState) {
	key := conn.RemoteAddr().String()
	if state == http.StateNew {
		s.lives.Store(key, &life{conn: conn, first: true, since: time.Now(), closed: make(chan struct{})})
		return
	}
	l := s.life(key)
	if l == nil || l.conn != conn {
		return // another has its address by now
	}
	switch state {
	case http.StateIdle:
		l.first, l.since = false, time.Now()
	case http.StateClosed:
		l.ended, l.read = time.Now(), under(conn).read.Load()
		close(l.closed)
	}
}

func under(conn net.Conn) *counted {
	return conn.(interface{ NetConn() net.Conn }).NetConn().(*counted)
}

func (s *soaking) life(key string) *life {
	l, _ := s.lives.Load(key)
	found, _ := l.(*life)
	return found
}

// attended notes that a question came; net/http does not say so of each.
func (s *soaking) attended(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l := s.life(r.RemoteAddr); l != nil {
			l.since = time.Time{}
		}
		h.ServeHTTP(w, r)
	})
}

// onTheWay is how long a question may take to its server. Where it took longer, the server must not have read it: on a machine
// that has other things to do, its deadline can pass while bytes lie in its socket.
const onTheWay = time.Second

// onPurpose tells a server that has waited long enough from one that lost something. It was on purpose if nothing came in
// place of an answer, if net/http was waiting for a question when it closed, and had done so for as long as it says it does,
// and if none had come: TLS lost nothing of what was read from the socket.
func (s *soaking) onPurpose(d *visitorOfSoak, end error) error {
	l := s.life(d.LocalAddr().String())
	// Who closes a socket with bytes unread resets the connection.
	ends := slices.ContainsFunc([]error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET}, func(e error) bool { return errors.Is(end, e) })
	if !ends || l == nil {
		return fmt.Errorf("the server knows of it: %v: %w", l != nil, end)
	}
	select {
	case <-l.closed:
	case <-time.After(time.Minute):
		return fmt.Errorf("the server has not closed: %w", end)
	}
	limit := s.idle
	if l.first {
		limit = headerTimeout
	}
	switch {
	case l.since.IsZero():
		return errors.New("the server hung up on a question")
	case l.ended.Sub(l.since) < limit:
		return fmt.Errorf("the server hung up after %v, and waits %v (for the first question: %v)", l.ended.Sub(l.since), limit, l.first)
	case !d.asked.IsZero() && l.ended.Sub(d.asked) > onTheWay && l.read >= d.under.written.Load():
		return fmt.Errorf("the server read all %d bytes, and hung up %v after the question without having heard of it (the first: %v)",
			l.read, l.ended.Sub(d.asked), l.first)
	}
	return errTimeout
}

// errTimeout is what a visit ends with where the server has waited for long enough.
var errTimeout = errors.New("the server hung up after its timeout")

func (s *soaking) ended(d *visitorOfSoak, end error) error {
	err := s.onPurpose(d, end)
	if errors.Is(err, errTimeout) {
		s.timeouts.Add(1)
	}
	return err
}

// A server that is tired of waiting says close_notify; http.ReadResponse calls that an unexpected EOF, and so did this soak.
// It is told from bytes that were lost.
func TestSoakKnowsATimeout(t *testing.T) {
	s, _ := newSoaking(t, 50*time.Millisecond)
	visitor := func(t *testing.T) *visitorOfSoak {
		dialled, err := net.Dial("tcp", s.host)
		if err != nil {
			t.Fatal(err)
		}
		raw := &counted{TCPConn: dialled.(*net.TCPConn)}
		t.Cleanup(func() { raw.Close() })
		conn := tls.Client(raw, &tls.Config{RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, Time: testkit.Clock})
		d := &visitorOfSoak{Conn: conn, under: raw, own: conn, in: bufio.NewReader(conn), since: time.Now()}
		if _, err := fmt.Fprintf(d, "GET /file HTTP/1.1\r\nHost: %s\r\nRange: bytes=0-0\r\n\r\n", testkit.Host); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(d.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Run("its idle timeout", func(t *testing.T) {
		d := visitor(t)
		_, err := d.in.Peek(1)
		if got := s.ended(d, err); !errors.Is(got, errTimeout) {
			t.Errorf("%v, of %v", got, err)
		}
		if _, err := http.ReadResponse(d.in, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("net/http calls it %v now", err)
		}
	})
	t.Run("sooner than that", func(t *testing.T) {
		d := visitor(t)
		_, err := d.in.Peek(1)
		s.idle = time.Hour
		defer func() { s.idle = 50 * time.Millisecond }()
		if got := s.ended(d, err); errors.Is(got, errTimeout) || !strings.Contains(got.Error(), "hung up after") {
			t.Errorf("%v", got)
		}
	})
	t.Run("though it had read the question", func(t *testing.T) {
		d := visitor(t)
		_, err := d.in.Peek(1)
		d.asked = time.Now().Add(-time.Minute)
		if got := s.ended(d, err); errors.Is(got, errTimeout) || !strings.Contains(got.Error(), "without having heard") {
			t.Errorf("%v", got)
		}
		d.under.written.Add(1) // that is on its way
		if got := s.ended(d, err); !errors.Is(got, errTimeout) {
			t.Errorf("%v", got)
		}
	})
	t.Run("what is lost under TLS", func(t *testing.T) {
		d := visitor(t)
		under(s.life(d.LocalAddr().String()).conn).Close()
		_, err := d.in.Peek(1)
		if got := s.ended(d, err); errors.Is(got, errTimeout) {
			t.Errorf("%v, of %v", got, err)
		}
	})
}
