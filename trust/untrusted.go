package trust

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/vitro-tls/vitro/fault"
)

// untrusted says why a path that holds together leads to nobody who is trusted.
func (e *examination) untrusted(p path) *fault.Error {
	last := p.last()
	if p.end == selfSigned {
		if len(p.certs) == 1 {
			return e.selfSigned(last)
		}
		failure := fault.New(fault.UnknownCA).With(fmt.Sprintf("the chain ends in the root %s, which is not among the trusted roots (%s)",
			short(last), e.roots.origin))
		return e.sameName(failure, last)
	}
	if p.end == circle {
		return fault.New(fault.UnknownCA).With(fmt.Sprintf("the CAs above %s vouch for each other in a circle, and none of them is trusted (%s)",
			short(p.certs[0]), e.roots.origin))
	}
	by := quote(commonName(last.Issuer))
	rule := fault.UnknownCA
	if e.probablyIntermediate(last) {
		rule = fault.MissingIntermediate
	}
	failure := fault.New(rule).With(fmt.Sprintf("the %v did not send the issuer %s of certificate %s, which is not among the trusted roots (%s) either",
		e.role.Peer(), by, short(last), e.roots.origin))
	return e.sameName(failure, last)
}

func (e *examination) selfSigned(leaf *x509.Certificate) *fault.Error {
	failure := fault.New(fault.SelfSigned).With(fmt.Sprintf("%s is its own issuer and is not among the trusted roots (%s)",
		short(leaf), e.roots.origin))
	if e.trustsName(leaf.RawSubject) {
		failure.Detail += ", where there is another one of that name"
	}
	return failure
}

func (e *examination) trustsName(raw []byte) bool {
	return slices.ContainsFunc(e.roots.subjects(), func(s []byte) bool { return bytes.Equal(s, raw) })
}

// sameName tells of the CA that was made anew under its old name.
func (e *examination) sameName(failure *fault.Error, last *x509.Certificate) *fault.Error {
	if !e.trustsName(last.RawIssuer) {
		return failure
	}
	return fault.New(fault.UnknownCA).
		With(fmt.Sprintf("one of the trusted roots (%s) is called %s too, but it is not the one that signed %s",
			e.roots.origin, quote(commonName(last.Issuer)), short(last))).
		Advise("if the CA was made anew, have it issue the certificate again; else trust the CA that issued it")
}

// probablyIntermediate decides what an issuer is that was neither sent nor is trusted: an intermediate that the peer
// forgot, or a root that nobody told us of. Nothing in the certificate says it, so the text always tells both, and
// MissingIntermediate is a case of UnknownCA. What the rule goes by, the surest sign first:
//
//  1. The issuer's own name: CAs call their roots "root" and their intermediates "intermediate" or "issuing".
//  2. An address where the issuer's certificate can be had (RFC 5280 §4.2.2.1). Public CAs write it into every leaf,
//     and their roots are known to the system: then what is missing is an intermediate. Beside a given pool it says
//     so only in a leaf, since an intermediate's issuer is most often a root.
//  3. Beside a given pool: a leaf whose issuer goes by the name of one of the trusted roots, by organization or by
//     the telling words of the common name, belongs below that root.
//
// Else the CA is unknown.
func (e *examination) probablyIntermediate(last *x509.Certificate) bool {
	words := wordsOf(commonName(last.Issuer))
	switch {
	case slices.Contains(words, "root"):
		return false
	case slices.ContainsFunc(words, func(w string) bool { return belowRoot[w] }):
		return true
	}
	given := e.roots.origin == FromPool
	if len(last.IssuingCertificateURL) > 0 && !(given && last.IsCA) {
		return true
	}
	return given && !last.IsCA && slices.ContainsFunc(e.roots.subjects(), func(s []byte) bool { return related(last.Issuer, s) })
}

var belowRoot = map[string]bool{"intermediate": true, "issuing": true, "subordinate": true, "sub": true, "subca": true}

// untelling are the words that CAs of any house have in their names.
var untelling = map[string]bool{"ca": true, "cert": true, "certificate": true, "certificates": true, "certification": true,
	"authority": true, "the": true, "of": true, "for": true, "and": true, "tls": true, "ssl": true, "server": true, "rsa": true,
	"ecdsa": true, "ecc": true, "ec": true, "local": true, "private": true, "internal": true, "trust": true, "network": true,
	"services": true, "inc": true, "llc": true, "ltd": true, "root": true}

func related(issuer pkix.Name, rawRoot []byte) bool {
	var seq pkix.RDNSequence
	if _, err := asn1.Unmarshal(rawRoot, &seq); err != nil {
		return false
	}
	var root pkix.Name
	root.FillFromRDNSequence(&seq)
	for _, o := range issuer.Organization {
		if slices.Contains(root.Organization, o) {
			return true
		}
	}
	own := wordsOf(commonName(issuer))
	return slices.ContainsFunc(wordsOf(commonName(root)), func(w string) bool {
		return len(w) > 2 && !untelling[w] && slices.Contains(own, w)
	})
}

// wordsOf takes a name apart. Numbers tell generations and years, not houses.
func wordsOf(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) })
}
