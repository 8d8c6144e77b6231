// Eventloop is a TLS server that echoes what it is told: thousands of connections, one goroutine, no tls.Conn.
//
// It shows package engine under a loop of your own. The engine does no I/O: it takes the bytes that came, gives the bytes
// that are to go out, and says what it wants next. So a connection here is a file descriptor, an engine, and the bytes
// that wait; epoll says which connection has something to do.
//
//	loop.go     epoll, time, the one goroutine, and the answers to what engines ask
//	accept.go   new connections, as many as there is room for
//	conn.go     one connection: bytes in, engine, bytes out
//
// What to look at: a record that has come by halves, a peer that does not read (nothing more is read from it
// either), a peer that says nothing (the handshake's time is up), a signature that is made elsewhere and comes later, an
// alert that has to arrive before the socket is closed.
//
// Run it, and talk to it from another terminal:
//
//	go run ./examples/eventloop
//	openssl s_client -connect 127.0.0.1:8443 -quiet
//
// Without --cert and --key it makes up a certificate, which no client trusts; --root FILE writes the root to trust. Ctrl-C
// says goodbye to every client and stops. It needs Linux.
package main
