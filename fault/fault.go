// Package fault holds the reasons for which a connection fails, and the errors made of them.
//
// A [Rule] is a reason: what must hold, where the RFC says so, which alert tells the peer, and what a person can
// change. [Error] is a rule that was broken and that we found; [PeerAlert] is what the peer told us, which is less.
// Both carry the [Step] of the handshake that was reached, and what each side offered where that matters.
//
// Match a reason with errors.Is, take the error apart with errors.As:
//
//	if errors.Is(err, fault.CertificateExpired) { … }
//
//	var broken *fault.Error
//	if errors.As(err, &broken) { fmt.Println(broken.Rule.Section, broken.Hint()) }
package fault

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/vitro-tls/vitro/wire"
)

// Rule is a reason for which a connection fails. It is an error itself, so that errors.Is(err, fault.WrongHost) works.
type Rule struct {
	Name     string                // for programs: wrong_host
	Alert    wire.AlertDescription // what the peer is told
	Silent   bool                  // nobody is there to be told
	Section  string                // RFC 5280 §4.1.2.5, "" where no RFC speaks
	Sentence string                // what was found, for people
	Hint     string                // what to change
	Parent   *Rule                 // the wider reason that this one is a case of, for errors.Is
}

func (r *Rule) Error() string { return r.Sentence }

// Is reports whether target is this rule or a wider one.
func (r *Rule) Is(target error) bool {
	for ; r != nil; r = r.Parent {
		if error(r) == target {
			return true
		}
	}
	return false
}

// Found is the beginning of what came in place of a TLS record: the cause of a [NotTLS], for programs. It adds no words.
type Found [5]byte

func (Found) Error() string { return "" }

// Role is an end of the connection.
type Role uint8

const (
	Client Role = iota + 1
	Server
)

func (r Role) String() string {
	switch r {
	case Client:
		return "client"
	case Server:
		return "server"
	}
	return "unknown"
}

// Peer returns the other role.
func (r Role) Peer() Role { return Client + Server - r }

// Offers are the two lists that had nothing in common, as names.
type Offers struct {
	Of     string // what was to be agreed on: cipher suite, group, version, protocol
	Ours   []string
	Theirs []string // nil where we cannot know
}

// Error is a reason that we found ourselves.
type Error struct {
	Rule   *Rule
	Role   Role   // ours
	Step   Step   // the last step that was reached, 0 before the first
	Detail string // what was found and what was expected, in this case
	Advice string // a hint that fits this case better than the rule's
	Offers *Offers
	Cause  error // nil, or what lies under it; one without words is for programs
}

// New makes an Error of a rule. Role and Step are filled in by the engine.
func New(r *Rule) *Error { return &Error{Rule: r} }

// With adds what was found and what was expected.
func (e *Error) With(detail string) *Error { e.Detail = detail; return e }

// Advise replaces the rule's hint by one that fits this case.
func (e *Error) Advise(hint string) *Error { e.Advice = hint; return e }

// Because adds the error that lies under it.
func (e *Error) Because(cause error) *Error { e.Cause = cause; return e }

// Place says at which end and after which step it was found. The rules' hints are for who looks for a server; a server
// that hears nothing more is told what its client may be.
func (e *Error) Place(role Role, step Step) {
	e.Role, e.Step = role, step
	if role != Server || e.Rule != Silence && e.Rule != HangUp {
		return
	}
	advice := ""
	if e.Rule == Silence {
		advice = "a slow client needs a longer handshake timeout; "
	}
	if step != 0 {
		advice += "the client's own log may say why: often it does not trust the certificate"
	} else {
		advice += "who connects without a word is often a health check, a port scanner, or a client that waits for a banner"
		e.Detail = cmp.Or(e.Detail, "no ClientHello came")
	}
	e.Advice = cmp.Or(e.Advice, advice)
}

// Between adds what each side offered.
func (e *Error) Between(of string, ours, theirs []string) *Error {
	e.Offers = &Offers{of, ours, theirs}
	return e
}

// Hint says what a person can change.
func (e *Error) Hint() string {
	if e.Advice != "" {
		return e.Advice
	}
	return e.Rule.Hint
}

// Error is one line: the sentence, what was found, the section, the step and the hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("tls: ")
	b.WriteString(e.Rule.Sentence)
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.Cause != nil && e.Cause.Error() != "" {
		b.WriteString(" (" + e.Cause.Error() + ")")
	}
	if e.Offers != nil {
		b.WriteString("; " + e.Offers.String())
	}
	writeTail(&b, e.Rule.Section, e.Step, e.Hint())
	return printable(b.String())
}

// printable puts a space for whatever would not print as itself: names, banners and protocols in an error are the
// peer's words, and must not end its line or command a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}

func writeTail(b *strings.Builder, section string, step Step, hint string) {
	var where []string
	if section != "" {
		where = append(where, section)
	}
	if step != 0 {
		where = append(where, "after "+step.String())
	}
	if len(where) > 0 {
		b.WriteString(" [" + strings.Join(where, ", ") + "]")
	}
	if hint != "" {
		b.WriteString("; hint: " + hint)
	}
}

// String tells both sides of the offer.
func (o *Offers) String() string {
	s := "our " + o.Of + ": " + list(o.Ours)
	if o.Theirs != nil {
		s += "; the peer's: " + list(o.Theirs)
	}
	return s
}

// maxListed is how many names of an offer an error tells: more than honest peers have, less than fills a log.
const maxListed = 64

func list(names []string) string {
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > maxListed:
		return strings.Join(names[:maxListed], ", ") + " and " + strconv.Itoa(len(names)-maxListed) + " more"
	}
	return strings.Join(names, ", ")
}

// Is makes errors.Is(err, rule) true for the rule and for the wider ones it is a case of.
func (e *Error) Is(target error) bool { return e.Rule.Is(target) }

func (e *Error) Unwrap() error { return e.Cause }

// Timeout is true where silence was the reason, as net.Error has it.
func (e *Error) Timeout() bool { return e.Rule == Silence }

// Temporary is false: no failed handshake mends itself.
func (e *Error) Temporary() bool { return false }

// PeerAlert is what the peer said before it gave up. What it found is its secret; Hint tells what such an alert at
// such a step usually means.
type PeerAlert struct {
	Alert wire.Alert
	Role  Role // ours; the alert came from the other
	Step  Step // the last step that was reached
	// Versions is the connection's version or, before it was chosen, all that we speak, newest first.
	Versions []wire.Version
	// Offers is what we had offered, where the alert may be about it.
	Offers *Offers
	// Asked is set at a client whose server asked for a certificate and got none.
	Asked bool
	// Cause is nil, or what says the same to programs that look for another type. It adds no words.
	Cause error
}

func (a *PeerAlert) Unwrap() error { return a.Cause }

// Hint says what such an alert at such a step usually means, and what to change.
func (a *PeerAlert) Hint() string { return alertHint(a) }

// Section is where the RFC says what the peer's alerts mean: RFC 8446 §6.2 where the connection is, or might have become,
// one of TLS 1.3, else RFC 5246 §7.2.2.
func (a *PeerAlert) Section() string {
	if a.may(wire.TLS13) {
		return "RFC 8446 §6.2"
	}
	return "RFC 5246 §7.2.2"
}

// may reports whether the connection has a version, or might have got it.
func (a *PeerAlert) may(v wire.Version) bool { return slices.Contains(a.Versions, v) }

func (a *PeerAlert) Error() string {
	var b strings.Builder
	b.WriteString("tls: the " + a.Role.Peer().String() + " refused with the alert " + a.Alert.Description.String())
	if a.Cause != nil && a.Cause.Error() != "" {
		b.WriteString(" (" + a.Cause.Error() + ")")
	}
	if a.Offers != nil {
		b.WriteString("; " + a.Offers.String())
	}
	writeTail(&b, a.Section(), a.Step, a.Hint())
	return printable(b.String())
}

// Is makes errors.Is true for ClientCertificateWanted where the server asked for one, and for another PeerAlert with
// the same description: errors.Is(err, fault.Told(wire.AlertUnknownCA)).
func (a *PeerAlert) Is(target error) bool {
	if target == error(ClientCertificateWanted) {
		return a.Asked || a.Alert.Description == wire.AlertCertificateRequired
	}
	other, ok := target.(*PeerAlert)
	return ok && other.Alert.Description == a.Alert.Description
}

// Told returns a target for errors.Is: any PeerAlert with this description.
func Told(d wire.AlertDescription) *PeerAlert { return &PeerAlert{Alert: wire.Alert{Description: d}} }
