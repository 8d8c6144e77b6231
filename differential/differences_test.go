package differential

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// difference is one that there is for a reason.
type difference struct {
	why string
	is  func(hello []byte, ours, theirs outcome) bool
}

// refused is a difference that there may be wherever Vitro refuses by one of these rules: crypto/tls goes on, or calls it
// something else.
func refused(why string, rules ...*fault.Rule) difference {
	return difference{why, func(_ []byte, ours, _ outcome) bool {
		for _, r := range rules {
			if ours.Alert != "" && errors.Is(ours.why, r) {
				return true
			}
		}
		return false
	}}
}

// only is a difference in what crypto/tls refuses and Vitro does not.
func only(why, theirs string, also func(ours outcome, hello *wire.ClientHello) bool) difference {
	return difference{why, func(raw []byte, o, t outcome) bool {
		ch := clientHello(raw)
		return o.Alert == "" && ch != nil && strings.Contains(fmt.Sprint(t.why), theirs) && also(o, ch)
	}}
}

func clientHello(raw []byte) *wire.ClientHello {
	m, err := wire.Decode(raw, wire.Context{})
	if err != nil {
		return nil
	}
	ch, _ := m.(*wire.ClientHello)
	return ch
}

// serverDifferences: Vitro does what the RFC says where that says anything.
var serverDifferences = []difference{
	refused("RFC 8446 §9.2: key_share, supported_groups and signature_algorithms belong together, and what is missing is named so; "+
		"crypto/tls asks for a share, or finds no key exchange", fault.MissingExtension),
	refused("RFC 8446 §4.2.8: a share is of a group that is listed, in its order; crypto/tls passes over others", fault.BadKeyShare),
	refused("RFC 8422 §5.1.2: illegal_parameter; crypto/tls: missing_extension", fault.NoUncompressedPoints),
	refused("RFC 8446 §D.5: what says SSL 3.0 or older is refused; crypto/tls looks at supported_versions only", fault.NoCommonVersion),
	refused("RFC 6066 §4, RFC 8446 §4.1.2, §4.2: what a field may not say is illegal_parameter; crypto/tls does not read it, or calls it otherwise",
		fault.IllegalValue, fault.MisplacedExtension),
	refused("RFC 8446 §4.2: no extension stands twice; which alert is left open, and crypto/tls says decode_error", fault.DuplicateExtension),
	refused("an extension that crypto/tls does not read is not well-formed", fault.DecodeError),
	only("RFC 6066 §8: what a status_request of a type that nobody knows holds is not for us to read; crypto/tls reads it as that for OCSP",
		"error decoding message", func(_ outcome, ch *wire.ClientHello) bool {
			return ch.Has(wire.ExtStatusRequest) && ch.StatusRequest != wire.StatusOCSP
		}),
	refused("RFC 7627 §5.3: handshake_failure; crypto/tls hangs up without an alert", fault.ExtendedMasterDropped),
	{"RFC 6066 §3: no session is resumed under another name, nor, at Vitro, for another protocol; crypto/tls looks at neither",
		func(raw []byte, o, t outcome) bool {
			ch := clientHello(raw)
			return ch != nil && o.Alert == "" && !o.Resumed && (t.Resumed || strings.Contains(fmt.Sprint(t.why), "PSK binder")) &&
				(ch.ServerName != testkit.Host || !ch.Has(wire.ExtALPN) || !slices.Contains(ch.ALPN, protocols[0]))
		}},
	{"RFC 5246 §7.4.1.3: a session needs its suite, and neither group nor signature; crypto/tls wants those too",
		func(_ []byte, o, t outcome) bool {
			return o.Alert == "" && o.Resumed && o.Version == wire.TLS12 && !t.Resumed
		}},
	{"which suite is best is the server's to say (RFC 8446 §4.1.1): crypto/tls takes ChaCha20 also for a client whose first is a suite with CBC, or unknown to us",
		func(_ []byte, o, t outcome) bool {
			o.Suite, t.Suite = 0, 0
			return o.Alert == "" && o.same(t) && o.Version == wire.TLS13
		}},
	{"which group is best is the server's to say (RFC 8422 §5.1.1): in TLS 1.2 crypto/tls goes by the client's order",
		func(_ []byte, o, t outcome) bool {
			o.Group, t.Group = 0, 0
			return o.Alert == "" && o.same(t) && o.Version == wire.TLS12
		}},
	{"RFC 8422 §5.1.1: a certificate's curve is one that the client lists, where there is another certificate; crypto/tls looks at that with a name only",
		func(raw []byte, o, t outcome) bool {
			ch := clientHello(raw)
			return ch != nil && o.Alert == "" && o.Suite == wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 &&
				t.Suite == wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
		}},
	only("RFC 8446 §4.4.2.2: a certificate that the client can verify comes before one that has the name; crypto/tls shows its first for a foreign name",
		"certificate's signature algorithms", func(outcome, *wire.ClientHello) bool { return true }),
	only("RFC 8422 §4: without supported_groups the server is free to choose; crypto/tls does without ECDHE then",
		"no cipher suite supported", func(o outcome, ch *wire.ClientHello) bool { return !ch.Has(wire.ExtSupportedGroups) }),
	only("RFC 5246 §7.4.2: a certificate is chosen that fits a suite in common; crypto/tls shows its first for a foreign name",
		"no cipher suite supported", func(o outcome, ch *wire.ClientHello) bool {
			return ch.ServerName != testkit.Host && strings.Contains(o.Suite.String(), "RSA")
		}),
	only("RFC 5246 §7.4.1.4.1: signature_algorithms may be missing, and RSA key exchange needs no signature; crypto/tls refuses",
		"missing signature_algorithms", func(o outcome, ch *wire.ClientHello) bool { return !ch.Has(wire.ExtSignatureAlgorithms) }),
}

// called is a difference in the name of a refusal.
func called(ours, theirs, why string) difference {
	return difference{why, func(_ []byte, o, t outcome) bool { return o.Alert == ours && t.Alert == theirs }}
}

var clientDifferences = []difference{
	refused("RFC 8446 §4.2, RFC 5246 §7.4.1.4: an answer to what was not asked is unsupported_extension; crypto/tls passes over what it does not know",
		fault.ExtensionNotOffered, fault.UselessEncryptThenMAC),
	refused("RFC 8446 §4.1.3: illegal_parameter; crypto/tls: handshake_failure", fault.SuiteNotOffered),
	refused("RFC 8446 §4.1.3 names no alert for another legacy_version; crypto/tls: illegal_parameter", fault.WrongServerVersion),
	refused("RFC 8446 §4.2.1: illegal_parameter for a version that was not offered, or is older; crypto/tls: protocol_version",
		fault.VersionNotOffered, fault.MisplacedExtension),
	refused("RFC 5246 §7.2.2: illegal_parameter for a compression out of range; crypto/tls: decode_error", fault.CompressionNotOffered),
	refused("RFC 7301 names no alert at the client; crypto/tls: unsupported_extension", fault.ProtocolNotOffered),
	refused("RFC 8446 §6.2: what a field may not say is illegal_parameter; crypto/tls does not read it, or calls it otherwise",
		fault.IllegalValue, fault.DuplicateExtension, fault.DecodeError),
	refused("RFC 8446 §4.1.4: a HelloRetryRequest is the last that a server says before its answer; crypto/tls looks at its fields first",
		fault.MessageBehindFlight),
	refused("the key is looked at before its certificate is verified; crypto/tls verifies first", fault.WrongKeyType),
	called("unexpected_message", "internal_error", "RFC 5246 §7.3: a message that is missing makes the next one unexpected; crypto/tls blames itself"),
	called("unknown_ca", "bad_certificate", "RFC 5246 §7.2.2: unknown_ca where no trusted root vouches; crypto/tls: bad_certificate"),
	called("bad_certificate", "decode_error", "RFC 5246 §7.2.2: bad_certificate where one does not parse; crypto/tls: decode_error"),
}
