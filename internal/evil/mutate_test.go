package evil

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// resized is a message of another length, which its header tells.
func resized(u *Unit, n int, fill byte) {
	for len(u.Content) < n+wire.HandshakeHeaderLen {
		u.Content = append(u.Content, fill)
	}
	u.Content = u.Content[:n+wire.HandshakeHeaderLen]
	u.Content[1], u.Content[2], u.Content[3] = byte(n>>16), byte(n>>8), byte(n)
}

// message is one of a genuine flight, to be changed.
type message struct {
	kind   Kind
	victim fault.Role
	flight int
	last   bool // of the flights
	unit   Unit
}

// settles reports whether the victim itself must find that this message was changed, before it says or hears anything
// more of use: by its signature, by the Finished behind it or by the keys that come of it.
func (m message) settles() bool {
	if m.kind.Version == wire.TLS13 {
		return m.last
	}
	switch m.unit.Message() {
	case wire.TypeServerKeyExchange, wire.TypeServerHelloDone, wire.TypeClientKeyExchange, wire.TypeCertificateVerify, wire.TypeFinished:
		return true
	}
	return m.last
}

// outcome of a change anywhere in the body, whose length stays.
func (m message) outcome(place int) outcome {
	const header = wire.HandshakeHeaderLen
	want := outcome{told: !m.settles()}
	switch t := m.unit.Message(); {
	case place == 0:
		want.rules = []*fault.Rule{fault.UnexpectedMessage, fault.DecodeError, fault.DuplicateExtension, fault.MisplacedExtension,
			fault.IllegalValue}
	case place < header:
		want.waits = true
	case t == wire.TypeFinished:
		want.rules = []*fault.Rule{fault.WrongFinished}
	case t == wire.TypeCertificateVerify && place >= header+4:
		want.rules = []*fault.Rule{fault.BadCertificateSignature}
	case t == wire.TypeCertificateVerify:
		want.rules = []*fault.Rule{fault.BadCertificateSignature, fault.SchemeNotOffered, fault.WrongKeyType, fault.DecodeError}
	case t == wire.TypeServerKeyExchange:
		want.rules = []*fault.Rule{fault.BadKeyExchangeSignature, fault.SchemeNotOffered, fault.WrongKeyType, fault.DecodeError,
			fault.GroupNotOffered, fault.BadPublicKey, fault.SmallField, fault.BadField, fault.DegeneratePublicKey}
	// RFC 5246 §7.4.7.1: what is wrong with the premaster secret shows nowhere but in the Finished under its keys.
	case t == wire.TypeClientKeyExchange && m.kind.Client:
		want.rules = []*fault.Rule{fault.BadCertificateSignature, fault.BadPublicKey, fault.DecodeError}
	case t == wire.TypeClientKeyExchange && m.kind.Name == "RSA" && place >= header+2:
		want.rules = []*fault.Rule{fault.BadRecordMAC}
	case t == wire.TypeClientKeyExchange:
		want.rules = []*fault.Rule{fault.BadRecordMAC, fault.BadPublicKey, fault.DegeneratePublicKey, fault.DecodeError}
	}
	return want
}

// places are the bytes of a message that are changed: all of a short one, both ends and a part of a long one.
func places(n int) []int {
	step, ends := 23, 64
	if testing.Short() {
		step = 41
	}
	var list []int
	for i := 0; i < n; i++ {
		if n <= 4*ends || i < ends || i >= n-ends || i%step == 0 {
			list = append(list, i)
		}
	}
	return list
}

func messages(k Kind, victim fault.Role, honest [][]Unit, f func(m message, i int)) {
	for flight, units := range honest {
		for i, u := range units {
			if u.Type == wire.ContentHandshake {
				f(message{k, victim, flight, flight == len(honest)-1, u}, i)
			}
		}
	}
}

// Each byte of each message is changed. What the evil peer does not take for its own flight it cannot prove: if nothing
// else is wrong, the victim finds it by a signature, by the keys or by Finished.
func TestFlippedBytes(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		messages(k, victim, honest, func(m message, i int) {
			for _, place := range places(len(m.unit.Content)) {
				for _, bits := range []byte{1, 0x40, 0xff} {
					if bits != 1 && place%3 != 0 {
						continue
					}
					// The last bytes may be missing where a signature came out shorter.
					list = append(list, alteration{"flip in " + m.unit.Message().String(), fmt.Sprintf("byte %d ^%#x", place, bits), m.flight,
						modify(i, func(u *Unit) { u.Content[min(place, len(u.Content)-1)] ^= bits }), m.outcome(place)})
				}
			}
		})
		return list
	})
}

// Messages are cut short and drawn out, with a header that says so and one that does not.
func TestLengths(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		messages(k, victim, honest, func(m message, i int) {
			name, n := m.unit.Message().String(), len(m.unit.Content)-wire.HandshakeHeaderLen
			add := func(class, name string, change func(*Unit), want outcome) {
				list = append(list, alteration{class, name, m.flight, modify(i, change), want})
			}
			want := outcome{told: !m.settles()}
			for _, short := range places(n) {
				if short%4 == 0 || short < 3 {
					add("cut short", fmt.Sprintf("%s to %d", name, short), func(u *Unit) { resized(u, min(short, len(u.Content)-5), 0) }, want)
				}
			}
			for _, more := range []int{1, 2, 4, 16, 255, 5000} {
				for _, fill := range []byte{0, 1, 255} {
					add("drawn out", fmt.Sprintf("%s by %d of %d", name, more, fill), func(u *Unit) {
						resized(u, len(u.Content)-wire.HandshakeHeaderLen+more, fill)
					}, want)
				}
			}
			want.waits = true
			if n > 0 {
				add("ended early", name, func(u *Unit) { u.Content = u.Content[:len(u.Content)-1] }, want)
				add("without a body", name, func(u *Unit) { u.Content = u.Content[:wire.HandshakeHeaderLen] }, want)
			}
			add("ended in its header", name, func(u *Unit) { u.Content = u.Content[:3] }, want)
			add("said to be longer", name, func(u *Unit) { u.Content[3]++ }, want)
			add("said to be long", name, func(u *Unit) { u.Content[1], u.Content[2] = 0, 200 }, want)
			add("said to be too long", name, func(u *Unit) { u.Content[1] = 16 }, refused(fault.MessageTooLong))
		})
		return list
	})
}

// A message is passed off as another, and its body is filled with what it is not.
func TestOtherBodies(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		messages(k, victim, honest, func(m message, i int) {
			name := m.unit.Message().String()
			add := func(class, name string, change func(*Unit)) {
				// RFC 5246 §7.4.1.1: a client ignores the one without a body.
				request := class == "passed off" && m.unit.Message() == wire.TypeServerHelloDone
				list = append(list, alteration{class, name, m.flight, modify(i, change), outcome{told: !m.settles(), waits: request}})
			}
			for _, ht := range []byte{0, 1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 99, 254} {
				if ht != m.unit.Content[0] {
					add("passed off", fmt.Sprintf("%s as %v", name, wire.HandshakeType(ht)), func(u *Unit) { u.Content[0] = ht })
				}
			}
			if len(m.unit.Content) == wire.HandshakeHeaderLen {
				return
			}
			for _, fill := range []byte{0, 1, 255} {
				add("filled", fmt.Sprintf("%s with %d", name, fill), func(u *Unit) {
					n := len(u.Content) - wire.HandshakeHeaderLen
					u.Content = slices.Concat(u.Content[:wire.HandshakeHeaderLen], bytes.Repeat([]byte{fill}, n))
				})
			}
			for j, other := range honest[m.flight] {
				if j != i && other.Type == wire.ContentHandshake {
					add("another's body", fmt.Sprintf("%s with that of %v", name, other.Message()), func(u *Unit) {
						u.Content = slices.Concat(u.Content[:1], other.Content[1:])
					})
				}
			}
		})
		return list
	})
}
