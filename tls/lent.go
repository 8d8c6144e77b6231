package tls

import (
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/vitro-tls/vitro/internal/record"
)

// smallLen holds any record.
const smallLen = record.HeaderLen + record.MaxCiphertext

// buffers are lent to connections while bytes are in flight.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, smallLen)
	return &b
}}

func lendSmall() *[]byte { return buffers.Get().(*[]byte) }

// largeBuffers are lent while data come faster than they are read, to be read with fewer calls. A process has so many at
// most: a peer that sends just as much as fills one and then nothing more would have it held, and so would a program
// that stops reading. Who finds none left goes on with a small one.
type largeBuffers struct {
	size  int
	most  int32
	free  sync.Pool
	exist atomic.Int32
}

var (
	// forSockets: the larger a read, the fewer system calls and acknowledgements there are. From 36 KB to 512 KB that is
	// a tenth of the processor time of a bulk transfer over loopback.
	forSockets = &largeBuffers{size: 512 << 10, most: 64}
	// forOthers: what comes out of memory had better stay in the processor's cache.
	forOthers = &largeBuffers{size: 64 << 10, most: 512}
)

func largeFor(r io.Reader) *largeBuffers {
	if _, socket := r.(syscall.Conn); socket {
		return forSockets
	}
	return forOthers
}

// lend returns nil if there are too many.
func (l *largeBuffers) lend() *[]byte {
	if b, ok := l.free.Get().(*[]byte); ok {
		return b
	}
	if l.exist.Load() >= l.most {
		return nil
	}
	l.exist.Add(1) // several at once may go beyond the bound by as many as there are processors
	b := make([]byte, l.size)
	// It may be lost: with a connection that is dropped, or out of the pool.
	runtime.AddCleanup(&b, func(exist *atomic.Int32) { exist.Add(-1) }, &l.exist)
	return &b
}

func giveBack(b *[]byte) {
	switch len(*b) {
	case forSockets.size:
		forSockets.free.Put(b)
	case forOthers.size:
		forOthers.free.Put(b)
	default:
		buffers.Put(b)
	}
}

// lentBuffer holds bytes from the network. Once tidied it holds no memory but a record's header: a reader that is
// blocked between records costs none, one that is blocked within a record a small buffer.
type lentBuffer struct {
	buf        *[]byte
	start, end int32
	head       [record.HeaderLen]byte
	flowing    bool // the last read filled the buffer: there is more to be had
}

func (l *lentBuffer) bytes() []byte {
	if l.buf == nil {
		return nil
	}
	return (*l.buf)[l.start:l.end]
}

// take removes n bytes from the front; they are valid until the next fill or tidy.
func (l *lentBuffer) take(n int) []byte {
	from, to := int(l.start), int(l.start)+n
	l.start = int32(to)
	return (*l.buf)[from:to:to]
}

// tidy gives the buffer back if it is empty.
func (l *lentBuffer) tidy() {
	if l.buf != nil && l.start == l.end {
		giveBack(l.buf)
		l.buf, l.start, l.end, l.flowing = nil, 0, 0, false
	}
}

// drop forgets what has come and gives the buffer back.
func (l *lentBuffer) drop() {
	l.start = l.end
	l.tidy()
}

// suit exchanges the buffer for one that suits the flow, for a reader that may block next: a large one only while data
// come faster than they are read. No whole record is in it.
func (l *lentBuffer) suit(r io.Reader) {
	if l.buf == nil || l.flowing == (len(*l.buf) > smallLen) {
		return
	}
	var b *[]byte
	if l.flowing {
		b = largeFor(r).lend()
	} else {
		b = lendSmall()
	}
	if b != nil {
		l.start, l.end = 0, int32(copy(*b, l.bytes()))
		giveBack(l.buf)
		l.buf = b
	}
}

// fill reads at least one byte more: no more than a header where there is no buffer yet, else as much as there is.
func (l *lentBuffer) fill(r io.Reader) error {
	if l.buf == nil {
		n, err := r.Read(l.head[:])
		if n > 0 {
			l.buf = lendSmall()
			l.start, l.end = 0, int32(copy(*l.buf, l.head[:n]))
			return nil
		}
		return err
	}
	if l.start > 0 {
		l.start, l.end = 0, int32(copy(*l.buf, l.bytes()))
	}
	n, err := r.Read((*l.buf)[l.end:])
	l.end += int32(n)
	l.flowing = int(l.end) == len(*l.buf)
	if n > 0 {
		return nil
	}
	l.suit(r) // nobody knows when the next Read comes
	return err
}
