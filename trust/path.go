package trust

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// maxWork bounds the signature checks in the search for a path. It leaves room for the longest chain that is taken.
const maxWork = 4 * MaxCertificates

// search walks up from the leaf.
func (e *examination) search() path {
	e.budget = maxWork
	p := e.walk(e.peer.Chain[:1:1])
	if p.end != anchored && e.budget < 0 {
		p.end = tooDeep
	}
	return p
}

// ending says how a path of certificates ends.
type ending uint8

const (
	anchored     ending = iota // in a trusted root
	selfSigned                 // in a certificate that signed itself and is not trusted
	noIssuer                   // in a certificate whose issuer is neither sent nor trusted
	badSignature               // in a certificate that the one named as its issuer did not sign
	circle                     // in a certificate whose issuers are all on the path already
	tooDeep                    // the search was given up
)

// path leads from the leaf upwards, as far as it can be followed without regard to dates and usages.
type path struct {
	certs  []*x509.Certificate // the leaf first; the root last if anchored and known
	end    ending
	issuer *x509.Certificate // badSignature: the one that did not sign
	err    error             // badSignature: why
}

func (p path) last() *x509.Certificate { return p.certs[len(p.certs)-1] }

// walk follows the issuers upwards. Of several ways it prefers one that ends in a trusted root, then one that is
// longer than a signature that fails, then the order in which the peer sent them.
func (e *examination) walk(certs []*x509.Certificate) path {
	cur := certs[len(certs)-1]
	if root, ok := e.anchor(cur); ok {
		if root != nil {
			certs = append(slices.Clip(certs), root)
		}
		return path{certs: certs, end: anchored}
	}
	var best *path
	met := false
	for _, issuer := range e.peer.Chain {
		if !bytes.Equal(issuer.RawSubject, cur.RawIssuer) {
			continue
		}
		if slices.ContainsFunc(certs, func(c *x509.Certificate) bool { return sameCA(c, issuer) }) {
			met = true
			continue
		}
		p := e.follow(certs, issuer)
		if p.end == anchored {
			return p
		}
		if best == nil || best.end == badSignature {
			best = &p
		}
	}
	if best != nil {
		return *best
	}
	return stop(certs, met)
}

func (e *examination) follow(certs []*x509.Certificate, issuer *x509.Certificate) path {
	if e.budget--; e.budget < 0 {
		return path{certs: certs, end: tooDeep}
	}
	if err := signedBy(certs[len(certs)-1], issuer); err != nil {
		return path{certs: certs, end: badSignature, issuer: issuer, err: err}
	}
	return e.walk(append(slices.Clip(certs), issuer))
}

// stop tells how a path ends for which nobody further was sent; met: only such as it had come by already.
func stop(certs []*x509.Certificate, met bool) path {
	cur := certs[len(certs)-1]
	switch {
	case !bytes.Equal(cur.RawIssuer, cur.RawSubject) && met:
		return path{certs: certs, end: circle}
	case !bytes.Equal(cur.RawIssuer, cur.RawSubject):
		return path{certs: certs, end: noIssuer}
	}
	if err := signedBy(cur, cur); err != nil {
		return path{certs: certs, end: badSignature, issuer: cur, err: err}
	}
	return path{certs: certs, end: selfSigned}
}

// anchor finds the trusted root that issued a certificate, or that it is. The root may be trusted and yet unknown
// here, where only the platform can look at it.
//
// A pool cannot be searched, only verified against. So the certificate is verified alone, freed of its own dates and
// extensions, at times when its root is likely to have been valid: now, and at both ends of its own validity.
func (e *examination) anchor(cert *x509.Certificate) (root *x509.Certificate, ok bool) {
	bare := *cert
	bare.NotBefore, bare.NotAfter = time.Time{}, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	bare.Extensions, bare.UnhandledCriticalExtensions = nil, nil
	for _, at := range []time.Time{e.now, cert.NotBefore, cert.NotAfter} {
		if e.budget--; e.budget < 0 {
			return nil, false
		}
		chains, err := bare.Verify(x509.VerifyOptions{
			Roots:         e.roots.pool,
			Intermediates: x509.NewCertPool(),
			CurrentTime:   at,
			KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		})
		if err == nil {
			chain := chains[0]
			if len(chain) == 1 {
				return nil, true
			}
			return chain[len(chain)-1], true
		}
		// Anything but the dates comes after a chain has been found.
		if invalid, is := errors.AsType[x509.CertificateInvalidError](err); is && invalid.Reason != x509.Expired {
			return nil, true
		}
	}
	return nil, false
}

// sameCA: by name and key. Certificates of the same CA behind each other lead nowhere new.
func sameCA(a, b *x509.Certificate) bool {
	return bytes.Equal(a.RawSubject, b.RawSubject) && bytes.Equal(a.RawSubjectPublicKeyInfo, b.RawSubjectPublicKeyInfo)
}

// signedBy checks a signature. That the issuer is no CA is left for later, where it can be named.
func signedBy(cert, issuer *x509.Certificate) error {
	err := cert.CheckSignatureFrom(issuer)
	if _, ok := errors.AsType[x509.ConstraintViolationError](err); ok {
		return issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature)
	}
	return err
}
