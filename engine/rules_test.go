package engine_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// split takes a plaintext flight of whole handshake messages apart.
func split(t testing.TB, flight []byte, ctx wire.Context) []wire.Message {
	t.Helper()
	var content []byte
	for len(flight) > 0 {
		n := 5 + int(flight[3])<<8 + int(flight[4])
		content, flight = append(content, flight[5:n]...), flight[n:]
	}
	var messages []wire.Message
	for len(content) > 0 {
		n := 4 + int(content[1])<<16 + int(content[2])<<8 + int(content[3])
		m, err := wire.Decode(content[:n:n], ctx)
		if err != nil {
			t.Fatalf("our own flight does not decode: %v", err)
		}
		messages, content = append(messages, m), content[n:]
	}
	return messages
}

// frame encodes messages again, each in a record of its own.
func frame(t testing.TB, messages ...wire.Message) []byte {
	t.Helper()
	var out []byte
	for _, m := range messages {
		if _, ok := m.(*wire.ChangeCipherSpec); ok {
			out = append(out, record(wire.ContentChangeCipherSpec, []byte{1})...)
			continue
		}
		raw, err := wire.Encode(m, wire.Context{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, record(wire.ContentHandshake, raw)...)
	}
	return out
}

// helloOf is what a client opens with, changed.
func helloOf(t testing.TB, c engine.Config, change func(*wire.ClientHello)) []byte {
	t.Helper()
	ch := split(t, newClient(t, c).step(t), wire.Context{})[0].(*wire.ClientHello)
	if change != nil {
		change(ch)
	}
	return frame(t, ch)
}

func drop[T comparable](list []T, v T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(have T) bool { return have == v })
}

// What a client can do wrong before any key is made, what we call it and what we answer.
func TestServerRefuses(t *testing.T) {
	hello := func(change func(*wire.ClientHello)) func(testing.TB) []byte {
		return func(t testing.TB) []byte { return helloOf(t, clientConfig(), change) }
	}
	raw := func(b ...[]byte) func(testing.TB) []byte {
		return func(testing.TB) []byte { return slices.Concat(b...) }
	}
	alert := func(level wire.AlertLevel, d wire.AlertDescription) []byte {
		return record(wire.ContentAlert, []byte{byte(level), byte(d)})
	}
	ecdsaOnly := func(ch *wire.ClientHello) {
		ch.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	}
	ecdheOnly := func(ch *wire.ClientHello) {
		ch.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	}
	cases := []struct {
		name  string
		rule  *fault.Rule
		input func(testing.TB) []byte
	}{
		{"a GET", fault.PlainHTTPRequest, raw([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))},
		{"an HTTP/2 preface", fault.PlainHTTPRequest, raw([]byte("PRI * HTTP/2.0\r\n\r\n"))},
		{"an SSH greeting", fault.NotTLS, raw([]byte("SSH-2.0-OpenSSH_9.6\r\n"))},
		{"zeroes", fault.NotTLS, raw(make([]byte, 100))},
		{"major version 2", fault.NotTLS, raw([]byte{22, 2, 0, 0, 10})},
		{"SSL 2.0", fault.SSLv2Hello, raw([]byte{0x80, 0x2e, 1, 3, 1, 0, 0x15})},
		{"a record too long", fault.RecordOverflow, raw([]byte{22, 3, 1, 0x40, 1})},
		{"application data", fault.EarlyApplicationData, raw(record(wire.ContentApplicationData, []byte("hi")))},
		{"ChangeCipherSpec first", fault.UnexpectedMessage, raw(record(wire.ContentChangeCipherSpec, []byte{1}))},
		{"ChangeCipherSpec of two bytes", fault.MalformedChangeCipherSpec, raw(record(wire.ContentChangeCipherSpec, []byte{1, 1}))},
		{"ChangeCipherSpec of value 2", fault.MalformedChangeCipherSpec, raw(record(wire.ContentChangeCipherSpec, []byte{2}))},
		{"ChangeCipherSpec in a message", fault.MessageAcrossKeyChange,
			raw(record(wire.ContentHandshake, []byte{1, 0, 0}), record(wire.ContentChangeCipherSpec, []byte{1}))},
		{"an alert of one byte", fault.MalformedAlert, raw(record(wire.ContentAlert, []byte{1}))},
		{"an alert of three bytes", fault.MalformedAlert, raw(record(wire.ContentAlert, []byte{1, 0, 0}))},
		{"warnings without end", fault.TooManyWarnings, raw(bytes.Repeat(alert(wire.LevelWarning, wire.AlertUserCanceled), 5))},
		{"empty records without end", fault.TooManyEmptyRecords, raw(bytes.Repeat(record(wire.ContentHandshake, nil), 33))},
		{"close_notify", fault.HangUp, raw(alert(wire.LevelWarning, wire.AlertCloseNotify))},
		{"a message of 16 MiB", fault.MessageTooLong, raw(record(wire.ContentHandshake, []byte{1, 0xff, 0xff, 0xff}))},
		{"a certificate of 257 KiB", fault.MessageTooLong, raw(record(wire.ContentHandshake, []byte{11, 4, 4, 0}))},
		{"an unknown message", fault.UnexpectedMessage, raw(record(wire.ContentHandshake, []byte{99, 0, 0, 0}))},
		{"a Finished first", fault.UnexpectedMessage, raw(record(wire.ContentHandshake, append([]byte{20, 0, 0, 12}, make([]byte, 12)...)))},
		{"a ServerHelloDone", fault.UnexpectedMessage, raw(record(wire.ContentHandshake, []byte{14, 0, 0, 0}))},
		{"a hello cut short", fault.DecodeError, raw(record(wire.ContentHandshake, []byte{1, 0, 0, 2, 3, 3}))},
		{"a second extension of a type", fault.DuplicateExtension, hello(func(ch *wire.ClientHello) { ch.Add(wire.ExtServerName) })},
		{"TLS 1.1", fault.NoCommonVersion, hello(func(ch *wire.ClientHello) { ch.Version = wire.TLS11 })},
		{"TLS 1.3 only", fault.NoCommonVersion, hello(func(ch *wire.ClientHello) {
			ch.SupportedVersions = []wire.Version{wire.TLS13}
			ch.Add(wire.ExtSupportedVersions)
		})},
		{"no null compression", fault.NoNullCompression, hello(func(ch *wire.ClientHello) { ch.CompressionMethods = []wire.CompressionMethod{1} })},
		{"compressed points only", fault.NoUncompressedPoints, hello(func(ch *wire.ClientHello) { ch.PointFormats = []wire.PointFormat{1} })},
		{"a renegotiation spliced in", fault.RenegotiationInfoNotEmpty, hello(func(ch *wire.ClientHello) { ch.RenegotiationInfo = make([]byte, 12) })},
		{"unknown suites", fault.NoCommonSuite, hello(func(ch *wire.ClientHello) { ch.CipherSuites = []wire.CipherSuite{0x1301, 0x000a} })},
		{"no certificate for its suites", fault.NoSuiteForCertificate, hello(ecdsaOnly)},
		{"unknown groups", fault.NoCommonGroup, hello(func(ch *wire.ClientHello) {
			ecdheOnly(ch)
			ch.SupportedGroups = []wire.NamedGroup{30}
		})},
		{"SHA-1 signatures only", fault.NoCommonScheme, hello(func(ch *wire.ClientHello) {
			ecdheOnly(ch)
			ch.SignatureAlgorithms = []wire.SignatureScheme{wire.RSA_PKCS1_SHA1}
		})},
		{"no signature_algorithms", fault.NoCommonScheme, hello(func(ch *wire.ClientHello) {
			ecdheOnly(ch)
			ch.Order = drop(ch.Order, wire.ExtSignatureAlgorithms)
		})},
		{"another protocol", fault.NoCommonProtocol, hello(func(ch *wire.ClientHello) {
			ch.ALPN = []string{"smtp"}
			ch.Add(wire.ExtALPN)
		})},
		{"a hello after the hello", fault.UnexpectedMessage, func(t testing.TB) []byte {
			h := helloOf(t, clientConfig(), nil)
			return slices.Concat(h, h)
		}},
		{"a part of a message behind the hello", fault.MessageBehindFlight, func(t testing.TB) []byte {
			h := helloOf(t, clientConfig(), nil)
			return record(wire.ContentHandshake, append(h[5:], byte(wire.TypeClientKeyExchange)))
		}},
		{"a part of a second hello behind the first", fault.MessageBehindFlight, func(t testing.TB) []byte {
			h := helloOf(t, clientConfig(), nil)
			return record(wire.ContentHandshake, append(h[5:], h[5:9]...))
		}},
		{"a record of another version", fault.RecordVersion, func(t testing.TB) []byte {
			return append(helloOf(t, clientConfig(), nil), 22, 3, 1, 0, 4, 20, 0, 0, 0)
		}},
		{"a record of another major version", fault.RecordVersion, func(t testing.TB) []byte {
			return append(helloOf(t, clientConfig(), nil), 22, 9, 3, 0, 4, 20, 0, 0, 0)
		}},
		{"an unknown content type", fault.UnknownContentType, func(t testing.TB) []byte {
			return append(helloOf(t, clientConfig(), nil), 24, 3, 3, 0, 1, 0)
		}},
		{"a point that is none", fault.BadPublicKey, func(t testing.TB) []byte {
			kx := &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Public: make([]byte, 32)}
			return append(helloOf(t, clientConfig(), ecdheOnly), frame(t, kx)...)
		}},
		{"a certificate that was not asked for", fault.UnexpectedMessage, func(t testing.TB) []byte {
			return append(helloOf(t, clientConfig(), nil), frame(t, new(wire.Certificate))...)
		}},
		{"ChangeCipherSpec before ClientKeyExchange", fault.UnexpectedMessage, func(t testing.TB) []byte {
			return append(helloOf(t, clientConfig(), nil), frame(t, new(wire.ChangeCipherSpec))...)
		}},
		{"a Finished in the clear", fault.UnexpectedMessage, func(t testing.TB) []byte {
			kx := &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Public: append(make([]byte, 31), 9)}
			return append(helloOf(t, clientConfig(), ecdheOnly), frame(t, kx, &wire.Finished{VerifyData: make([]byte, 12)})...)
		}},
		{"garbage behind ChangeCipherSpec", fault.BadRecordMAC, func(t testing.TB) []byte {
			kx := &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Public: append(make([]byte, 31), 9)}
			return slices.Concat(helloOf(t, clientConfig(), ecdheOnly), frame(t, kx, new(wire.ChangeCipherSpec)), record(wire.ContentHandshake, make([]byte, 40)))
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sc := serverConfig(testkit.RSA)
			sc.Protocols = []string{"http/1.1"}
			server := newServer(t, sc)
			out := server.take(t, c.input(t), 1<<20)
			wantFault(t, server, c.rule, out)
			if c.rule == fault.PlainHTTPRequest && !bytes.HasPrefix(out, []byte("HTTP/1.0 400 ")) {
				t.Errorf("a plain HTTP request is answered with %q", out)
			}
			provoked(c.rule)
		})
	}
}

// The default policy refuses a client that only has what another policy allows, and says how to mend it.
func TestServerNamesThePolicy(t *testing.T) {
	for _, c := range []struct {
		offered wire.CipherSuite
		kind    testkit.Kind
		rule    *fault.Rule
		hint    string
	}{
		{wire.TLS_RSA_WITH_AES_128_GCM_SHA256, testkit.RSA, fault.OnlyRSAKeyExchange, "policy legacy"},
		{wire.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, testkit.P256, fault.OnlyOlderCiphers, "policy compatible"},
	} {
		cc, sc := clientConfig(), serverConfig(c.kind)
		cc.CipherSuites, sc.Policy = []wire.CipherSuite{c.offered}, ""
		client, server := newClient(t, cc), newServer(t, sc)
		shake(t, client, server, 1<<20)
		wantFault(t, server, c.rule, server.sent)
		provoked(c.rule)
		var told *fault.PeerAlert
		if !errors.As(client.err, &told) || told.Alert.Description != wire.AlertHandshakeFailure || told.Step != fault.StepClientHello {
			t.Errorf("%v: the client failed with %v", c.offered, client.err)
		}
		var found *fault.Error
		if errors.As(server.err, &found); !strings.Contains(found.Hint(), c.hint) {
			t.Errorf("%v: the hint is %q", c.offered, found.Hint())
		}
	}
}

// What a server can do wrong before any key is made.
func TestClientRefuses(t *testing.T) {
	type flight struct {
		hello *wire.ServerHello
		cert  *wire.Certificate
		ske   *wire.ServerKeyExchange
		done  wire.Message
	}
	cases := []struct {
		name   string
		rule   *fault.Rule
		change func(*flight) []wire.Message // nil: all four in order
	}{
		{"TLS 1.1", fault.WrongServerVersion, func(f *flight) []wire.Message { f.hello.Version = wire.TLS11; return nil }},
		{"a selected version", fault.WrongServerVersion, func(f *flight) []wire.Message {
			f.hello.SupportedVersions = []wire.Version{wire.TLS13}
			f.hello.Add(wire.ExtSupportedVersions)
			return nil
		}},
		{"a suite of its own", fault.SuiteNotOffered, func(f *flight) []wire.Message { f.hello.CipherSuite = 0x002f; return nil }},
		{"a suite that we have and did not offer", fault.SuiteNotOffered, func(f *flight) []wire.Message {
			f.hello.CipherSuite = wire.TLS_RSA_WITH_AES_256_GCM_SHA384
			return nil
		}},
		{"compression", fault.CompressionNotOffered, func(f *flight) []wire.Message { f.hello.CompressionMethod = 1; return nil }},
		{"an extension that was not asked for", fault.ExtensionNotOffered, func(f *flight) []wire.Message {
			f.hello.Add(wire.ExtEncryptThenMAC)
			return nil
		}},
		{"signature_algorithms in ServerHello", fault.MisplacedExtension, func(f *flight) []wire.Message {
			f.hello.SignatureAlgorithms = suite.Schemes()
			f.hello.Add(wire.ExtSignatureAlgorithms)
			return nil
		}},
		{"another protocol", fault.ProtocolNotOffered, func(f *flight) []wire.Message {
			f.hello.ALPN = []string{"smtp"}
			f.hello.Add(wire.ExtALPN)
			return nil
		}},
		{"compressed points", fault.NoUncompressedPoints, func(f *flight) []wire.Message { f.hello.PointFormats = []wire.PointFormat{1}; return nil }},
		{"a renegotiation spliced in", fault.RenegotiationInfoNotEmpty, func(f *flight) []wire.Message {
			f.hello.RenegotiationInfo = make([]byte, 24)
			return nil
		}},
		{"no certificate", fault.EmptyServerCertificate, func(f *flight) []wire.Message { f.cert.Chain = nil; return nil }},
		{"a certificate of garbage", fault.BadCertificate, func(f *flight) []wire.Message { f.cert.Chain = [][]byte{{1, 2, 3}}; return nil }},
		{"a certificate of another kind", fault.WrongKeyType, func(f *flight) []wire.Message {
			f.cert.Chain = testkit.Credential(testkit.P256).Chain
			return nil
		}},
		{"a key of 8200 bits", fault.RSAKeyTooLarge, func(f *flight) []wire.Message {
			f.cert.Chain = [][]byte{certificateFor(t, &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 8199, 1), E: 65537})}
			return nil
		}},
		{"another group", fault.GroupNotOffered, func(f *flight) []wire.Message { f.ske.Group = wire.SecP521r1; return nil }},
		{"another signature scheme", fault.SchemeNotOffered, func(f *flight) []wire.Message { f.ske.Scheme = wire.RSA_PKCS1_SHA1; return nil }},
		{"a scheme for another key", fault.WrongKeyType, func(f *flight) []wire.Message {
			f.ske.Scheme = wire.ECDSA_SECP256R1_SHA256
			return nil
		}},
		{"a signature changed", fault.BadKeyExchangeSignature, func(f *flight) []wire.Message { f.ske.Signature[7] ^= 1; return nil }},
		{"a key changed", fault.BadKeyExchangeSignature, func(f *flight) []wire.Message { f.ske.Public[7] ^= 1; return nil }},
		{"no ServerKeyExchange", fault.UnexpectedMessage, func(f *flight) []wire.Message { return []wire.Message{f.hello, f.cert, f.done} }},
		{"no Certificate", fault.UnexpectedMessage, func(f *flight) []wire.Message { return []wire.Message{f.hello, f.ske, f.done} }},
		{"a Certificate twice", fault.UnexpectedMessage, func(f *flight) []wire.Message { return []wire.Message{f.hello, f.cert, f.cert} }},
		{"a status that was not announced", fault.UnexpectedMessage, func(f *flight) []wire.Message {
			return []wire.Message{f.hello, f.cert, &wire.CertificateStatus{Status: wire.StatusOCSP, Response: []byte{1}}}
		}},
		{"Certificate first", fault.UnexpectedMessage, func(f *flight) []wire.Message { return []wire.Message{f.cert} }},
		{"ChangeCipherSpec early", fault.UnexpectedMessage, func(f *flight) []wire.Message {
			return []wire.Message{f.hello, f.cert, new(wire.ChangeCipherSpec)}
		}},
		{"Finished early", fault.UnexpectedMessage, func(f *flight) []wire.Message {
			return []wire.Message{f.hello, f.cert, &wire.Finished{VerifyData: make([]byte, 12)}}
		}},
		{"a certificate asked for twice", fault.UnexpectedMessage, func(f *flight) []wire.Message {
			ask := &wire.CertificateRequest{CertificateTypes: []wire.ClientCertificateType{1}, SignatureAlgorithms: suite.Schemes()}
			return []wire.Message{f.hello, f.cert, f.ske, ask, ask}
		}},
		{"HelloRequests without end", fault.TooManyMessages, func(f *flight) []wire.Message {
			return slices.Repeat([]wire.Message{new(wire.HelloRequest)}, 33)
		}},
	}
	cc := clientConfig()
	cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	cc.Groups = []wire.NamedGroup{wire.X25519}
	cc.Protocols = []string{"http/1.1"}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
			m := split(t, server.take(t, client.step(t), 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})
			f := &flight{m[0].(*wire.ServerHello), m[1].(*wire.Certificate), m[2].(*wire.ServerKeyExchange), m[3]}
			messages := c.change(f)
			if messages == nil {
				messages = []wire.Message{f.hello, f.cert, f.ske, f.done}
			}
			out := client.take(t, frame(t, messages...), 1<<20)
			wantFault(t, client, c.rule, out)
			provoked(c.rule)
		})
	}
	t.Run("a banner", func(t *testing.T) {
		for greeting, rule := range map[string]*fault.Rule{
			"HTTP/1.1 400 Bad Request\r\n\r\n": fault.PlainHTTPReply,
			"SSH-2.0-OpenSSH\r\n":              fault.OtherProtocol,
			"220 mail ready\r\n":               fault.OtherProtocol,
			"\x00\x00\x00\x01\x02":             fault.NotTLS,
		} {
			client := newClient(t, cc)
			client.step(t)
			wantFault(t, client, rule, client.take(t, []byte(greeting), 1<<20))
			provoked(rule)
		}
	})
}

// certificateFor is a certificate over a key that nobody holds.
func certificateFor(t testing.TB, key *rsa.PublicKey) []byte {
	t.Helper()
	ca := testkit.PKI().Root
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: big.NewInt(1)}, ca.Certificate, key, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What only a peer with keys can do wrong.
func TestKeyedPeers(t *testing.T) {
	t.Run("a Finished of another handshake", func(t *testing.T) {
		// The attacker sits between, and takes an extension out of the hello: both sides see another handshake.
		cc := clientConfig()
		cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
		client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.Order = drop(ch.Order, wire.ExtExtendedMasterSecret) // or the keys would differ already
		out := server.take(t, client.take(t, server.take(t, frame(t, ch), 1<<20), 1<<20), 1<<20)
		wantFault(t, server, fault.WrongFinished, out)
		provoked(fault.WrongFinished)
	})
	t.Run("application data within a message", func(t *testing.T) {
		client, server := connected(t)
		half := sealed(t, client, wire.ContentHandshake, []byte{1, 0, 0})
		data := sealed(t, client, wire.ContentApplicationData, []byte("x"))
		out := server.take(t, append(half, data...), 1<<20)
		wantSealedFault(t, server, client, fault.InterleavedMessage, out)
		provoked(fault.InterleavedMessage)
	})
	t.Run("a message from the handshake", func(t *testing.T) {
		client, server := connected(t)
		wantSealedFault(t, server, client, fault.UnexpectedMessage, server.take(t, sealed(t, client, wire.ContentHandshake, []byte{14, 0, 0, 0}), 1<<20))
	})
	t.Run("ChangeCipherSpec again", func(t *testing.T) {
		client, server := connected(t)
		wantSealedFault(t, server, client, fault.UnexpectedMessage, server.take(t, sealed(t, client, wire.ContentChangeCipherSpec, []byte{1}), 1<<20))
	})
	t.Run("a record changed", func(t *testing.T) {
		client, server := connected(t)
		rec, _ := client.Seal(nil, []byte("hello"))
		rec[len(rec)-1] ^= 1
		wantSealedFault(t, server, client, fault.BadRecordMAC, server.take(t, rec, 1<<20))
		provoked(fault.BadRecordMAC)
	})
	t.Run("a record twice", func(t *testing.T) {
		client, server := connected(t)
		rec, _ := client.Seal(nil, []byte("hello"))
		wantSealedFault(t, server, client, fault.BadRecordMAC, server.take(t, append(bytes.Clone(rec), rec...), 1<<20))
	})
}

// RFC 5246 §7.4.1.1: we decline to renegotiate with a warning, in both roles, and the connection goes on; a peer that
// asks without end is refused.
func TestNoRenegotiation(t *testing.T) {
	for name, message := range map[string][]byte{
		"HelloRequest": {0, 0, 0, 0},
		"ClientHello":  helloOf(t, clientConfig(), nil)[5:],
	} {
		t.Run(name, func(t *testing.T) {
			var a struct{ from, to *end }
			if a.from, a.to = connected(t); name == "HelloRequest" {
				a.from, a.to = a.to, a.from
			}
			for i := range 32 {
				answer := a.to.take(t, sealed(t, a.from, wire.ContentHandshake, message), 1<<20)
				if a.to.err != nil || len(answer) == 0 {
					t.Fatalf("%v is answered with %x and %v", name, answer, a.to.err)
				}
				if i < 4 { // it takes no more warnings in a row
					a.from.take(t, answer, 1<<20)
				}
			}
			send(t, a.from, a.to, []byte("still here"))
			var out []byte
			for range 33 {
				out = a.to.take(t, sealed(t, a.from, wire.ContentHandshake, message), 1<<20)
			}
			if !errors.Is(a.to.err, fault.TooManyMessages) || len(out) == 0 {
				t.Errorf("33 in a row end with %v", a.to.err)
			}
			provoked(fault.TooManyMessages)
		})
	}
}

// RFC 5246 §7.2.1: close_notify ends one direction; the other goes on.
func TestHalfClose(t *testing.T) {
	client, server := connected(t)
	client.Close()
	server.take(t, client.Output(), 1<<20)
	if server.err == nil || server.err.Error() != "EOF" {
		t.Fatalf("close_notify reads as %v", server.err)
	}
	send(t, server, client, []byte("and one more thing"))
	if _, err := client.Seal(nil, []byte("x")); !errors.Is(err, fault.Closed) {
		t.Errorf("after close_notify Seal says %v", err)
	}
	provoked(fault.Closed)
}

// An end without close_notify reads as the end of the file, and as an error where that is asked for. It is told.
func TestTruncation(t *testing.T) {
	for _, strict := range []bool{false, true} {
		told := false
		sc := serverConfig(testkit.RSA)
		sc.StrictClose = strict
		sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) { _, is := e.(event.Truncated); told = told || is })
		client, server := newClient(t, clientConfig()), newServer(t, sc)
		mustShake(t, client, server)
		if err := server.CloseInput(); errors.Is(err, fault.Truncated) != strict {
			t.Errorf("strict %v: the end reads as %v", strict, err)
		}
		if !told {
			t.Error("nobody was told")
		}
	}
	provoked(fault.Truncated)
}

// Ends that are nobody's message.
func TestEndings(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*end) error
		rule *fault.Rule
	}{
		"hang up":  {func(e *end) error { return e.CloseInput() }, fault.HangUp},
		"cancel":   {func(e *end) error { return e.Abort(contextCanceled) }, fault.Cancelled},
		"deadline": {func(e *end) error { return e.Abort(contextDeadline) }, fault.Silence},
		"network":  {func(e *end) error { return e.Abort(errors.New("wire cut")) }, fault.ConnectionBroken},
	} {
		client := newClient(t, clientConfig())
		client.step(t)
		err := c.end(client)
		if !errors.Is(err, c.rule) || err.(*fault.Error).Step != fault.StepClientHello {
			t.Errorf("%s: %v", name, err)
		}
		if out := client.step(t); (len(out) == 0) != c.rule.Silent {
			t.Errorf("%s: %x is put out", name, out)
		}
		provoked(c.rule)
	}
}

// A client that has no certificate to give says so, and knows why it is refused: RFC 5246 §7.4.6 leaves the alert to
// the server. GnuTLS sends decode_error.
func TestClientCertificateWanted(t *testing.T) {
	for _, alert := range []wire.AlertDescription{wire.AlertHandshakeFailure, wire.AlertBadCertificate, wire.AlertDecodeError} {
		cc := clientConfig()
		cc.CipherSuites = []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
		client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
		m := split(t, server.take(t, client.step(t), 1<<20), wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeRSA})
		ask := &wire.CertificateRequest{CertificateTypes: []wire.ClientCertificateType{1}, SignatureAlgorithms: suite.Schemes()}
		out := client.take(t, frame(t, m[0], m[1], ask, m[2]), 1<<20)
		if client.err != nil || len(out) < 12 || !bytes.Equal(out[5:12], []byte{11, 0, 0, 3, 0, 0, 0}) {
			t.Fatalf("the answer begins with %x, want an empty Certificate; %v", out[:12], client.err)
		}
		client.take(t, record(wire.ContentAlert, []byte{2, byte(alert)}), 1<<20)
		if !errors.Is(client.err, fault.ClientCertificateWanted) {
			t.Errorf("refused with %v: %v", alert, client.err)
		}
	}
	provoked(fault.ClientCertificateWanted)
}

// The certificate's key usage must allow the key exchange. RFC 5246 §7.4.2.
func TestKeyUsage(t *testing.T) {
	for flaw, id := range map[testkit.Flaw]wire.CipherSuite{
		testkit.NoKeyEncipherment:  wire.TLS_RSA_WITH_AES_128_GCM_SHA256,
		testkit.NoDigitalSignature: wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	} {
		flawed := testkit.Flawed(flaw, testkit.RSA)
		cc := clientConfig()
		cc.CipherSuites = []wire.CipherSuite{id}
		// Our own server does not even choose such a suite.
		client, server := newClient(t, cc), newServer(t, engine.Config{Policy: "legacy", MaxVersion: wire.TLS12, Credentials: []*want.Credential{credentialOf(t, flawed)}})
		shake(t, client, server, 1<<20)
		wantFault(t, server, fault.NoSuiteForCertificate, server.sent)

		// One that does is refused: the good server shows the flawed certificate.
		good := testkit.Credential(testkit.RSA)
		mixed := *good
		mixed.Chain, mixed.Signer, mixed.Decrypter = flawed.Chain, nil, nil
		client, server = newClient(t, cc), newServer(t, engine.Config{Policy: "legacy", MaxVersion: wire.TLS12, Credentials: []*want.Credential{&mixed}})
		server.answer = func(q want.Question) {
			key := credentialOf(t, flawed)
			switch q := q.(type) {
			case *want.Sign:
				sig, err := suite.Sign(key.Signer, q.Scheme, q.Message)
				if err != nil {
					t.Fatal(err)
				}
				q.Answer(sig)
			default:
				answerNow(q)
			}
		}
		client.answer = func(q want.Question) { q.(*want.VerifyPeer).Answer(want.Verdict{Skipped: true}) }
		shake(t, client, server, 1<<20)
		wantFault(t, client, fault.WrongKeyUsage, client.sent)
	}
	provoked(fault.WrongKeyUsage)
}

// In TLS 1.3 the certificate's key only ever signs. RFC 8446 §4.4.2.2.
func TestKeyUsage13(t *testing.T) {
	flawed := credentialOf(t, testkit.Flawed(testkit.NoDigitalSignature, testkit.P256))
	mixed := *testkit.Credential(testkit.P256)
	mixed.Chain, mixed.Signer = flawed.Chain, flawed.Signer
	client, server := newClient(t, clientConfig13()), newServer(t, engine.Config{Credentials: []*want.Credential{&mixed}})
	client.answer = func(q want.Question) { q.(*want.VerifyPeer).Answer(want.Verdict{Skipped: true}) }
	shake(t, client, server, 1<<20)
	if !errors.Is(client.err, fault.WrongKeyUsage) {
		t.Errorf("failed with %v, want the rule %s", client.err, fault.WrongKeyUsage.Name)
	}
}

// A random source that fails fails the handshake, and nothing goes on with zeroes.
func TestEntropyFails(t *testing.T) {
	broken := hs.NewEntropy(bytes.NewReader(nil))
	cc := clientConfig()
	cc.Entropy = broken
	client := newClient(t, cc)
	client.step(t)
	wantFault(t, client, fault.EntropyFailed, client.sent)
	for _, id := range everyExchange {
		for drawn := range 3 {
			cc, sc := clientConfig(), serverConfig(testkit.RSA)
			cc.CipherSuites = []wire.CipherSuite{id}
			sc.Entropy = hs.NewEntropy(bytes.NewReader(make([]byte, 32*drawn)))
			client, server := newClient(t, cc), newServer(t, sc)
			shake(t, client, server, 1<<20)
			if drawn < 2 {
				wantFault(t, server, fault.EntropyFailed, server.sent)
			}
		}
	}
	provoked(fault.EntropyFailed)
}
