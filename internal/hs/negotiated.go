package hs

import (
	"crypto/x509"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Negotiated is what has been agreed on so far. The states of a handshake hand it on to each other, and write into it what
// they learn; nobody else has it. After Done what has been agreed on is not changed any more.
type Negotiated struct {
	Version            wire.Version
	Group              wire.NamedGroup
	Scheme             wire.SignatureScheme
	SelectedIdentity   uint16 // TLS 1.3: of the session's ticket among those of the ClientHello
	ExtendedMaster     bool
	EncryptThenMAC     bool // CBC in TLS 1.2: the MAC is over the ciphertext (RFC 7366)
	SecureRenegotiable bool
	Resumed            bool
	Retried            bool   // TLS 1.3: there was a HelloRetryRequest
	FieldBits          uint16 // DHE: of the prime; Group is 0 for one that the server made up
	Suite              *suite.Suite
	ClientHello        *wire.ClientHello
	ServerHello        *wire.ServerHello
	ServerName         string
	Protocol           string
	Credential         *want.Credential // ours: a client may have none
	PeerCertificates   []*x509.Certificate
	VerifiedChains     [][]*x509.Certificate
	OCSPResponse       []byte
	SCTs               [][]byte
	ClientFinished     *VerifyData // TLS 1.2: nil until they are made
	ServerFinished     *VerifyData
	Exporter           Exporter
	Session            *want.Session // that is resumed, nil in a full handshake
	Again              *Renegotiated // of the handshake before this one, nil in a first
	post               Receiver      // after Done: takes what comes then
}

// Exporter derives keys for other uses from a connection. RFC 5705, RFC 8446 §7.5.
type Exporter interface {
	Export(label string, context []byte, length int) ([]byte, error)
}

// VerifyData is what a Finished of TLS 1.2 proves the handshake by.
type VerifyData [wire.VerifyDataLen]byte

func (v *VerifyData) bytes() []byte {
	if v == nil {
		return nil
	}
	return v[:]
}

// With returns a copy that change was applied to.
func (n *Negotiated) With(change func(*Negotiated)) *Negotiated {
	c := *n
	change(&c)
	return &c
}

// Resuming returns a copy that takes over what a session has.
func (n *Negotiated) Resuming(s *want.Session) *Negotiated {
	return n.With(func(n *Negotiated) { n.Resume(s) })
}

// Resume takes over what a session has.
func (n *Negotiated) Resume(s *want.Session) {
	n.Session, n.Resumed = s, true
	n.PeerCertificates, n.OCSPResponse, n.SCTs = s.PeerCertificates, s.OCSPResponse, s.SCTs
}

// Forget takes Resume back, at a server: there will be a full handshake.
func (n *Negotiated) Forget() {
	n.Session, n.Resumed = nil, false
	n.PeerCertificates, n.OCSPResponse, n.SCTs = nil, nil, nil
}

// PSK is the pre-shared key of the session that is resumed, nil for none.
func (n *Negotiated) PSK() []byte {
	if n.Session == nil {
		return nil
	}
	return n.Session.Secret
}

// NewSession is the beginning of a session that others may resume: what both ends know of it, but for secret and ticket.
func (n *Negotiated) NewSession(d *Desk) *want.Session {
	s := &want.Session{
		Version:          n.Version,
		Suite:            n.Suite.ID,
		Created:          d.Now,
		ServerName:       n.ServerName,
		Protocol:         n.Protocol,
		ExtendedMaster:   n.ExtendedMaster,
		Binding:          d.Config.Binding(d.Role),
		PeerCertificates: n.PeerCertificates,
		VerifiedChains:   n.VerifiedChains,
		OCSPResponse:     slices.Clone(n.OCSPResponse),
	}
	for _, sct := range n.SCTs {
		s.SCTs = append(s.SCTs, slices.Clone(sct))
	}
	// A session is not made younger by resuming it.
	if n.Session != nil {
		s.Created = n.Session.Created
	}
	return s
}

// ConnectionState is the caller's view.
func (n *Negotiated) ConnectionState() want.ConnectionState {
	s := want.ConnectionState{
		Version:          n.Version,
		Group:            n.Group,
		Scheme:           n.Scheme,
		ServerName:       n.ServerName,
		Protocol:         n.Protocol,
		ExtendedMaster:   n.ExtendedMaster,
		EncryptThenMAC:   n.EncryptThenMAC,
		PeerCertificates: n.PeerCertificates,
		VerifiedChains:   n.VerifiedChains,
		OCSPResponse:     n.OCSPResponse,
		SCTs:             n.SCTs,
		ClientFinished:   n.ClientFinished.bytes(),
		ServerFinished:   n.ServerFinished.bytes(),
		Resumed:          n.Resumed,
		Retried:          n.Retried,
	}
	if n.Exporter != nil {
		s.Export = n.Exporter.Export
	}
	if n.Suite != nil {
		s.CipherSuite = n.Suite.ID
	}
	return s
}

// Complete is ConnectionState once the handshake is done.
func (n *Negotiated) Complete() want.ConnectionState {
	s := n.ConnectionState()
	s.Complete = true
	return s
}

// Done makes the last state of a handshake: the hellos and the transcript are let go, what callers may still ask for
// is kept.
func (n *Negotiated) Done(d *Desk, post Receiver) State {
	Tell(d, fault.StepFinish, event.Finished{
		Version:        n.Version,
		Suite:          n.Suite.ID,
		Group:          n.Group,
		FieldBits:      int(n.FieldBits),
		Scheme:         n.Scheme,
		Protocol:       n.Protocol,
		ServerName:     n.ServerName,
		ExtendedMaster: n.ExtendedMaster,
		Resumed:        n.Resumed,
	})
	d.shaken()
	d.Out.settle(&d.In.Half)
	n.ClientHello, n.ServerHello, n.Session, n.Again = nil, nil, nil, nil
	// These point into messages whose other bytes nobody needs any more.
	n.OCSPResponse = slices.Clone(n.OCSPResponse)
	scts := n.SCTs
	n.SCTs = nil
	for _, sct := range scts {
		n.SCTs = append(n.SCTs, slices.Clone(sct))
	}
	n.post = post
	return Ready{n}
}

// Names turns code points into words for errors.
func Names[T interface{ String() string }](list []T) []string {
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = v.String()
	}
	return names
}
