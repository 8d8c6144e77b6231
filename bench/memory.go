package bench

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// duplex is one end of a connection in memory. Once the buffers have grown, it costs no allocation. It has no deadlines.
type duplex struct {
	in, out *queue
}

// newDuplex makes both ends. A write never blocks, or, with a limit, only while that much waits to be read.
func newDuplex(limit int) (a, b *duplex) {
	x, y := newQueue(limit), newQueue(limit)
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
	mu      sync.Mutex
	filled  sync.Cond
	drained sync.Cond
	limit   int // 0: none
	buf     []byte
	start   int // of what has not been read
	closed  bool
}

func newQueue(limit int) *queue {
	q := &queue{limit: limit}
	q.filled.L, q.drained.L = &q.mu, &q.mu
	return q
}

// waiting is how much has not been read.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.buf) - q.start
}

func (q *queue) write(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.limit > 0 && len(q.buf)-q.start >= q.limit && !q.closed {
		q.drained.Wait()
	}
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
	q.drained.Signal()
	return n, nil
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.filled.Broadcast()
	q.drained.Broadcast()
}
