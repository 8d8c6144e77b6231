package hs

import (
	"crypto/subtle"
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Renegotiation says when a client lets its server begin another handshake on the same connection. It is refused
// wherever RFC 5746 does not tie it to the handshake before.
type Renegotiation uint8

const (
	RenegotiateNever Renegotiation = iota
	RenegotiateOnce
	RenegotiateFreely
)

// Renegotiated is what a handshake must know of the one before it on the same connection. RFC 5746 §3.1.
type Renegotiated struct {
	ClientFinished, ServerFinished []byte
	ExtendedMaster, EncryptThenMAC bool
	Peer                           *x509.Certificate
	Count                          int // of handshakes that were begun anew
}

// compileAgain works out the hello of another handshake: TLS 1.2, since the version of a connection does not change, and
// nothing that needs a first one.
func (c *Compiled) compileAgain() error {
	if c.Renegotiation == RenegotiateNever || !c.Speaks(wire.TLS12) {
		return nil
	}
	again := c.Config
	again.MinVersion, again.MaxVersion = wire.TLS12, wire.TLS12
	again.Renegotiation, again.ClientSessions, again.GREASE = RenegotiateNever, false, false
	var err error
	c.Again, err = Compile(again)
	return err
}

// MayRenegotiate returns what another handshake must know, nil where there will be none.
func (n *Negotiated) MayRenegotiate(c *Compiled) *Renegotiated {
	count := 0
	if n.Again != nil {
		count = n.Again.Count
	}
	// RFC 5746 §4.2: without the extension someone else may have begun the connection.
	if c.Again == nil || !n.SecureRenegotiable || c.Renegotiation == RenegotiateOnce && count > 0 {
		return nil
	}
	return &Renegotiated{
		ClientFinished: n.ClientFinished.bytes(),
		ServerFinished: n.ServerFinished.bytes(),
		ExtendedMaster: n.ExtendedMaster,
		EncryptThenMAC: n.EncryptThenMAC,
		Peer:           n.PeerCertificates[0],
		Count:          count + 1,
	}
}

// CheckServer holds a ServerHello against the handshake before. It may be called on nil, for a first handshake.
func (r *Renegotiated) CheckServer(sh *wire.ServerHello, s *suite.Suite) error {
	switch {
	case r == nil:
		// RFC 5746 §3.4: empty in a first handshake.
		if len(sh.RenegotiationInfo) != 0 {
			return fault.New(fault.RenegotiationInfoNotEmpty).With(fmt.Sprintf("%d bytes", len(sh.RenegotiationInfo)))
		}
		return nil
	// RFC 5746 §3.5: the server proves that it was there before; compared in constant time, though both have it.
	case subtle.ConstantTimeCompare(sh.RenegotiationInfo, slices.Concat(r.ClientFinished, r.ServerFinished)) != 1:
		return fault.New(fault.OtherConnection)
	// RFC 7627 §4: keys that depended on the whole handshake do not begin to depend on less.
	case sh.Has(wire.ExtExtendedMasterSecret) != r.ExtendedMaster:
		return fault.New(fault.RenegotiatedOtherMaster)
	// RFC 7366 §3.1: the MAC may move over the ciphertext, but not back.
	case r.EncryptThenMAC && s.Cipher.CBC() && !sh.Has(wire.ExtEncryptThenMAC):
		return fault.New(fault.EncryptThenMACDropped).With(s.ID.String())
	}
	return nil
}

// CheckPeer: RFC 5746 §5: who the server is does not change: what was sent was meant for the one that was verified.
func (r *Renegotiated) CheckPeer(leaf *x509.Certificate) error {
	if r != nil && !r.Peer.Equal(leaf) {
		return fault.New(fault.ServerChanged).With(fmt.Sprintf("from %q to %q", r.Peer.Subject, leaf.Subject))
	}
	return nil
}
