package wire

import (
	"bytes"
	"testing"
)

// Each slot is given away once, and what has been given back is empty, whatever lay there; a message from a slot is the
// one that would have been decoded without.
func TestSlots(t *testing.T) {
	s := new(Slots)
	a, b := s.ClientHello(), s.ClientHello()
	if a == b || a != &s.clientHello {
		t.Error("a slot is given away twice, or not at all")
	}
	if first, second, third := s.Finished(), s.Finished(), s.Finished(); first == second || second == third || first == third {
		t.Error("two ends' Finished share a slot")
	}
	for _, sample := range samples() {
		raw, err := Encode(sample.message, sample.ctx)
		if err != nil {
			t.Fatal(err)
		}
		used := TakeSlots()
		m, err := DecodeIn(used, raw, sample.ctx)
		if err != nil {
			t.Fatalf("%v: %v", sample.message.Type(), err)
		}
		again, err := Encode(m, sample.ctx)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%v from a slot is encoded as %x, %v; want %x", m.Type(), again, err, raw)
		}
		used.Return()
		if used.given != [len(used.given)]bool{} || used.clientHello.Raw() != nil || used.serverHello.SessionID != nil || used.orders != [2][usualExtensions]ExtensionType{} {
			t.Errorf("%v stays behind", m.Type())
		}
	}
}
