package tls

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
)

// issued is a certificate with its key and those above it.
type issued struct {
	cert  *x509.Certificate
	key   crypto.Signer
	above [][]byte
}

func authority(ca *testkit.CA, above ...[]byte) *issued {
	return &issued{cert: ca.Certificate, key: ca.Key, above: above}
}

// issue signs what no decent CA would sign. A nil key is made anew.
func issue(t *testing.T, by *issued, key crypto.Signer, template x509.Certificate) *issued {
	t.Helper()
	var err error
	if key == nil {
		if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = testkit.Now.Add(-time.Hour), testkit.Now.Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, &template, by.cert, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert: cert, key: key, above: append([][]byte{by.cert.Raw}, by.above...)}
}

func (i *issued) certificate() Certificate {
	return Certificate{Certificate: append([][]byte{i.cert.Raw}, i.above...), PrivateKey: i.key}
}

func leafTemplate() x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: "leaf"}, DNSNames: []string{testkit.Host}, KeyUsage: x509.KeyUsageDigitalSignature}
}

func caTemplate(name string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true, IsCA: true, MaxPathLen: -1, KeyUsage: x509.KeyUsageCertSign}
}

// judged is a server's certificate, or what it shows beside it, with the rule by which a client refuses it.
type judged struct {
	name   string
	shown  Certificate
	rule   *fault.Rule // nil: it is taken
	client func(*Config)
}

// shake makes both versions' handshakes, and holds what both ends make of it to the rule.
func (j judged) shake(t *testing.T) {
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		cc, sc := clientConfig(), &Config{Certificates: []Certificate{j.shown}, Time: testkit.Clock}
		cc.MaxVersion = version
		if j.client != nil {
			j.client(cc)
		}
		client, server := pair(t, cc, sc)
		cerr, serr := both(client, server)
		if j.rule == nil {
			if cerr != nil {
				t.Errorf("%#x: %v", version, cerr)
			}
			continue
		}
		var found *fault.Error
		if !errors.As(cerr, &found) || found.Rule != j.rule {
			t.Errorf("%#x: the client says %v, want the rule %s", version, cerr, j.rule.Name)
			continue
		}
		if version == VersionTLS13 && serr == nil {
			// A server of TLS 1.3 may be done before its client has judged it: it hears of it when it reads.
			_, serr = server.Read(make([]byte, 1))
		}
		if !errors.Is(serr, fault.Told(j.rule.Alert)) {
			t.Errorf("%#x: the server says %v, want the alert %v", version, serr, j.rule.Alert)
		}
	}
}

func shakeAll(t *testing.T, all []judged) {
	for _, j := range all {
		t.Run(j.name, j.shake)
	}
}

// RFC 5280 §6.1: every rule of a chain is provoked by a server that shows such a chain.
func TestClientJudgesChains(t *testing.T) {
	root := authority(testkit.PKI().Root)
	inter := authority(testkit.PKI().Intermediate, testkit.PKI().Root.Certificate.Raw)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	spoiled := issue(t, inter, nil, leafTemplate()).certificate()
	spoiled.Certificate[0] = bytes.Clone(spoiled.Certificate[0])
	spoiled.Certificate[0][len(spoiled.Certificate[0])-1] ^= 1
	old := issue(t, root, testkit.Leaf(testkit.RSA).Key, caTemplate("old"))
	sha1 := leafTemplate()
	sha1.SignatureAlgorithm = x509.SHA1WithRSA
	odd := issue(t, old, nil, sha1).certificate()
	// RFC 8017 §A.2.4: sha1WithRSAEncryption ends in 5, and nothing ends in 99.
	name := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1}
	odd.Certificate[0] = bytes.ReplaceAll(odd.Certificate[0], append(bytes.Clone(name), 5), append(bytes.Clone(name), 99))
	noSign := caTemplate("no signer")
	noSign.KeyUsage = x509.KeyUsageCRLSign
	low := caTemplate("low")
	low.MaxPathLen, low.MaxPathLenZero = 0, true
	critical := leafTemplate()
	critical.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	bound := caTemplate("bound")
	bound.PermittedDNSDomainsCritical, bound.PermittedDNSDomains = true, []string{"elsewhere.test"}
	strict := caTemplate("strict")
	// RFC 5280 §4.2.1.11: requireExplicitPolicy from here on.
	strict.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 36}, Critical: true, Value: []byte{0x30, 3, 0x80, 1, 0}}}
	below := func(ca x509.Certificate) *issued { return issue(t, root, nil, ca) }
	leafBelow := func(by *issued) Certificate { return issue(t, by, nil, leafTemplate()).certificate() }
	shakeAll(t, []judged{
		{name: "good", shown: leafBelow(inter)},
		{name: "a signature that does not verify", shown: spoiled, rule: fault.NotSignedByIssuer},
		{name: "SHA-1", shown: issue(t, old, nil, sha1).certificate(), rule: fault.WeakSignature},
		{name: "an unknown signature algorithm", shown: odd, rule: fault.UnknownSignatureAlgorithm},
		{name: "a small key", shown: issue(t, inter, small, leafTemplate()).certificate(), rule: fault.SmallKey,
			client: func(c *Config) { c.Verifier = new(trust.Verifier) }},
		{name: "a small key below roots that somebody else chose", shown: issue(t, inter, small, leafTemplate()).certificate(), rule: fault.SmallKey,
			client: func(c *Config) { c.Verifier, c.RootCAs = &trust.Verifier{Roots: c.RootCAs}, nil }},
		{name: "a small key below roots of one's own, as in crypto/tls", shown: issue(t, inter, small, leafTemplate()).certificate()},
		{name: "a small key under policy legacy", shown: issue(t, inter, small, leafTemplate()).certificate(),
			client: func(c *Config) { c.Verifier, c.Policy = new(trust.Verifier), PolicyLegacy }},
		{name: "a small key where the bound is lower", shown: issue(t, inter, small, leafTemplate()).certificate(),
			client: func(c *Config) { c.Verifier = &trust.Verifier{MinRSABits: 1024} }},
		{name: "a leaf that issues", shown: leafBelow(issue(t, inter, nil, leafTemplate())), rule: fault.NotACA},
		{name: "a CA whose key may not sign", shown: leafBelow(below(noSign)), rule: fault.MayNotIssue},
		{name: "too long for a CA above", shown: leafBelow(issue(t, below(low), nil, caTemplate("lower"))), rule: fault.PathTooLong},
		{name: "an unknown critical extension", shown: issue(t, inter, nil, critical).certificate(), rule: fault.UnknownCriticalExtension},
		{name: "a name that the CA may not issue for", shown: leafBelow(below(bound)), rule: fault.NameNotPermitted},
		{name: "a policy that the leaf lacks", shown: leafBelow(below(strict)), rule: fault.PolicyNotValid},
	})
}

// staples is what a CA says about one of its certificates, unless it is changed: that it is good.
func (i *issued) staples(t *testing.T, about *x509.Certificate, change func(*ocsp.Response)) []byte {
	t.Helper()
	r := ocsp.Response{Status: ocsp.Good, SerialNumber: about.SerialNumber, ThisUpdate: testkit.Now.Add(-time.Hour), NextUpdate: testkit.Now.Add(time.Hour)}
	if change != nil {
		change(&r)
	}
	response, err := ocsp.CreateResponse(i.cert, i.cert, r, i.key)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// RFC 6066 §8: every rule of stapled responses is provoked by a server that staples such a one.
func TestClientJudgesStaples(t *testing.T) {
	inter := authority(testkit.PKI().Intermediate, testkit.PKI().Root.Certificate.Raw)
	template := leafTemplate()
	// RFC 7633 §6: the feature 5, status_request.
	template.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: []byte{0x30, 3, 2, 1, 5}}}
	promising := issue(t, inter, nil, template)
	plain := issue(t, inter, nil, leafTemplate())
	with := func(i *issued, response []byte) Certificate {
		c := i.certificate()
		c.OCSPStaple = response
		return c
	}
	changed := func(change func(*ocsp.Response)) Certificate {
		return with(plain, inter.staples(t, plain.cert, change))
	}
	forged := authority(testkit.PKI().Intermediate)
	forged.key = plain.key
	require := func(c *Config) { c.Verifier = &trust.Verifier{Staples: trust.RequireStaples} }
	ignore := func(c *Config) { c.Verifier = &trust.Verifier{Staples: trust.IgnoreStaples} }
	shakeAll(t, []judged{
		{name: "good", shown: changed(nil), client: require},
		{name: "a promise that is kept", shown: with(promising, inter.staples(t, promising.cert, nil))},
		{name: "none", shown: plain.certificate()},
		{name: "nonsense that is ignored", shown: with(promising, []byte("staple")), client: ignore},
		{name: "none where one is promised", shown: promising.certificate(), rule: fault.MissingStaple},
		{name: "none where one is wanted", shown: plain.certificate(), rule: fault.MissingStaple, client: require},
		{name: "revoked", shown: changed(func(r *ocsp.Response) { r.Status, r.RevokedAt = ocsp.Revoked, testkit.Now.Add(-time.Hour) }), rule: fault.CertificateRevoked},
		{name: "unknown", shown: changed(func(r *ocsp.Response) { r.Status = ocsp.Unknown }), rule: fault.StatusUnknown},
		{name: "too old", shown: changed(func(r *ocsp.Response) { r.NextUpdate = testkit.Now.Add(-time.Hour) }), rule: fault.StaleStaple},
		{name: "of tomorrow", shown: changed(func(r *ocsp.Response) { r.ThisUpdate = testkit.Now.Add(24 * time.Hour) }), rule: fault.EarlyStaple},
		{name: "no response", shown: with(plain, []byte("staple")), rule: fault.MalformedStaple},
		{name: "an error", shown: with(plain, ocsp.TryLaterErrorResponse), rule: fault.BadStaple},
		{name: "of another certificate", shown: with(plain, inter.staples(t, promising.cert, nil)), rule: fault.StapleOfAnother},
		{name: "signed by the server itself", shown: with(plain, forged.staples(t, plain.cert, nil)), rule: fault.UntrustedStaple},
	})
}

// A session rests on the staple of its handshake. When that has ended, there is a full handshake, which brings another.
func TestSessionEndsWithItsStaple(t *testing.T) {
	inter := authority(testkit.PKI().Intermediate, testkit.PKI().Root.Certificate.Raw)
	leaf := issue(t, inter, nil, leafTemplate())
	now := testkit.Now
	fresh := func(*ClientHelloInfo) (*Certificate, error) {
		c := leaf.certificate()
		c.OCSPStaple = inter.staples(t, leaf.cert, func(r *ocsp.Response) { r.ThisUpdate, r.NextUpdate = now, now.Add(20*time.Minute) })
		return &c, nil
	}
	cc, sc := clientConfig(), &Config{GetCertificate: fresh}
	cc.ClientSessionCache = NewLRUClientSessionCache(0)
	cc.Time = func() time.Time { return now }
	sc.Time = cc.Time
	for _, c := range []struct {
		after   time.Duration
		resumed bool
	}{{0, false}, {10 * time.Minute, true}, {30 * time.Minute, false}} {
		now = testkit.Now.Add(c.after)
		if cs, _ := echo(t, cc, sc); cs.DidResume != c.resumed {
			t.Errorf("after %v: resumed is %v, want %v", c.after, cs.DidResume, c.resumed)
		}
	}
}

// RFC 6962 §5.2: a client that wants timestamps of logs it knows refuses a server without.
func TestClientJudgesTimestamps(t *testing.T) {
	log, other := testkit.NewLog("log", testkit.P256), testkit.NewLog("other", testkit.RSA)
	list, err := trust.NewLogList(trust.Log{Name: log.Name, Key: log.Key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	ago := testkit.Now.Add(-time.Hour)
	show := func(c *testkit.Certificate, scts ...[]byte) Certificate {
		return Certificate{Certificate: c.Chain, PrivateKey: c.Key, SignedCertificateTimestamps: scts}
	}
	plain := testkit.Leaf(testkit.P256)
	known, unknown := testkit.Logged(testkit.P256, ago, log, other), testkit.Logged(testkit.P256, ago, other)
	inter := authority(testkit.PKI().Intermediate)
	stapled := show(plain)
	stapled.OCSPStaple = inter.staples(t, plain.Leaf, func(r *ocsp.Response) {
		r.ExtraExtensions = []pkix.Extension{testkit.SCTExtension(testkit.StapledSCTs, log.Certificate(ago, plain.Leaf.Raw))}
	})
	wanting := func(c *Config) { c.Verifier = &trust.Verifier{Logs: list, RequireSCTs: 1} }
	shakeAll(t, []judged{
		{name: "in the certificate", shown: show(known), client: wanting},
		{name: "in the handshake", shown: show(plain, log.Certificate(ago, plain.Leaf.Raw)), client: wanting},
		{name: "stapled", shown: stapled, client: wanting},
		{name: "none", shown: show(plain), rule: fault.TooFewTimestamps, client: wanting},
		{name: "of another log", shown: show(unknown), rule: fault.TooFewTimestamps, client: wanting},
		{name: "of another certificate", shown: show(plain, log.Certificate(ago, known.Leaf.Raw)), rule: fault.TooFewTimestamps, client: wanting},
		{name: "none, and none wanted", shown: show(plain), client: func(c *Config) { c.Verifier = &trust.Verifier{Logs: list} }},
	})
}
