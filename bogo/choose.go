package main

import (
	"bytes"
	"crypto/x509"
	"slices"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// chooseCredential answers as the runner has it: of several the first that suits, whoever issued it, but for those that
// must be issued by one of the peer's authorities. If none suits, the last is to be shown all the same: Vitro says why
// that cannot be.
func (l *link) chooseCredential(q *want.ChooseCredential) {
	switch {
	case l.failCertCallback, l.server && l.failOCSP:
		_ = q.Fail(errCallback)
		return
	case l.server && l.declineOCSP && len(l.config.Credentials) > 0:
		bare := *l.config.Credentials[0]
		bare.OCSP = nil
		_ = q.Answer(&bare)
		return
	case l.server && !l.picky || len(l.config.Credentials) == 0:
		_ = q.Answer(nil)
		return
	}
	version, schemes, authorities := tls13, []wire.SignatureScheme(nil), [][]byte(nil)
	if r := q.Request; r != nil {
		version, schemes, authorities = r.Version, r.Schemes, r.Authorities
	} else {
		schemes, authorities = q.Hello.SignatureAlgorithms, q.Hello.CertificateAuthorities
	}
	var last *want.Credential
	for _, c := range l.config.Credentials {
		if l.gated[c] && !issuedBy(c, authorities) {
			continue
		}
		if last = c; signs(c, version, schemes) {
			break
		}
	}
	if last == nil {
		_ = q.Fail(own(wire.AlertHandshakeFailure)) // none was issued by whom the peer asks for
		return
	}
	_ = q.Answer(last)
}

// signs reports whether a credential can sign with one of the peer's schemes.
func signs(c *want.Credential, version wire.Version, theirs []wire.SignatureScheme) bool {
	ours := c.Schemes
	if version == tls13 {
		ours = suite.SchemesFor13(c.Leaf.PublicKey)
	}
	return slices.ContainsFunc(ours, func(s wire.SignatureScheme) bool {
		return slices.Contains(c.Schemes, s) && slices.Contains(theirs, s)
	})
}

func issuedBy(c *want.Credential, authorities [][]byte) bool {
	for _, der := range c.Chain {
		cert, err := x509.ParseCertificate(der)
		if err == nil && slices.ContainsFunc(authorities, func(name []byte) bool { return bytes.Equal(name, cert.RawIssuer) }) {
			return true
		}
	}
	return false
}
