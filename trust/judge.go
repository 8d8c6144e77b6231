package trust

import (
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// judge goes over a path in the order of the reasons and stops at the first one. Refused is what crypto/x509 said,
// nil if it accepts the path; what is found here beyond that concerns the leaf's key usage and name.
func (e *examination) judge(p path, refused error) *fault.Error {
	steps := []func(path, error) *fault.Error{
		e.judgeKeys, e.judgeLinks, e.judgeRoot, e.judgeDates, e.judgeWhole, e.judgeUsage, e.judgeKeyUsage, e.judgeName, e.judgeStaple,
		e.judgeTimestamps,
	}
	for _, step := range steps {
		if failure := step(p, refused); failure != nil {
			if failure.Cause == nil && refused != nil {
				failure = failure.Because(cause{refused})
			}
			return failure
		}
	}
	return nil
}

// judgeLinks: RFC 5280 §6.1.3 and §6.1.4: each certificate is signed by the next one's key, which must be a CA's.
func (e *examination) judgeLinks(p path, refused error) *fault.Error {
	for i, c := range p.certs {
		failure := e.judgeLink(p, i, refused)
		if failure != nil || i+1 < len(p.certs) {
			e.tell(c, i, func() event.Check { return link(c, failure == nil) })
		}
		if failure != nil {
			return failure
		}
	}
	return nil
}

func link(c *x509.Certificate, passed bool) event.Check {
	return event.Check{What: event.CheckLink, Passed: passed, Issuer: issuer(c), Algorithm: algorithm(c)}
}

func (e *examination) judgeLink(p path, i int, refused error) *fault.Error {
	if refused == nil {
		return nil
	}
	c := p.certs[i]
	if len(c.UnhandledCriticalExtensions) > 0 {
		// RFC 5280 §4.2.
		return fault.New(fault.UnknownCriticalExtension).With(fmt.Sprintf("%s has the critical extension %v", short(c), c.UnhandledCriticalExtensions[0]))
	}
	if i+1 < len(p.certs) {
		return judgeIssuer(c, p.certs[i+1], i, p.end == anchored && i+2 == len(p.certs))
	}
	switch p.end {
	case tooDeep:
		return invalid("the %v's certificates take too long to be put together", e.role.Peer())
	case noIssuer:
		// A root that is trusted, and not sent, goes unnoticed where the signature below it does not count.
		return judgeSignature(c, nil)
	case badSignature:
		return badLink(c, p)
	}
	return nil
}

// badLink says why a certificate's signature does not lead to its issuer.
func badLink(c *x509.Certificate, p path) *fault.Error {
	failure := judgeSignature(c, p.err)
	switch {
	case failure != nil:
	case p.issuer == c:
		failure = fault.New(fault.NotSignedByIssuer).With(fmt.Sprintf("%s names itself as its issuer, but its own key did not sign it", short(c)))
	default:
		failure = fault.New(fault.NotSignedByIssuer).With(fmt.Sprintf("%s names %s as its issuer, whose key did not sign it", short(c), short(p.issuer)))
	}
	return failure.Because(cause{p.err})
}

// judgeIssuer: a trusted root need not call itself a CA, it is trusted as it is: RFC 5280 §6.1 takes name and key of it.
func judgeIssuer(c, by *x509.Certificate, between int, root bool) *fault.Error {
	if !root && (!by.BasicConstraintsValid || !by.IsCA) {
		return fault.New(fault.NotACA).With(fmt.Sprintf("%s signed %s, but is not a CA: its basic constraints do not say so", short(by), short(c)))
	}
	if by.KeyUsage != 0 && by.KeyUsage&x509.KeyUsageCertSign == 0 {
		return fault.New(fault.MayNotIssue).With(fmt.Sprintf("%s signed %s, but its key usage lacks keyCertSign", short(by), short(c)))
	}
	// RFC 5280 §4.2.1.9: the path length counts the intermediates between a CA and the leaf.
	if by.BasicConstraintsValid && by.MaxPathLen >= 0 && between > by.MaxPathLen {
		return fault.New(fault.PathTooLong).With(fmt.Sprintf("%s allows %d intermediate CAs below it, the chain has %d", short(by), by.MaxPathLen, between))
	}
	return nil
}

func invalid(format string, args ...any) *fault.Error {
	return fault.New(fault.InvalidChain).With(fmt.Sprintf(format, args...))
}

func (e *examination) judgeRoot(p path, _ error) *fault.Error {
	last := p.last()
	e.tell(last, len(p.certs)-1, func() event.Check {
		return event.Check{What: event.CheckRoot, Passed: p.end == anchored, Issuer: issuer(last), Roots: e.roots.origin}
	})
	if p.end == anchored {
		return nil
	}
	failure := e.untrusted(p)
	failure.Detail += e.besides(p.certs[0])
	return failure
}

// judgeDates: RFC 5280 §4.1.2.5: both ends belong to the validity.
func (e *examination) judgeDates(p path, _ error) *fault.Error {
	for i, c := range p.certs {
		failure := e.judgeDate(c)
		e.tell(c, i, func() event.Check {
			return event.Check{What: event.CheckDates, Passed: failure == nil, NotBefore: c.NotBefore, NotAfter: c.NotAfter}
		})
		if failure != nil {
			if i > 0 {
				failure = failure.Advise("it is the certificate of a CA above the leaf: its newer one must be sent or trusted; or set this machine's clock")
			}
			return failure
		}
	}
	return nil
}

func (e *examination) judgeDate(c *x509.Certificate) *fault.Error {
	switch {
	case e.now.After(c.NotAfter):
		return fault.New(fault.CertificateExpired).With(fmt.Sprintf("%s was valid until %s; now it is %s",
			short(c), stamp(c.NotAfter), stamp(e.now)))
	case e.now.Before(c.NotBefore):
		return fault.New(fault.CertificateNotYetValid).With(fmt.Sprintf("%s is valid from %s; now it is %s",
			short(c), stamp(c.NotBefore), stamp(e.now)))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// besides names what else would fail at the leaf, so that it is not found out one mend at a time.
func (e *examination) besides(leaf *x509.Certificate) string {
	var more []string
	if failure := e.judgeDate(leaf); failure != nil {
		more = append(more, failure.Detail)
	}
	if e.role == fault.Client && leaf.VerifyHostname(e.host()) != nil {
		more = append(more, "it is not for "+quote(e.host()))
	}
	if len(more) == 0 {
		return ""
	}
	return "; besides, " + strings.Join(more, ", and ")
}
