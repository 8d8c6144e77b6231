package engine

import "github.com/vitro-tls/vitro/internal/hs"

// Renegotiation says when a client of TLS 1.2 lets its server begin another handshake on the same connection. A server
// never does. RFC 5746 ties it to the handshake before, or it is declined; the server must stay who it is.
type Renegotiation = hs.Renegotiation

const (
	RenegotiateNever  = hs.RenegotiateNever
	RenegotiateOnce   = hs.RenegotiateOnce
	RenegotiateFreely = hs.RenegotiateFreely
)
