package hs

import "time"

// CookieKeys seals what a server would otherwise keep between its HelloRetryRequest and the second ClientHello, and
// opens it again. Servers that share keys can go on for each other. It is called within Step, by many connections at
// once: it does no I/O and does not block. RFC 8446 §4.2.2.
type CookieKeys interface {
	// SealCookie encrypts and authenticates plain. random is fresh, and for this cookie alone.
	SealCookie(now time.Time, random *[32]byte, plain []byte) ([]byte, error)
	// OpenCookie returns what SealCookie was given, false if none of the keys in force has sealed it.
	OpenCookie(now time.Time, cookie []byte) (plain []byte, ok bool)
}
