package trust_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
)

// good is what a CA says of the good leaf an hour ago, until tomorrow.
func good() ocsp.Response {
	return ocsp.Response{
		Status:       ocsp.Good,
		SerialNumber: testkit.Leaf(testkit.P256).Leaf.SerialNumber,
		ThisUpdate:   testkit.Now.Add(-time.Hour),
		NextUpdate:   testkit.Now.Add(24 * time.Hour),
	}
}

// respond makes a response about a certificate of issuer. A responder that is not the issuer brings its certificate.
func respond(t testing.TB, issuer, by forged, r ocsp.Response) []byte {
	t.Helper()
	if by.cert != issuer.cert {
		r.Certificate = by.cert
	}
	der, err := ocsp.CreateResponse(issuer.cert, by.cert, r, by.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// responder is one that a CA has authorized, by its template.
func responder() x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: "responder"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}}
}

func with(change func(*ocsp.Response)) ocsp.Response {
	r := good()
	change(&r)
	return r
}

// stapled is a peer whose good chain comes with a response, or without.
func stapled(response []byte) want.Peer {
	p := peer(testkit.Leaf(testkit.P256).Chain)
	p.OCSPResponse = response
	return p
}

// lastCheck is what was told last.
func lastCheck(t *testing.T, v want.Verdict) event.Check {
	t.Helper()
	if len(v.Checks) == 0 {
		t.Fatal("no check was told")
	}
	return v.Checks[len(v.Checks)-1]
}

func TestGoodStaples(t *testing.T) {
	inter := intermediate()
	authorized := forge(t, &inter, responder())
	for name, c := range map[string]struct {
		response []byte
		by       string
	}{
		"of the CA":                      {respond(t, inter, inter, good()), testkit.IntermediateName},
		"of the CA, by SHA-256":          {respond(t, inter, inter, with(func(r *ocsp.Response) { r.IssuerHash = crypto.SHA256 })), testkit.IntermediateName},
		"of the CA, which brings itself": {respond(t, inter, inter, with(func(r *ocsp.Response) { r.Certificate = inter.cert })), testkit.IntermediateName},
		"of an authorized responder":     {respond(t, inter, authorized, good()), "responder"},
		"without an end, of today":       {respond(t, inter, inter, with(func(r *ocsp.Response) { r.NextUpdate = time.Time{} })), testkit.IntermediateName},
		"by a clock that is a bit fast":  {respond(t, inter, inter, with(func(r *ocsp.Response) { r.ThisUpdate = testkit.Now.Add(4 * time.Minute) })), testkit.IntermediateName},
		"that ended a moment ago":        {respond(t, inter, inter, with(func(r *ocsp.Response) { r.NextUpdate = testkit.Now.Add(-4 * time.Minute) })), testkit.IntermediateName},
	} {
		v := (&trust.Verifier{Roots: testkit.PKI().Roots, Staples: trust.RequireStaples}).Verify(stapled(c.response), fault.Client)
		if v.Err != nil {
			t.Errorf("%s: %v", name, v.Err)
			continue
		}
		got := lastCheck(t, v)
		if got.What != event.CheckStaple || !got.Passed || got.Issuer != "CN="+c.by || len(got.Found) != 1 || got.Found[0] != "good" || got.NotBefore.IsZero() {
			t.Errorf("%s: the last check is %+v, want a good staple of %s", name, got, c.by)
		}
	}
}

// RFC 6066 §8, RFC 6960 §3.2 and §4.2.2.2: what a client is not satisfied with.
func TestBadStaples(t *testing.T) {
	inter, r, elsewhere := intermediate(), root(), of(testkit.PKI().Untrusted)
	whole := respond(t, inter, inter, good())
	forgedSign := append([]byte(nil), whole...)
	forgedSign[len(forgedSign)-1] ^= 1
	weakly := forgeFor(t, &inter, testkit.Leaf(testkit.RSA).Key, responder())
	twin, renamed := forge(t, &r, ca(testkit.IntermediateName)), forgeFor(t, &r, inter.key, ca("renamed"))
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	late := responder()
	late.NotAfter = testkit.Now.Add(-time.Hour)
	leafKey := forged{testkit.Leaf(testkit.P256).Leaf, testkit.Leaf(testkit.P256).Key}
	for _, c := range []struct {
		name     string
		response []byte
		rule     *fault.Rule
		detail   string
		found    string
	}{
		{"revoked", respond(t, inter, inter, with(func(r *ocsp.Response) {
			r.Status, r.RevokedAt, r.RevocationReason = ocsp.Revoked, testkit.Now.Add(-2*time.Hour), ocsp.KeyCompromise
		})), fault.CertificateRevoked, "revoked on 2026-01-15T10:00:00Z (keyCompromise)", "revoked on 2026-01-15T10:00:00Z (keyCompromise)"},
		{"revoked long ago, and told long ago", respond(t, inter, inter, with(func(r *ocsp.Response) {
			r.Status, r.ThisUpdate, r.NextUpdate = ocsp.Revoked, testkit.Now.Add(-year), testkit.Now.Add(-year/2)
		})), fault.CertificateRevoked, `"vitro.test"`, ""},
		{"unknown", respond(t, inter, inter, with(func(r *ocsp.Response) { r.Status = ocsp.Unknown })), fault.StatusUnknown, testkit.IntermediateName, "unknown"},
		{"too old", respond(t, inter, inter, with(func(r *ocsp.Response) { r.NextUpdate = testkit.Now.Add(-6 * time.Minute) })), fault.StaleStaple,
			"until 2026-01-15T11:54:00Z; now it is 2026-01-15T12:00:00Z", "good"},
		{"of the day before yesterday, without an end", respond(t, inter, inter, with(func(r *ocsp.Response) {
			r.ThisUpdate, r.NextUpdate = testkit.Now.Add(-48*time.Hour), time.Time{}
		})), fault.StaleStaple, "until 2026-01-14T12:00:00Z", "good"},
		{"of tomorrow", respond(t, inter, inter, with(func(r *ocsp.Response) { r.ThisUpdate = testkit.Now.Add(12 * time.Hour) })), fault.EarlyStaple, "is of 2026-01-16", "good"},
		{"no DER", []byte("staple"), fault.MalformedStaple, "its 6 bytes", "malformed_staple"},
		{"cut short", whole[:len(whole)-1], fault.MalformedStaple, "", "malformed_staple"},
		{"something behind it", append(whole[:len(whole):len(whole)], 0), fault.MalformedStaple, "", "malformed_staple"},
		{"a success without a response", []byte{0x30, 3, 0x0a, 1, 0}, fault.MalformedStaple, "", ""},
		{"an error", ocsp.TryLaterErrorResponse, fault.BadStaple, `"try later"`, "bad_staple"},
		{"of another certificate", respond(t, inter, inter, with(func(r *ocsp.Response) { r.SerialNumber = testkit.Leaf(testkit.RSA).Leaf.SerialNumber })),
			fault.StapleOfAnother, "nothing about", "staple_of_another"},
		{"of another CA's certificate of that number", respond(t, r, inter, good()), fault.StapleOfAnother, "another CA", ""},
		{"of a CA of that name with another key", respond(t, twin, forged{twin.cert, inter.key}, good()), fault.StapleOfAnother, "another CA", ""},
		{"of a CA of that key with another name", respond(t, renamed, renamed, good()), fault.StapleOfAnother, "another CA", ""},
		{"a responder with a small key", respond(t, inter, forgeFor(t, &inter, small, responder()), good()), fault.UntrustedStaple, "RSA 1024", ""},
		{"a signature that does not verify", forgedSign, fault.UntrustedStaple, testkit.IntermediateName, "untrusted_staple"},
		{"signed by another CA", respond(t, inter, forged{inter.cert, elsewhere.key}, good()), fault.UntrustedStaple, "did not sign it", ""},
		{"a responder that did not sign it", swapped(t, inter), fault.UntrustedStaple, "did not sign it", ""},
		{"signed by the server itself", respond(t, inter, leafKey, good()), fault.UntrustedStaple, `"vitro.test" signed it, whose certificate is for serverAuth`, ""},
		{"a responder for nothing in particular", respond(t, inter, forge(t, &inter, leaf()), good()), fault.UntrustedStaple, "not for OCSPSigning", ""},
		{"a responder of the CA above", respond(t, inter, forge(t, &r, responder()), good()), fault.UntrustedStaple, "is not of", ""},
		{"a responder of another CA", respond(t, inter, forge(t, &elsewhere, responder()), good()), fault.UntrustedStaple, "is not of", ""},
		{"a responder that expired", respond(t, inter, forge(t, &inter, late), good()), fault.UntrustedStaple, "valid from", ""},
		{"signed with SHA-1", respond(t, inter, weakly, with(func(r *ocsp.Response) { r.SignatureAlgorithm = x509.SHA1WithRSA })), fault.UntrustedStaple, "SHA1-RSA", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := verifier().Verify(stapled(c.response), fault.Client)
			failure, ok := errors.AsType[*fault.Error](v.Err)
			if !ok || failure.Rule != c.rule || !strings.Contains(failure.Detail, c.detail) {
				t.Fatalf("the verdict is %v, want %s with %q", v.Err, c.rule.Name, c.detail)
			}
			t.Log(failure)
			got := lastCheck(t, v)
			if got.What != event.CheckStaple || got.Passed || len(got.Found) != 1 || c.found != "" && got.Found[0] != c.found {
				t.Errorf("the last check is %+v, want a staple that is %s", got, c.found)
			}
			ignoring := &trust.Verifier{Roots: testkit.PKI().Roots, Staples: trust.IgnoreStaples}
			if v := ignoring.Verify(stapled(c.response), fault.Client); v.Err != nil {
				t.Errorf("it was looked at though it was to be ignored: %v", v.Err)
			}
		})
	}
}

// swapped is a response with the certificate of another responder than the one who signed it.
func swapped(t *testing.T, issuer forged) []byte {
	t.Helper()
	signer, r := forge(t, &issuer, responder()), good()
	r.Certificate = forge(t, &issuer, responder()).cert
	der, err := ocsp.CreateResponse(issuer.cert, signer.cert, r, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// RFC 7633 §4.3.3: a certificate that promises a staple is worth nothing without one.
func TestMustStaple(t *testing.T) {
	inter := intermediate()
	saying := func(value ...byte) []byte {
		template := leaf()
		template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: value}}
		return forge(t, &inter, template).cert.Raw
	}
	promise := func(features ...byte) []byte {
		value := []byte{0x30, byte(3 * len(features))}
		for _, f := range features {
			value = append(value, 2, 1, f)
		}
		return saying(value...)
	}
	must, other := [][]byte{promise(17, 5), inter.cert.Raw}, [][]byte{promise(17), inter.cert.Raw}
	refusal{chain: must, rule: fault.MissingStaple, check: event.CheckStaple, detail: []string{"must-staple"}, hint: "stapling on"}.run(t)

	requiring := &trust.Verifier{Roots: testkit.PKI().Roots, Staples: trust.RequireStaples}
	ignoring := &trust.Verifier{Roots: testkit.PKI().Roots, Staples: trust.IgnoreStaples}
	leafOf := testkit.Parse(must)[0]
	kept := peer(must)
	kept.OCSPResponse = respond(t, inter, inter, with(func(r *ocsp.Response) { r.SerialNumber = leafOf.SerialNumber }))
	for _, c := range []struct {
		name     string
		verifier *trust.Verifier
		peer     want.Peer
		role     fault.Role
		rule     error
	}{
		{"a promise that is kept", verifier(), kept, fault.Client, nil},
		{"a promise that cannot be read", verifier(), peer([][]byte{saying(0x30, 9), inter.cert.Raw}), fault.Client, fault.MissingStaple},
		{"a promise with something behind it", verifier(), peer([][]byte{saying(0x30, 0, 0), inter.cert.Raw}), fault.Client, fault.MissingStaple},
		{"a promise of something else", verifier(), peer(other), fault.Client, nil},
		{"a promise that is ignored", ignoring, peer(must), fault.Client, nil},
		{"a client's promise, for which nobody asks", verifier(), peer(must), fault.Server, nil},
		{"no promise, but one is wanted", requiring, peer(other), fault.Client, fault.MissingStaple},
		{"one is wanted of servers only", requiring, peer(other), fault.Server, nil},
		{"a leaf that is trusted itself", &trust.Verifier{Roots: poolOf(forged{cert: testkit.Leaf(testkit.P256).Leaf})}, stapled([]byte("staple")), fault.Client, nil},
		{"a leaf that is trusted itself, and one is wanted", &trust.Verifier{Roots: poolOf(forged{cert: testkit.Leaf(testkit.P256).Leaf}), Staples: trust.RequireStaples},
			stapled([]byte("staple")), fault.Client, fault.MissingStaple},
	} {
		if v := c.verifier.Verify(c.peer, c.role); !errors.Is(v.Err, c.rule) {
			t.Errorf("%s: the verdict is %v, want %v", c.name, v.Err, c.rule)
		}
	}
}
