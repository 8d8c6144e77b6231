package server13

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys13"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// handshake is what every wait after the ServerHello knows; the secrets lie on the desk.
type handshake struct{ *hs.Negotiated }

// answer is the server's flight up to its signature: ServerHello, and from there on encrypted EncryptedExtensions,
// CertificateRequest and Certificate. RFC 8446 §4.1.3, §4.2.1, §4.3.1, §4.4.2.
func answer(d *hs.Desk, n *hs.Negotiated, share *wire.KeyShare, credentials []*want.Credential) (hs.State, error) {
	credential, scheme, err := chooseCredential(d, n.ClientHello, credentials)
	if err != nil {
		return nil, err
	}
	n.Credential, n.Scheme = credential, scheme
	h, err := serverHello(d, n, share)
	if err != nil {
		return nil, err
	}
	if err := d.Send(encryptedExtensions(d, h.Negotiated)); err != nil {
		return nil, err
	}
	if err := request(d); err != nil {
		return nil, err
	}
	if err := d.Send(certificate(d, h.Negotiated)); err != nil {
		return nil, err
	}
	signed := hs.Signed13(make([]byte, 0, hs.MaxSigned13), fault.Server, d.Transcript.Sum())
	question := want.NewSign(d.Asker, credential, scheme, signed)
	d.Ask(question)
	return awaitSignature{h, question}, nil
}

// serverHello agrees on the handshake's secret and changes to its keys.
func serverHello(d *hs.Desk, n *hs.Negotiated, share *wire.KeyShare) (handshake, error) {
	ch := n.ClientHello
	public, shared, err := d.Config.Entropy.Encapsulate(share.Group, share.Public)
	if err != nil {
		return handshake{}, fault.New(fault.BadPublicKey).With(share.Group.String()).Because(err)
	}
	sh := d.Slots().ServerHello()
	sh.Version, sh.SessionID, sh.CipherSuite = wire.TLS12, ch.SessionID, n.Suite.ID
	if err := d.Config.Draw(sh.Random[:]); err != nil {
		return handshake{}, err
	}
	sh.SupportedVersions = []wire.Version{wire.TLS13}
	sh.Add(wire.ExtSupportedVersions)
	sh.KeyShares = []wire.KeyShare{{Group: share.Group, Public: public}}
	sh.Add(wire.ExtKeyShare)
	if n.Resumed {
		sh.SelectedIdentity = n.SelectedIdentity
		sh.Add(wire.ExtPreSharedKey)
	}
	if err := d.Send(sh); err != nil {
		return handshake{}, err
	}
	if err := d.CompatibilityCCS(ch.SessionID); err != nil {
		return handshake{}, err
	}
	n.ServerHello = sh
	d.DeriveHandshake13(n, keys13.NewEarly(n.Suite, n.PSK()), shared)
	clear(shared)
	if err := d.WriteUnder(d.Secrets13.Server); err != nil {
		return handshake{}, err
	}
	return handshake{n}, d.ReadUnder(d.Secrets13.Client)
}

func encryptedExtensions(d *hs.Desk, n *hs.Negotiated) *wire.EncryptedExtensions {
	m := d.Slots().EncryptedExtensions()
	// RFC 6066 §3: a server that used the name says so, but not when it resumes.
	if n.ServerName != "" && !n.Resumed {
		m.Add(wire.ExtServerName)
	}
	if n.Protocol != "" {
		m.ALPN = []string{n.Protocol}
		m.Add(wire.ExtALPN)
	}
	hello.AnswerLimits(d, n.ClientHello, n.Version, &m.Extensions)
	return m
}

// certificate staples to the leaf what the client asked for. RFC 8446 §4.4.2.1.
func certificate(d *hs.Desk, n *hs.Negotiated) *wire.Certificate {
	c := n.Credential
	m := d.Slots().Certificate()
	m.Chain = c.Chain
	staple := n.ClientHello.StatusRequest == wire.StatusOCSP && len(c.OCSP) > 0
	timestamps := n.ClientHello.Has(wire.ExtSCT) && len(c.SCTs) > 0
	if !staple && !timestamps {
		return m
	}
	m.EntryExtensions = make([]wire.Extensions, len(c.Chain))
	x := &m.EntryExtensions[0]
	if staple {
		x.OCSPResponse = c.OCSP
		x.Add(wire.ExtStatusRequest)
	}
	if timestamps {
		x.SCTs = c.SCTs
		x.Add(wire.ExtSCT)
	}
	return m
}
