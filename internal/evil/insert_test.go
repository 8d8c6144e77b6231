package evil

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// where is the place in front of a unit: what the victim reads under there, and what it knows.
type where struct {
	kind   Kind
	victim fault.Role
	epoch  Epoch
	fresh  bool // no hello has told the version yet
}

func (w where) tls13() bool { return w.kind.Version == wire.TLS13 && !w.fresh }

// intruder is a record that has no business in a handshake, and what must come of it.
type intruder struct {
	name    string
	t       wire.ContentType
	content []byte
	want    func(where) outcome
}

func always(o outcome) func(where) outcome { return func(where) outcome { return o } }

// byVersion is what must come of it in TLS 1.2, or where no version is known yet, and in TLS 1.3.
func byVersion(in12, in13 outcome) func(where) outcome {
	return func(w where) outcome {
		if w.tls13() {
			return in13
		}
		return in12
	}
}

var told = outcome{rules: []*fault.Rule{}, told: true}

func intruders() []intruder {
	unexpected := refused(fault.UnexpectedMessage)
	warn := func(d wire.AlertDescription) []byte { return []byte{byte(wire.LevelWarning), byte(d)} }
	list := []intruder{
		// RFC 5246 §7.2.2, RFC 8446 §6.1: a warning ends nothing; in TLS 1.3 this is the only one.
		{"user_canceled", wire.ContentAlert, warn(wire.AlertUserCanceled), always(harmless)},
		{"no_renegotiation", wire.ContentAlert, warn(wire.AlertNoRenegotiation), byVersion(harmless, told)},
		{"close_notify", wire.ContentAlert, warn(wire.AlertCloseNotify), always(refused(fault.HangUp))},
		{"handshake_failure", wire.ContentAlert, []byte{byte(wire.LevelFatal), byte(wire.AlertHandshakeFailure)}, always(told)},
		{"an alert of an unknown level", wire.ContentAlert, []byte{7, byte(wire.AlertHandshakeFailure)}, always(told)},
		{"an alert of one byte", wire.ContentAlert, []byte{1}, always(refused(fault.MalformedAlert))},
		{"two alerts in a record", wire.ContentAlert, []byte{1, 90, 1, 90}, always(refused(fault.MalformedAlert))},
		{"an empty alert", wire.ContentAlert, nil, byVersion(refused(fault.MalformedAlert), refused(fault.EmptyRecord))},
		// RFC 5246 §6.2.1 lets application data be empty, and nothing else; RFC 8446 §5.1 says it outright.
		{"an empty record", wire.ContentHandshake, nil, byVersion(harmless, refused(fault.EmptyRecord))},
		{"data", wire.ContentApplicationData, []byte("hi"), earlyData},
		{"empty data", wire.ContentApplicationData, nil, earlyData},
		{"a ChangeCipherSpec of two bytes", wire.ContentChangeCipherSpec, []byte{1, 1}, badChange},
		{"a ChangeCipherSpec of value 2", wire.ContentChangeCipherSpec, []byte{2}, badChange},
		{"an empty ChangeCipherSpec", wire.ContentChangeCipherSpec, nil, func(w where) outcome {
			if w.tls13() && w.epoch == Clear {
				return refused(fault.EmptyRecord)
			}
			return badChange(w)
		}},
		{"a HelloRequest", wire.ContentHandshake, []byte{0, 0, 0, 0}, func(w where) outcome {
			// RFC 5246 §7.4.1.1: a client that shakes hands already ignores it.
			if w.victim == fault.Client && !w.tls13() {
				return harmless
			}
			return unexpected
		}},
		{"an empty message of 16 MiB", wire.ContentHandshake, []byte{1, 255, 255, 255}, always(refused(fault.MessageTooLong))},
		{"KeyUpdate", wire.ContentHandshake, []byte{24, 0, 0, 1, 0}, always(unexpected)},
		{"EndOfEarlyData", wire.ContentHandshake, []byte{5, 0, 0, 0}, always(unexpected)},
		{"ServerHelloDone", wire.ContentHandshake, []byte{14, 0, 0, 0}, func(w where) outcome { return unexpected }},
	}
	for _, t := range []byte{3, 6, 7, 9, 21, 25, 99, 254, 255} {
		list = append(list, intruder{fmt.Sprintf("a message of type %d", t), wire.ContentHandshake, []byte{t, 0, 0, 0}, always(unexpected)})
	}
	return list
}

func earlyData(where) outcome { return refused(fault.EarlyApplicationData) }

// RFC 5246 §7.1: one byte of value 1. RFC 8446 §5 has another alert for anything else.
func badChange(w where) outcome {
	if w.tls13() {
		return refused(fault.UnexpectedMessage)
	}
	return refused(fault.MalformedChangeCipherSpec)
}

// Something is put in front of every message, under the keys that the victim reads with.
func TestIntruders(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		for flight, units := range honest {
			for i, u := range units {
				w := where{k, victim, readEpoch(k, units[i:]), flight == 0 && i == 0}
				for _, x := range intruders() {
					// The real thing: a ServerHelloDone in its own place.
					if u.Message() == wire.TypeServerHelloDone && x.name == "ServerHelloDone" {
						continue
					}
					list = append(list, alteration{x.name, fmt.Sprintf("before %v", u.Message()), flight, func(f []Unit) []Unit {
						return slices.Insert(slices.Clone(f), i, Unit{Type: x.t, Content: x.content, Epoch: w.epoch})
					}, x.want(w)})
				}
			}
		}
		return list
	})
}

// readEpoch is what a victim reads under that waits for these units.
func readEpoch(k Kind, units []Unit) Epoch {
	for _, u := range units {
		if k.Version != wire.TLS13 || u.Message() != wire.TypeChangeCipherSpec {
			return u.Epoch
		}
	}
	return Clear
}

// A ChangeCipherSpec that means nothing is dropped in TLS 1.3 where it travels in the clear, during the handshake, and
// nowhere else. RFC 8446 §5.
func TestChangeCipherSpec13(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		if k.Version != wire.TLS13 {
			return nil
		}
		for flight, units := range honest {
			for i, u := range units {
				for _, epoch := range []Epoch{Clear, Handshake} {
					want := harmless
					switch {
					case flight == 0 && i == 0 && epoch == Clear && k.Cookie && victim == fault.Server:
						// RFC 8446 §D.4: what follows might be a second ClientHello
					case flight == 0 && i == 0 && epoch == Clear:
						want = refused(fault.UnexpectedMessage)
					case epoch == Handshake && readEpoch(k, units[i:]) == Clear:
						continue // there are no keys yet
					case epoch == Handshake:
						want = refused(fault.UnexpectedMessage)
					}
					list = append(list, alteration{fmt.Sprintf("ChangeCipherSpec, epoch %d", epoch), fmt.Sprintf("before %v", u.Message()), flight,
						func(f []Unit) []Unit {
							return slices.Insert(slices.Clone(f), i, Unit{Type: wire.ContentChangeCipherSpec, Content: []byte{1}, Epoch: epoch})
						}, want})
				}
			}
		}
		return list
	})
}
