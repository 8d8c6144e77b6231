package server12

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// answer chooses and says so: ServerHello, Certificate, CertificateStatus and, in RSA key exchange, the rest up to ServerHelloDone.
// The others need a signature first. RFC 5246 §7.4.1.3 to §7.4.5.
func (h *handshake) answer(d *hs.Desk, credentials []*want.Credential) (hs.State, error) {
	c, err := choose(d, h.ClientHello, credentials)
	if err != nil {
		return nil, err
	}
	h.Suite, h.Credential, h.Group, h.Scheme = c.suite, c.credential, c.group, c.scheme
	h.FieldBits = uint16(c.fieldBits())
	if d.Config.ClientAuth != hs.NoClientCertificate {
		d.Transcript.Keep()
	}
	if err := h.greet(d); err != nil {
		return nil, err
	}
	cert := d.Slots().Certificate()
	cert.Chain = c.credential.Chain
	if err := d.Send(cert); err != nil {
		return nil, err
	}
	if h.ServerHello.Has(wire.ExtStatusRequest) {
		status := &wire.CertificateStatus{Status: wire.StatusOCSP, Response: c.credential.OCSP}
		if err := d.Send(status); err != nil {
			return nil, err
		}
	}
	return exchanges[c.suite.KeyExchange].open(d, h)
}

// greet sends the ServerHello, of a full handshake or of one that resumes.
func (h *handshake) greet(d *hs.Desk) error {
	sh, err := serverHello(d, h.Negotiated)
	if err != nil {
		return err
	}
	d.Context = wire.Context{Version: wire.TLS12, KeyExchange: h.Suite.KeyExchange}
	d.Transcript.Choose(h.Suite.Hash)
	h.ServerHello, h.EncryptThenMAC = sh, sh.Has(wire.ExtEncryptThenMAC)
	return d.Send(sh)
}

// serverHello answers only extensions that the client sent. RFC 5246 §7.4.1.4.
func serverHello(d *hs.Desk, n *hs.Negotiated) (*wire.ServerHello, error) {
	ch := n.ClientHello
	sh := d.Slots().ServerHello()
	sh.Version, sh.CipherSuite, sh.CompressionMethod = wire.TLS12, n.Suite.ID, wire.CompressionNull
	if err := d.Config.Draw(sh.Random[:]); err != nil {
		return nil, err
	}
	// RFC 8446 §4.1.3, §4.2.1: a server that speaks TLS 1.3 and settles for less says so where an attacker cannot change it.
	if d.Config.Speaks(wire.TLS13) {
		copy(sh.Random[wire.RandomLen-len(wire.DowngradeTLS12):], wire.DowngradeTLS12)
	}
	x := &sh.Extensions
	// RFC 5746 §3.6: empty in a first handshake.
	if n.SecureRenegotiable {
		x.Add(wire.ExtRenegotiationInfo)
	}
	// RFC 7627 §5.2, §5.3: to who asked for it, when a session is resumed too.
	if n.ExtendedMaster {
		x.Add(wire.ExtExtendedMasterSecret)
	}
	// RFC 7366 §2, §3: to who asked for it, and not with a suite that it does not concern.
	if ch.Has(wire.ExtEncryptThenMAC) && n.Suite.Cipher.CBC() {
		x.Add(wire.ExtEncryptThenMAC)
	}
	if n.Protocol != "" {
		x.ALPN = []string{n.Protocol}
		x.Add(wire.ExtALPN)
	}
	hello.AnswerLimits(d, ch, n.Version, x)
	hello.HoldClient(d, ch)
	if n.Resumed {
		sh.SessionID = ch.SessionID // RFC 5246 §7.4.1.3: which says that it resumes
		return sh, nil
	}
	return sh, introduce(d, n, sh)
}

// introduce adds what a full handshake only has. RFC 6066 §1.1, §3 and §8 have the name and the staple stay out of one
// that resumes.
func introduce(d *hs.Desk, n *hs.Negotiated, sh *wire.ServerHello) error {
	ch, x := n.ClientHello, &sh.Extensions
	// RFC 6066 §3: a server that used the name says so.
	if ch.Has(wire.ExtServerName) && ch.ServerName != "" {
		x.Add(wire.ExtServerName)
	}
	if n.Suite.KeyExchange == wire.KeyExchangeECDHE && ch.Has(wire.ExtPointFormats) {
		x.PointFormats = hello.Uncompressed
		x.Add(wire.ExtPointFormats)
	}
	if ch.StatusRequest == wire.StatusOCSP && len(n.Credential.OCSP) > 0 {
		x.Add(wire.ExtStatusRequest)
	}
	if ch.Has(wire.ExtSCT) && len(n.Credential.SCTs) > 0 {
		x.SCTs = n.Credential.SCTs
		x.Add(wire.ExtSCT)
	}
	return announce(d, ch, sh)
}
