package bench

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// duplex is one end of a connection in memory. A write never blocks and, once the buffer has grown, costs no
// allocation. It has no deadlines.
type duplex struct {
	in, out *queue
}

func newDuplex() (a, b *duplex) {
	x, y := newQueue(), newQueue()
	return &duplex{x, y}, &duplex{y, x}
}

func (d *duplex) Read(b []byte) (int, error)  { return d.in.read(b) }
func (d *duplex) Write(b []byte) (int, error) { return d.out.write(b) }

func (d *duplex) Close() error {
	d.in.close()
	d.out.close()
	return nil
}

func (d *duplex) LocalAddr() net.Addr              { return memory{} }
func (d *duplex) RemoteAddr() net.Addr             { return memory{} }
func (d *duplex) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (d *duplex) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (d *duplex) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

type memory struct{}

func (memory) Network() string { return "memory" }
func (memory) String() string  { return "memory" }

// queue is one direction.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	buf    []byte
	start  int // of what has not been read
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L = &q.mu
	return q
}

func (q *queue) write(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return 0, net.ErrClosed
	}
	if q.start > 0 && len(q.buf)+len(b) > cap(q.buf) {
		q.buf, q.start = q.buf[:copy(q.buf, q.buf[q.start:])], 0
	}
	q.buf = append(q.buf, b...)
	q.filled.Signal()
	return len(b), nil
}

func (q *queue) read(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.start == len(q.buf) {
		if q.closed {
			return 0, io.EOF
		}
		q.filled.Wait()
	}
	n := copy(b, q.buf[q.start:])
	if q.start += n; q.start == len(q.buf) {
		q.buf, q.start = q.buf[:0], 0
	}
	return n, nil
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.filled.Broadcast()
}

// The measuring device must not be what is measured.
func TestDuplexCostsNoAllocation(t *testing.T) {
	a, b := newDuplex()
	buf := make([]byte, 1000)
	if n := testing.AllocsPerRun(1000, func() {
		// Two in, one out, and then the rest: the buffer wraps at every place.
		_, _ = a.Write(buf)
		_, _ = a.Write(buf[:700])
		_, _ = io.ReadFull(b, buf)
		_, _ = io.ReadFull(b, buf[:700])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDuplexKeepsTheOrder(t *testing.T) {
	a, b := newDuplex()
	var sent, got byte
	for range 100 {
		for range 7 {
			_, _ = a.Write([]byte{sent, sent + 1, sent + 2})
			sent += 3
		}
		buf := make([]byte, 20) // less than was written, so that what is left must be moved
		if _, err := io.ReadFull(b, buf); err != nil {
			t.Fatal(err)
		}
		for _, v := range buf {
			if v != got {
				t.Fatalf("read %d, want %d", v, got)
			}
			got++
		}
	}
	a.Close()
	rest, err := io.ReadAll(b)
	if err != nil || len(rest) != 100 || rest[99] != sent-1 {
		t.Errorf("after Close: %d bytes, error %v; want the 100 that were left, up to %d", len(rest), err, sent-1)
	}
}
