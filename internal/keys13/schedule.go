package keys13

import (
	"bytes"
	"crypto"
	"sync"

	"github.com/vitro-tls/vitro/internal/mac"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Early is the first stage: what a pre-shared key alone protects.
type Early struct {
	secret
	nothing bool // there is no pre-shared key
}

// NewEarly begins the schedule with a pre-shared key, nil for none. RFC 8446 §7.1.
func NewEarly(s *suite.Suite, psk []byte) *Early {
	e := new(Early) // the caller's, if it stays there
	e.begin(s, psk)
	return e
}

func (e *Early) begin(s *suite.Suite, psk []byte) {
	if psk == nil {
		e.secret = secret{s, noPSK(s).early}
		e.nothing = true
		return
	}
	e.secret = extract(s, zeroes[:s.Hash.Size()], psk)
}

// nothing is the first stage without a pre-shared key, which everyone knows: its secret, and what the next one takes from it.
type nothing struct{ early, derived [mac.MaxSize]byte }

var (
	nothing256 = sync.OnceValue(func() *nothing { return deriveNothing(wire.TLS_AES_128_GCM_SHA256) })
	nothing384 = sync.OnceValue(func() *nothing { return deriveNothing(wire.TLS_AES_256_GCM_SHA384) })
)

func deriveNothing(id wire.CipherSuite) *nothing {
	s := suite.ByID(id)
	e := extract(s, zeroes[:s.Hash.Size()], zeroes[:s.Hash.Size()])
	return &nothing{e.value, e.deriveFromNothing("derived").value}
}

func noPSK(s *suite.Suite) *nothing {
	if s.Hash == crypto.SHA384 {
		return nothing384()
	}
	return nothing256()
}

// BinderKey proves that its holder has the pre-shared key.
type BinderKey struct{ secret }

// BinderKey returns the key for the binder of a PSK that came from outside, or of one that a ticket gave: neither can
// be passed off as the other. RFC 8446 §7.1.
func (e *Early) BinderKey(external bool) *BinderKey {
	k := new(BinderKey)
	k.derive(e, external)
	return k
}

func (k *BinderKey) derive(e *Early, external bool) {
	label := "res binder"
	if external {
		label = "ext binder"
	}
	k.secret = e.deriveFromNothing(label)
}

// Binder appends the MAC over the hash of the handshake up to the binders in the ClientHello. RFC 8446 §4.2.11.2.
func (k *BinderKey) Binder(dst, transcriptHash []byte) []byte { return k.finished(dst, transcriptHash) }

// ResumptionBinder appends the binder of a ticket's pre-shared key, and leaves nothing else behind.
func ResumptionBinder(dst []byte, s *suite.Suite, psk, transcriptHash []byte) []byte {
	var e Early
	var k BinderKey
	defer e.consume()
	defer k.consume()
	e.begin(s, psk)
	k.derive(&e, false)
	return k.finished(dst, transcriptHash)
}

// ClientEarlyTraffic protects early data; the transcript is the ClientHello.
func (e *Early) ClientEarlyTraffic(transcript []byte) *Traffic {
	return &Traffic{e.derive("c e traffic", transcript)}
}

// EarlyExporter is the early_exporter_master_secret; the transcript is the ClientHello.
func (e *Early) EarlyExporter(transcript []byte) []byte {
	exporter := e.derive("e exp master", transcript)
	return bytes.Clone(exporter.use())
}

// Handshake goes on with the secret that both key shares made, nil where there were none (psk_ke). It consumes e.
func (e *Early) Handshake(shared []byte) *Handshake {
	h := new(Handshake)
	h.Follow(e, shared)
	return h
}

// Handshake is the second stage: the transcripts reach up to and with the ServerHello.
type Handshake struct {
	secret
	client, server Traffic
}

// Follow is Early.Handshake into memory of the caller's.
func (h *Handshake) Follow(e *Early, shared []byte) {
	if !e.nothing {
		h.secret = e.step(shared)
		return
	}
	_ = e.use() // refused once it is consumed
	h.secret = extract(e.suite, noPSK(e.suite).derived[:e.suite.Hash.Size()], orZeroes(e.suite, shared))
	e.consume()
}

// ClientTraffic protects what the client sends until its Finished.
func (h *Handshake) ClientTraffic(transcript []byte) *Traffic {
	h.client = Traffic{h.derive("c hs traffic", transcript)}
	return &h.client
}

// ServerTraffic protects what the server sends until its Finished.
func (h *Handshake) ServerTraffic(transcript []byte) *Traffic {
	h.server = Traffic{h.derive("s hs traffic", transcript)}
	return &h.server
}

// Master goes on to the last stage. It consumes h.
func (h *Handshake) Master() *Master {
	m := new(Master)
	m.Follow(h)
	return m
}

// Master is the last stage: the transcripts reach up to and with the server's Finished.
type Master struct {
	secret
	*application
}

// application are the secrets that a connection goes on with. They lie together, and without the one that they come from.
type application struct {
	client, server Traffic
	exporter       Exporter
}

// Follow is Handshake.Master into memory of the caller's.
func (m *Master) Follow(h *Handshake) { m.secret, m.application = h.step(nil), new(application) }

// ClientTraffic protects what the client sends after the handshake.
func (m *Master) ClientTraffic(transcript []byte) *Traffic {
	m.client = Traffic{m.derive("c ap traffic", transcript)}
	return &m.client
}

// ServerTraffic protects what the server sends after its Finished.
func (m *Master) ServerTraffic(transcript []byte) *Traffic {
	m.server = Traffic{m.derive("s ap traffic", transcript)}
	return &m.server
}

// Exporter is for keys that others derive from this connection.
func (m *Master) Exporter(transcript []byte) *Exporter {
	m.exporter = Exporter{m.derive("exp master", transcript)}
	return &m.exporter
}

// Resumption returns the resumption_master_secret, which tickets are made from. Its transcript reaches up to and with the
// client's Finished; so it is the last thing to be derived, and consumes m.
func (m *Master) Resumption(transcript []byte) []byte {
	resumption := m.derive("res master", transcript)
	m.consume()
	return bytes.Clone(resumption.use())
}

// Forget overwrites the secret where nothing is to be resumed. It consumes m.
func (m *Master) Forget() { m.consume() }

// ResumptionPSK is the pre-shared key that goes with the ticket of this nonce. RFC 8446 §4.6.1.
func ResumptionPSK(s *suite.Suite, resumption, nonce []byte) []byte {
	master := secret{suite: s}
	copy(master.value[:], resumption)
	defer master.consume()
	psk := make([]byte, s.Hash.Size())
	master.expandLabel(psk, "resumption", nonce)
	return psk
}
