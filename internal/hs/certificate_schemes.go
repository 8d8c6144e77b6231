package hs

import (
	"slices"

	"github.com/vitro-tls/vitro/wire"
)

// compileCertificateSchemes: RFC 8446 §4.2.3: the extension for certificates is sent where they may be signed otherwise
// than the handshake. PKCS #1 v1.5, which signs no handshake of TLS 1.3, stands in signature_algorithms all the same,
// because many servers know no other list.
func (c *Compiled) compileCertificateSchemes(all []wire.SignatureScheme) error {
	if c.CertificateSchemes == nil {
		c.CertificateSchemes = all
	}
	if len(c.CertificateSchemes) == 0 {
		return badConfig("no signature scheme for certificates")
	}
	for _, s := range c.CertificateSchemes {
		if !slices.Contains(all, s) {
			return badConfig("signature scheme %v for certificates: Vitro does not have it", s)
		}
	}
	if !sameSet(c.CertificateSchemes, c.SignatureSchemes) {
		c.SchemesCert = c.CertificateSchemes
	}
	return nil
}

func sameSet[T comparable](a, b []T) bool {
	within := func(a, b []T) bool {
		return !slices.ContainsFunc(a, func(v T) bool { return !slices.Contains(b, v) })
	}
	return within(a, b) && within(b, a)
}
