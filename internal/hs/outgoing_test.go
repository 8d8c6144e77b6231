package hs

import (
	"bytes"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// A Tracer that panics while data are sealed takes nothing with it that others wait for: who has caught the panic can still
// close the connection.
func TestPanicWhileSealing(t *testing.T) {
	for _, protected := range []bool{false, true} {
		var o Outgoing
		var stream event.Stream
		stream.Init(event.TracerFunc(func(event.Meta, event.Event) { panic("a Tracer's own") }), fault.Client, 1)
		o.Init(&stream, wire.TLS12, nil)
		o.LetData(true)
		if protected {
			c := suite.ByID(wire.TLS_AES_128_GCM_SHA256).Cipher
			if err := o.half.Protect13(c, bytes.Repeat([]byte{1}, c.KeyLen), bytes.Repeat([]byte{2}, c.NonceLen())); err != nil {
				t.Fatal(err)
			}
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the Tracer was not told")
				}
			}()
			_, _ = o.Seal(nil, []byte("data"))
		}()
		if !o.mu.TryLock() {
			t.Errorf("protected %v: the write half stays locked", protected)
		}
	}
}
