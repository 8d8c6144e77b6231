package hs

import (
	"slices"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// SuitesFor and Suites13For are a server's suites for a client, best first: in the caller's order, or else in one that
// depends on the client's hardware.
func (c *Compiled) SuitesFor(ch *wire.ClientHello) []*suite.Suite {
	if c.noAES != nil && suite.LikesChaCha20(ch.CipherSuites) {
		return c.noAES
	}
	return c.Suites
}

func (c *Compiled) Suites13For(ch *wire.ClientHello) []*suite.Suite {
	if c.noAES13 != nil && suite.LikesChaCha20(ch.CipherSuites) {
		return c.noAES13
	}
	return c.Suites13
}

// compileKeyShares: RFC 8446 §4.2.8: one share for a group, in the order of supported_groups, and of no other group.
func (c *Compiled) compileKeyShares() error {
	at := func(g wire.NamedGroup) int { return slices.Index(c.Groups, g) }
	for i, g := range c.KeyShares {
		if at(g) < 0 || suite.FieldByID(g) != nil || slices.Contains(c.KeyShares[:i], g) {
			return badConfig("key share for %v: one for each group, of those that are allowed for TLS 1.3", g)
		}
	}
	if c.KeyShares != nil {
		c.KeyShares = slices.SortedFunc(slices.Values(c.KeyShares), func(a, b wire.NamedGroup) int { return at(a) - at(b) })
		if c.KeyShares == nil {
			c.KeyShares = []wire.NamedGroup{}
		}
	}
	return nil
}
