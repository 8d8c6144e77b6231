package main

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// slowConn is in a Read until it is let go, closed or not.
type slowConn struct {
	net.Conn
	reading, letGo chan struct{}
}

func (c slowConn) Read([]byte) (int, error) {
	close(c.reading)
	<-c.letGo
	return 0, io.EOF
}

func (slowConn) Close() error { return nil }

// A connection that is closed under a Read has told everything when that returns, and not before; afterwards it reads
// and writes nothing.
func TestConnectionEndsAfterItsLastRead(t *testing.T) {
	var done atomic.Int32
	inner := slowConn{reading: make(chan struct{}), letGo: make(chan struct{})}
	conn := newCountedConn(inner, func() { done.Add(1) })
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		_, _ = conn.Read(nil)
	}()
	<-inner.reading
	_ = conn.Close()
	_ = conn.Close()
	if n := done.Load(); n != 0 {
		t.Fatalf("done %d times while a Read goes on", n)
	}
	close(inner.letGo)
	<-returned
	if n := done.Load(); n != 1 {
		t.Errorf("done %d times after the last Read, want once", n)
	}
	if _, err := conn.Read(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a Read after the end: %v", err)
	}
	if _, err := conn.Write(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a Write after the end: %v", err)
	}
}
