package hs

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Traffic13 is what protects one direction of a TLS 1.3 connection. RFC 8446 §7.3.
type Traffic13 struct {
	suite   *suite.Suite
	traffic *keys13.Traffic
}

// NewTraffic13 joins a traffic secret with the suite that it is for.
func NewTraffic13(s *suite.Suite, t *keys13.Traffic) *Traffic13 { return &Traffic13{s, t} }

// Next is what follows after a KeyUpdate. RFC 8446 §7.2.
func (t *Traffic13) Next() *Traffic13 { return &Traffic13{t.suite, t.traffic.Next()} }

// Finished computes verify_data over the transcript hash. RFC 8446 §4.4.4.
func (t *Traffic13) Finished(transcript []byte) []byte { return t.traffic.Finished(transcript) }

func (t *Traffic13) protection() (record.Protection, error) {
	key, iv := t.traffic.Keys()
	p, err := record.NewAEAD13(t.suite.Cipher, key, iv)
	if err != nil {
		return nil, fault.New(fault.InternalError).Because(err)
	}
	return p, nil
}

// ReadUnder takes what comes from now on under a traffic secret.
func (d *Desk) ReadUnder(t *Traffic13) error {
	p, err := t.protection()
	if err != nil {
		return err
	}
	return d.ChangeReadKeys(p)
}

// WriteUnder puts out what comes from now on under a traffic secret.
func (d *Desk) WriteUnder(t *Traffic13) error {
	p, err := t.protection()
	if err != nil {
		return err
	}
	d.Out.setTraffic(t, p)
	return nil
}

// Handshake13 are the secrets of a TLS 1.3 handshake while it goes on.
type Handshake13 struct {
	Schedule       *keys13.Handshake
	Client, Server *Traffic13
}

// DeriveHandshake13 makes the handshake traffic secrets, once ServerHello is in the transcript. RFC 8446 §7.1.
func (d *Desk) DeriveHandshake13(n *Negotiated, early *keys13.Early, shared []byte) *Handshake13 {
	schedule := early.Handshake(shared)
	hash := d.Transcript.Sum()
	client, server := schedule.ClientTraffic(hash), schedule.ServerTraffic(hash)
	random := &n.ClientHello.Random
	d.Secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET", random, client.Secret())
	d.Secret("SERVER_HANDSHAKE_TRAFFIC_SECRET", random, server.Secret())
	Tell(d, fault.StepGenSecretKey, keysDerived13(n, event.StageHandshake))
	return &Handshake13{schedule, NewTraffic13(n.Suite, client), NewTraffic13(n.Suite, server)}
}

// Application13 are the secrets that outlive a TLS 1.3 handshake.
type Application13 struct {
	Client, Server *Traffic13
	Exporter       *keys13.Exporter
	master         *keys13.Master
}

// DeriveApplication13 makes the application traffic secrets, once the server's Finished is in the transcript.
func (d *Desk) DeriveApplication13(n *Negotiated, h *Handshake13) *Application13 {
	master := h.Schedule.Master()
	hash := d.Transcript.Sum()
	client, server, exporter := master.ClientTraffic(hash), master.ServerTraffic(hash), master.Exporter(hash)
	random := &n.ClientHello.Random
	d.Secret("CLIENT_TRAFFIC_SECRET_0", random, client.Secret())
	d.Secret("SERVER_TRAFFIC_SECRET_0", random, server.Secret())
	d.Secret("EXPORTER_SECRET", random, exporter.Secret())
	Tell(d, 0, keysDerived13(n, event.StageApplication))
	return &Application13{NewTraffic13(n.Suite, client), NewTraffic13(n.Suite, server), exporter, master}
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

// Signed13 is what a CertificateVerify covers. RFC 8446 §4.4.3: 64 spaces, a context string, a zero, the transcript
// hash; a signature of another role or version can never be taken for it.
func Signed13(role fault.Role, transcript []byte) []byte {
	b := make([]byte, 64, 64+34+len(transcript))
	for i := range b {
		b[i] = ' '
	}
	b = append(b, "TLS 1.3, "...)
	b = append(b, role.String()...)
	b = append(b, " CertificateVerify\x00"...)
	return append(b, transcript...)
}

// CompatibilityCCS sends the ChangeCipherSpec that means nothing in TLS 1.3 and pleases middleboxes, once, where the
// client asked for it by a session ID. It is never encrypted. RFC 8446 §D.4.
func (d *Desk) CompatibilityCCS(sessionID []byte) error {
	if d.ccsSent || len(sessionID) == 0 {
		return nil
	}
	d.ccsSent = true
	Tell(d, 0, event.Message{Sent: true, Message: new(wire.ChangeCipherSpec)})
	return d.Out.writeClear(wire.ContentChangeCipherSpec, []byte{1})
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
	next := read.Next()
	if err := d.ReadUnder(next); err != nil {
		return nil, err
	}
	Tell(d, 0, event.KeysUpdated{Requested: m.RequestUpdate})
	if m.RequestUpdate {
		return next, d.Out.UpdateKeys(false)
	}
	return next, nil
}
