package bench

import (
	"io"
	"net"
	"testing"
)

// The measuring device must not be what is measured.
func TestDuplexCostsNoAllocation(t *testing.T) {
	a, b := newDuplex(0)
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
	a, b := newDuplex(0)
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
	if got := b.in.waiting(); got != 100 {
		t.Errorf("%d bytes wait, want 100", got)
	}
	rest, err := io.ReadAll(b)
	if err != nil || len(rest) != 100 || rest[99] != sent-1 {
		t.Errorf("after Close: %d bytes, error %v; want the 100 that were left, up to %d", len(rest), err, sent-1)
	}
}

// A writer that is far ahead waits, so that a benchmark's memory does not grow with its length; closing frees it.
func TestDuplexHoldsItsLimit(t *testing.T) {
	a, b := newDuplex(100)
	wrote := make(chan error)
	go func() {
		for range 3 {
			_, err := a.Write(make([]byte, 100))
			wrote <- err
		}
	}()
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, err := io.ReadFull(b, make([]byte, 10)); err != nil || b.in.waiting() > 190 {
			t.Fatalf("%v; %d bytes wait", err, b.in.waiting())
		}
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	b.Close()
	if err := <-wrote; err != net.ErrClosed {
		t.Errorf("the write after Close: %v", err)
	}
}
