package evil

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// after is by which rule a victim that is connected refuses.
func after(rules ...*fault.Rule) outcome { return outcome{rules: rules, completes: true} }

// foretellTalk says what comes of records behind the handshake that are whole: the victim reads each under the keys
// of its KeyUpdates. RFC 8446 §4.6.
//
// That a ticket, a record of data or the end of the flight is missing, or comes twice or in another place, is legal where
// no keys change in between: tickets and data are what a peer may send or not as it likes, and what was meant only it
// knows.
func foretellTalk(units []Unit) outcome {
	reads, data := Application, ""
	for _, u := range units {
		if u.Epoch != reads {
			return after(fault.BadRecordMAC)
		}
		switch {
		case u.Type == wire.ContentApplicationData:
			data += string(u.Content)
		case u.Message() == wire.TypeKeyUpdate:
			reads++
		}
	}
	return outcome{harmless: true, data: &data}
}

// talk is the flight behind the handshake, and its number.
func talk(honest [][]Unit) (int, []Unit) { return len(honest) - 1, honest[len(honest)-1] }

// Tickets, new keys and data are dropped, repeated, moved and exchanged, each sealed under the keys that it was meant
// for. RFC 8446 §4.6.1, §4.6.3.
func TestTalkOrder(t *testing.T) {
	tryKinds(t, Talks, func(_ Kind, _ fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		flight, units := talk(honest)
		for class, places := range orders(len(units)) {
			for _, l := range places {
				list = append(list, alteration{class, fmt.Sprint(l), flight,
					func(f []Unit) []Unit { return at(f, l...) }, foretellTalk(at(units, l...))})
			}
		}
		return list
	})
}

// Each byte of each message behind the handshake is changed before it is sealed.
func TestTalkFlippedBytes(t *testing.T) {
	tryKinds(t, Talks, func(_ Kind, _ fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		flight, units := talk(honest)
		for i, u := range units {
			if u.Type != wire.ContentHandshake {
				continue
			}
			for _, place := range places(len(u.Content)) {
				for _, bits := range []byte{1, 0x40, 0xff} {
					changed := modify(i, func(u *Unit) { u.Content[place] ^= bits })
					list = append(list, alteration{"flip in " + u.Message().String(), fmt.Sprintf("byte %d ^%#x", place, bits), flight,
						changed, flippedTalk(u, place, bits)})
				}
			}
		}
		return list
	})
}

func flippedTalk(u Unit, place int, bits byte) outcome {
	const header = wire.HandshakeHeaderLen
	update := u.Message() == wire.TypeKeyUpdate
	switch {
	case place < header && update:
		// Where the change of keys is not understood, what comes next does not decrypt.
		return after(fault.UnexpectedMessage, fault.DecodeError, fault.BadRecordMAC, fault.MessageTooLong, fault.MessageAcrossKeyChange)
	case place < header:
		return after(fault.UnexpectedMessage, fault.DecodeError, fault.IllegalValue, fault.InterleavedMessage, fault.MessageTooLong)
	case update && bits != 1:
		return after(fault.IllegalValue) // RFC 8446 §4.6.3: there is no third value
	case update:
		return harmless // with a request or without one: both are the peer's to say
	}
	switch nonce, n := header+8, len(u.Content); {
	case place == nonce, place == nonce+1+int(u.Content[nonce]), place == nonce+2+int(u.Content[nonce]), place >= n-2:
		return after(fault.DecodeError)
	}
	// RFC 8446 §4.6.1: lifetime, age_add, nonce and ticket are any bytes that the server likes. A session that nobody
	// knows, or whose secret is another one, shows at the next handshake: as a full one, or by its binder.
	return harmless
}

// Records are cut, joined, filled and made into something else, at every place behind the handshake.
func TestTalkFrames(t *testing.T) {
	tryKinds(t, Talks, func(_ Kind, _ fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		flight, units := talk(honest)
		for i, u := range units {
			add := func(class string, change func([]Unit) []Unit, want outcome) {
				list = append(list, alteration{class, fmt.Sprintf("unit %d, %v", i, u.Message()), flight, change, want})
			}
			clear := after(fault.UnprotectedRecord)
			if u.Type == wire.ContentApplicationData {
				clear = after(fault.BadRecordMAC) // RFC 8446 §5.2: what is encrypted looks like that
			}
			add("in the clear", modify(i, func(u *Unit) { u.Epoch = Clear }), clear)
			add("under the keys of the handshake", modify(i, func(u *Unit) { u.Epoch = Handshake }), after(fault.BadRecordMAC))
			add("under the next keys", modify(i, func(u *Unit) { u.Epoch++ }), after(fault.BadRecordMAC))
			for _, place := range []int{5, 6, 12, -1} {
				add("sealed byte", modify(i, func(u *Unit) {
					u.Mangle = func(rec []byte) []byte {
						rec[(place+len(rec))%len(rec)] ^= 1
						return rec
					}
				}), after(fault.BadRecordMAC))
			}
			for _, ct := range []wire.ContentType{1, wire.ContentChangeCipherSpec, 24, 99} {
				add(fmt.Sprintf("type %v", ct), modify(i, func(u *Unit) { u.Type = ct }),
					after(fault.UnexpectedMessage, fault.UnknownContentType))
			}
			if u.Type != wire.ContentHandshake {
				continue
			}
			warning := Unit{Type: wire.ContentAlert, Content: []byte{byte(wire.LevelWarning), byte(wire.AlertUserCanceled)}, Epoch: u.Epoch}
			data := Unit{Type: wire.ContentApplicationData, Content: []byte("hi"), Epoch: u.Epoch}
			for _, size := range []int{1, 3, 4, len(u.Content) - 1} {
				add("in two records", replace(i, func(u Unit) []Unit { return cut(u, size) }), harmless)
				for _, between := range []Unit{warning, data} {
					add("with something within", replace(i, func(u Unit) []Unit { return slices.Insert(cut(u, size), 1, between) }),
						after(fault.InterleavedMessage))
				}
			}
			add("a byte to a record", replace(i, crumble), harmless)
			if next := units[i+1]; next.Type == wire.ContentHandshake {
				add("with the next in a record", func(f []Unit) []Unit {
					return slices.Concat(f[:i], []Unit{joined(f[i], f[i+1].Content)}, f[i+2:])
				}, harmless)
			}
			want := after(fault.InterleavedMessage)
			if u.Message() == wire.TypeKeyUpdate {
				want = after(fault.MessageAcrossKeyChange) // RFC 8446 §5.1
			} else if units[i+1].Type == wire.ContentHandshake {
				want = after(fault.MessageTooLong) // with the next as its length
			}
			add("with a byte behind", modify(i, func(u *Unit) { u.Content = append(u.Content, byte(wire.TypeKeyUpdate)) }), want)
		}
		return list
	})
}

// Something is put in front of every record behind the handshake, under the keys that the victim reads with.
func TestTalkIntruders(t *testing.T) {
	message := func(t wire.HandshakeType) []byte { return []byte{byte(t), 0, 0, 0} }
	tryKinds(t, Talks, func(_ Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		flight, units := talk(honest)
		for i, u := range units {
			add := func(name string, want outcome, intruders ...Unit) {
				list = append(list, alteration{name, fmt.Sprintf("before unit %d", i), flight,
					func(f []Unit) []Unit { return slices.Concat(f[:i], intruders, f[i:]) }, want})
			}
			record := func(t wire.ContentType, content ...byte) Unit { return Unit{Type: t, Content: content, Epoch: u.Epoch} }
			for _, t := range []wire.HandshakeType{wire.TypeHelloRequest, wire.TypeClientHello, wire.TypeServerHello, wire.TypeEndOfEarlyData,
				wire.TypeEncryptedExtensions, wire.TypeCertificate, wire.TypeCertificateRequest, wire.TypeCertificateVerify, wire.TypeFinished, 99} {
				add("a message", after(fault.UnexpectedMessage, fault.DecodeError), record(wire.ContentHandshake, message(t)...))
			}
			for _, u := range slices.Concat(honest[:flight]...) {
				if u.Type == wire.ContentHandshake {
					add("a message of the handshake again", after(fault.UnexpectedMessage), record(wire.ContentHandshake, u.Content...))
				}
			}
			if victim == fault.Server {
				// RFC 8446 §4.6.1: only servers give tickets.
				ticket := slices.Concat([]byte{4, 0, 0, 16, 0, 0, 0, 60, 0, 0, 0, 0, 1, 0, 0, 2}, []byte("ab"), []byte{0, 0})
				add("a ticket", after(fault.UnexpectedMessage), record(wire.ContentHandshake, ticket...))
			}
			add("an empty record", after(fault.EmptyRecord), record(wire.ContentHandshake))
			add("an empty alert", after(fault.EmptyRecord), record(wire.ContentAlert))
			add("an alert of one byte", after(fault.MalformedAlert), record(wire.ContentAlert, 1))
			add("user_canceled", harmless, record(wire.ContentAlert, 1, byte(wire.AlertUserCanceled)))
			add("empty data", harmless, record(wire.ContentApplicationData))
			add("ChangeCipherSpec in the clear", after(fault.UnprotectedRecord), Unit{Type: wire.ContentChangeCipherSpec, Content: []byte{1}})
			add("ChangeCipherSpec", after(fault.UnexpectedMessage), record(wire.ContentChangeCipherSpec, 1))
			add("a flood of new keys", after(fault.TooManyMessages), flood(u.Epoch)...)
			// RFC 8446 §6.1: what comes behind it is not looked at.
			before := string(bytes.Join(contents(units[:i]), nil))
			add("close_notify", outcome{harmless: true, data: &before}, record(wire.ContentAlert, 1, byte(wire.AlertCloseNotify)))
		}
		return list
	})
}

// flood is a KeyUpdate after the other, each under the keys of the one before.
func flood(first Epoch) []Unit {
	var list []Unit
	for i := range Epoch(40) {
		list = append(list, Unit{Type: wire.ContentHandshake, Content: []byte{byte(wire.TypeKeyUpdate), 0, 0, 1, 0}, Epoch: first + i})
	}
	return list
}

// contents are those of records of data.
func contents(units []Unit) [][]byte {
	var list [][]byte
	for _, u := range units {
		if u.Type == wire.ContentApplicationData {
			list = append(list, u.Content)
		}
	}
	return list
}
