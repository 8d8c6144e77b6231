package differential

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// change is one way to spoil a script; place and value mean what each kind of change makes of them.
type change struct {
	how   string
	at    int // the step
	place int
	value int
}

func (c change) String() string {
	return fmt.Sprintf("%s at step %d, %d, %#x", c.how, c.at, c.place, c.value)
}

// hows are the kinds of change, in the order in which the fuzz target numbers them.
var hows = []string{"flip", "leave out", "twice", "move", "insert", "record", "cut", "grow", "extension", "extension twice", "glue", "split",
	"pad", "scheme", "field"}

// inserted are the messages that are put where they do not belong.
var inserted = []wire.HandshakeType{wire.TypeHelloRequest, wire.TypeClientHello, wire.TypeServerHello, wire.TypeNewSessionTicket,
	wire.TypeEndOfEarlyData, wire.TypeEncryptedExtensions, wire.TypeCertificate, wire.TypeServerKeyExchange, wire.TypeCertificateRequest,
	wire.TypeServerHelloDone, wire.TypeCertificateVerify, wire.TypeFinished, wire.TypeCertificateStatus, wire.TypeKeyUpdate,
	wire.TypeMessageHash, 99, kindRetry}

// stray is what is put between messages.
var stray = []step{
	{record: wire.ContentChangeCipherSpec, content: []byte{1}},
	{record: wire.ContentChangeCipherSpec, content: []byte{2}},
	{record: wire.ContentChangeCipherSpec, content: []byte{1, 1}},
	{record: wire.ContentAlert, content: []byte{1, 90}},  // user_canceled
	{record: wire.ContentAlert, content: []byte{2, 40}},  // handshake_failure
	{record: wire.ContentAlert, content: []byte{1, 0}},   // close_notify
	{record: wire.ContentAlert, content: []byte{1, 100}}, // no_renegotiation
	{record: wire.ContentAlert, content: []byte{2}},
	{record: wire.ContentAlert, content: []byte{2, 40, 2, 40}},
	{record: wire.ContentAlert, content: []byte{3, 99}},
	{record: wire.ContentAlert, content: nil},
	{record: wire.ContentHandshake, content: nil},
	{record: wire.ContentApplicationData, content: []byte("x")},
	{record: wire.ContentApplicationData, content: nil},
	{record: 24, content: []byte{1, 0, 0}},
}

// bodies are of extensions.
var bodies = [][]byte{nil, {0}, {0, 0}, {0, 3, 2, 'h', '2'}, {0, 9, 8, 'h', 't', 't', 'p', '/', '1', '.', '1'}, {3, 4}, {0, 1, 0, 1, 1},
	{0, 0, 1, 0}, {0xff, 0xff, 0xff, 0xff}, {1, 0, 0, 1, 7}, {0, 29, 0, 1, 9}, {0, 4, 0, 29, 0, 23}}

var extensionTypes = []wire.ExtensionType{wire.ExtServerName, wire.ExtMaxFragmentLength, wire.ExtStatusRequest, wire.ExtSupportedGroups,
	wire.ExtPointFormats, wire.ExtSignatureAlgorithms, wire.ExtALPN, wire.ExtSCT, wire.ExtPadding, wire.ExtEncryptThenMAC,
	wire.ExtExtendedMasterSecret, wire.ExtCompressCertificate, wire.ExtRecordSizeLimit, wire.ExtSessionTicket, wire.ExtPreSharedKey,
	wire.ExtEarlyData, wire.ExtSupportedVersions, wire.ExtCookie, wire.ExtPSKModes, wire.ExtCertAuthorities, wire.ExtPostHandshakeAuth,
	wire.ExtSignatureAlgsCert, wire.ExtKeyShare, wire.ExtEncryptedClientHello, wire.ExtRenegotiationInfo, 0x1a1a, 0x7777}

var schemes = []wire.SignatureScheme{wire.RSA_PKCS1_SHA1, wire.ECDSA_SHA1, wire.RSA_PKCS1_SHA256, wire.ECDSA_SECP256R1_SHA256,
	wire.ECDSA_SECP384R1_SHA384, wire.ECDSA_SECP521R1_SHA512, wire.RSA_PSS_RSAE_SHA256, wire.RSA_PSS_RSAE_SHA512, wire.RSA_PSS_PSS_SHA256, 0x0808, 0x7777}

// fit gives a message that was changed the length that it has now.
func fit(raw []byte) []byte {
	if n := len(raw) - wire.HandshakeHeaderLen; n >= 0 {
		raw[1], raw[2], raw[3] = byte(n>>16), byte(n>>8), byte(n)
	}
	return raw
}

// apply returns the script with the change.
func (c change) apply(script []step) []step {
	script = slices.Clone(script)
	if c.at >= len(script) {
		return script
	}
	s := &script[c.at]
	altering := func(f func([]byte) []byte) {
		before := s.alter
		s.alter = func(raw []byte) []byte {
			if before != nil {
				raw = before(raw)
			}
			return f(bytes.Clone(raw))
		}
	}
	switch c.how {
	case "flip":
		if s.record != 0 {
			s.content = bytes.Clone(s.content)
			s.content[c.place%len(s.content)] ^= byte(c.value)
			return script
		}
		altering(func(raw []byte) []byte {
			raw[c.place%len(raw)] ^= byte(c.value)
			return raw
		})
	case "leave out":
		return slices.Delete(script, c.at, c.at+1)
	case "twice":
		return slices.Insert(script, c.at, *s)
	case "move":
		moved := *s
		script = slices.Delete(script, c.at, c.at+1)
		return slices.Insert(script, c.place%(len(script)+1), moved)
	case "insert":
		return slices.Insert(script, c.at, step{kind: inserted[c.value%len(inserted)]})
	case "record":
		return slices.Insert(script, c.at, stray[c.value%len(stray)])
	case "cut":
		altering(func(raw []byte) []byte { return fit(raw[:max(wire.HandshakeHeaderLen, len(raw)-c.place)]) })
	case "grow":
		altering(func(raw []byte) []byte { return fit(append(raw, make([]byte, c.place)...)) })
	case "extension", "extension twice":
		x := extensionTypes[c.place%len(extensionTypes)]
		altering(func(raw []byte) []byte {
			raw = addExtension(raw, x, bodies[c.value%len(bodies)])
			if c.how == "extension twice" {
				raw = addExtension(raw, x, bodies[c.value%len(bodies)])
			}
			return raw
		})
	case "glue":
		s.glue = true
	case "split":
		s.cut = c.place
	case "pad":
		s.pad = c.place
	case "scheme":
		s.scheme = schemes[c.value%len(schemes)]
	case "field":
		altering(func(raw []byte) []byte { return changeField(raw, c.place, c.value) })
	}
	return script
}

// addExtension puts an extension in front of those that an honest message of TLS 1.3 has, or a ServerHello.
func addExtension(raw []byte, x wire.ExtensionType, body []byte) []byte {
	const header = wire.HandshakeHeaderLen
	at := 0
	switch wire.HandshakeType(raw[0]) {
	case wire.TypeServerHello:
		at = sidAt + int(raw[sidAt-1]) + 3
	case wire.TypeEncryptedExtensions:
		at = header
	case wire.TypeCertificateRequest:
		at = header + 1
	case wire.TypeNewSessionTicket:
		at = header + 8 + 2 + 2 + len("ticket") // with a nonce of one byte
	case wire.TypeCertificate:
		at = header + 1 + 3 + 3
		if len(raw) > at {
			at += int(raw[at-3])<<16 + int(raw[at-2])<<8 + int(raw[at-1])
		}
	}
	if at == 0 || at+2 > len(raw) {
		return raw
	}
	add := append([]byte{byte(x >> 8), byte(x), byte(len(body) >> 8), byte(len(body))}, body...)
	n := int(raw[at])<<8 + int(raw[at+1]) + len(add)
	raw[at], raw[at+1] = byte(n>>8), byte(n)
	if wire.HandshakeType(raw[0]) == wire.TypeCertificate {
		n := int(raw[header+1])<<16 + int(raw[header+2])<<8 + int(raw[header+3]) + len(add)
		raw[header+1], raw[header+2], raw[header+3] = byte(n>>16), byte(n>>8), byte(n)
	}
	return fit(slices.Insert(raw, at+2, add...))
}

// changeField writes a byte over a run of four, or over the rest. It changes each: what is there may be random.
func changeField(raw []byte, place, value int) []byte {
	if len(raw) <= wire.HandshakeHeaderLen {
		return raw
	}
	place = wire.HandshakeHeaderLen + place%(len(raw)-wire.HandshakeHeaderLen)
	for i := place; i < min(place+4, len(raw)); i++ {
		if raw[i] == byte(value) {
			value ^= 1
		}
		raw[i] = byte(value)
	}
	return raw
}

// changes are all that the walk tries of a play.
func (p play) changes() (list []change) {
	add := func(how string, at, place, value int) { list = append(list, change{how, at, place, value}) }
	for at, s := range p.script {
		add("leave out", at, 0, 0)
		add("twice", at, 0, 0)
		for place := range p.script {
			if place != at {
				add("move", at, place, 0)
			}
		}
		for i := range inserted {
			add("insert", at, 0, i)
		}
		for i := range stray {
			add("record", at, 0, i)
		}
		if s.record != 0 {
			continue
		}
		add("glue", at, 0, 0)
		for _, n := range []int{1, 3, 4, 5} {
			add("split", at, n, 0)
		}
		for _, n := range []int{1, 2, 1000, 1 << 14} {
			add("pad", at, n, 0)
		}
		p.changesWithin(s, at, add)
	}
	return list
}

// lengths are of the honest messages, near enough.
var lengths = map[wire.HandshakeType]int{wire.TypeServerHello: 122, kindRetry: 88, wire.TypeEncryptedExtensions: 15, wire.TypeCertificateRequest: 30,
	wire.TypeCertificate: 900, wire.TypeCertificateVerify: 72, wire.TypeFinished: 36, wire.TypeNewSessionTicket: 26, wire.TypeKeyUpdate: 5,
	wire.TypeServerKeyExchange: 108, wire.TypeServerHelloDone: 4}

func (p play) changesWithin(s step, at int, add func(how string, at, place, value int)) {
	n := lengths[s.kind]
	for place := 0; place < n; place += 1 + place/40*(n/60) {
		add("flip", at, place, 1<<(7*(place%2)))
		if place%3 == 0 {
			add("field", at, place, 0)
			add("field", at, place, 0xff)
		}
	}
	for _, by := range []int{1, 2, 3, 4, 33, n} {
		add("cut", at, by, 0)
	}
	for _, by := range []int{1, 4, 255} {
		add("grow", at, by, 0)
	}
	switch s.kind {
	case wire.TypeServerHello, kindRetry, wire.TypeEncryptedExtensions, wire.TypeCertificateRequest, wire.TypeCertificate, wire.TypeNewSessionTicket:
		if !p.tls13 && s.kind != wire.TypeServerHello {
			break
		}
		for x := range extensionTypes {
			for _, b := range []int{0, 3, x % len(bodies)} {
				add("extension", at, x, b)
			}
			add("extension twice", at, x, x%len(bodies))
		}
	case wire.TypeCertificateVerify, wire.TypeServerKeyExchange:
		for i := range schemes {
			add("scheme", at, 0, i)
		}
	}
}

// Every play, as it should be and with everything that is on the list of changes, comes to the same at both clients, or
// differs for a reason.
func TestFlightsAgree(t *testing.T) {
	for _, p := range plays() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if why, ours, theirs := p.hold(p.script); why == notListed || !ours.Done || ours.Data != "hi" || ours.Resumed != p.resumed {
				t.Fatalf("they do not agree on what is right: Vitro: %v; crypto/tls: %v", ours, theirs)
			}
			count := map[string]int{}
			for i, c := range p.changes() {
				if raceEnabled && i%4 != 0 {
					continue
				}
				why, ours, theirs := p.hold(c.apply(p.script))
				if count[why]++; why == notListed {
					t.Errorf("%v: Vitro: %v; crypto/tls: %v", c, ours, theirs)
				}
			}
			for why, n := range count {
				t.Logf("%d: %s", n, why)
			}
		})
	}
}

// Each kind of key signs with each of its schemes and with those that are not for it.
func TestFlightsAgreeOnSchemes(t *testing.T) {
	for _, p := range plays() {
		for at, s := range p.script {
			if s.kind != wire.TypeCertificateVerify && s.kind != wire.TypeServerKeyExchange {
				continue
			}
			for _, kind := range testkit.Kinds {
				for i := range schemes {
					p.kind = kind
					c := change{"scheme", at, 0, i}
					if why, ours, theirs := p.hold(c.apply(p.script)); why == notListed {
						t.Errorf("%s, %v, %v: Vitro: %v; crypto/tls: %v", p.name, kind, schemes[i], ours, theirs)
					}
				}
			}
		}
	}
}

// FuzzFlight looks for scripts, with several changes each, of which the clients make different things.
func FuzzFlight(f *testing.F) {
	for i, p := range plays() {
		f.Add(byte(i), []byte{})
		for at := range p.script {
			for how := range hows {
				f.Add(byte(i), []byte{byte(how), byte(at), 0, 9, 1})
			}
		}
	}
	all := plays()
	f.Fuzz(func(t *testing.T, kind byte, program []byte) {
		p := all[int(kind)%len(all)]
		script := p.script
		var told []change
		for ; len(program) >= 5 && len(told) < 8; program = program[5:] {
			if len(script) == 0 {
				return
			}
			c := change{hows[int(program[0])%len(hows)], int(program[1]) % len(script), int(program[2])<<8 + int(program[3]), int(program[4])}
			told, script = append(told, c), c.apply(script)
		}
		why, ours, theirs := p.hold(script)
		if why == notListed && *strict {
			t.Errorf("%s, %v: Vitro: %v; crypto/tls: %v", p.name, told, ours, theirs)
		}
	})
}
