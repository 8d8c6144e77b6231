package main

import (
	"crypto/tls"
	"fmt"
	"io"
)

// exchange sends a byte, so that the client has read what comes with it.
func exchange(c, s *tls.Conn) {
	go s.Write([]byte("x"))
	io.ReadFull(c, make([]byte, 1))
	c.Close()
	s.Close()
}

func sessions() {
	cc, sc := clientConfig(), serverConfig()
	cc.ClientSessionCache = tls.NewLRUClientSessionCache(2)
	for range 3 {
		c, s, cerr, serr := connect(cc, sc)
		fmt.Println(kinds(cerr), kinds(serr), c.ConnectionState().DidResume, s.ConnectionState().DidResume, len(c.ConnectionState().PeerCertificates))
		exchange(c, s)
	}
}
