package explain

import (
	"bytes"
	"crypto"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// scene13 is a handshake of TLS 1.3 as the engines tell it, with bytes that do not change from run to run.
type scene13 struct {
	*scene
	retry bool
	group wire.NamedGroup
	hello *wire.ClientHello
}

func newScene13(t *testing.T, retry bool, client, server event.Tracer) *scene13 {
	s := &scene13{scene: newScene(t, wire.KeyExchangeECDHE, client, server), retry: retry, group: wire.X25519MLKEM768}
	s.suite, s.told = suite.ByID(wire.TLS_AES_128_GCM_SHA256), map[fault.Step]bool{}
	if retry {
		s.group = wire.SecP384r1
	}
	return s
}

func (s *scene13) play() {
	s.hellos()
	s.introduction()
	s.finish()
	s.afterwards()
}

// shareLens are the lengths of a client's shares; of the hybrid group's the server's is another.
var shareLens = map[wire.NamedGroup]int{wire.X25519MLKEM768: 1216, wire.X25519: 32, wire.SecP384r1: 97}

const hybridAnswerLen = 1120

func share(g wire.NamedGroup, of byte) wire.KeyShare {
	return wire.KeyShare{Group: g, Public: bytes.Repeat([]byte{of}, shareLens[g])}
}

func (s *scene13) clientHello(groups ...wire.NamedGroup) *wire.ClientHello {
	m := &wire.ClientHello{Version: wire.TLS12, Random: s.random1, SessionID: bytes.Repeat([]byte{0x1d}, 32),
		CompressionMethods: []wire.CompressionMethod{wire.CompressionNull}}
	m.CipherSuites = suite.Policy13(suite.PolicyModern)
	m.ServerName, m.Extensions.ALPN = "localhost", []string{"http/1.1"}
	m.SupportedGroups, m.SignatureAlgorithms = suite.Groups13(), suite.Schemes()
	m.SupportedVersions, m.StatusRequest = []wire.Version{wire.TLS13, wire.TLS12}, wire.StatusOCSP
	for _, g := range groups {
		m.KeyShares = append(m.KeyShares, share(g, 0xc1))
	}
	for _, t := range []wire.ExtensionType{wire.ExtServerName, wire.ExtSupportedGroups, wire.ExtALPN, wire.ExtStatusRequest,
		wire.ExtSignatureAlgorithms, wire.ExtSupportedVersions, wire.ExtKeyShare} {
		m.Add(t)
	}
	return m
}

func (s *scene13) serverHello() *wire.ServerHello {
	m := &wire.ServerHello{Version: wire.TLS12, Random: s.random2, SessionID: s.hello.SessionID, CipherSuite: s.suite.ID}
	m.SupportedVersions = []wire.Version{wire.TLS13}
	m.Add(wire.ExtSupportedVersions)
	m.Add(wire.ExtKeyShare)
	return m
}

func (s *scene13) hellos() {
	s.hello = s.clientHello(wire.X25519MLKEM768, wire.X25519)
	versions, offered := s.hello.SupportedVersions, s.hello.CipherSuites
	event.Emit(&s.client, 0, event.Opened{ServerName: "localhost", Policy: suite.PolicyModern, Suites: offered})
	s.crosses(fault.Client, s.hello, false)
	event.Emit(&s.server, 0, event.Opened{Policy: suite.PolicyModern, Suites: offered})
	event.Emit(&s.server, 0, event.VersionChosen{Version: wire.TLS13, Ours: versions, Theirs: versions})
	event.Emit(&s.server, 0, event.SuiteChosen{Suite: s.suite.ID, Offered: offered, Considered: []event.SuiteVerdict{
		{Suite: offered[0]}, {Suite: offered[1], Reason: event.SuiteLessLiked}, {Suite: offered[2], Reason: event.SuiteLessLiked}}})
	ours := suite.Groups13()
	if s.retry {
		ours = []wire.NamedGroup{wire.SecP384r1, wire.SecP521r1}
		s.again()
	}
	event.Emit(&s.server, 0, event.ProtocolChosen{Protocol: "http/1.1", Offered: s.hello.Extensions.ALPN, Ours: []string{"http/1.1"}})
	event.Emit(&s.server, 0, event.GroupChosen{Group: s.group, Offered: s.hello.SupportedGroups, Ours: ours})
	event.Emit(&s.server, 0, event.CredentialChosen{Leaf: s.chain[0], Named: true, Of: 1})
	event.Emit(&s.server, 0, event.SchemeChosen{Scheme: wire.ECDSA_SECP256R1_SHA256, Offered: suite.Schemes()})
	answer := s.serverHello()
	answer.KeyShares = []wire.KeyShare{share(s.group, 0x5e)}
	if s.group == wire.X25519MLKEM768 {
		answer.KeyShares[0].Public = answer.KeyShares[0].Public[:hybridAnswerLen]
	}
	s.crosses(fault.Server, answer, false)
	if !s.retry {
		s.crossesUnseen(fault.Server)
	}
	s.derives(&s.server, fault.StepGenSecretKey, event.StageHandshake)
	event.Emit(&s.client, 0, event.VersionChosen{Version: wire.TLS13, Ours: versions})
	event.Emit(&s.client, 0, event.SuiteChosen{Suite: s.suite.ID, Offered: offered})
	event.Emit(&s.client, 0, event.GroupChosen{Group: s.group, Offered: s.hello.SupportedGroups})
	s.derives(&s.client, fault.StepGenSecretKey, event.StageHandshake)
}

// again is the detour of a HelloRetryRequest.
func (s *scene13) again() {
	asked := event.RetryAsked{Group: s.group, Cookie: true, Shares: []wire.NamedGroup{wire.X25519MLKEM768, wire.X25519}}
	event.Emit(&s.server, 0, asked)
	hrr := s.serverHello()
	hrr.Random, hrr.SelectedGroup, hrr.Cookie = wire.HelloRetryRequestRandom, s.group, []byte("cookie")
	hrr.Add(wire.ExtCookie)
	s.crosses(fault.Server, hrr, false)
	s.crossesUnseen(fault.Server)
	event.Emit(&s.client, 0, asked)
	s.crossesUnseen(fault.Client)
	s.hello = s.clientHello(s.group)
	s.hello.Cookie = hrr.Cookie
	s.hello.Add(wire.ExtCookie)
	s.crosses(fault.Client, s.hello, false)
}

// crossesUnseen sends the ChangeCipherSpec of compatibility mode, which its receiver drops without a word.
func (s *scene13) crossesUnseen(from fault.Role) {
	sender, receiver := &s.client, &s.server
	if from == fault.Server {
		sender, receiver = receiver, sender
	}
	r := event.Record{Sent: true, Type: wire.ContentChangeCipherSpec, Version: wire.TLS12, Length: 1}
	event.Emit(sender, 0, event.Message{Sent: true, Message: new(wire.ChangeCipherSpec)})
	event.Emit(sender, 0, r)
	r.Sent = false
	event.Emit(receiver, 0, r)
}

func (s *scene13) derives(who *event.Stream, step fault.Step, stage event.KeyStage) {
	event.Emit(who, step, event.KeysDerived{Version: wire.TLS13, Stage: stage, Group: s.group, Suite: s.suite.ID,
		Cipher: s.suite.Cipher.Name, Hash: crypto.SHA256, KeyLen: s.suite.Cipher.KeyLen, FixedIVLen: 12,
		ClientRandom: s.random1, ServerRandom: s.random2})
}

func (s *scene13) introduction() {
	extensions := new(wire.EncryptedExtensions)
	extensions.ALPN = []string{"http/1.1"}
	extensions.Add(wire.ExtServerName)
	extensions.Add(wire.ExtALPN)
	s.crosses(fault.Server, extensions, true)
	event.Emit(&s.client, 0, event.ProtocolChosen{Protocol: "http/1.1", Offered: extensions.ALPN})
	if s.retry {
		request := new(wire.CertificateRequest)
		request.Extensions.SignatureAlgorithms = suite.Schemes()[:3]
		request.Add(wire.ExtSignatureAlgorithms)
		s.crosses(fault.Server, request, true)
	}
	stapled := make([]wire.Extensions, 2)
	stapled[0].OCSPResponse = bytes.Repeat([]byte{0x0c}, 300)
	stapled[0].Add(wire.ExtStatusRequest)
	s.crosses(fault.Server, &wire.Certificate{Chain: [][]byte{s.chain[0].Raw, s.chain[1].Raw}, EntryExtensions: stapled}, true)
	s.crosses(fault.Server, &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256, Signature: bytes.Repeat([]byte{0x51}, 71)}, true)
	event.Emit(&s.client, 0, event.SchemeChosen{Scheme: wire.ECDSA_SECP256R1_SHA256, Offered: suite.Schemes()})
	s.verify()
}

func (s *scene13) finish() {
	s.crosses(fault.Server, &wire.Finished{VerifyData: bytes.Repeat([]byte{0x5f}, 32)}, true)
	s.derives(&s.server, 0, event.StageApplication)
	s.derives(&s.client, 0, event.StageApplication)
	if s.retry {
		s.crosses(fault.Client, new(wire.Certificate), true)
	} else {
		s.crossesUnseen(fault.Client)
	}
	s.crosses(fault.Client, &wire.Finished{VerifyData: bytes.Repeat([]byte{0xcf}, 32)}, true)
	e := event.Finished{Version: wire.TLS13, Suite: s.suite.ID, Protocol: "http/1.1", ServerName: "localhost",
		Group: s.group, Scheme: wire.ECDSA_SECP256R1_SHA256}
	event.Emit(&s.client, fault.StepFinish, e)
	event.Emit(&s.server, fault.StepFinish, e)
}

func (s *scene13) afterwards() {
	ticket := &wire.NewSessionTicket{Lifetime: 7200, AgeAdd: 7, Nonce: []byte{0}, Ticket: bytes.Repeat([]byte{0x71}, 120)}
	s.crosses(fault.Server, ticket, true)
	s.crosses(fault.Client, &wire.KeyUpdate{RequestUpdate: true}, true)
	event.Emit(&s.client, 0, event.KeysUpdated{Sent: true, Requested: true})
	event.Emit(&s.server, 0, event.KeysUpdated{Requested: true})
	s.goodbye()
}
