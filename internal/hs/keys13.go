package hs

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

// Traffic13 is the secret that protects one direction of a TLS 1.3 connection. RFC 8446 §7.3.
type Traffic13 = keys13.Traffic

// keySpace holds a key and an IV on their way into a cipher, which would move them to the heap each time: 32 bytes for
// AES-256 and ChaCha20, 12 for every nonce.
type keySpace [32 + 12]byte

func (k *keySpace) protect(h *record.Half, t *Traffic13) error {
	defer clear(k[:])
	c := t.Suite().Cipher
	key, iv := k[:c.KeyLen], k[c.KeyLen:][:c.NonceLen()]
	t.Keys(key, iv)
	if err := h.Protect13(c, key, iv); err != nil {
		return fault.New(fault.InternalError).Because(err)
	}
	return nil
}

// ReadUnder takes what comes from now on under a traffic secret.
func (d *Desk) ReadUnder(t *Traffic13) error {
	boundary, err := d.In.Assembler.Boundary()
	if err != nil {
		return err
	}
	boundary.Demand()
	return d.space().protect(&d.In.Half, t)
}

// WriteUnder puts out what comes from now on under a traffic secret.
func (d *Desk) WriteUnder(t *Traffic13) error {
	return d.Out.setTraffic(t, d.space())
}

// Handshake13 are the secrets of a TLS 1.3 handshake while it goes on.
type Handshake13 struct {
	Client, Server *Traffic13
	schedule       keys13.Handshake
}

// DeriveHandshake13 makes the handshake traffic secrets, once ServerHello is in the transcript. RFC 8446 §7.1.
func (d *Desk) DeriveHandshake13(n *Negotiated, early *keys13.Early, shared []byte) {
	h := &d.Secrets13
	h.schedule.Follow(early, shared)
	hash := d.Transcript.Sum()
	client, server := h.schedule.ClientTraffic(hash), h.schedule.ServerTraffic(hash)
	h.Client, h.Server = client, server
	random := &n.ClientHello.Random
	if d.Config.Secrets != nil {
		d.Secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", random, client.Secret())
		d.Secret("SERVER_HANDSHAKE_TRAFFIC_SECRET", random, server.Secret())
	}
	Tell(d, fault.StepGenSecretKey, keysDerived13(n, event.StageHandshake))
}

// Application13 points to the secrets that outlive a TLS 1.3 handshake, and has the one that they come from.
type Application13 struct {
	Client, Server *Traffic13
	Exporter       *keys13.Exporter
	master         keys13.Master
}

// DeriveApplication13 makes the application traffic secrets, once the server's Finished is in the transcript.
func (d *Desk) DeriveApplication13(n *Negotiated) *Application13 {
	a := &d.Application13
	a.master.Follow(&d.Secrets13.schedule)
	hash := d.Transcript.Sum()
	client, server, exporter := a.master.ClientTraffic(hash), a.master.ServerTraffic(hash), a.master.Exporter(hash)
	a.Client, a.Server, a.Exporter = client, server, exporter
	random := &n.ClientHello.Random
	if d.Config.Secrets != nil {
		d.Secret("CLIENT_TRAFFIC_SECRET_0", random, client.Secret())
		d.Secret("SERVER_TRAFFIC_SECRET_0", random, server.Secret())
		d.Secret("EXPORTER_SECRET", random, exporter.Secret())
	}
	Tell(d, 0, keysDerived13(n, event.StageApplication))
	return a
}

func keysDerived13(n *Negotiated, stage event.KeyStage) event.KeysDerived {
	return event.KeysDerived{
		Version:      wire.TLS13,
		Stage:        stage,
		Suite:        n.Suite.ID,
		Group:        n.Group,
		Resumed:      n.Resumed,
		Cipher:       n.Suite.Cipher.Name,
		Hash:         n.Suite.Hash,
		KeyLen:       n.Suite.Cipher.KeyLen,
		FixedIVLen:   12,
		ClientRandom: n.ClientHello.Random,
		ServerRandom: n.ServerHello.Random,
	}
}

// Signed13 appends what a CertificateVerify covers to b. RFC 8446 §4.4.3: 64 spaces, a context string, a zero, the transcript
// hash; a signature of another role or version can never be taken for it.
func Signed13(b []byte, role fault.Role, transcript []byte) []byte {
	for range 64 {
		b = append(b, ' ')
	}
	b = append(b, "TLS 1.3, "...)
	b = append(b, role.String()...)
	b = append(b, " CertificateVerify\x00"...)
	return append(b, transcript...)
}

// CCS is any ChangeCipherSpec, ccsBody its content: the same for everyone, and changed by nobody.
var (
	CCS     = new(wire.ChangeCipherSpec)
	ccsBody = []byte{1}
)

// MaxSigned13 is the length of what a CertificateVerify covers at most.
const MaxSigned13 = 64 + 34 + mac.MaxSize

// CompatibilityCCS sends the ChangeCipherSpec that means nothing in TLS 1.3 and pleases middleboxes, once, where the
// client asked for it by a session ID. It is never encrypted. RFC 8446 §D.4.
func (d *Desk) CompatibilityCCS(sessionID []byte) error {
	if d.ccsSent || len(sessionID) == 0 {
		return nil
	}
	d.ccsSent = true
	Tell(d, 0, event.Message{Sent: true, Message: CCS})
	return d.Out.writeClear(wire.ContentChangeCipherSpec, ccsBody)
}

// OweCCS is CompatibilityCCS for a client that has keys and nothing to say yet: it goes out in front of what is encrypted
// first, which may be an alert. RFC 8446 §D.4.
func (d *Desk) OweCCS(sessionID []byte) {
	if !d.ccsSent && len(sessionID) > 0 {
		d.ccsSent = true
		d.Out.oweCCS()
	}
}

// TakeKeyUpdate changes to the peer's next keys, and ours if it asks for that. RFC 8446 §4.6.3.
func (d *Desk) TakeKeyUpdate(m *wire.KeyUpdate, read *Traffic13) (*Traffic13, error) {
	Note(d, m)
	advance(read)
	if err := d.ReadUnder(read); err != nil {
		return nil, err
	}
	Tell(d, 0, event.KeysUpdated{Requested: m.RequestUpdate})
	if m.RequestUpdate {
		return read, d.Out.AnswerUpdate()
	}
	return read, nil
}

// advance puts the secret that follows in the place of one, with the others of its connection.
func advance(t *Traffic13) {
	next := t.Next()
	*t, *next = *next, Traffic13{}
}
