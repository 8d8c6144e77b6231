package explain

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// scene emits a handshake as both engines would: each message once by its sender and once by its receiver.
type scene struct {
	t              *testing.T
	client, server event.Stream
	now            time.Time
	kx             wire.KeyExchange
	suite          *suite.Suite
	chain          []*x509.Certificate
	told           map[fault.Step]bool // TLS 1.3: what comes again is no step
	random1        wire.Random
	random2        wire.Random
}

const (
	clientConn = 1
	serverConn = 2
)

func newScene(t *testing.T, kx wire.KeyExchange, client, server event.Tracer) *scene {
	s := &scene{t: t, kx: kx, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	s.client.Init(client, fault.Client, clientConn)
	s.server.Init(server, fault.Server, serverConn)
	file := "rsa_chain.pem"
	s.suite = suite.ByID(wire.TLS_RSA_WITH_AES_128_GCM_SHA256)
	switch kx {
	case wire.KeyExchangeDHE:
		s.suite = suite.ByID(wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)
	case wire.KeyExchangeECDHE:
		file, s.suite = "ecdsa_chain.pem", suite.ByID(wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	}
	s.chain = loadChain(t, file)
	for i := range s.random1 {
		s.random1[i], s.random2[i] = byte(i), 0xff-byte(i)
	}
	s.tick()
	return s
}

func loadChain(t *testing.T, file string) []*x509.Certificate {
	t.Helper()
	rest, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var chain []*x509.Certificate
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return chain
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		chain = append(chain, c)
	}
}

// tick lets time pass at both ends.
func (s *scene) tick() {
	s.now = s.now.Add(400 * time.Microsecond)
	s.client.SetTime(s.now)
	s.server.SetTime(s.now)
}

// crosses sends a message from one end to the other, in a record of its own.
func (s *scene) crosses(from fault.Role, m wire.Message, protected bool) {
	s.t.Helper()
	raw, err := wire.Encode(m, s.context())
	if err != nil {
		s.t.Fatalf("%v does not encode: %v", m.Type(), err)
	}
	sender, receiver := &s.client, &s.server
	if from == fault.Server {
		sender, receiver = receiver, sender
	}
	r := event.Record{Type: wire.ContentHandshake, Version: wire.TLS12, Length: len(raw), Protected: protected}
	if m.Type() == wire.TypeChangeCipherSpec {
		r.Type, r.Length = wire.ContentChangeCipherSpec, 1
	}
	if protected {
		r.Length += s.suite.Cipher.Overhead()
	}
	step := s.stepOf(m, from)
	event.Emit(sender, step, event.Message{Sent: true, Message: m})
	r.Sent = true
	event.Emit(sender, 0, r)
	s.tick()
	r.Sent = false
	event.Emit(receiver, 0, r)
	event.Emit(receiver, step, event.Message{Message: m})
}

func (s *scene) context() wire.Context {
	if s.told != nil {
		return wire.Context{Version: wire.TLS13}
	}
	return wire.Context{Version: wire.TLS12, KeyExchange: s.kx}
}

func (s *scene) stepOf(m wire.Message, from fault.Role) fault.Step {
	step := event.StepOf(m.Type(), from)
	if s.told == nil {
		return step
	}
	hello, ok := m.(*wire.ServerHello)
	if s.told[step] || m.Type() == wire.TypeChangeCipherSpec || ok && hello.IsHelloRetryRequest() {
		return 0
	}
	s.told[step] = true
	return step
}

// play tells the whole connection.
func (s *scene) play() {
	s.hellos()
	s.certificates()
	s.keys()
	s.finish()
	s.goodbye()
}

// sceneSuites are the suites of the play: what policy legacy grows by does not change the story.
var sceneSuites = append(first(suite.Policy(suite.PolicyModern)), wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_RSA_WITH_AES_256_GCM_SHA384)

func first[T any](v T, _ bool) T { return v }

func (s *scene) clientHello() *wire.ClientHello {
	m := &wire.ClientHello{Version: wire.TLS12, Random: s.random1, CompressionMethods: []wire.CompressionMethod{wire.CompressionNull}}
	m.CipherSuites = s.suites()
	m.ServerName, m.Extensions.ALPN = "localhost", []string{"http/1.1"}
	m.SupportedGroups = s.groups()
	m.PointFormats = []wire.PointFormat{wire.PointUncompressed}
	m.SignatureAlgorithms = suite.Schemes()
	for _, t := range []wire.ExtensionType{wire.ExtServerName, wire.ExtSupportedGroups, wire.ExtPointFormats, wire.ExtSignatureAlgorithms,
		wire.ExtALPN, wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo} {
		m.Add(t)
	}
	return m
}

func (s *scene) hellos() {
	hello := s.clientHello()
	event.Emit(&s.client, 0, event.Opened{ServerName: "localhost", Policy: suite.PolicyLegacy, Suites: hello.CipherSuites})
	event.Emit(&s.server, 0, event.Opened{Policy: suite.PolicyLegacy, Suites: hello.CipherSuites})
	s.crosses(fault.Client, hello, false)
	event.Emit(&s.server, 0, event.VersionChosen{Version: wire.TLS12, Ours: []wire.Version{wire.TLS12}, UpTo: wire.TLS12})
	event.Emit(&s.server, 0, s.suiteChosen(hello.CipherSuites))
	event.Emit(&s.server, 0, event.ProtocolChosen{Protocol: "http/1.1", Offered: hello.Extensions.ALPN, Ours: []string{"http/1.1"}})
	event.Emit(&s.server, 0, event.CredentialChosen{Leaf: s.chain[0], Named: true, Of: 1})
	answer := &wire.ServerHello{Version: wire.TLS12, Random: s.random2, CipherSuite: s.suite.ID}
	answer.Extensions.ALPN = []string{"http/1.1"}
	for _, t := range []wire.ExtensionType{wire.ExtALPN, wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo} {
		answer.Add(t)
	}
	s.crosses(fault.Server, answer, false)
	event.Emit(&s.client, 0, event.VersionChosen{Version: wire.TLS12, Ours: []wire.Version{wire.TLS12}})
	event.Emit(&s.client, 0, event.SuiteChosen{Suite: s.suite.ID, Offered: hello.CipherSuites})
	event.Emit(&s.client, 0, event.ProtocolChosen{Protocol: "http/1.1", Offered: hello.Extensions.ALPN})
}

// suites and groups are what the client lists: in the play of DHE it knows no ECDHE.
func (s *scene) suites() []wire.CipherSuite {
	if s.kx == wire.KeyExchangeDHE {
		return []wire.CipherSuite{wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	}
	return sceneSuites
}

func (s *scene) groups() []wire.NamedGroup {
	if s.kx == wire.KeyExchangeDHE {
		return suite.FieldGroups()
	}
	return suite.Groups()
}

func (s *scene) suiteChosen(offered []wire.CipherSuite) event.SuiteChosen {
	e := event.SuiteChosen{Suite: s.suite.ID, Offered: offered}
	reason := event.SuiteNoKey
	for _, id := range s.suites() {
		one := suite.ByID(id)
		switch {
		case one == s.suite:
			reason = event.SuiteTaken
		case reason != event.SuiteNoKey:
			reason = event.SuiteLessLiked
		case one.Auth == suite.AuthRSA:
			e.Considered = append(e.Considered, event.SuiteVerdict{Suite: one.ID, Reason: event.SuiteNoKeyUsage})
			continue
		}
		e.Considered = append(e.Considered, event.SuiteVerdict{Suite: one.ID, Reason: reason})
	}
	return e
}

func (s *scene) certificates() {
	s.crosses(fault.Server, &wire.Certificate{Chain: [][]byte{s.chain[0].Raw, s.chain[1].Raw}}, false)
	if s.kx == wire.KeyExchangeECDHE {
		event.Emit(&s.server, 0, event.GroupChosen{Group: wire.X25519, Offered: suite.Groups(), Ours: suite.Groups()})
		event.Emit(&s.server, 0, event.SchemeChosen{Scheme: wire.ECDSA_SECP256R1_SHA256, Offered: suite.Schemes()})
		s.crosses(fault.Server, &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Group: wire.X25519, Public: bytes.Repeat([]byte{0x5e}, 32),
			Scheme: wire.ECDSA_SECP256R1_SHA256, Signature: bytes.Repeat([]byte{0x51}, 71)}, false)
		event.Emit(&s.client, 0, event.GroupChosen{Group: wire.X25519, Offered: suite.Groups()})
	}
	if s.kx == wire.KeyExchangeDHE {
		f := suite.FieldByID(wire.FFDHE2048)
		event.Emit(&s.server, 0, event.GroupChosen{Group: f.ID(), FieldBits: f.Bits(), Offered: s.groups(), Ours: suite.FieldGroups()})
		event.Emit(&s.server, 0, event.SchemeChosen{Scheme: wire.RSA_PSS_RSAE_SHA256, Offered: suite.Schemes()})
		s.crosses(fault.Server, &wire.ServerKeyExchange{KeyExchange: s.kx, Prime: f.Prime(), Generator: f.Generator(),
			Public: bytes.Repeat([]byte{0x5e}, 256), Scheme: wire.RSA_PSS_RSAE_SHA256, Signature: bytes.Repeat([]byte{0x51}, 256)}, false)
		event.Emit(&s.client, 0, event.GroupChosen{Group: f.ID(), FieldBits: f.Bits(), Offered: s.groups()})
	}
	s.crosses(fault.Server, &wire.ServerHelloDone{}, false)
	s.verify()
}

func (s *scene) verify() { s.verifyAs(event.PeerVerified{Chain: s.chain, ServerName: "localhost"}) }

func (s *scene) verifyAs(verdict event.PeerVerified) {
	event.Emit(&s.client, 0, event.Asked{Want: "VerifyPeer"})
	event.Emit(&s.client, 0, event.Answered{Want: "VerifyPeer"})
	leaf, ca := s.chain[0], s.chain[1]
	for _, c := range []event.Check{
		{What: event.CheckLink, Passed: true, Subject: leaf.Subject.String(), Issuer: ca.Subject.String(), Algorithm: leaf.SignatureAlgorithm.String()},
		{What: event.CheckRoot, Passed: true, Index: 1, Subject: ca.Subject.String(), Issuer: ca.Subject.String(), Roots: "a pool of 1"},
		{What: event.CheckDates, Passed: true, Subject: leaf.Subject.String(), NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter},
		{What: event.CheckName, Passed: true, Subject: leaf.Subject.String(), Wanted: "localhost", Found: leaf.DNSNames},
		{What: event.CheckUsage, Passed: true, Subject: leaf.Subject.String(), Wanted: "server authentication", Found: []string{"server authentication"}},
	} {
		event.Emit(&s.client, 0, c)
	}
	event.Emit(&s.client, fault.StepClientVerification, verdict)
}

func (s *scene) keys() {
	exchange := &wire.ClientKeyExchange{KeyExchange: s.kx}
	made := event.PremasterGenerated{KeyExchange: s.kx}
	switch s.kx {
	case wire.KeyExchangeRSA:
		made.Version, made.Length = wire.TLS12, suite.PremasterLen
		exchange.EncryptedPremaster = bytes.Repeat([]byte{0xec}, 256)
	case wire.KeyExchangeDHE:
		made.Group, made.FieldBits, made.Length = wire.FFDHE2048, 2048, 256
		exchange.Public = bytes.Repeat([]byte{0xc1}, 256)
	default:
		made.Group, made.Length = wire.X25519, 32
		exchange.Public = bytes.Repeat([]byte{0xc1}, 32)
	}
	event.Emit(&s.client, fault.StepGenPremaster, made)
	s.crosses(fault.Client, exchange, false)
	event.Emit(&s.client, fault.StepGenSecretKey, s.derived())
	event.Emit(&s.server, fault.StepGenSecretKey, s.derived())
}

func (s *scene) derived() event.KeysDerived {
	return event.KeysDerived{KeyExchange: s.kx, Suite: s.suite.ID, Cipher: s.suite.Cipher.Name, Hash: crypto.SHA256,
		ExtendedMaster: s.kx == wire.KeyExchangeECDHE, MasterLen: 48, KeyLen: s.suite.Cipher.KeyLen,
		FixedIVLen: s.suite.Cipher.FixedIVLen, ClientRandom: s.random1, ServerRandom: s.random2}
}

func (s *scene) finish() {
	s.crosses(fault.Client, &wire.ChangeCipherSpec{}, false)
	s.crosses(fault.Client, &wire.Finished{VerifyData: bytes.Repeat([]byte{0xcf}, wire.VerifyDataLen)}, true)
	s.crosses(fault.Server, &wire.ChangeCipherSpec{}, false)
	s.crosses(fault.Server, &wire.Finished{VerifyData: bytes.Repeat([]byte{0x5f}, wire.VerifyDataLen)}, true)
	e := event.Finished{Version: wire.TLS12, Suite: s.suite.ID, Protocol: "http/1.1", ServerName: "localhost",
		ExtendedMaster: s.kx == wire.KeyExchangeECDHE}
	if s.kx == wire.KeyExchangeECDHE {
		e.Group, e.Scheme = wire.X25519, wire.ECDSA_SECP256R1_SHA256
	}
	if s.kx == wire.KeyExchangeDHE {
		e.Group, e.FieldBits, e.Scheme = wire.FFDHE2048, 2048, wire.RSA_PSS_RSAE_SHA256
	}
	event.Emit(&s.server, fault.StepFinish, e)
	event.Emit(&s.client, fault.StepFinish, e)
}

func (s *scene) goodbye() {
	s.tick()
	event.Emit(&s.client, 0, event.Record{Sent: true, Type: wire.ContentApplicationData, Version: wire.TLS12, Length: 120, Protected: true})
	event.Emit(&s.server, 0, event.Record{Type: wire.ContentApplicationData, Version: wire.TLS12, Length: 120, Protected: true})
	done := wire.Alert{Level: wire.LevelWarning, Description: wire.AlertCloseNotify}
	event.Emit(&s.client, 0, event.Alert{Sent: true, Alert: done})
	event.Emit(&s.server, 0, event.Alert{Alert: done})
}
