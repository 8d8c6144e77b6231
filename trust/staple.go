package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// StaplePolicy says what a verifier makes of the OCSP response that a server staples. RFC 6066 §8.
type StaplePolicy uint8

const (
	// JudgeStaples refuses a server that staples anything but the word of its CA, of today, that its certificate is
	// good; and one that staples nothing although its certificate says that it will (must-staple, RFC 7633).
	JudgeStaples StaplePolicy = iota
	// RequireStaples also refuses every other server that staples nothing.
	RequireStaples
	// IgnoreStaples looks at none, as crypto/tls does, whatever the certificate says.
	IgnoreStaples
)

const (
	// clockSkew is how far the responder's clock may be from ours.
	clockSkew = 5 * time.Minute
	// openEnded is how long a response is taken that does not say when it ends: RFC 6960 §4.2.2.1: newer ones can be
	// had at any time.
	openEnded = 24 * time.Hour
)

// judgeStaple: RFC 6066 §8, §9: a client checks the response that it gets, and aborts where it is not satisfied.
func (e *examination) judgeStaple(p path, _ error) *fault.Error {
	leaf := p.certs[0]
	switch issuer := e.issuerOf(p); {
	case e.staples == IgnoreStaples:
		return nil
	case len(e.peer.OCSPResponse) == 0 || issuer == nil:
		return e.judgeNoStaple(leaf)
	default:
		return e.judgeResponse(leaf, issuer)
	}
}

// issuerOf is the leaf's CA, whose word counts; nil where the leaf itself is trusted, and nobody's word with it.
func (e *examination) issuerOf(p path) *x509.Certificate {
	if len(p.certs) > 1 {
		return p.certs[1]
	}
	return nil
}

// judgeNoStaple: RFC 7633 §4.3.3: who has asked for what the certificate promises, and does not get it, refuses. Nobody
// asks a client for a staple.
func (e *examination) judgeNoStaple(leaf *x509.Certificate) *fault.Error {
	must := promisesStaple(leaf)
	if e.role == fault.Server || !must && e.staples != RequireStaples {
		return nil
	}
	e.tell(leaf, 0, func() event.Check { return event.Check{What: event.CheckStaple, Wanted: "good"} })
	why := "the certificate " + short(leaf) + " says that there will be one (must-staple)"
	if !must {
		why = "this client wants one for every certificate"
	}
	if len(e.peer.OCSPResponse) > 0 {
		why += "; what came cannot be judged, as the CA of " + short(leaf) + " is not known"
	}
	return fault.New(fault.MissingStaple).With(why)
}

// RFC 7633 §6: id-pe-tlsfeature; and the feature status_request by its number as an extension.
var oidTLSFeature = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}

const featureStatusRequest = 5

func promisesStaple(c *x509.Certificate) bool {
	for _, x := range c.Extensions {
		if !x.Id.Equal(oidTLSFeature) {
			continue
		}
		var features []int
		rest, err := asn1.Unmarshal(x.Value, &features)
		return err != nil || len(rest) > 0 || slices.Contains(features, featureStatusRequest)
	}
	return false
}

func (e *examination) judgeResponse(leaf, issuer *x509.Certificate) *fault.Error {
	response, by, failure := e.readStaple(leaf, issuer)
	if failure == nil {
		failure = e.judgeStatus(response, leaf)
		e.staple = response
	}
	e.tell(leaf, 0, func() event.Check {
		check := event.Check{What: event.CheckStaple, Passed: failure == nil, Wanted: "good"}
		if response == nil {
			check.Found = []string{failure.Rule.Name}
			return check
		}
		check.Issuer, check.Found = subject(by), []string{statusText(response)}
		check.NotBefore, check.NotAfter = response.ThisUpdate, response.NextUpdate
		return check
	})
	return failure
}

// judgeStatus: RFC 6960 §2.2 and §3.2. A revocation counts however old the response is: nobody takes it back.
func (e *examination) judgeStatus(r *ocsp.Response, leaf *x509.Certificate) *fault.Error {
	ends := r.NextUpdate
	if ends.IsZero() {
		ends = r.ThisUpdate.Add(openEnded)
	}
	switch {
	case r.ThisUpdate.After(e.now.Add(clockSkew)):
		return fault.New(fault.EarlyStaple).With(fmt.Sprintf("that for %s is of %s; now it is %s", short(leaf), stamp(r.ThisUpdate), stamp(e.now)))
	case r.Status == ocsp.Revoked:
		return fault.New(fault.CertificateRevoked).With(fmt.Sprintf("%s was %s", short(leaf), statusText(r)))
	case e.now.After(ends.Add(clockSkew)):
		return fault.New(fault.StaleStaple).With(fmt.Sprintf("that for %s is of %s and was good until %s; now it is %s",
			short(leaf), stamp(r.ThisUpdate), stamp(ends), stamp(e.now)))
	case r.Status != ocsp.Good:
		return fault.New(fault.StatusUnknown).With(fmt.Sprintf("%s, with the number %x, of %s", short(leaf), leaf.SerialNumber, quote(commonName(leaf.Issuer))))
	}
	return nil
}

// RFC 5280 §5.3.1, by number.
var revocationReasons = []string{"", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
	"certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise"}

func statusText(r *ocsp.Response) string {
	switch r.Status {
	case ocsp.Good:
		return "good"
	case ocsp.Unknown:
		return "unknown"
	}
	text := "revoked on " + stamp(r.RevokedAt)
	if n := r.RevocationReason; n > 0 && n < len(revocationReasons) && revocationReasons[n] != "" {
		text += " (" + revocationReasons[n] + ")"
	}
	return text
}

// readStaple parses a response and finds out who signed it, and whether that one may.
func (e *examination) readStaple(leaf, issuer *x509.Certificate) (r *ocsp.Response, by *x509.Certificate, failure *fault.Error) {
	der := e.peer.OCSPResponse
	ids, failure := certIDs(der)
	if failure != nil {
		return nil, nil, failure
	}
	at := slices.IndexFunc(ids, func(id certID) bool { return id.Serial.Cmp(leaf.SerialNumber) == 0 })
	if at < 0 {
		return nil, nil, fault.New(fault.StapleOfAnother).With(fmt.Sprintf("it has nothing about %s, with the number %x", short(leaf), leaf.SerialNumber))
	}
	r, err := ocsp.ParseResponseForCert(der, leaf, nil)
	switch {
	case err == nil:
	case strings.Contains(err.Error(), "signature"): // that of the responder that it brings along
		return nil, nil, fault.New(fault.UntrustedStaple).Because(cause{err}).With("the responder whose certificate it has did not sign it")
	default:
		return nil, nil, fault.New(fault.MalformedStaple).Because(cause{err}).With("that for " + short(leaf))
	}
	if !ids[at].names(issuer, r.IssuerHash) {
		return nil, nil, fault.New(fault.StapleOfAnother).With(fmt.Sprintf("its number %x is that of %s, but it is of another CA than %s",
			leaf.SerialNumber, short(leaf), short(issuer)))
	}
	by, failure = e.authorized(r, issuer)
	if failure != nil {
		return nil, nil, failure
	}
	return r, by, nil
}

// authorized: RFC 6960 §4.2.2.2: the CA itself signed the response, or a responder whom the CA itself, with that very
// key, gave a certificate for OCSPSigning.
func (e *examination) authorized(r *ocsp.Response, issuer *x509.Certificate) (by *x509.Certificate, failure *fault.Error) {
	refuse := func(format string, args ...any) (*x509.Certificate, *fault.Error) {
		return nil, fault.New(fault.UntrustedStaple).With(fmt.Sprintf(format, args...))
	}
	if weak(r.SignatureAlgorithm) {
		return refuse("it is signed with %v, which is too weak to be believed", r.SignatureAlgorithm)
	}
	by = r.Certificate
	if by == nil || bytes.Equal(by.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo) {
		if err := r.CheckSignatureFrom(issuer); err != nil {
			_, failure = refuse("%s did not sign it, and no responder's certificate is in it", short(issuer))
			return nil, failure.Because(cause{err})
		}
		return issuer, nil
	}
	if err := signedBy(by, issuer); err != nil {
		_, failure = refuse("%s signed it, whose certificate is not of %s", short(by), short(issuer))
		return nil, failure.Because(cause{err})
	}
	switch {
	case !slices.Contains(by.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return refuse("%s signed it, whose certificate is for %s, not for OCSPSigning", short(by), listed(extUsages(by)))
	case e.tooSmall(by) != "":
		return refuse("%s signed it, whose key is %s", short(by), keyName(by))
	case e.now.Before(by.NotBefore) || e.now.After(by.NotAfter):
		return refuse("%s signed it, whose certificate is valid from %s to %s", short(by), stamp(by.NotBefore), stamp(by.NotAfter))
	}
	return by, nil
}
