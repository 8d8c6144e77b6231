package evil

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// A message of another connection, of the same kind or of another, takes the place of each: signatures, key shares and
// Finished belong to one handshake only. RFC 5246 §F.1.1, RFC 8446 §E.1.
func TestReplay(t *testing.T) {
	recorded := map[fault.Role]map[string][]Unit{}
	for _, victim := range roles {
		recorded[victim] = map[string][]Unit{}
		for _, k := range Kinds {
			recorded[victim][k.Name] = slices.Concat(play(t, k, victim, nil).Flights...)
		}
	}
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		messages(k, victim, honest, func(m message, i int) {
			for _, other := range Kinds {
				for _, u := range recorded[victim][other.Name] {
					// What says the same in every handshake is no replay.
					if u.Type != wire.ContentHandshake || bytes.Equal(u.Content, m.unit.Content) {
						continue
					}
					class := "of another kind"
					if k.Name == other.Name {
						class = "of the same kind"
					}
					list = append(list, alteration{class, fmt.Sprintf("%s %v for %v", other.Name, u.Message(), m.unit.Message()), m.flight,
						modify(i, func(mine *Unit) { mine.Content = slices.Clone(u.Content) }), m.replayed(u, k.Name == other.Name)})
				}
			}
		})
		return list
	})
}

func (m message) replayed(u Unit, same bool) outcome {
	want := outcome{told: !m.settles()}
	// RFC 5246 §7.4.4: a server may ask for a certificate, and then the end of its flight is still to come.
	want.waits = u.Message() == wire.TypeCertificateRequest && m.unit.Message() == wire.TypeServerHelloDone
	if u.Message() != m.unit.Message() || !same || u.Message() == wire.TypeClientHello || u.Message() == wire.TypeServerHello {
		return want
	}
	switch u.Message() {
	case wire.TypeServerKeyExchange:
		want.rules = []*fault.Rule{fault.BadKeyExchangeSignature}
	case wire.TypeCertificateVerify:
		want.rules = []*fault.Rule{fault.BadCertificateSignature}
	case wire.TypeClientKeyExchange:
		want.rules = []*fault.Rule{fault.BadRecordMAC}
		if m.kind.Client { // RFC 5246 §7.4.8: what the client signed had another one
			want.rules = []*fault.Rule{fault.BadCertificateSignature}
		}
	case wire.TypeFinished:
		want.rules = []*fault.Rule{fault.WrongFinished}
	}
	return want
}

// extended puts an extension without a body at the end of a message's last list of them. Each of the lengths around it
// grows: each stands at a place, in a number of bytes.
func extended(u *Unit, t uint16) {
	body := len(u.Content)
	switch u.Message() {
	case wire.TypeServerHello:
		grow(u, 4+2+32+1+int(u.Content[38])+2+1, 2)
	case wire.TypeClientHello:
		at := 4 + 2 + 32
		at += 1 + int(u.Content[at])
		at += 2 + int(u.Content[at])<<8 + int(u.Content[at+1])
		grow(u, at+1+int(u.Content[at]), 2)
	case wire.TypeEncryptedExtensions:
		grow(u, 4, 2)
	case wire.TypeCertificate:
		grow(u, 5, 3)
		grow(u, body-2, 2) // the last entry has no extensions of its own
	}
	grow(u, 1, 3)
	u.Content = append(u.Content, byte(t>>8), byte(t), 0, 0)
}

// grow adds the length of an empty extension to a length.
func grow(u *Unit, at, size int) {
	for carry, i := 4, at+size-1; i >= at; i-- {
		carry += int(u.Content[i])
		u.Content[i] = byte(carry)
		carry >>= 8
	}
}

// RFC 8446 §4.2: a server answers what it was asked, each in its own message and once; a client may ask what it likes.
func TestExtensions(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		messages(k, victim, honest, func(m message, i int) {
			kind := m.unit.Message()
			carries := kind == wire.TypeServerHello || kind == wire.TypeClientHello || kind == wire.TypeEncryptedExtensions ||
				kind == wire.TypeCertificate && k.Version == wire.TLS13
			if !carries {
				return
			}
			for x := uint16(0); x <= 70; x++ {
				list = append(list, m.extended(i, wire.ExtensionType(x)))
			}
			for _, x := range []uint16{0x2a2a, 0xff01, 0xfe0d, 0xffff, 13172} {
				list = append(list, m.extended(i, wire.ExtensionType(x)))
			}
		})
		return list
	})
}

func (m message) extended(i int, x wire.ExtensionType) alteration {
	want := outcome{told: !m.settles()}
	// RFC 8446 §4.2.10: what does not decrypt, the evil peer's alert too, is early data that a server passes over.
	want.waits = x == wire.ExtEarlyData
	if m.unit.Message() != wire.TypeClientHello {
		want = refused(fault.ExtensionNotOffered, fault.MisplacedExtension, fault.DuplicateExtension, fault.DecodeError)
		switch {
		case m.kind.Version == wire.TLS13 && m.kind.Resumed && x == wire.ExtServerName && m.unit.Message() == wire.TypeEncryptedExtensions:
			want = refused(fault.WrongFinished) // let pass: servers say it that should not (RFC 6066 §3)
		case m.kind.Version == wire.TLS12:
			// Right without a body, or let pass for the sake of old servers: then another handshake than the evil peer's.
			passes := x == wire.ExtStatusRequest || x == wire.ExtServerName || x == wire.ExtSupportedGroups
			want.told = passes && !m.settles()
			switch {
			case passes && m.settles():
				want.rules = append(want.rules, fault.WrongFinished)
			// RFC 5077 §3.3: what the server says with it is that a ticket comes next.
			case x == wire.ExtSessionTicket && m.kind.Resumed:
				want.rules = append(want.rules, fault.UnexpectedMessage)
			}
		}
	}
	return alteration{"in " + m.unit.Message().String(), x.String(), m.flight, modify(i, func(u *Unit) { extended(u, uint16(x)) }), want}
}
