package hello

import (
	"slices"

	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// What the certificates of a chain are signed with.

// addSchemesCert says what they may be, where signature_algorithms does not say so. RFC 8446 §4.2.3.
func addSchemesCert(c *hs.Compiled, x *wire.Extensions) {
	if c.SchemesCert != nil {
		x.SignatureAlgorithmsCert = c.SchemesCert
		x.Add(wire.ExtSignatureAlgsCert)
	}
}

// RequestSchemes is what a server's CertificateRequest of TLS 1.3 says of signatures. RFC 8446 §4.3.2.
func RequestSchemes(c *hs.Compiled, m *wire.CertificateRequest) {
	m.Extensions.SignatureAlgorithms = c.SignatureSchemes
	m.Add(wire.ExtSignatureAlgorithms)
	addSchemesCert(c, &m.Extensions)
}

// CertificateSchemes returns what a peer takes in certificates. RFC 8446 §4.2.3: without the extension for them
// signature_algorithms is for both, as it is in TLS 1.2 (RFC 5246 §7.4.1.4.1), where the extension counts too.
func CertificateSchemes(x *wire.Extensions) []wire.SignatureScheme {
	if x.Has(wire.ExtSignatureAlgsCert) {
		return x.SignatureAlgorithmsCert
	}
	return x.SignatureAlgorithms
}

// hasSHA1 reports whether a chain is signed with SHA-1.
func hasSHA1(c *want.Credential) bool {
	return slices.ContainsFunc(c.ChainSchemes, func(s wire.SignatureScheme) bool { return s == wire.RSA_PKCS1_SHA1 || s == wire.ECDSA_SHA1 })
}

// ChainFits reports whether a chain is signed with nothing but what a peer takes. RFC 5246 §7.4.2, RFC 8446 §4.4.2.2.
// A peer without a list takes SHA-1 alone in TLS 1.2 (RFC 5246 §7.4.1.4.1), which no chain has that is good today: it
// says nothing.
func ChainFits(c *want.Credential, list []wire.SignatureScheme) bool {
	if len(list) == 0 {
		return true
	}
	for _, s := range c.ChainSchemes {
		if !suite.ListsCertificate(list, s) {
			return false
		}
	}
	return true
}
