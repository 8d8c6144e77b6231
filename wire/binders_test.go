package wire

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// A client makes a hello with binders of zeros, hashes what stands before them, and puts the true ones in their place.
// RFC 8446 §4.2.11.2: before them means before the length of their list.
func TestBindersTakeTheirPlace(t *testing.T) {
	hello := sampleClientHello()
	binders := hello.PSKBinders
	hello.PSKBinders = [][]byte{zeros(32), zeros(48)}
	raw := mustEncode(t, hello, Context{})
	if n := hello.BindersLen(); n != 2+1+32+1+48 {
		t.Fatalf("binders of %d bytes", n)
	}
	partial := slices.Clone(raw[:len(raw)-hello.BindersLen()])
	if !bytes.HasSuffix(partial, []byte{0, 1, 'i', 0, 0, 0, 0}) {
		t.Errorf("what stands before the binders ends in %x, not with the last identity", partial[len(partial)-7:])
	}
	if err := hello.SetBinders(binders); err != nil {
		t.Fatal(err)
	}
	if &raw[0] != &hello.Raw()[0] {
		t.Errorf("the message was not changed in place")
	}
	if want := mustEncode(t, sampleClientHello(), Context{}); !bytes.Equal(raw, want) {
		t.Errorf("got\n%x\nwant\n%x", raw, want)
	}
	if !bytes.HasPrefix(raw, partial) {
		t.Errorf("bytes before the binders have changed")
	}
	if !slices.EqualFunc(hello.PSKBinders, binders, bytes.Equal) {
		t.Errorf("the field says %x", hello.PSKBinders)
	}
	binders[0][0] ^= 1
	if hello.PSKBinders[0][0] == binders[0][0] {
		t.Errorf("the message keeps the caller's slice")
	}

	// A hello that came over the wire has its binders where one that was built has them.
	m, err := Decode(raw, Context{})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.(*ClientHello).BindersLen(); got != hello.BindersLen() {
		t.Errorf("decoded, its binders take %d bytes, not %d", got, hello.BindersLen())
	}
}

func TestSetBindersRefuses(t *testing.T) {
	encoded := func(change func(*ClientHello)) *ClientHello {
		m := sampleClientHello()
		mustEncode(t, m, Context{})
		change(m)
		return m
	}
	as := func(*ClientHello) {}
	for _, c := range []struct {
		m       *ClientHello
		binders [][]byte
		want    string
	}{
		{sampleBareClientHello(), nil, "wire: a ClientHello without pre_shared_key has no binders"},
		{sampleClientHello(), [][]byte{zeros(32), zeros(48)}, "wire: binders for a ClientHello that has not been encoded"},
		{encoded(as), [][]byte{zeros(32)}, "wire: 1 binders for a ClientHello with 2"},
		{encoded(as), [][]byte{zeros(32), zeros(32)}, "wire: binder 1 has 32 bytes, its place 48"},
		{encoded(as), [][]byte{nil, zeros(48)}, "wire: binder 0 has 0 bytes, its place 32"},
		// The message was changed since it was encoded: what the fields say is not what the bytes have.
		{encoded(func(m *ClientHello) { m.PSKBinders = [][]byte{zeros(48), zeros(32)} }), [][]byte{zeros(48), zeros(32)},
			"wire: binder 0 has 48 bytes, its place 32"},
		{encoded(func(m *ClientHello) { m.PSKBinders = nil }), nil, "wire: the binders were changed after the ClientHello was encoded"},
		{encoded(func(m *ClientHello) { m.PSKBinders = m.PSKBinders[:1] }), [][]byte{zeros(32)},
			"wire: the binders were changed after the ClientHello was encoded"},
	} {
		before := slices.Clone(c.m.Raw())
		if err := c.m.SetBinders(c.binders); fmt.Sprint(err) != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if !bytes.Equal(c.m.Raw(), before) {
			t.Errorf("%s: the message has changed", c.want)
		}
	}
}
