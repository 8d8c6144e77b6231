package differential

import (
	"errors"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// flightDifference is one that there is for a reason.
type flightDifference struct {
	why string
	is  func(ours, theirs seen) bool
}

func by(o seen, rules []*fault.Rule) bool {
	return o.Alert != "" && slices.ContainsFunc(rules, func(r *fault.Rule) bool { return errors.Is(o.why, r) })
}

// stricter is a difference that there may be wherever Vitro refuses by one of these rules: crypto/tls goes on, or calls it
// something else.
func stricter(why string, rules ...*fault.Rule) flightDifference {
	return flightDifference{why, func(ours, _ seen) bool { return by(ours, rules) }}
}

// otherwise is a difference in what a refusal is called. Both refuse at the same stage.
func otherwise(why string, rules ...*fault.Rule) flightDifference {
	return flightDifference{why, func(ours, theirs seen) bool {
		return by(ours, rules) && theirs.Alert != "" && theirs.Alert != "waits" && ours.Done == theirs.Done
	}}
}

// lenient is a difference in what crypto/tls refuses, in these words, and Vitro does not.
func lenient(why string, also func(ours seen) bool, words ...string) flightDifference {
	return flightDifference{why, func(ours, theirs seen) bool {
		return ours.Alert == "" && ours.Done && also(ours) && theirs.Alert != "" && said(theirs, words...)
	}}
}

func always(seen) bool { return true }

// flightDifferences: Vitro does what the RFC says where that says anything.
var flightDifferences = []flightDifference{
	stricter("RFC 8446 §4.2: a known extension in a message that is not its own is illegal_parameter; crypto/tls reads those it expects",
		fault.MisplacedExtension),
	stricter("RFC 8446 §4.2, RFC 5246 §7.4.1.4: an answer to what was not asked is unsupported_extension; crypto/tls passes over what it does not know",
		fault.ExtensionNotOffered),
	stricter("RFC 7366 §3: encrypt-then-MAC goes with CBC only; crypto/tls does not read it", fault.UselessEncryptThenMAC),
	stricter("RFC 8446 §4.2: no extension stands twice; crypto/tls says decode_error, or does not see it", fault.DuplicateExtension),
	stricter("RFC 8446 §6.2: what a field may not say is illegal_parameter; crypto/tls does not read it, or calls it otherwise", fault.IllegalValue),
	stricter("RFC 8446 §6.2: what is not well-formed is decode_error; crypto/tls does not read it, or calls it otherwise", fault.DecodeError),
	stricter("RFC 8446 §4.3.2: a CertificateRequest without signature_algorithms is missing_extension; crypto/tls goes on", fault.MissingExtension),
	stricter("RFC 8446 §5: a ChangeCipherSpec behind the peer's Finished is unexpected_message; crypto/tls drops it", fault.UnprotectedRecord),
	stricter("RFC 6066 §8: a staple that is none is bad_certificate_status_response; crypto/tls leaves it to its caller", fault.BadStaple,
		fault.MalformedStaple),
	otherwise("RFC 8446 §4.2.1, RFC 5246 §E.1: the alert for a version that was not offered depends on the field", fault.VersionNotOffered,
		fault.WrongServerVersion),
	otherwise("RFC 8446 §4.1.4: illegal_parameter for what changed after a HelloRetryRequest; crypto/tls looks at the field alone",
		fault.ChangedAfterRetry),
	otherwise("RFC 8446 §4.1.3: illegal_parameter; crypto/tls: handshake_failure", fault.SuiteNotOffered),
	otherwise("RFC 5246 §7.2.2: illegal_parameter for a compression out of range; crypto/tls: decode_error", fault.CompressionNotOffered),
	otherwise("RFC 7301 names no alert at the client; crypto/tls: no_application_protocol, unsupported_extension", fault.ProtocolNotOffered),
	otherwise("RFC 8446 §5, RFC 5246 §7.3: unexpected_message; crypto/tls decodes first, blames itself, or hangs up without an alert",
		fault.UnexpectedMessage, fault.EarlyApplicationData, fault.MessageAcrossKeyChange, fault.MessageBehindFlight),
	otherwise("RFC 5246 §7.1, §7.2: a record of another length than its one content does not decode; crypto/tls: unexpected_message, or hangs up",
		fault.MalformedAlert, fault.MalformedChangeCipherSpec),
	otherwise("a message beyond all bounds is the peer's fault; crypto/tls: internal_error", fault.MessageTooLong),
	otherwise("RFC 5246 §7.2.2: decrypt_error for a signature or a Finished; crypto/tls: illegal_parameter, handshake_failure",
		fault.BadKeyExchangeSignature, fault.WrongFinished),
	otherwise("RFC 5246 §7.2.2: bad_certificate where one does not parse; crypto/tls: decode_error", fault.BadCertificate),
	otherwise("RFC 5246 §7.2.2: unknown_ca where no trusted root vouches; crypto/tls: bad_certificate", fault.UnknownCA),
	otherwise("key and signature are looked at before the certificate is verified; crypto/tls verifies first", fault.WrongKeyType,
		fault.BadCertificateSignature),
	{"RFC 8446 §6: an alert of a level that is none is as fatal as any other, and is not answered; crypto/tls: unexpected_message",
		func(ours, theirs seen) bool {
			return ours.Alert == "hangs up" && said(ours, "refused with the alert") && theirs.Alert == "unexpected_message"
		}},
	lenient("RFC 5246 §7.4.1.1: a HelloRequest within a handshake is passed over; crypto/tls: unexpected_message",
		func(ours seen) bool { return ours.asked }, "helloRequestMsg", "unexpected message"),
	{"RFC 5246 §7.2.2: no_renegotiation is a warning, and the connection goes on; crypto/tls hangs up", func(ours, theirs seen) bool {
		return ours.Done && ours.why == nil && ours.Alert == theirs.Alert && said(theirs, "no renegotiation")
	}},
	lenient("RFC 8446 §4.6.1: a ticket is kept for seven days at most, whatever its lifetime; crypto/tls refuses it with its connection", always,
		"invalid lifetime"),
	lenient("RFC 5246 §6.2.1, RFC 8446 §5.1: who is not to send an empty record may be heard in the clear and in TLS 1.2; Vitro takes 32",
		func(ours seen) bool { return ours.empty }, "unexpected message"),
	{"RFC 8446 §4.6.3: one KeyUpdate answers those that came while nothing was sent; crypto/tls answers each",
		func(ours, theirs seen) bool {
			fewer := ours.NewKeys > 0 && theirs.NewKeys > ours.NewKeys
			ours.NewKeys = theirs.NewKeys
			return fewer && ours.same(theirs)
		}},
	{"RFC 5246 §F.1.4: no key exchange takes place where a session is resumed; crypto/tls tells the one of before",
		func(ours, theirs seen) bool {
			resumed := ours.Version == wire.TLS12 && ours.Resumed && ours.Group == 0 && theirs.Group != 0
			ours.Group = theirs.Group
			return resumed && ours.same(theirs)
		}},
	{"RFC 7627 §5.3: a session without the extended master secret is not kept; crypto/tls keeps it",
		func(ours, theirs seen) bool {
			less := ours.Version == wire.TLS12 && ours.Done && ours.Kept == 0 && theirs.Kept == 1
			ours.Kept = theirs.Kept
			return less && ours.same(theirs)
		}},
}
