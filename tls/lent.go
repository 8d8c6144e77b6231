package tls

import (
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/vitro-tls/vitro/internal/record"
)

const (
	// smallLen holds any record.
	smallLen = record.HeaderLen + record.MaxCiphertext
	// largeLen is for data that come faster than they are read: the larger a read, the fewer there are, and the fewer
	// acknowledgements the kernel sends. From 36 KB to 512 KB that is an eighth of the processor time of a bulk transfer
	// over loopback.
	largeLen = 512 << 10
	// maxLarge bounds how many large buffers a process has. A peer that sends just as much as fills one and then nothing
	// more would have it held; whoever finds none left goes on with a small one.
	maxLarge = 64
)

// buffers are lent to connections while bytes are in flight.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, smallLen)
	return &b
}}

func lendSmall() *[]byte { return buffers.Get().(*[]byte) }

// larges are the large buffers that nobody has.
var larges struct {
	sync.Pool
	exist atomic.Int32
}

// lendLarge returns nil if there are too many.
func lendLarge() *[]byte {
	if b, ok := larges.Get().(*[]byte); ok {
		return b
	}
	if larges.exist.Load() >= maxLarge {
		return nil
	}
	larges.exist.Add(1) // several at once may go beyond the bound by as many as there are processors
	b := make([]byte, largeLen)
	// It may be lost: with a connection that is dropped, or out of the pool.
	runtime.AddCleanup(&b, func(exist *atomic.Int32) { exist.Add(-1) }, &larges.exist)
	return &b
}

func giveBack(b *[]byte) {
	if len(*b) == largeLen {
		larges.Put(b)
	} else {
		buffers.Put(b)
	}
}

// lentBuffer holds bytes from the network. Once tidied it holds no memory but a record's header: a reader that is
// blocked between records costs none, one that is blocked within a record a small buffer.
type lentBuffer struct {
	buf        *[]byte
	start, end int
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
	l.start += n
	return (*l.buf)[l.start-n : l.start : l.start]
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
func (l *lentBuffer) suit() {
	if l.buf == nil || l.flowing == (len(*l.buf) == largeLen) {
		return
	}
	other := lendLarge
	if !l.flowing {
		other = lendSmall
	}
	if b := other(); b != nil {
		l.start, l.end = 0, copy(*b, l.bytes())
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
			l.start, l.end = 0, copy(*l.buf, l.head[:n])
			return nil
		}
		return err
	}
	if l.start > 0 {
		l.start, l.end = 0, copy(*l.buf, (*l.buf)[l.start:l.end])
	}
	n, err := r.Read((*l.buf)[l.end:])
	l.end += n
	l.flowing = l.end == len(*l.buf)
	if n > 0 {
		return nil
	}
	l.suit() // nobody knows when the next Read comes
	return err
}
