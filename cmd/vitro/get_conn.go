package main

import (
	"net"
	"sync"

	"github.com/vitro-tls/vitro/tls"
)

// countedConn tells when it has been closed and nobody reads or writes any more: net/http closes it under a Read, which
// may still have something to tell.
type countedConn struct {
	net.Conn
	done func()

	mu    sync.Mutex
	users int // calls that go on, and one until it has been closed
	ended bool
}

func newCountedConn(inner net.Conn, done func()) *countedConn {
	return &countedConn{Conn: inner, done: done, users: 1}
}

// countedTLS is one that package https knows for TLS.
type countedTLS struct {
	*countedConn
	conn *tls.Conn
}

func (c countedTLS) ConnectionState() tls.ConnectionState { return c.conn.ConnectionState() }

func (c *countedConn) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users == 0 {
		return false
	}
	c.users++
	return true
}

func (c *countedConn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.users--; c.users == 0 {
		c.done()
	}
}

func (c *countedConn) Read(b []byte) (int, error) {
	if !c.enter() {
		return 0, net.ErrClosed
	}
	defer c.leave()
	return c.Conn.Read(b)
}

func (c *countedConn) Write(b []byte) (int, error) {
	if !c.enter() {
		return 0, net.ErrClosed
	}
	defer c.leave()
	return c.Conn.Write(b)
}

func (c *countedConn) Close() error {
	err := c.Conn.Close()
	c.mu.Lock()
	first := !c.ended
	c.ended = true
	c.mu.Unlock()
	if first {
		c.leave()
	}
	return err
}
