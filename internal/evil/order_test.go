package evil

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// model foretells by which rule a victim refuses a flight whose records are whole, but in another order.
type model struct {
	kind   Kind
	honest [][]Unit
}

// marks are the units of a flight that the victim waits for. In TLS 1.3 a ChangeCipherSpec means nothing.
func (m model) marks(flight int) []Unit {
	if flight >= len(m.honest) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.honest[flight]), func(u Unit) bool {
		return m.kind.Version == wire.TLS13 && u.Message() == wire.TypeChangeCipherSpec
	})
}

// epoch is what the victim reads under once it has taken n marks of a flight.
func (m model) epoch(flight, n int) Epoch {
	if marks := m.marks(flight); n < len(marks) {
		return marks[n].Epoch
	}
	if next := m.marks(flight + 1); next != nil {
		return next[0].Epoch
	}
	return Application
}

func (m model) foretell(flight int, units []Unit) outcome {
	marks, taken, diverged := m.marks(flight), 0, false
	last := flight == len(m.honest)-1
	for _, u := range units {
		done := last && taken == len(marks)
		if m.kind.Version == wire.TLS13 && !done {
			if u.Message() == wire.TypeChangeCipherSpec {
				// RFC 8446 §5: dropped from the first ClientHello on; before that nobody knows the version.
				if flight == 0 && taken == 0 {
					return refused(fault.UnexpectedMessage)
				}
				continue
			}
		}
		if rule := m.epochRule(u, m.epoch(flight, taken)); rule != nil {
			return outcome{rules: []*fault.Rule{rule}, completes: done}
		}
		if taken < len(marks) && m.optional(marks[taken].Message(), u.Message()) {
			diverged = true
			taken++
		}
		if diverged && m.kind.Version == wire.TLS13 && u.Message() == wire.TypeCertificateVerify && bytes.Equal(u.Content, marks[taken].Content) {
			return refused(fault.BadCertificateSignature)
		}
		if taken == len(marks) || !bytes.Equal(u.Content, marks[taken].Content) {
			rule := fault.UnexpectedMessage
			if m.kind.Retry && flight == 0 && taken == 1 && u.Message() == wire.TypeClientHello {
				rule = fault.BadKeyShare // RFC 8446 §4.1.2: the first hello again has not the share that was asked for
				if m.kind.Cookie {
					rule = fault.MissingExtension // RFC 8446 §4.2.2: nor the cookie
				}
			}
			return outcome{rules: []*fault.Rule{rule}, completes: done}
		}
		taken++
	}
	switch {
	case taken < len(marks):
		return outcome{rules: []*fault.Rule{fault.HangUp}, waits: true}
	case diverged:
		return outcome{rules: []*fault.Rule{fault.HangUp}, told: true}
	}
	return harmless
}

// optional reports whether a message may be left out in front of another one, but not so that only one side knows.
func (m model) optional(left, next wire.HandshakeType) bool {
	switch left {
	case wire.TypeCertificateStatus: // RFC 6066 §8
		return next == wire.TypeServerKeyExchange
	case wire.TypeCertificateRequest: // RFC 5246 §7.4.4, RFC 8446 §4.3.2
		if m.kind.Version == wire.TLS13 {
			return next == wire.TypeCertificate
		}
		return next == wire.TypeServerHelloDone
	}
	return false
}

// epochRule is the rule about a record under other keys than the victim reads with.
func (m model) epochRule(u Unit, reads Epoch) *fault.Rule {
	switch {
	case m.kind.Version != wire.TLS13 || u.Epoch == reads: // in TLS 1.2 the line follows its ChangeCipherSpec
		return nil
	case u.Epoch == Clear:
		return fault.UnprotectedRecord
	case reads == Clear:
		return fault.EarlyApplicationData
	}
	return fault.BadRecordMAC
}

func at(f []Unit, list ...int) []Unit {
	var out []Unit
	for _, i := range list {
		out = append(out, f[i])
	}
	return out
}

// orders are all ways to drop, repeat or exchange units, as lists of their places.
func orders(n int) map[string][][]int {
	count := make([]int, n)
	for i := range count {
		count[i] = i
	}
	lists := map[string][][]int{}
	add := func(class string, l []int) {
		if !slices.Equal(l, count) {
			lists[class] = append(lists[class], l)
		}
	}
	for i := range n {
		add("drop", slices.Delete(slices.Clone(count), i, i+1))
		add("repeat", slices.Insert(slices.Clone(count), i, i))
		for j := range n {
			without := slices.Delete(slices.Clone(count), i, i+1)
			if j < n-1 {
				add("move", slices.Insert(slices.Clone(without), j, i))
			}
			if j > i {
				swapped := slices.Clone(count)
				swapped[i], swapped[j] = j, i
				add("swap", swapped)
				add("drop two", slices.Delete(slices.Clone(without), j-1, j))
			}
			if j != i {
				add("repeat elsewhere", slices.Insert(slices.Clone(count), j, i))
				replaced := slices.Clone(count)
				replaced[j] = i
				add("replace", replaced)
			}
		}
		add("cut off", slices.Clone(count[:i]))
	}
	return lists
}

// Every message of every flight is dropped, repeated, moved and exchanged, each sealed under the right keys. The rule is
// foretold exactly. RFC 5246 §7.3, RFC 8446 §4.
func TestOrder(t *testing.T) {
	tryAll(t, func(k Kind, victim fault.Role, honest [][]Unit) []alteration {
		var list []alteration
		for flight, units := range honest {
			for class, places := range orders(len(units)) {
				for _, l := range places {
					if len(l) == 0 {
						l = nil
					}
					list = append(list, alteration{class, fmt.Sprint(l), flight,
						func(f []Unit) []Unit { return at(f, l...) }, model{k, honest}.foretell(flight, at(units, l...))})
				}
			}
		}
		return list
	})
}
