package evil

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// kindRetry and kindData stand for a HelloRetryRequest, or the ClientHello that calls for one, and for a record of
// application data among the kinds of messages.
const (
	kindRetry = wire.HandshakeType(200)
	kindData  = wire.HandshakeType(201)
)

var helloRequest = []byte{byte(wire.TypeHelloRequest), 0, 0, 0}

// Insider is a peer in TLS 1.3 that can say anything at any time and knows every secret of its victim: each of its
// messages is good but for its place. Its signatures and its Finished are over what the victim has seen.
type Insider struct {
	Victim *End
	// Alter changes a message before it is sealed and noted; nil leaves all.
	Alter func(raw []byte) []byte
	Heard []Unit // what the victim said
	// Anonymous: as a client it has no certificate, and says so.
	Anonymous bool
	// Declines: as a server it does not take up the session that it is offered.
	Declines   bool
	kind       Kind
	transcript []byte            // as the victim has it
	hello      *wire.ClientHello // the victim's last
	half       record.Half
	epoch      Epoch
	updates    Epoch // of the keys that the victim reads with, once it is connected
}

// NewInsider is the peer of a fresh victim.
func NewInsider(k Kind, victim fault.Role) (*Insider, error) {
	v, err := NewEnd(k, victim)
	if err != nil {
		return nil, err
	}
	p := &Insider{Victim: v, kind: k}
	return p, p.hear(v.take(nil))
}

// Say hands one message to the victim, in a record of its own under the keys that it reads with.
func (p *Insider) Say(t wire.HandshakeType) error {
	u := Unit{Type: wire.ContentHandshake}
	switch t {
	case wire.TypeChangeCipherSpec:
		u.Type, u.Content = wire.ContentChangeCipherSpec, []byte{1}
	case kindData:
		u.Type, u.Content = wire.ContentApplicationData, []byte("hi")
	case wire.TypeFinished:
		secret := p.Victim.secrets[labels[p.Victim.Role.Peer()][Handshake]]
		if secret == nil {
			secret = make([]byte, sha256.Size)
		}
		u.Content = append([]byte{20, 0, 0, sha256.Size}, finished13(secret, p.transcript)...)
	default:
		m, err := p.message(t)
		if err != nil {
			return err
		}
		if u.Content, err = wire.Encode(m, wire.Context{Version: wire.TLS13}); err != nil {
			return err
		}
	}
	if u.Type == wire.ContentHandshake {
		if p.Alter != nil {
			u.Content = p.Alter(u.Content)
		}
		p.note(u.Content)
	}
	sealed, err := p.seal(u)
	if err != nil {
		return err
	}
	if t == wire.TypeKeyUpdate && p.Victim.Ready {
		p.updates++
	}
	out, err := p.Victim.take(sealed)
	return p.hear(out, err)
}

// note adds a message to the transcript, unless it is a HelloRequest (RFC 5246 §7.4.1.1). RFC 8446 §4.4.1: a HelloRetryRequest makes a hash of what came before it.
func (p *Insider) note(raw []byte) {
	if bytes.Equal(raw, helloRequest) {
		return
	}
	if m, err := wire.Decode(raw, wire.Context{Version: wire.TLS13}); err == nil {
		if sh, ok := m.(*wire.ServerHello); ok && sh.IsHelloRetryRequest() {
			hash := sha256.Sum256(p.transcript)
			p.transcript = append([]byte{byte(wire.TypeMessageHash), 0, 0, sha256.Size}, hash[:]...)
		}
	}
	p.transcript = append(p.transcript, raw...)
}

// hear takes note of what the victim says.
func (p *Insider) hear(out []byte, err error) error {
	if err != nil {
		return err
	}
	for _, u := range p.Victim.units(out) {
		p.Heard = append(p.Heard, u)
		if u.Type != wire.ContentHandshake {
			continue
		}
		p.note(u.Content)
		if m, err := wire.Decode(u.Content, wire.Context{Version: wire.TLS13}); err == nil {
			if ch, ok := m.(*wire.ClientHello); ok {
				p.hello = ch
			}
		}
	}
	return nil
}

// seal follows the victim's read keys: none, those of the handshake, and, once it is connected, the last.
func (p *Insider) seal(u Unit) ([]byte, error) {
	epoch := Clear
	switch {
	case p.Victim.Ready:
		epoch = Application + p.updates
	case p.Victim.secrets[labels[fault.Server][Handshake]] != nil:
		epoch = Handshake
	}
	if epoch != p.epoch {
		protection, ok := p.Victim.keys(p.Victim.Role.Peer(), epoch)
		if !ok {
			return nil, fmt.Errorf("no keys for epoch %d", epoch)
		}
		p.epoch = epoch
		p.half.SetProtection(protection)
	}
	half := &p.half
	if u.Type == wire.ContentChangeCipherSpec {
		half = new(record.Half) // RFC 8446 §5: always in the clear
	}
	return half.Seal(nil, u.Type, wire.TLS12, u.Content)
}

func (p *Insider) message(t wire.HandshakeType) (wire.Message, error) {
	credential := testkit.Credential(p.kind.Key)
	switch t {
	case kindRetry:
		if p.Victim.Role == fault.Client {
			return p.serverHello(true), nil
		}
		return p.clientHello(true), nil
	case wire.TypeClientHello:
		return p.clientHello(false), nil
	case wire.TypeServerHello:
		return p.serverHello(false), nil
	case wire.TypeEncryptedExtensions:
		return new(wire.EncryptedExtensions), nil
	case wire.TypeCertificateRequest:
		m := new(wire.CertificateRequest)
		m.Extensions.SignatureAlgorithms = suite.Schemes13()
		m.Add(wire.ExtSignatureAlgorithms)
		return m, nil
	case wire.TypeCertificate:
		if p.Anonymous {
			return new(wire.Certificate), nil
		}
		return &wire.Certificate{Chain: credential.Chain, EntryExtensions: make([]wire.Extensions, len(credential.Chain))}, nil
	case wire.TypeCertificateVerify:
		hash := sha256.Sum256(p.transcript)
		signed := slices.Concat(slices.Repeat([]byte{' '}, 64),
			[]byte("TLS 1.3, "+p.Victim.Role.Peer().String()+" CertificateVerify\x00"), hash[:])
		m := &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256}
		var err error
		m.Signature, err = suite.Sign(credential.Signer, m.Scheme, signed)
		return m, err
	case wire.TypeNewSessionTicket:
		return &wire.NewSessionTicket{Lifetime: 60, Nonce: []byte{0}, Ticket: []byte("ticket")}, nil
	case wire.TypeKeyUpdate:
		return new(wire.KeyUpdate), nil
	case wire.TypeEndOfEarlyData:
		return new(wire.EndOfEarlyData), nil
	case wire.TypeHelloRequest:
		return new(wire.HelloRequest), nil
	case wire.TypeServerHelloDone:
		return new(wire.ServerHelloDone), nil
	}
	return nil, fmt.Errorf("%v is nothing that an insider says", t)
}

// point is a public key: the base point of the group.
func point(g wire.NamedGroup) []byte {
	if g == wire.X25519 {
		return append([]byte{9}, make([]byte, 31)...)
	}
	one, err := ecdh.P256().NewPrivateKey(append(make([]byte, 31), 1))
	if err != nil {
		panic(err) // 1 is a private key of every curve
	}
	return one.PublicKey().Bytes()
}

// clientHello has a share of P-256, or, where a retry is wanted, only one of a group that the server does not have.
func (p *Insider) clientHello(retry bool) *wire.ClientHello {
	m := &wire.ClientHello{Version: wire.TLS12, CipherSuites: []wire.CipherSuite{p.kind.Suite},
		CompressionMethods: []wire.CompressionMethod{wire.CompressionNull}}
	m.SupportedGroups = []wire.NamedGroup{wire.X25519, wire.SecP256r1}
	m.SignatureAlgorithms, m.SupportedVersions = suite.Schemes(), []wire.Version{wire.TLS13}
	share := wire.SecP256r1
	if retry {
		share = wire.X25519
	}
	m.KeyShares = []wire.KeyShare{{Group: share, Public: point(share)}}
	m.Order = []wire.ExtensionType{wire.ExtSupportedGroups, wire.ExtSignatureAlgorithms, wire.ExtSupportedVersions, wire.ExtKeyShare}
	if p.kind.Resumed {
		p.show(m)
	}
	return m
}

// show adds the ticket of before to a ClientHello. RFC 8446 §4.2.11.
func (p *Insider) show(m *wire.ClientHello) {
	m.ServerName, m.ALPN, m.PSKModes = testkit.Host, []string{"http/1.1"}, []wire.PSKMode{wire.PSKModeDHE}
	m.PSKIdentities = []wire.PSKIdentity{{Identity: p.Victim.ticket()}}
	m.PSKBinders = [][]byte{make([]byte, sha256.Size)}
	m.Order = append(m.Order, wire.ExtServerName, wire.ExtALPN, wire.ExtPSKModes, wire.ExtPreSharedKey)
	raw, err := wire.Encode(m, wire.Context{Version: wire.TLS13})
	if err != nil {
		panic(err) // nothing in it depends on anybody
	}
	early := hmac.New(sha256.New, make([]byte, sha256.Size))
	early.Write(p.Victim.kept.client.Secret)
	nothing := sha256.Sum256(nil)
	binderKey := expandLabel(early.Sum(nil), "res binder", sha256.Size, nothing[:]...) // RFC 8446 §7.1
	m.PSKBinders[0] = finished13(binderKey, slices.Concat(p.transcript, raw[:len(raw)-m.BindersLen()]))
}

// serverHello has a share of the group that the client last sent one of, or asks for P-256.
func (p *Insider) serverHello(retry bool) *wire.ServerHello {
	m := &wire.ServerHello{Version: wire.TLS12, CipherSuite: p.kind.Suite}
	share := wire.X25519
	if p.hello != nil {
		m.SessionID, share = p.hello.SessionID, p.hello.KeyShares[0].Group
	}
	m.SupportedVersions = []wire.Version{wire.TLS13}
	m.KeyShares = []wire.KeyShare{{Group: share, Public: point(share)}}
	m.Order = []wire.ExtensionType{wire.ExtSupportedVersions, wire.ExtKeyShare}
	if retry {
		m.Random, m.SelectedGroup = wire.HelloRetryRequestRandom, wire.SecP256r1
	} else if p.kind.Resumed && !p.Declines {
		m.Add(wire.ExtPreSharedKey)
	}
	return m
}
