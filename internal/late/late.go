// Package late is a seam for tests in other packages than tls: they have what a connection asks answered from elsewhere.
package late

import (
	"net"

	"github.com/vitro-tls/vitro/want"
)

// Answers has every question of a connection of package tls, which sets it, handed to f with what answers it. It is
// called before the handshake.
var Answers func(conn net.Conn, f func(q want.Question, answer func()))
