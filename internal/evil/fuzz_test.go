package evil

import (
	"bytes"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// spread changes content by a pattern from a place on: each byte of the pattern is one of exclusive or.
func spread(content []byte, at uint16, pattern []byte) []byte {
	out := slices.Clone(content)
	for i, b := range pattern {
		if len(out) > 0 {
			out[(int(at)+i)%len(out)] ^= b
		}
	}
	return out
}

// One message of an encrypted or clear flight is changed and sealed under the right keys, or one record is put in front of
// it. Whatever that is: no handshake is completed, unless nothing was changed that counts; the error is one of ours, and
// its alert is what the peer was told.
func FuzzFlight(f *testing.F) {
	for kind := range Kinds {
		for _, victim := range []bool{true, false} {
			f.Add(uint8(kind), victim, uint8(0), uint8(0), uint16(4), []byte{1}, uint8(22), false)
			f.Add(uint8(kind), victim, uint8(0), uint8(3), uint16(0), []byte{255, 1}, uint8(22), false)
			f.Add(uint8(kind), victim, uint8(1), uint8(2), uint16(9), []byte{128}, uint8(22), false)
			f.Add(uint8(kind), victim, uint8(1), uint8(0), uint16(0), []byte{2, 40}, uint8(21), true)
			f.Add(uint8(kind), victim, uint8(0), uint8(2), uint16(0), []byte{24, 0, 0, 1, 1}, uint8(22), true)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, client bool, flight, unit uint8, at uint16, pattern []byte, ct uint8, insert bool) {
		k, victim := Kinds[int(kind)%len(Kinds)], fault.Server
		if client {
			victim = fault.Client
		}
		if len(pattern) > 1<<14 {
			return
		}
		changed := false
		p := play(t, k, victim, func(n int, units []Unit) []Unit {
			if n != int(flight)%3 {
				return units
			}
			i := int(unit) % len(units)
			if insert {
				changed = true
				return slices.Insert(slices.Clone(units), i,
					Unit{Type: wire.ContentType(ct), Content: slices.Clone(pattern), Epoch: readEpoch(k, units[i:])})
			}
			return modify(i, func(u *Unit) {
				u.Type = wire.ContentType(ct)
				u.Content = spread(u.Content, at, pattern)
				changed = u.Type != units[i].Type || !bytes.Equal(u.Content, units[i].Content)
			})(units)
		})
		if err := p.Judge(); err != nil {
			t.Fatal(err)
		}
		switch connected := p.Victim.Err == nil; {
		case !changed && !connected:
			t.Fatalf("nothing was changed: %v", p.Victim.Err)
		case changed && !insert && connected:
			t.Fatal("a message was changed, and the victim is connected")
		case changed && connected && !meaningless(wire.ContentType(ct), pattern):
			t.Fatalf("%x of type %d was put in, and the victim is connected", pattern, ct)
		}
	})
}

// meaningless is what may stand in a handshake without counting: a warning, an empty record, a HelloRequest, the
// ChangeCipherSpec of TLS 1.3; and changes of nothing.
func meaningless(t wire.ContentType, content []byte) bool {
	switch t {
	case 0: // RFC 8446 §5.4: the type is the last byte that is no padding
		trimmed := bytes.TrimRight(content, "\x00")
		n := len(trimmed)
		return n > 0 && trimmed[n-1] != 0 && meaningless(wire.ContentType(trimmed[n-1]), trimmed[:n-1])
	case wire.ContentAlert:
		return len(content) == 2 && content[0] == byte(wire.LevelWarning)
	case wire.ContentChangeCipherSpec:
		return bytes.Equal(content, []byte{1})
	case wire.ContentHandshake:
		return bytes.Count(content, []byte{0}) == len(content) && len(content)%4 == 0
	}
	return false
}

// A message of an insider is changed, and its Finished proves what was changed. It may make another handshake, but no
// hang, no panic, and no error but one of ours.
func FuzzInsider(f *testing.F) {
	for place := range 6 {
		for _, retry := range []bool{true, false} {
			f.Add(true, retry, uint8(place), uint16(4), []byte{1})
			f.Add(false, retry, uint8(place), uint16(40), []byte{255, 1, 2, 3})
			f.Add(true, retry, uint8(128+place), uint16(4), []byte{1})
		}
	}
	f.Fuzz(func(t *testing.T, client, retry bool, place uint8, at uint16, pattern []byte) {
		victim := fault.Server
		if client {
			victim = fault.Client
		}
		v := variant{retry, place >= 128}
		n := len(honest13(victim, v))
		p := alteredInsider(t, victim, v, int(place)%n, func(raw []byte) []byte { return spread(raw, at, pattern) })
		if err := p.Judge(); err != nil {
			t.Fatal(err)
		}
	})
}
