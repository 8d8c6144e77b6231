package hs

import (
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// A set has what was put into it, and no other of the 256 types.
func TestTypes(t *testing.T) {
	list := []wire.HandshakeType{wire.TypeHelloRequest, wire.TypeCertificate, wire.TypeKeyUpdate, wire.TypeChangeCipherSpec}
	var set Types
	for _, k := range list {
		set |= Only(k)
	}
	for k := range 256 {
		want := false
		for _, put := range list {
			want = want || wire.HandshakeType(k) == put
		}
		if set.Has(wire.HandshakeType(k)) != want {
			t.Errorf("type %d: in the set is %v", k, !want)
		}
	}
	if got, want := set.String(), "HelloRequest or Certificate or KeyUpdate or ChangeCipherSpec"; got != want {
		t.Errorf("told as %q, want %q", got, want)
	}
}
