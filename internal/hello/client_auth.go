package hello

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Signable are the schemes that a credential's key can sign a handshake with in a version, and the configuration
// allows.
func Signable(cfg *hs.Compiled, v wire.Version, c *want.Credential) []wire.SignatureScheme {
	if !c.MayBeUsed(x509.KeyUsageDigitalSignature) {
		return nil
	}
	schemes := suite.SchemesFor(c.Leaf.PublicKey)
	if v == wire.TLS13 {
		schemes = suite.SchemesFor13(c.Leaf.PublicKey)
	}
	var list []wire.SignatureScheme
	for _, s := range cfg.SigningSchemes {
		if slices.Contains(schemes, s) && slices.Contains(c.Schemes, s) {
			list = append(list, s)
		}
	}
	return list
}

// ClientChoice is the certificate that a client shows, and the scheme that it signs with: no credential for none.
type ClientChoice struct {
	Credential *want.Credential
	Scheme     wire.SignatureScheme
}

// Certificate is the message that shows it. RFC 5246 §7.4.6, RFC 8446 §4.4.2: a client without a suitable certificate
// sends an empty list.
func (c ClientChoice) Certificate() *wire.Certificate {
	if c.Credential == nil {
		return new(wire.Certificate)
	}
	return &wire.Certificate{Chain: c.Credential.Chain}
}

// AskClientCredential raises the question which certificate to show, nil if the configuration has the answer.
func AskClientCredential(d *hs.Desk, r *want.CertificateRequest) *want.ChooseCredential {
	if !d.Config.AskCredential {
		return nil
	}
	question := want.NewChooseClientCredential(d.Asker, r)
	d.Ask(question)
	return question
}

// ChooseClient takes the answer to question, if there was one, or else the first of the configured credentials that
// the server can be shown.
func ChooseClient(d *hs.Desk, r *want.CertificateRequest, question *want.ChooseCredential) (ClientChoice, error) {
	if question != nil {
		credential, err := question.Result()
		switch {
		case err != nil:
			return ClientChoice{}, Refusal(err, fault.NoClientCredential)
		case credential != nil && len(credential.Chain) == 0:
			return ClientChoice{}, nil
		case credential != nil:
			return chosenClient(d, r, credential)
		}
	}
	return configuredClient(d, r), nil
}

// configuredClient takes the first credential whose chain the server can check, or else the first. RFC 5246 §7.4.6,
// RFC 8446 §4.4.2.3.
func configuredClient(d *hs.Desk, r *want.CertificateRequest) (best ClientChoice) {
	for _, c := range d.Config.Credentials {
		scheme, ok := FirstCommon(Signable(d.Config, r.Version, c), r.Schemes)
		if !ok || !LeadsTo(c, r.Authorities) {
			continue
		}
		if ChainFits(c, r.CertificateSchemes) {
			return show(d, c, scheme)
		}
		if best.Credential == nil {
			best = ClientChoice{c, scheme}
		}
	}
	if best.Credential != nil {
		return show(d, best.Credential, best.Scheme)
	}
	return best
}

// chosenClient: the caller knows best which CA the server means, but not which signatures it can check.
func chosenClient(d *hs.Desk, r *want.CertificateRequest, c *want.Credential) (ClientChoice, error) {
	if err := hs.CheckCredential(c); err != nil {
		return ClientChoice{}, fault.New(fault.NoClientCredential).Because(err)
	}
	ours := Signable(d.Config, r.Version, c)
	scheme, ok := FirstCommon(ours, r.Schemes)
	if !ok {
		return ClientChoice{}, fault.New(fault.NoCommonScheme).Between("signature schemes", hs.Names(ours), hs.Names(r.Schemes))
	}
	return show(d, c, scheme), nil
}

func show(d *hs.Desk, c *want.Credential, scheme wire.SignatureScheme) ClientChoice {
	d.CertificateAsked = false // and answered
	return ClientChoice{c, scheme}
}

// LeadsTo reports whether a certificate of the chain was issued by one of the authorities. RFC 5246 §7.4.4, RFC 8446
// §4.2.4.
func LeadsTo(c *want.Credential, authorities [][]byte) bool {
	if len(authorities) == 0 {
		return true
	}
	for i, der := range c.Chain {
		cert := c.Leaf
		if i > 0 {
			var err error
			if cert, err = x509.ParseCertificate(der); err != nil {
				return false
			}
		}
		if slices.ContainsFunc(authorities, func(name []byte) bool { return bytes.Equal(name, cert.RawIssuer) }) {
			return true
		}
	}
	return false
}

// ParseClientChain parses a client's certificates. Required is the rule that an empty list breaks where one is needed.
func ParseClientChain(d *hs.Desk, chain [][]byte, required *fault.Rule) ([]*x509.Certificate, error) {
	if len(chain) == 0 {
		if d.Config.ClientAuth == hs.RequireClientCertificate {
			return nil, fault.New(required)
		}
		return nil, nil
	}
	certs, err := ParseChain(chain)
	if err != nil {
		return nil, err
	}
	leaf := certs[0]
	// RFC 5246 §7.4.6, RFC 8446 §4.4.2.3: a key that can sign, and may.
	if suite.AuthOf(leaf.PublicKey) == 0 {
		return nil, fault.New(fault.UnsupportedKeyType).With(fmt.Sprintf("a key of type %T", leaf.PublicKey))
	}
	if !d.Config.AnyClientKeyUsage && !allows(leaf, x509.KeyUsageDigitalSignature) {
		return nil, fault.New(fault.WrongKeyUsage).With("the client's certificate: its key usage lacks digitalSignature")
	}
	return certs, nil
}

// CheckClientSignature: RFC 5246 §7.4.8, RFC 8446 §4.4.3: the client proves that it holds the certificate's key, with
// a scheme that it was asked for.
func CheckClientSignature(d *hs.Desk, n *hs.Negotiated, cv *wire.CertificateVerify, signed []byte) error {
	asked := d.Config.SignatureSchemes
	if !slices.Contains(asked, cv.Scheme) {
		return fault.New(fault.SchemeNotOffered).Between("signature schemes", hs.Names(asked), []string{cv.Scheme.String()})
	}
	err := suite.VerifyFor(n.Version, n.PeerCertificates[0].PublicKey, cv.Scheme, signed, cv.Signature)
	switch {
	case errors.Is(err, suite.ErrWrongKey):
		return fault.New(fault.WrongKeyType).With(cv.Scheme.String()).Because(err)
	case err != nil:
		return fault.New(fault.BadCertificateSignature).With(cv.Scheme.String())
	}
	return nil
}

// AskClientVerdict raises the question whether the client is to be trusted, nil if there is nothing to ask.
func AskClientVerdict(d *hs.Desk, n *hs.Negotiated) *want.VerifyPeer {
	if len(n.PeerCertificates) == 0 && !d.Config.AskVerdict {
		return nil
	}
	return AskVerdict(d, n)
}
