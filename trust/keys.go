package trust

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// RFC 9325 §4.5: what is as strong as 112 bits of a symmetric key.
const (
	defaultRSABits = 2048
	minCurveBits   = 256
)

// tooSmall says what is wrong with the size of a key, "" if nothing is.
func (e *examination) tooSmall(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < e.minRSABits {
			return fmt.Sprintf("%d bits", e.minRSABits)
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < minCurveBits {
			return fmt.Sprintf("%d bits", minCurveBits)
		}
	}
	return ""
}

func (e *examination) strong(chain []*x509.Certificate) bool {
	return !slices.ContainsFunc(chain, func(c *x509.Certificate) bool { return e.tooSmall(c) != "" })
}

// judgeKeys looks at every key that something depends on, a root's too: who has found its private half issues what he
// likes. It comes first because crypto/rsa does not even check signatures with the smallest.
func (e *examination) judgeKeys(p path, _ error) *fault.Error {
	certs := p.certs
	if p.issuer != nil {
		certs = append(slices.Clip(certs), p.issuer)
	}
	at := max(0, slices.IndexFunc(certs, func(c *x509.Certificate) bool { return e.tooSmall(c) != "" }))
	least := e.tooSmall(certs[at])
	e.tell(certs[at], at, func() event.Check {
		check := event.Check{What: event.CheckKey, Passed: least == "", Wanted: fmt.Sprintf("RSA %d, ECDSA %d", e.minRSABits, minCurveBits)}
		for _, c := range certs {
			check.Found = append(check.Found, keyName(c))
		}
		return check
	})
	if least == "" {
		return nil
	}
	failure := fault.New(fault.SmallKey).With(fmt.Sprintf("the key of %s is %s; it needs %s at least", short(certs[at]), keyName(certs[at]), least))
	if _, is := certs[at].PublicKey.(*rsa.PublicKey); is {
		failure = failure.Advise("issue it with a key of " + least + " or more; for an old device that cannot, policy legacy allows 1024")
	}
	return failure
}

func keyName(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ECDSA %d", key.Curve.Params().BitSize)
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return cmp.Or(c.PublicKeyAlgorithm.String(), "an unknown key")
}

// weak: RFC 8446 §4.4.2.4: signatures with MD5 must not be taken, those with SHA-1 should not; here neither is.
func weak(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

// judgeSignature names the signature algorithm where it is the reason that a signature does not count. Known: the
// certificate's issuer is, so that the signature was tried.
func judgeSignature(c *x509.Certificate, why error) *fault.Error {
	switch {
	case weak(c.SignatureAlgorithm):
		return fault.New(fault.WeakSignature).With(fmt.Sprintf("%s is signed with %s, which is too weak to be believed", short(c), algorithm(c)))
	case c.SignatureAlgorithm == x509.UnknownSignatureAlgorithm, errors.Is(why, x509.ErrUnsupportedAlgorithm):
		return fault.New(fault.UnknownSignatureAlgorithm).With(fmt.Sprintf("%s is signed by %s with an algorithm that is not known here (%s)",
			short(c), quote(commonName(c.Issuer)), algorithm(c)))
	}
	return nil
}
