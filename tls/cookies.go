package tls

import (
	"fmt"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
)

// RetryCookies says what a server does with the cookie of a HelloRetryRequest. RFC 8446 §4.2.2.
type RetryCookies uint8

const (
	// NoRetryCookies: none is given; the server keeps a few hundred bytes until the second ClientHello.
	NoRetryCookies RetryCookies = iota
	// CookiesOnRetry: what is to be known again goes into the cookie, so that the second ClientHello may come on another
	// connection, to another process with the same keys.
	CookiesOnRetry
	// CookiesAlways: every client is asked to come again with a cookie, before there is a key exchange or a signature
	// for it. It costs each a round trip, and clients that know no such request are lost: GnuTLS refuses one that asks for
	// nothing but the cookie.
	CookiesAlways
)

func (c *Config) addCookies(out *engine.Config) error {
	switch c.RetryCookies {
	case NoRetryCookies:
		return nil
	case CookiesOnRetry, CookiesAlways:
		out.Cookies, out.AlwaysRetry = cookieKeys{c}, c.RetryCookies == CookiesAlways
		return nil
	}
	return fault.New(fault.BadConfig).With(fmt.Sprintf("retry cookies %d: there is no such mode", c.RetryCookies))
}

// cookieKeys are the ticket keys in force, which SetSessionTicketKeys may change at any time.
type cookieKeys struct{ *Config }

func (k cookieKeys) SealCookie(now time.Time, random *[32]byte, plain []byte) ([]byte, error) {
	tickets, _ := k.ticketKeys.get(k.Config)
	return tickets.SealCookie(now, random, plain)
}

func (k cookieKeys) OpenCookie(now time.Time, cookie []byte) ([]byte, bool) {
	tickets, _ := k.ticketKeys.get(k.Config)
	return tickets.OpenCookie(now, cookie)
}
