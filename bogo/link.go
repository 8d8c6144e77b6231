package main

import (
	"net"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/want"
)

// link is a connection with the runner at its other end.
type link struct {
	*observed
	resumption
	conn net.Conn
	end
}

// end is Vitro's end of it: the engine alone, or a tls.Conn over it.
type end interface {
	shake() error
	again() error // where there is nothing to shake any more
	state() want.ConnectionState
	read() ([]byte, error)
	write([]byte) error
	updateKeys() error
	close() error // says close_notify, and goes on reading
	settle()      // waits for answers that are on their way

	// What only the engine alone can do: end for a reason of the caller's, write the first byte of what it seals, and the
	// rest once something has been read.
	abort(error) error
	begin([]byte) error
	finish() error
}

func newLink(conn net.Conn, compiled *engine.Compiled, o *observed, m *memory) *link {
	l := &link{observed: o, conn: conn, resumption: resumption{memory: m}}
	if o.whole {
		l.end = newWhole(l, compiled)
	} else {
		l.end = newBare(l, compiled)
	}
	return l
}
