package hs

import (
	"strings"

	"github.com/vitro-tls/vitro/wire"
)

// Types is a set of types of messages, ChangeCipherSpec among them.
type Types uint32

// Only is the set of one type.
func Only(t wire.HandshakeType) Types { return 1 << (t % 32) }

// Has reports whether t is in the set.
func (s Types) Has(t wire.HandshakeType) bool {
	return (t < 31 || t == wire.TypeChangeCipherSpec) && s&Only(t) != 0
}

// String lists the types for a sentence.
func (s Types) String() string {
	var names []string
	for t := range wire.TypeChangeCipherSpec {
		if s.Has(t) {
			names = append(names, t.String())
		}
	}
	if s.Has(wire.TypeChangeCipherSpec) {
		names = append(names, wire.TypeChangeCipherSpec.String())
	}
	return strings.Join(names, " or ")
}
