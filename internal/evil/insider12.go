package evil

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// Insider12 is an Insider in TLS 1.2, with ECDHE: it knows its victim's master secret, and whatever it says, its
// signatures and its Finished are over what the victim has seen.
type Insider12 struct {
	Victim *End
	// Alter changes a message before it is noted and sealed; nil leaves all. What it changes in a ServerKeyExchange's
	// parameters is signed anew.
	Alter func(raw []byte) []byte
	Heard []Unit
	// Anonymous: as a client it has no certificate, and says so.
	Anonymous bool
	// Declines: as a server it does not take up the session that it is offered.
	Declines bool
	// Renews: a server that resumes gives a new ticket (RFC 5077 §3.3).
	Renews         bool
	kind           Kind
	transcript     []byte
	hello          *wire.ClientHello // the victim's
	client, server wire.Random       // as the victim has them
	half           record.Half
}

// NewInsider12 is the peer of a fresh victim.
func NewInsider12(k Kind, victim fault.Role) (*Insider12, error) {
	v, err := NewEnd(k, victim)
	if err != nil {
		return nil, err
	}
	p := &Insider12{Victim: v, kind: k}
	return p, p.hear(v.take(nil))
}

// Script is what an insider says where nothing is wrong. RFC 5246 §7.3, Figures 1 and 2.
func (p *Insider12) Script() []wire.HandshakeType {
	end := []wire.HandshakeType{wire.TypeChangeCipherSpec, wire.TypeFinished}
	client := p.Victim.Role == fault.Server
	switch {
	case p.kind.Resumed && client:
		return slices.Concat([]wire.HandshakeType{wire.TypeClientHello}, end)
	case p.kind.Resumed:
		return slices.Concat([]wire.HandshakeType{wire.TypeServerHello}, end)
	case client:
		return slices.Concat([]wire.HandshakeType{wire.TypeClientHello, wire.TypeCertificate, wire.TypeClientKeyExchange,
			wire.TypeCertificateVerify}, end)
	}
	return slices.Concat([]wire.HandshakeType{wire.TypeServerHello, wire.TypeCertificate, wire.TypeCertificateStatus,
		wire.TypeServerKeyExchange, wire.TypeCertificateRequest, wire.TypeServerHelloDone, wire.TypeNewSessionTicket}, end)
}

// Say hands one message to the victim, in a record of its own.
func (p *Insider12) Say(t wire.HandshakeType) error {
	u := Unit{Type: wire.ContentHandshake}
	switch t {
	case wire.TypeChangeCipherSpec:
		u.Type, u.Content = wire.ContentChangeCipherSpec, []byte{1}
	case kindData:
		u.Type, u.Content = wire.ContentApplicationData, []byte("hi")
	case wire.TypeFinished:
		u.Content = p.finished()
	default:
		m, err := p.message(t)
		if err != nil {
			return err
		}
		if u.Content, err = wire.Encode(m, wire.Context{}); err != nil {
			return err
		}
	}
	if p.Alter != nil && u.Type == wire.ContentHandshake {
		var err error
		if u.Content, err = p.altered(u.Content); err != nil {
			return err
		}
	}
	sealed, err := p.half.Seal(nil, u.Type, wire.TLS12, u.Content)
	if err != nil {
		return err
	}
	switch u.Type {
	case wire.ContentHandshake:
		p.note(u.Content)
	case wire.ContentChangeCipherSpec:
		if protection, ok := p.Victim.keys(p.Victim.Role.Peer(), Handshake); ok {
			p.half.SetProtection(protection)
		}
	}
	return p.hear(p.Victim.take(sealed))
}

func (p *Insider12) altered(raw []byte) ([]byte, error) {
	context := wire.Context{KeyExchange: wire.KeyExchangeECDHE}
	params := func(raw []byte) (*wire.ServerKeyExchange, []byte) {
		m, err := wire.Decode(raw, context)
		if ske, ok := m.(*wire.ServerKeyExchange); ok && err == nil {
			return ske, ske.Params()
		}
		return nil, nil
	}
	_, before := params(raw)
	raw = p.Alter(raw)
	ske, after := params(raw)
	if ske == nil || slices.Equal(before, after) {
		return raw, nil
	}
	if err := p.signParams(ske); err != nil {
		return nil, err
	}
	return wire.Encode(ske, context)
}

func (p *Insider12) signParams(m *wire.ServerKeyExchange) error {
	var err error
	m.Scheme = wire.ECDSA_SECP256R1_SHA256
	m.Signature, err = suite.Sign(testkit.Credential(p.kind.Key).Signer, m.Scheme, slices.Concat(p.client[:], p.server[:], m.Params()))
	return err
}

// finished: RFC 5246 §7.4.9.
func (p *Insider12) finished() []byte {
	master := p.Victim.secrets["CLIENT_RANDOM"]
	if master == nil {
		master = make([]byte, 48)
	}
	hash := sha256.Sum256(p.transcript)
	return append([]byte{byte(wire.TypeFinished), 0, 0, 12},
		testkit.PRF12(master, 12, p.Victim.Role.Peer().String()+" finished", hash[:])...)
}

// note adds a message to the transcript, unless it is a HelloRequest (RFC 5246 §7.4.1.1), and takes its random if it is
// a hello.
func (p *Insider12) note(raw []byte) {
	if bytes.Equal(raw, helloRequest) {
		return
	}
	p.transcript = append(p.transcript, raw...)
	const random = wire.HandshakeHeaderLen + 2
	if len(raw) < random+len(p.client) {
		return
	}
	switch wire.HandshakeType(raw[0]) {
	case wire.TypeClientHello:
		copy(p.client[:], raw[random:])
	case wire.TypeServerHello:
		copy(p.server[:], raw[random:])
	}
}

// hear takes note of what the victim says.
func (p *Insider12) hear(out []byte, err error) error {
	if err != nil {
		return err
	}
	for _, u := range p.Victim.units(out) {
		p.Heard = append(p.Heard, u)
		if u.Type != wire.ContentHandshake {
			continue
		}
		p.note(u.Content)
		if m, err := wire.Decode(u.Content, wire.Context{}); err == nil {
			if ch, ok := m.(*wire.ClientHello); ok {
				p.hello = ch
			}
		}
	}
	return nil
}

func (p *Insider12) message(t wire.HandshakeType) (wire.Message, error) {
	credential := testkit.Credential(testkit.P256)
	switch t {
	case wire.TypeClientHello:
		return p.clientHello(), nil
	case wire.TypeServerHello:
		return p.serverHello(), nil
	case wire.TypeCertificate:
		if p.Anonymous {
			return new(wire.Certificate), nil
		}
		return &wire.Certificate{Chain: credential.Chain}, nil
	case wire.TypeCertificateStatus:
		return &wire.CertificateStatus{Status: wire.StatusOCSP, Response: []byte("staple")}, nil
	case wire.TypeServerKeyExchange:
		m := &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Group: wire.X25519, Public: point(wire.X25519)}
		return m, p.signParams(m)
	case wire.TypeCertificateRequest:
		return &wire.CertificateRequest{CertificateTypes: []wire.ClientCertificateType{wire.CertRSASign, wire.CertECDSASign},
			SignatureAlgorithms: suite.Schemes(), Authorities: [][]byte{credential.Leaf.RawIssuer}}, nil
	case wire.TypeServerHelloDone:
		return new(wire.ServerHelloDone), nil
	case wire.TypeHelloRequest:
		return new(wire.HelloRequest), nil
	case wire.TypeEncryptedExtensions:
		return new(wire.EncryptedExtensions), nil
	case wire.TypeKeyUpdate:
		return new(wire.KeyUpdate), nil
	case wire.TypeNewSessionTicket:
		return &wire.NewSessionTicket{Lifetime: 60, Ticket: []byte("ticket")}, nil
	case wire.TypeClientKeyExchange:
		return &wire.ClientKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Public: point(wire.X25519)}, nil
	case wire.TypeCertificateVerify:
		m := &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256}
		var err error
		m.Signature, err = suite.Sign(credential.Signer, m.Scheme, p.transcript)
		return m, err
	}
	return nil, fmt.Errorf("%v is nothing that an insider says in TLS 1.2", t)
}

func (p *Insider12) clientHello() *wire.ClientHello {
	m := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{p.kind.Suite},
		CompressionMethods: []wire.CompressionMethod{wire.CompressionNull}}
	m.ServerName = testkit.Host
	m.ALPN = []string{"http/1.1"}
	m.SupportedGroups, m.SignatureAlgorithms = []wire.NamedGroup{wire.X25519}, suite.Schemes()
	m.Order = []wire.ExtensionType{wire.ExtSessionTicket, wire.ExtServerName, wire.ExtALPN, wire.ExtSupportedGroups,
		wire.ExtSignatureAlgorithms, wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo}
	switch {
	case p.kind.ByID:
		m.Order = m.Order[1:]
		if p.kind.Resumed {
			m.SessionID = p.Victim.kept.id
		}
	case p.kind.Resumed:
		m.SessionTicket, m.SessionID = p.Victim.ticket(), make([]byte, 32)
	}
	return m
}

func (p *Insider12) serverHello() *wire.ServerHello {
	m := &wire.ServerHello{Version: wire.TLS12, CipherSuite: p.kind.Suite}
	m.Order = []wire.ExtensionType{wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo}
	if p.kind.Resumed && !p.Declines && p.hello != nil {
		m.SessionID = p.hello.SessionID
		if p.Renews {
			m.Add(wire.ExtSessionTicket)
		}
		return m
	}
	m.Add(wire.ExtStatusRequest)
	if p.kind.Ticket {
		m.Add(wire.ExtSessionTicket)
	}
	return m
}
