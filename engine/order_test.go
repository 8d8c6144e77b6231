package engine_test

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	layer "github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// kindData stands for a record of application data among the kinds of messages.
const kindData = wire.HandshakeType(200)

var everyKind = []wire.HandshakeType{
	wire.TypeHelloRequest, wire.TypeClientHello, wire.TypeServerHello, wire.TypeCertificate, wire.TypeServerKeyExchange,
	wire.TypeCertificateRequest, wire.TypeServerHelloDone, wire.TypeClientKeyExchange, wire.TypeFinished,
	wire.TypeCertificateStatus, wire.TypeCertificateVerify, wire.TypeChangeCipherSpec, kindData,
}

// order is what a peer says in a handshake. RFC 5246 §7.3, Figure 1.
type order []place

type place struct {
	kind     wire.HandshakeType
	optional bool
}

func must(k wire.HandshakeType) place { return place{k, false} }
func may(k wire.HandshakeType) place  { return place{k, true} }

// allows says whether a peer of an end in this role may say all that, and whether the handshake is done then.
func (o order) allows(role fault.Role, said []wire.HandshakeType) (allowed, done bool) {
	next := 0
	for _, k := range said {
		done := next == len(o)
		switch {
		// RFC 5246 §7.4.1.1: a client takes a HelloRequest at any time.
		case k == wire.TypeHelloRequest && role == fault.Client:
			continue
		// RFC 5746 §4.5: a wish to renegotiate is declined, and the connection goes on.
		case done && (k == kindData || k == wire.TypeClientHello && role == fault.Server):
			continue
		case done:
			return false, true
		}
		for next < len(o)-1 && o[next].kind != k && o[next].optional {
			next++
		}
		if o[next].kind != k {
			return false, false
		}
		next++
	}
	return true, next == len(o)
}

// insider is a peer that can say anything at any time and knows every secret of its victim: each of its messages is
// good but for its place. protects: it encrypts after its ChangeCipherSpec.
type insider struct {
	t           testing.TB
	role        fault.Role // the victim's
	suite       *suite.Suite
	stapled     bool
	anonymous   bool // its Certificate is empty
	old         bool // it has no renegotiation_info
	protects    bool
	etm         bool // encrypt-then-MAC
	credential  *want.Credential
	hello       *wire.ClientHello
	client      wire.Random
	server      wire.Random
	master      []byte
	transcript  []byte
	half        layer.Half
	heardChange bool
	verified    []byte // renegotiation_info of its ServerHello
}

func (p *insider) Secret(label string, _, secret []byte) {
	if label == "CLIENT_RANDOM" {
		p.master = bytes.Clone(secret)
	}
}

func (p *insider) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// finished is a Finished that proves the transcript so far. RFC 5246 §7.4.9.
func (p *insider) finished(by fault.Role) []byte {
	hash := sha256.Sum256(p.transcript)
	return append([]byte{20, 0, 0, 12}, testkit.PRF12(p.master, 12, by.String()+" finished", hash[:])...)
}

// encrypt changes the write keys. RFC 5246 §6.3.
func (p *insider) encrypt() {
	by := fault.Client
	if p.role == fault.Client {
		by = fault.Server
	}
	p.half.SetProtection(p.protection(by))
}

// protection is that of what one side sends.
func (p *insider) protection(by fault.Role) layer.Protection {
	c := p.suite.Cipher
	mac, key, iv := c.MACKeyLen(), c.KeyLen, c.FixedIVLen
	block := testkit.PRF12(p.master, 2*(mac+key+iv), "key expansion", p.server[:], p.client[:])
	at := 0
	if by == fault.Server {
		at = 1
	}
	macKey, block := block[at*mac:][:mac], block[2*mac:]
	if c.CBC() {
		protection, err := layer.NewCBC12(c, macKey, block[at*key:][:key], p.etm, hs.NewEntropy(nil))
		p.must(err)
		return protection
	}
	protection, err := layer.NewAEAD12(c, block[at*key:][:key], block[2*key+at*iv:][:iv])
	p.must(err)
	return protection
}

func (p *insider) message(k wire.HandshakeType) wire.Message {
	switch k {
	case wire.TypeHelloRequest:
		return new(wire.HelloRequest)
	case wire.TypeClientHello:
		return p.hello
	case wire.TypeServerHello:
		sh := &wire.ServerHello{Version: wire.TLS12, Random: p.server, CipherSuite: p.suite.ID}
		sh.Add(wire.ExtExtendedMasterSecret)
		if p.etm {
			sh.Add(wire.ExtEncryptThenMAC)
		}
		if !p.old {
			sh.Add(wire.ExtRenegotiationInfo)
		}
		sh.RenegotiationInfo = p.verified
		if p.stapled {
			sh.Add(wire.ExtStatusRequest)
		}
		return sh
	case wire.TypeCertificate:
		if p.anonymous {
			return new(wire.Certificate)
		}
		return &wire.Certificate{Chain: p.credential.Chain}
	case wire.TypeCertificateVerify:
		cv := &wire.CertificateVerify{Scheme: p.credential.Schemes[0]}
		var err error
		cv.Signature, err = suite.Sign(p.credential.Signer, cv.Scheme, p.transcript)
		p.must(err)
		return cv
	case wire.TypeCertificateStatus:
		return &wire.CertificateStatus{Status: wire.StatusOCSP, Response: []byte("staple")}
	case wire.TypeServerKeyExchange:
		ske := &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Group: wire.X25519, Public: point, Scheme: p.credential.Schemes[0]}
		if p.suite.KeyExchange == wire.KeyExchangeDHE {
			f := suite.FieldByID(wire.FFDHE2048)
			ske.KeyExchange, ske.Prime, ske.Generator, ske.Public = wire.KeyExchangeDHE, f.Prime(), f.Generator(), power
		}
		message := slices.Concat(p.client[:], p.server[:], ske.Params())
		var err error
		ske.Signature, err = suite.Sign(p.credential.Signer, ske.Scheme, message)
		p.must(err)
		return ske
	case wire.TypeCertificateRequest:
		return &wire.CertificateRequest{CertificateTypes: []wire.ClientCertificateType{1}, SignatureAlgorithms: suite.Schemes()}
	case wire.TypeServerHelloDone:
		return new(wire.ServerHelloDone)
	}
	kx := &wire.ClientKeyExchange{KeyExchange: p.suite.KeyExchange, Public: point}
	switch p.suite.KeyExchange {
	case wire.KeyExchangeDHE:
		kx.Public = power
	case wire.KeyExchangeRSA:
		var err error
		premaster := append([]byte{3, 3}, make([]byte, 46)...)
		kx.EncryptedPremaster, err = suite.EncryptPremaster(p.credential.Leaf.PublicKey.(*rsa.PublicKey), premaster)
		p.must(err)
	}
	return kx
}

// point is a public key of X25519: the one whose private key is 1.
var point = append([]byte{9}, make([]byte, 31)...)

// power is a public value of every finite field: the one whose exponent is 2.
var power = []byte{4}

func (p *insider) say(k wire.HandshakeType) []byte {
	ct, content := wire.ContentHandshake, []byte{1}
	switch k {
	case wire.TypeChangeCipherSpec:
		ct = wire.ContentChangeCipherSpec
	case kindData:
		ct = wire.ContentApplicationData
	case wire.TypeFinished:
		content = p.finished(p.role.Peer())
	default:
		raw, err := wire.Encode(p.message(k), wire.Context{})
		p.must(err)
		content = raw
	}
	if ct == wire.ContentHandshake && k != wire.TypeHelloRequest {
		p.transcript = append(p.transcript, content...)
	}
	out, err := p.half.Seal(nil, ct, wire.TLS12, content)
	p.must(err)
	if k == wire.TypeChangeCipherSpec && p.protects {
		p.encrypt()
	}
	return out
}

// hear takes note of what the victim says.
func (p *insider) hear(out []byte) {
	for len(out) > 0 {
		n := 5 + int(out[3])<<8 + int(out[4])
		switch ct := wire.ContentType(out[0]); {
		case ct == wire.ContentChangeCipherSpec:
			p.heardChange = true
		case ct == wire.ContentHandshake && p.heardChange:
			p.transcript = append(p.transcript, p.finished(p.role)...)
		case ct == wire.ContentHandshake:
			p.transcript = append(p.transcript, out[5:n]...)
			switch out[5] {
			case byte(wire.TypeClientHello):
				copy(p.client[:], out[11:])
			case byte(wire.TypeServerHello):
				copy(p.server[:], out[11:])
			}
		}
		out = out[n:]
	}
}

// orderCase is one victim and one insider, made anew for every sequence.
type orderCase struct {
	name     string
	role     fault.Role
	suite    wire.CipherSuite
	key      testkit.Kind
	stapled  bool
	protects bool
	order    order
	asks     bool // the victim, a server, for a certificate
	none     bool // which the insider does not have
}

func (c orderCase) play(t *testing.T, said []wire.HandshakeType) *end {
	t.Helper()
	p := &insider{t: t, role: c.role, suite: suite.ByID(c.suite), stapled: c.stapled, protects: c.protects, anonymous: c.none,
		credential: testkit.Credential(c.key), master: make([]byte, 48)}
	p.hello = &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{c.suite},
		CompressionMethods: []wire.CompressionMethod{wire.CompressionNull}}
	p.hello.SupportedGroups, p.hello.SignatureAlgorithms = []wire.NamedGroup{wire.X25519}, suite.Schemes()
	p.hello.Order = []wire.ExtensionType{wire.ExtSupportedGroups, wire.ExtSignatureAlgorithms, wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo}

	var victim *end
	if c.role == fault.Client {
		victim = newClient(t, engine.Config{CipherSuites: []wire.CipherSuite{c.suite}, ServerName: testkit.Host, Secrets: p})
		victim.answer = func(q want.Question) { q.(*want.VerifyPeer).Answer(want.Verdict{Skipped: true}) }
	} else {
		sc := engine.Config{CipherSuites: []wire.CipherSuite{c.suite}, Credentials: []*want.Credential{p.credential}, Secrets: p}
		if c.asks {
			sc.ClientAuth = engine.RequestClientCertificate
		}
		victim = newServer(t, sc)
	}
	p.hear(victim.step(t))
	for i, k := range said {
		p.hear(victim.take(t, p.say(k), 1<<20))
		if victim.err != nil && i < len(said)-1 {
			t.Fatalf("%v failed early: %v", said[:i+1], victim.err)
		}
	}
	return victim
}

// try plays a sequence, and every longer one if the victim still stands. A HelloRequest comes once at most, and one
// message after the handshake.
func (c orderCase) try(t *testing.T, said []wire.HandshakeType) (completed int) {
	t.Helper()
	allowed, done := c.order.allows(c.role, said)
	change := slices.Index(said, wire.TypeChangeCipherSpec)
	plain := !c.protects && change >= 0 && change < len(said)-1
	switch victim := c.play(t, said); {
	case plain:
		if !errors.Is(victim.err, fault.BadRecordMAC) || victim.ready {
			t.Errorf("%v: not encrypted, and ends with %v, ready: %v", said, victim.err, victim.ready)
		}
		return 0
	case victim.ready != done:
		t.Errorf("%v: ready is %v, want %v; %v", said, victim.ready, done, victim.err)
		return 0
	case allowed != (victim.err == nil):
		t.Errorf("%v: ends with %v; allowed: %v", said, victim.err, allowed)
		return 0
	case !allowed:
		if !errors.Is(victim.err, fault.UnexpectedMessage) && !errors.Is(victim.err, fault.EarlyApplicationData) {
			t.Errorf("%v: ends with %v, want that it was unexpected", said, victim.err)
		}
		return 0
	}
	if done {
		completed = 1
	}
	if _, before := c.order.allows(c.role, said[:max(0, len(said)-1)]); before {
		return completed
	}
	for _, k := range everyKind {
		if k == wire.TypeHelloRequest && slices.Contains(said, k) {
			continue
		}
		completed += c.try(t, append(slices.Clone(said), k))
	}
	return completed
}

// RFC 5246 §7.3: only the order of the standard leads to a connection. Every sequence of messages is tried, up to the
// first that is refused, by a peer that knows all secrets: its Finished is right, whatever was left out, doubled or
// put in another place (SMACK, FREAK, early ChangeCipherSpec). internal/evil has TLS 1.3, tickets, session IDs and
// clients with certificates.
func TestOnlyTheOrderOfTheRFC(t *testing.T) {
	change, finished := must(wire.TypeChangeCipherSpec), must(wire.TypeFinished)
	server := order{must(wire.TypeClientHello), must(wire.TypeClientKeyExchange), change, finished}
	clientRSA := order{must(wire.TypeServerHello), must(wire.TypeCertificate),
		may(wire.TypeCertificateRequest), must(wire.TypeServerHelloDone), change, finished}
	clientECDHE := slices.Insert(slices.Clone(clientRSA), 2, must(wire.TypeServerKeyExchange))
	clientStapled := slices.Insert(slices.Clone(clientECDHE), 2, may(wire.TypeCertificateStatus))
	dheSuite := wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
	rsaSuite, ecdheSuite := wire.TLS_RSA_WITH_AES_128_GCM_SHA256, wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	// RFC 5246 §7.4.8: a certificate is followed by its proof, an empty one by none.
	unknown := slices.Insert(slices.Clone(server), 1, must(wire.TypeCertificate))
	known := slices.Insert(slices.Clone(unknown), 3, must(wire.TypeCertificateVerify))
	for _, c := range []orderCase{
		{"client/RSA", fault.Client, rsaSuite, testkit.RSA, false, true, clientRSA, false, false},
		{"client/ECDHE", fault.Client, ecdheSuite, testkit.P256, false, true, clientECDHE, false, false},
		{"client/ECDHE stapled", fault.Client, ecdheSuite, testkit.P256, true, true, clientStapled, false, false},
		{"client/DHE", fault.Client, dheSuite, testkit.RSA, false, true, clientECDHE, false, false},
		{"server/DHE", fault.Server, dheSuite, testkit.RSA, false, true, server, false, false},
		{"client/ECDHE in the clear", fault.Client, ecdheSuite, testkit.P256, false, false, clientECDHE, false, false},
		{"server/RSA", fault.Server, rsaSuite, testkit.RSA, false, true, server, false, false},
		{"server/ECDHE", fault.Server, ecdheSuite, testkit.P256, false, true, server, false, false},
		{"server/RSA in the clear", fault.Server, rsaSuite, testkit.RSA, false, false, server, false, false},
		{"server/ECDHE in the clear", fault.Server, ecdheSuite, testkit.P256, false, false, server, false, false},
		{"server/RSA asks", fault.Server, rsaSuite, testkit.RSA, false, true, known, true, false},
		{"server/ECDHE asks", fault.Server, ecdheSuite, testkit.P256, false, true, known, true, false},
		{"server/ECDHE asks in vain", fault.Server, ecdheSuite, testkit.P256, false, true, unknown, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if completed := c.try(t, nil); (completed > 0) != c.protects {
				t.Errorf("%d sequences led to a connection", completed)
			}
		})
	}
}

// RFC 5246 §7.3: another handshake on a connection keeps the order of the first, and data comes before its ServerHello
// only; RFC 5746 §3.5 ties it to the first.
func TestOnlyTheOrderOfTheRFCInRenegotiation(t *testing.T) {
	places := order{must(wire.TypeServerHello), must(wire.TypeCertificate), may(wire.TypeCertificateRequest),
		must(wire.TypeServerHelloDone), must(wire.TypeChangeCipherSpec), must(wire.TypeFinished)}
	completed := 0
	var try func(said []wire.HandshakeType)
	try = func(said []wire.HandshakeType) {
		r := newRenegotiator(t, func(c *engine.Config) { c.Renegotiation = engine.RenegotiateOnce })
		before := r.client.State()
		r.hello = r.ask()
		r.verified = slices.Concat(before.ClientFinished, before.ServerFinished)
		for i, k := range said {
			if r.client.err != nil {
				t.Fatalf("%v failed early: %v", said[:i], r.client.err)
			}
			r.listen(r.client.take(t, r.say(k), 1<<20))
		}
		// The client may read data until the server has answered its ClientHello.
		hello := slices.IndexFunc(said, func(k wire.HandshakeType) bool { return k != wire.TypeHelloRequest && k != kindData })
		allowed, done := places.allows(fault.Client, said[max(hello, 0):])
		if hello < 0 {
			allowed, done = true, false
		}
		err := r.client.err
		switch again := err == nil && !r.client.HasHandshake(); {
		case again != (allowed && done), allowed != (err == nil):
			t.Errorf("%v: shaken hands again: %v, want %v; %v", said, again, done, err)
			return
		case !allowed && !errors.Is(err, fault.UnexpectedMessage) && !errors.Is(err, fault.EarlyApplicationData):
			t.Errorf("%v: ends with %v, want that it was unexpected", said, err)
			return
		case !allowed:
			return
		case done && bytes.Equal(r.client.State().ClientFinished, before.ClientFinished):
			t.Errorf("%v: nothing was verified anew", said)
		}
		if done {
			if completed++; len(said) > 0 && said[len(said)-1] != wire.TypeFinished {
				return
			}
		}
		for _, k := range everyKind {
			if (k == wire.TypeHelloRequest || k == kindData) && slices.Contains(said, k) {
				continue
			}
			try(append(slices.Clone(said), k))
		}
	}
	try(nil)
	if completed == 0 {
		t.Error("no sequence led to a second handshake")
	}
}
