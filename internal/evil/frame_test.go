package evil

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// cut makes two records of a unit, the first of at most n bytes, the second of at least one.
func cut(u Unit, n int) []Unit {
	first, second := u, u
	n = min(n, len(u.Content)-1)
	first.Content, second.Content = u.Content[:n], u.Content[n:]
	return []Unit{first, second}
}

// crumble makes a record of each byte.
func crumble(u Unit) []Unit {
	if len(u.Content) == 1 {
		return []Unit{u}
	}
	halves := cut(u, len(u.Content)/2)
	return append(crumble(halves[0]), crumble(halves[1])...)
}

// replace puts others in the place of one unit.
func replace(i int, with func(Unit) []Unit) func([]Unit) []Unit {
	return func(f []Unit) []Unit { return slices.Concat(f[:i], with(f[i]), f[i+1:]) }
}

// modify changes one unit.
func modify(i int, change func(*Unit)) func([]Unit) []Unit {
	return replace(i, func(u Unit) []Unit {
		u.Content = slices.Clone(u.Content)
		change(&u)
		return []Unit{u}
	})
}

func joined(u Unit, more []byte) Unit {
	u.Content = slices.Concat(u.Content, more)
	return u
}

// Where records begin and end means nothing, but keys change at the end of one only. RFC 5246 §6.2.1, RFC 8446 §5.1.
func TestFragments(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		m := model{k, honest}
		for flight, units := range honest {
			for i, u := range units {
				add := func(class string, change func([]Unit) []Unit, want outcome) {
					list = append(list, alteration{class, u.Message().String(), flight, change, want})
				}
				if u.Type != wire.ContentHandshake {
					continue
				}
				n := len(u.Content)
				for _, size := range []int{1, 3, 4, 5, n / 2, n - 1} {
					if size < n {
						add("in two records", replace(i, func(u Unit) []Unit { return cut(u, size) }), harmless)
					}
				}
				if n < 200 {
					add("a byte to a record", replace(i, crumble), harmless)
				}
				taken := slices.IndexFunc(m.marks(flight), func(x Unit) bool { return bytes.Equal(x.Content, u.Content) })
				last := flight == len(honest)-1 && i == len(units)-1
				changes := k.Version == wire.TLS13 && (m.epoch(flight, taken+1) != u.Epoch || last)
				want := harmless
				if changes {
					want = refused(fault.MessageAcrossKeyChange)
				}
				if u.Message() == wire.TypeClientHello { // its flight ends as well, wherever the next keys come from
					want = refused(fault.MessageAcrossKeyChange, fault.MessageBehindFlight)
				}
				if i+1 < len(units) && units[i+1].Type == wire.ContentHandshake {
					add("with the next in a record", func(f []Unit) []Unit {
						return slices.Concat(f[:i], []Unit{joined(f[i], f[i+1].Content)}, f[i+2:])
					}, want)
				}
				if changes {
					add("with a byte of the next", replace(i, func(u Unit) []Unit { return []Unit{joined(u, []byte{24})} }), want)
					add("with a KeyUpdate behind", replace(i, func(u Unit) []Unit { return []Unit{joined(u, []byte{24, 0, 0, 1, 0})} }), want)
				}
				between(k, u, i, add)
			}
		}
		return list
	})
}

// between puts records of other types between the two halves of a message.
func between(k Kind, u Unit, i int, add func(string, func([]Unit) []Unit, outcome)) {
	put := func(t wire.ContentType, content []byte) func([]Unit) []Unit {
		return replace(i, func(u Unit) []Unit {
			return slices.Insert(cut(u, len(u.Content)/2), 1, Unit{Type: t, Content: content, Epoch: u.Epoch})
		})
	}
	warning := []byte{byte(wire.LevelWarning), byte(wire.AlertUserCanceled)}
	fresh := i == 0 && u.Epoch == Clear
	switch {
	case k.Version == wire.TLS12:
		add("a warning within", put(wire.ContentAlert, warning), harmless)
		add("ChangeCipherSpec within", put(wire.ContentChangeCipherSpec, []byte{1}), refused(fault.MessageAcrossKeyChange))
	case fresh: // the version may not be known yet
	default:
		add("a warning within", put(wire.ContentAlert, warning), refused(fault.InterleavedMessage))
		if u.Epoch == Clear {
			add("ChangeCipherSpec within", put(wire.ContentChangeCipherSpec, []byte{1}), refused(fault.InterleavedMessage))
		}
	}
	add("data within", put(wire.ContentApplicationData, []byte("hi")), refused(fault.InterleavedMessage))
}

// A message in a record of another type is no message: in TLS 1.3 the type that counts is the encrypted one. RFC 5246
// §6.2.1, RFC 8446 §5.2.
func TestContentType(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		for flight, units := range honest {
			for i, u := range units {
				if k.Version == wire.TLS13 && u.Type == wire.ContentChangeCipherSpec {
					continue
				}
				for _, ct := range []wire.ContentType{1, 20, 21, 22, 23, 24, 25, 26, 99, 255} {
					if ct == u.Type {
						continue
					}
					list = append(list, alteration{fmt.Sprintf("type %v", ct), u.Message().String(), flight, modify(i, func(u *Unit) { u.Type = ct }), refused(
						fault.NotTLS, fault.UnknownContentType, fault.EarlyApplicationData, fault.MalformedAlert,
						fault.MalformedChangeCipherSpec, fault.UnexpectedMessage)})
					if ct == wire.ContentHandshake {
						list[len(list)-1].want.waits = true // the one byte of ChangeCipherSpec begins a message
						list[len(list)-1].want.rules = nil
					}
				}
			}
		}
		return list
	})
}

// Padding hides lengths and means nothing, but a record must have something else too. RFC 8446 §5.4.
func TestPadding(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		if k.Version != wire.TLS13 {
			return nil
		}
		for flight, units := range honest {
			for i, u := range units {
				if u.Epoch == Clear {
					continue
				}
				for _, n := range []int{1, 2, 100, 1 << 13} {
					// Behind the content stands its type; the type that sealing adds is one more zero.
					change := modify(i, func(u *Unit) {
						u.Content = append(append(u.Content, byte(u.Type)), make([]byte, n-1)...)
						u.Type = 0
					})
					list = append(list, alteration{"padded", fmt.Sprint(n), flight, change, harmless})
				}
				empty := Unit{Content: make([]byte, 10), Epoch: u.Epoch}
				list = append(list, alteration{"only padding", u.Message().String(), flight,
					func(f []Unit) []Unit { return slices.Insert(slices.Clone(f), i, empty) }, refused(fault.NoContentType)})
			}
		}
		return list
	})
}

// A record under the wrong keys. RFC 5246 §6.3, RFC 8446 §5.2.
func TestWrongKeys(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		for flight, units := range honest {
			for i, u := range units {
				if u.Type == wire.ContentChangeCipherSpec || u.Epoch == Clear {
					continue
				}
				want := refused(fault.UnprotectedRecord)
				if k.Version == wire.TLS12 {
					want = refused(fault.BadRecordMAC)
				}
				list = append(list, alteration{"in the clear", u.Message().String(), flight,
					modify(i, func(u *Unit) { u.Epoch, u.Forced = Clear, true }), want})
			}
		}
		return list
	})
}

// A record is changed after it was sealed: each byte of its header, and some of the rest.
func TestSealedBytes(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		for flight, units := range honest {
			for i, u := range units {
				for _, place := range []int{0, 1, 2, 3, 4, 5, 6, 12, 13, 14, 20, -1} {
					for _, bit := range []byte{1, 4, 0x80} {
						if u.Epoch == Clear && (place > 4 || place < 0) {
							continue // that is a change of the message
						}
						change := modify(i, func(u *Unit) {
							u.Mangle = func(rec []byte) []byte {
								rec[(place+len(rec))%len(rec)] ^= bit
								return rec
							}
						})
						list = append(list, alteration{fmt.Sprintf("sealed byte %d", place), fmt.Sprintf("%v ^%#x", u.Message(), bit), flight,
							change, sealedOutcome(k, u, flight, i, place, bit)})
					}
				}
			}
		}
		return list
	})
}

func sealedOutcome(k Kind, u Unit, flight, i, place int, bit byte) outcome {
	first := flight == 0 && i == 0
	want := refused(fault.NotTLS, fault.UnknownContentType, fault.RecordVersion, fault.RecordOverflow, fault.BadRecordMAC,
		fault.UnexpectedMessage, fault.EarlyApplicationData, fault.MalformedAlert, fault.MalformedChangeCipherSpec,
		fault.UnprotectedRecord)
	switch {
	case place == 2 && u.Epoch == Clear && (first || k.Version == wire.TLS13):
		return harmless // RFC 5246 §E.1, RFC 8446 §5.1: the minor version counts for nothing
	case place == 1 && u.Epoch == Clear && !first && k.Version == wire.TLS13:
		return harmless // RFC 8446 §5.1: nor does the major version
	case place == 2 && u.Epoch == Clear:
		return refused(fault.RecordVersion)
	case place == 3 || place == 4:
		return outcome{waits: true}
	case place < 0 || place > 4:
		return refused(fault.BadRecordMAC)
	}
	return want
}
