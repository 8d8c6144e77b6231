package flow

import (
	"bytes"
	"crypto"
	_ "crypto/sha256"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

func message(t wire.HandshakeType, n int) []byte {
	m := append([]byte{byte(t), byte(n >> 16), byte(n >> 8), byte(n)}, make([]byte, n)...)
	for i := range n {
		m[4+i] = byte(i)
	}
	return m
}

// Messages come out as they went in, however they are cut. RFC 5246 §6.2.1.
func TestAssembler(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var all [][]byte
	var joined []byte
	for _, n := range []int{0, 1, 5, 300, 0, 0, MaxMessage, 17} {
		all = append(all, message(wire.TypeClientHello, n))
		joined = append(joined, all[len(all)-1]...)
	}
	for round := range 100 {
		var a Assembler
		var got [][]byte
		for rest := joined; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 1+round*1000))
			a.Add(bytes.Clone(rest[:n]))
			rest = rest[n:]
			for {
				m, err := a.Next()
				if err != nil {
					t.Fatal(err)
				}
				if m == nil {
					break
				}
				got = append(got, m)
			}
		}
		if len(got) != len(all) || !a.Empty() {
			t.Fatalf("%d messages came out of %d; empty: %v", len(got), len(all), a.Empty())
		}
		for i := range all {
			if !bytes.Equal(got[i], all[i]) {
				t.Fatalf("message %d changed", i)
			}
		}
	}
}

// A message too long is refused by its header, before its bytes are taken in.
func TestLimits(t *testing.T) {
	for _, c := range []struct {
		t   wire.HandshakeType
		max int
	}{{wire.TypeClientHello, 64 << 10}, {wire.TypeServerHello, 64 << 10}, {wire.TypeCertificate, 256 << 10}} {
		var a Assembler
		a.Add(message(c.t, c.max)[:4])
		if m, err := a.Next(); m != nil || err != nil {
			t.Errorf("%v of %d bytes: %v", c.t, c.max, err)
		}
		a = Assembler{}
		a.Add(message(c.t, c.max+1)[:4])
		if _, err := a.Next(); !errors.Is(err, fault.MessageTooLong) {
			t.Errorf("%v of %d bytes: %v", c.t, c.max+1, err)
		}
	}
}

// Keys change between messages only.
func TestBoundary(t *testing.T) {
	var a Assembler
	if b, err := a.Boundary(); err != nil || !b.Proven() {
		t.Errorf("nothing waits, and keys may not change: %v", err)
	}
	for _, waiting := range [][]byte{{1}, {1, 0, 0, 1}, message(wire.TypeServerHelloDone, 0)} {
		a = Assembler{}
		a.Add(waiting)
		if b, err := a.Boundary(); !errors.Is(err, fault.MessageAcrossKeyChange) || b.Proven() {
			t.Errorf("with %x waiting keys may change: %v", waiting, err)
		}
	}
	if (Boundary{}).Proven() {
		t.Error("a boundary that nobody proved")
	}
}

// The hash of what came before the hash was known is the hash of all.
func TestTranscript(t *testing.T) {
	var late, early Transcript
	early.Choose(crypto.SHA256)
	for i := range 5 {
		if i == 3 {
			late.Choose(crypto.SHA256)
		}
		m := message(wire.TypeClientHello, i)
		late.Add(m)
		early.Add(m)
	}
	if !bytes.Equal(late.Sum(), early.Sum()) {
		t.Error("the transcript depends on when its hash was chosen")
	}
	first := bytes.Clone(late.Sum())
	if !bytes.Equal(first, late.Sum()) {
		t.Error("asking for the hash changes it")
	}
}

func FuzzAssembler(f *testing.F) {
	f.Add([]byte{1, 0, 0, 1, 7, 20, 0, 0, 0}, uint8(3))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint8) {
		var a Assembler
		var out []byte
		for rest := stream; len(rest) > 0; {
			n := min(int(cut)+1, len(rest))
			a.Add(rest[:n])
			rest = rest[n:]
			for {
				m, err := a.Next()
				if err != nil {
					return
				}
				if m == nil {
					break
				}
				out = append(out, m...)
			}
		}
		if !bytes.HasPrefix(stream, out) {
			t.Fatalf("out of %x came %x", stream, out)
		}
	})
}
