package main

import (
	std "crypto/tls"
	"io"
	"net"
	"runtime"
	"sync/atomic"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// idleServer holds connections, each with a goroutine that is blocked in Read.
func idleServer(p *parent) error {
	var job idleJob
	if err := p.in.Decode(&job); err != nil {
		return err
	}
	if job.Sites {
		runtime.MemProfileRate = 1
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	wrap := job.serverEnd()
	var handled atomic.Int64
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			handled.Add(1)
			go hold(wrap(c), job.What.Message, &handled)
		}
	}()
	if err := p.out.Encode(listener.Addr().String()); err != nil {
		return err
	}
	p.command() // baseline
	for handled.Load() > 0 {
		runtime.Gosched()
	}
	before, err := footprint(job.Sites)
	if err == nil {
		err = p.out.Encode(0)
	}
	if err != nil {
		return err
	}
	p.command() // measure
	after, err := footprint(job.Sites)
	if err != nil {
		return err
	}
	return p.out.Encode(after.since(before, int(handled.Load())))
}

// hold answers messages, and mostly waits for the next. Its own buffer is small, for everyone: what a program reads into
// is not what is measured.
func hold(c io.ReadWriteCloser, message int, handled *atomic.Int64) {
	defer handled.Add(-1)
	defer c.Close()
	var b [64]byte
	for got := 0; ; {
		n, err := c.Read(b[:])
		if err != nil {
			return
		}
		for got += n; got >= message; got -= message {
			if _, err := c.Write(b[:answer]); err != nil {
				return
			}
		}
	}
}

// serverEnd says how the holder makes a connection from a network connection.
func (j idleJob) serverEnd() func(net.Conn) io.ReadWriteCloser {
	leaf := testkit.Leaf(testkit.P256)
	certificates := []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key, Leaf: leaf.Leaf}}
	switch j.Holder {
	case "vitro":
		config := &tls.Config{Certificates: certificates, MinVersion: j.What.Version, MaxVersion: j.What.Version}
		return func(c net.Conn) io.ReadWriteCloser { return tls.Server(c, config) }
	case "crypto-tls":
		config := &std.Config{Certificates: certificates, MinVersion: j.What.Version, MaxVersion: j.What.Version}
		return func(c net.Conn) io.ReadWriteCloser { return std.Server(c, config) }
	}
	return func(c net.Conn) io.ReadWriteCloser { return c }
}
