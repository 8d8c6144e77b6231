package record

import (
	"bytes"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// What is moved into a half of a connection seals and opens there, as it would have where it was made; there nothing of it is
// left, and nothing anywhere of the keys that it takes the place of.
func TestMoveProtection(t *testing.T) {
	for name, c := range ciphers() {
		var in, out Half
		for i := range byte(2) {
			key, iv := bytes.Repeat([]byte{i}, c.KeyLen), bytes.Repeat([]byte{i}, c.FixedIVLen)
			before := in.own.AEAD
			var was []byte
			if before != nil {
				was = before.Seal(nil, make([]byte, nonceLen), nil, nil)
			}
			a, b, err := NewAEADs12(c, [2][]byte{key, key}, [2][]byte{iv, iv})
			if err != nil {
				t.Fatal(err)
			}
			in.MoveProtection(a)
			out.MoveProtection(b)
			if *a.(*aead12) != (aead12{}) {
				t.Errorf("%s: where the protection was made something is left of it", name)
			}
			if before != nil && bytes.Equal(was, before.Seal(nil, make([]byte, nonceLen), nil, nil)) {
				t.Errorf("%s: the old keys are still there", name)
			}
			rec, err := out.Seal(nil, wire.ContentApplicationData, wire.TLS12, []byte("hello"))
			if err != nil {
				t.Fatal(err)
			}
			fresh, err := NewAEAD12(c, key, iv)
			if err != nil {
				t.Fatal(err)
			}
			if _, plain, err := fresh.Open(nil, 0, bytes.Clone(rec)); err != nil || string(plain) != "hello" {
				t.Errorf("%s: a record that was sealed behind the move opens to %q, %v", name, plain, err)
			}
			if _, plain, err := in.Open(rec); err != nil || string(plain) != "hello" {
				t.Errorf("%s: behind the move a record opens to %q, %v", name, plain, err)
			}
		}
	}
}
