// Package evil is a peer that misbehaves on purpose. It is a genuine engine with a hand between it and the network: the
// hand takes its flights apart below the encryption, alters them, and seals them again under the right keys and
// sequence numbers, so that what its victim meets is wrong in the one way that was meant.
package evil

import (
	"bytes"
	"errors"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Kind is a kind of handshake. All of them have SHA-256, which this package computes with by itself.
type Kind struct {
	Name    string
	Version wire.Version
	Suite   wire.CipherSuite
	Key     testkit.Kind
	Stapled bool // the server has an OCSP response
	Retry   bool // the server asks for another group
	Cookie  bool // the server keeps nothing between the ClientHellos
	Client  bool // the server requires a certificate of the client, which has one
	Asks    bool // the server asks the client for a certificate, and can do without
	Ticket  bool // sessions go by a ticket; TLS 1.2 gives it within the handshake
	ByID    bool // sessions go by a session ID
	Resumed bool // both ends have a session from before
	Talks   bool // the evil peer goes on after the handshake
}

// Kinds are all kinds of handshake that Vitro has.
var Kinds = []Kind{
	{Name: "RSA", Version: wire.TLS12, Suite: wire.TLS_RSA_WITH_AES_128_GCM_SHA256, Key: testkit.RSA},
	{Name: "DHE", Version: wire.TLS12, Suite: wire.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, Key: testkit.RSA},
	{Name: "ECDHE-RSA", Version: wire.TLS12, Suite: wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, Key: testkit.RSA},
	{Name: "ECDHE-ECDSA", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, Key: testkit.P256,
		Stapled: true},
	{Name: "ECDHE-CBC", Version: wire.TLS12, Suite: wire.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, Key: testkit.RSA},
	{Name: "ECDHE-client", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Key: testkit.P256,
		Client: true},
	{Name: "ECDHE-ticket", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Key: testkit.P256,
		Ticket: true},
	{Name: "ECDHE-ticket-resumed", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Key: testkit.P256,
		Ticket: true, Resumed: true},
	{Name: "ECDHE-ID-resumed", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, Key: testkit.P256,
		ByID: true, Resumed: true},
	{Name: "TLS13", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256, Stapled: true},
	{Name: "TLS13-retry", Version: wire.TLS13, Suite: wire.TLS_CHACHA20_POLY1305_SHA256, Key: testkit.RSA, Retry: true},
	{Name: "TLS13-cookie", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256, Retry: true, Cookie: true},
	{Name: "TLS13-client", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256, Client: true},
	{Name: "TLS13-resumed", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256,
		Ticket: true, Resumed: true},
	{Name: "TLS13-resumed-retry", Version: wire.TLS13, Suite: wire.TLS_CHACHA20_POLY1305_SHA256, Key: testkit.P256,
		Ticket: true, Resumed: true, Retry: true},
}

// Talks are kinds with a flight behind the handshake: session tickets, data, new keys and data under them. What is a
// record of data to TLS means what the application says it means.
var Talks = []Kind{
	{Name: "TLS13-talk", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256, Ticket: true, Talks: true},
	{Name: "TLS13-resumed-talk", Version: wire.TLS13, Suite: wire.TLS_CHACHA20_POLY1305_SHA256, Key: testkit.P256,
		Ticket: true, Resumed: true, Talks: true},
}

func (k Kind) config(role fault.Role) engine.Config {
	// TLS 1.3 stands beside 1.2, as it does for users: a change may also push the handshake down.
	c := engine.Config{MaxVersion: k.Version, Protocols: []string{"http/1.1"}}
	if k.Version == wire.TLS13 {
		c.CipherSuites13 = []wire.CipherSuite{k.Suite}
	} else {
		c.CipherSuites = []wire.CipherSuite{k.Suite}
	}
	c.Groups = []wire.NamedGroup{wire.X25519, wire.SecP256r1}
	if role == fault.Client {
		c.ServerName, c.ClientSessions = testkit.Host, k.Ticket || k.ByID
		if k.Client {
			c.Credentials = []*want.Credential{testkit.Credential(testkit.P256)}
		}
		return c
	}
	c.ServerSessions, c.ServerStore = k.Ticket, k.ByID
	if k.Talks {
		c.Tickets = 2
	}
	if k.Client {
		c.ClientAuth = engine.RequireClientCertificate
	}
	if k.Asks {
		c.ClientAuth = engine.RequestClientCertificate
	}
	if k.Retry {
		c.Groups = c.Groups[1:]
	}
	if k.Cookie {
		c.Cookies = new(session.Tickets)
	}
	credential := *testkit.Credential(k.Key)
	if k.Stapled {
		credential.OCSP, credential.SCTs = []byte("staple"), [][]byte{[]byte("timestamp")}
	}
	c.Credentials = []*want.Credential{&credential}
	return c
}

// End is one end of a connection, with what it told its key log.
type End struct {
	*engine.Engine
	Role    fault.Role
	Err     error
	Ready   bool
	Closed  bool   // by its peer
	Data    []byte // what came after the handshake
	kind    Kind
	kept    kept
	secrets map[string][]byte
	derived event.KeysDerived
	tap     tap
}

// NewEnd makes a genuine client or server for a kind of handshake.
func NewEnd(k Kind, role fault.Role) (*End, error) {
	var s kept
	if k.Resumed {
		var err error
		if s, err = acquaintance(k); err != nil {
			return nil, err
		}
	}
	return newEnd(k, role, s)
}

func newEnd(k Kind, role fault.Role, s kept) (*End, error) {
	e := &End{Role: role, kind: k, kept: s, secrets: map[string][]byte{}}
	c := k.config(role)
	c.Secrets, c.Tracer = e, e
	compiled, err := engine.Compile(c)
	if err != nil {
		return nil, err
	}
	if role == fault.Client {
		e.Engine = engine.NewClient(compiled, engine.Options{Conn: 1})
	} else {
		e.Engine = engine.NewServer(compiled, engine.Options{Conn: 1})
	}
	return e, nil
}

// Secret keeps what a key log would.
func (e *End) Secret(label string, _, secret []byte) { e.secrets[label] = bytes.Clone(secret) }

// Event keeps the randoms that the keys came from.
func (e *End) Event(_ event.Meta, v event.Event) {
	if d, ok := v.(event.KeysDerived); ok {
		e.derived = d
	}
}

// answer answers as a caller would who trusts everybody: what is wrong with the handshake itself must show without
// the help of a certificate's verification. A ticket is the session in the clear.
func (e *End) answer(q want.Question) {
	switch q := q.(type) {
	case *want.VerifyPeer:
		q.Answer(want.Verdict{Skipped: true})
	case *want.Sign:
		q.Run()
	case *want.DecryptPremaster:
		q.Run()
	case *want.LoadSession:
		q.Answer(e.load(q.ID))
	case *want.StoreSession:
		e.store(q.ID, q.Session)
		q.Answer(struct{}{})
	case *want.OpenTicket:
		if s, err := want.UnmarshalSession(q.Ticket); err == nil {
			q.Answer(s)
			return
		}
		q.Answer(nil)
	case *want.SealTicket:
		if ticket, err := q.Session.Marshal(); err == nil {
			q.Answer(ticket)
			return
		}
		q.Answer(nil)
	default:
		q.Fail(errors.New("nobody to ask"))
	}
}
