package trust_test

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

func flawed(f testkit.Flaw) [][]byte { return testkit.Flawed(f, testkit.P256).Chain }

// RFC 5280 §4.1.2.5: a certificate holds from notBefore through notAfter, as does every one above it.
func TestDates(t *testing.T) {
	good := testkit.Leaf(testkit.P256)
	inter := root()
	old := forge(t, &inter, func() x509.Certificate {
		c := ca("old CA")
		c.NotAfter = testkit.Now.Add(-year / 2)
		return c
	}())
	dead := ca("dead root")
	dead.NotAfter = testkit.Now.Add(-year / 2)
	deadRoot := forge(t, nil, dead)
	runAll(t, []refusal{
		{name: "expired", chain: flawed(testkit.Expired), rule: fault.CertificateExpired, check: event.CheckDates,
			detail: []string{`"vitro.test"`, "until 2025-07-17T00:00:00Z", "now it is 2026-01-15T12:00:00Z"}, hint: "renew"},
		{name: "not yet valid", chain: flawed(testkit.NotYetValid), rule: fault.CertificateNotYetValid, check: event.CheckDates,
			detail: []string{`"vitro.test"`, "from 2041-", "now it is 2026-01-15T12:00:00Z"}, hint: "clock"},
		{name: "a second too late", chain: good.Chain, now: good.Leaf.NotAfter.Add(1e9), rule: fault.CertificateExpired, check: event.CheckDates},
		{name: "a second too early", chain: good.Chain, now: good.Leaf.NotBefore.Add(-1e9), rule: fault.CertificateNotYetValid, check: event.CheckDates},
		{name: "the intermediate expired", chain: chainOf(forge(t, &old, leaf()), old), rule: fault.CertificateExpired,
			check: event.CheckDates, index: 1, detail: []string{`"old CA"`}, hint: "a CA above the leaf"},
		{name: "the root expired", chain: chainOf(forge(t, &deadRoot, leaf())), roots: poolOf(deadRoot), rule: fault.CertificateExpired,
			check: event.CheckDates, index: 1, detail: []string{`"dead root"`}},
		{name: "an expired leaf that is trusted itself", chain: flawed(testkit.Expired),
			roots: poolOf(forged{cert: testkit.Flawed(testkit.Expired, testkit.P256).Leaf}), rule: fault.CertificateExpired, check: event.CheckDates},
	})
	for _, at := range []string{"first", "last"} {
		p := peer(good.Chain)
		p.Now = good.Leaf.NotBefore
		if at == "last" {
			p.Now = good.Leaf.NotAfter
		}
		if v := verifier().Verify(p, fault.Client); v.Err != nil {
			t.Errorf("at its %s second: %v", at, v.Err)
		}
	}
}

// RFC 6125 §6: the host must be one of the names.
func TestNames(t *testing.T) {
	inter := intermediate()
	with := func(name string, dns []string, ips ...net.IP) [][]byte {
		return chainOf(forge(t, &inter, x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: dns, IPAddresses: ips}), inter)
	}
	var many []string
	for i := range 500 {
		many = append(many, fmt.Sprintf("n%d.test", i))
	}
	all := []refusal{
		{name: "another host", chain: flawed(testkit.WrongHost), detail: []string{"other.test", `wanted "vitro.test"`}},
		{name: "another address", chain: testkit.Leaf(testkit.P256).Chain, host: "127.0.0.2", detail: []string{"127.0.0.1", "localhost", `wanted "127.0.0.2"`}},
		{name: "only a common name", chain: flawed(testkit.CommonNameOnly), detail: []string{"only the common name", `"vitro.test"`}, hint: "alternative names"},
		{name: "no name at all", chain: with("", nil), detail: []string{"no host at all"}},
		{name: "an address among the DNS names", chain: with("x", []string{"192.0.2.1"}), host: "192.0.2.1", hint: "as an IP address"},
		{name: "a wildcard's own domain", chain: with("x", []string{"*.a.test"}), host: "a.test", hint: "exactly one label"},
		{name: "too deep for a wildcard", chain: with("x", []string{"*.a.test"}), host: "c.b.a.test", hint: "exactly one label"},
		{name: "very many names", chain: with("x", many), detail: []string{"n0.test", "and 490 more"}, absent: "n490.test"},
		{name: "a name that a terminal would obey", chain: with("x", []string{"a\x1b]0;b\x07"}), absent: "\x1b", detail: []string{`a\x1b]0;b\a`}},
	}
	for i := range all {
		all[i].rule, all[i].check = fault.WrongHost, event.CheckName
	}
	runAll(t, append(all, refusal{name: "no name to hold it to", chain: testkit.Leaf(testkit.P256).Chain, host: ".", rule: fault.BadConfig}))
}

// RFC 5280 §4.2.1.3 and §4.2.1.12, RFC 5246 §7.4.2: what the leaf may be used for.
func TestUsages(t *testing.T) {
	r := root()
	narrow := ca("mail CA")
	narrow.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection}
	mail := forge(t, &r, narrow)
	odd := leaf()
	odd.UnknownExtKeyUsage = []asn1.ObjectIdentifier{{1, 2, 3, 4}}
	inter := intermediate()
	all := []refusal{
		{name: "a client's certificate", chain: flawed(testkit.WrongUsage), detail: []string{"clientAuth", "not for serverAuth"}, hint: "serverAuth"},
		{name: "a server's certificate at a client", chain: testkit.Leaf(testkit.P256).Chain, role: fault.Server, detail: []string{"serverAuth", "not for clientAuth"}, hint: "clientAuth"},
		{name: "a usage without a name", chain: chainOf(forge(t, &inter, odd), inter), detail: []string{"1.2.3.4"}},
		{name: "a CA for something else", chain: chainOf(forge(t, &mail, leaf()), mail), index: 1, detail: []string{`"mail CA"`, "emailProtection"}},
		{name: "RSA key exchange without keyEncipherment", chain: testkit.Flawed(testkit.NoKeyEncipherment, testkit.RSA).Chain,
			suite: wire.TLS_RSA_WITH_AES_128_GCM_SHA256, detail: []string{"digitalSignature", "RSA key exchange needs keyEncipherment"}, hint: "keyEncipherment"},
		{name: "ECDHE without digitalSignature", chain: testkit.Flawed(testkit.NoDigitalSignature, testkit.RSA).Chain,
			suite: wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, detail: []string{"keyEncipherment", "ECDHE key exchange needs digitalSignature"}, hint: "digitalSignature"},
	}
	for i := range all {
		all[i].rule, all[i].check = fault.WrongKeyUsage, event.CheckUsage
	}
	runAll(t, all)

	fits := refusal{chain: testkit.Flawed(testkit.NoDigitalSignature, testkit.RSA).Chain, suite: wire.TLS_RSA_WITH_AES_128_GCM_SHA256}
	if v := fits.verify(); v.Err != nil {
		t.Errorf("RSA key exchange needs no digitalSignature: %v", v.Err)
	}
}

// Who vouches for the chain.
func TestRoots(t *testing.T) {
	elsewhere := of(testkit.PKI().Untrusted)
	alone := testkit.Flawed(testkit.UntrustedRoot, testkit.P256).Chain[:1]
	twin := forge(t, nil, ca(testkit.RootName))
	renewed := forge(t, nil, leaf())
	spoiled := ca("")
	spoiled.Subject = pkix.Name{CommonName: "bad\x1b[2Jroot"}
	hostile := forge(t, nil, spoiled)
	runAll(t, []refusal{
		{name: "self-signed", chain: flawed(testkit.SelfSigned), rule: fault.SelfSigned, check: event.CheckRoot,
			detail: []string{`"vitro.test"`, "its own issuer", "the given pool"}, hint: "--cacert"},
		{name: "self-signed, made anew", chain: chainOf(renewed), roots: poolOf(forge(t, nil, leaf())), rule: fault.SelfSigned,
			check: event.CheckRoot, detail: []string{"another one of that name"}},
		{name: "an untrusted root was sent", chain: flawed(testkit.UntrustedRoot), rule: fault.UnknownCA, check: event.CheckRoot, index: 1,
			detail: []string{"ends in the root", testkit.UntrustedName, "the given pool"}},
		{name: "an untrusted root was not sent", chain: alone, rule: fault.UnknownCA, check: event.CheckRoot,
			detail: []string{"did not send the issuer", testkit.UntrustedName, "not among the trusted roots"}},
		{name: "an empty pool", chain: testkit.Leaf(testkit.P256).Chain, roots: x509.NewCertPool(), rule: fault.UnknownCA,
			check: event.CheckRoot, index: 1, detail: []string{testkit.RootName}},
		{name: "another root of that name", chain: testkit.Leaf(testkit.P256).Chain, roots: poolOf(twin), rule: fault.UnknownCA,
			check: event.CheckRoot, index: 1, detail: []string{"called \"" + testkit.RootName + "\" too"}, hint: "made anew"},
		{name: "its root was sent, another of that name is trusted", chain: append(testkit.Leaf(testkit.P256).Chain[:2:2], root().cert.Raw), roots: poolOf(twin),
			rule: fault.UnknownCA, check: event.CheckRoot, index: 2, detail: []string{"too, but it is not the one"}},
		{name: "a name that a terminal would obey", chain: chainOf(forge(t, &hostile, leaf()), hostile), rule: fault.UnknownCA,
			check: event.CheckRoot, index: 1, absent: "\x1b", detail: []string{`bad\x1b[2Jroot`}},
		{name: "a client of another CA", chain: chainOf(forge(t, &elsewhere, leaf())), role: fault.Server, rule: fault.UnknownCA,
			check: event.CheckRoot, detail: []string{"the client did not send"}},
	})
}

// An issuer that was not sent is an intermediate or an untrusted root: see probablyIntermediate.
func TestMissingIntermediate(t *testing.T) {
	below := func(issuer pkix.Name, template x509.Certificate) [][]byte {
		by := ca("")
		by.Subject = issuer
		unsent := forge(t, nil, by)
		return chainOf(forge(t, &unsent, template))
	}
	named := func(cn string) pkix.Name { return pkix.Name{CommonName: cn} }
	linked := leaf()
	linked.IssuingCertificateURL = []string{"http://ca.test/issuer.der"}
	linkedCA := ca("middle")
	linkedCA.IssuingCertificateURL = linked.IssuingCertificateURL
	acme := ca("Acme Trust 1")
	acme.Subject.Organization = []string{"Acme"}
	acmePool := poolOf(forge(t, nil, acme))

	for _, c := range []struct {
		name   string
		chain  [][]byte
		roots  *x509.CertPool // nil: this machine's
		hidden bool           // an intermediate is missing
	}{
		{"it is called an intermediate", flawed(testkit.MissingIntermediate), testkit.PKI().Roots, true},
		{"it is called an issuing CA", below(named("Foo Issuing CA 3"), leaf()), testkit.PKI().Roots, true},
		{"it is called a root", below(named("Foo Root X1"), linked), nil, false},
		{"system, a leaf with an issuer's address", below(named("R3"), linked), nil, true},
		{"system, a leaf without", below(named("R3"), leaf()), nil, false},
		{"system, an intermediate with an issuer's address", below(named("R3"), linkedCA), nil, true},
		{"pool, a leaf with an issuer's address", below(named("R3"), linked), acmePool, true},
		{"pool, an intermediate with an issuer's address", below(named("R3"), linkedCA), acmePool, false},
		{"pool, the organization of a trusted root", below(pkix.Name{CommonName: "R3", Organization: []string{"Acme"}}, leaf()), acmePool, true},
		{"pool, the name of a trusted root's house", below(named("ACME Server CA"), leaf()), acmePool, true},
		{"pool, words that all houses have", below(named("Server Trust CA 1"), leaf()), acmePool, false},
		{"pool, another house", below(named("Foo CA"), leaf()), acmePool, false},
	} {
		r := refusal{chain: c.chain, roots: c.roots, system: c.roots == nil, rule: fault.UnknownCA, check: event.CheckRoot,
			detail: []string{"the server did not send the issuer", "not among the trusted roots"}}
		if c.hidden {
			r.rule, r.hint = fault.MissingIntermediate, "whole chain"
		}
		t.Run(c.name, r.run)
		if err := r.verify().Err; !errors.Is(err, fault.UnknownCA) {
			t.Errorf("%s: a missing intermediate is a case of an unknown CA; the verdict is %v", c.name, err)
		}
	}
}

// RFC 5280 §6.1: the rest of what makes a chain hold.
func TestLinks(t *testing.T) {
	r, inter := root(), intermediate()
	plain := forge(t, &inter, leaf())
	broken := forge(t, &inter, leaf())
	spoil := append([]byte(nil), broken.cert.Raw...)
	spoil[len(spoil)-1] ^= 1
	self := append([]byte(nil), testkit.Flawed(testkit.SelfSigned, testkit.P256).Chain[0]...)
	self[len(self)-1] ^= 1

	noSign := ca("no signer")
	noSign.KeyUsage = x509.KeyUsageCRLSign
	noSigner := forge(t, &r, noSign)
	low := ca("low")
	low.MaxPathLen, low.MaxPathLenZero = 0, true
	lowCA := forge(t, &r, low)
	lower := forge(t, &lowCA, ca("lower"))
	critical := leaf()
	critical.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	bound := ca("bound")
	bound.PermittedDNSDomainsCritical, bound.PermittedDNSDomains = true, []string{"elsewhere.test"}
	boundCA := forge(t, &r, bound)

	away := ca("away")
	away.ExcludedDNSDomains, away.ExcludedIPRanges = []string{"vitro.test"}, []*net.IPNet{{IP: net.IP{192, 0, 2, 0}, Mask: net.CIDRMask(24, 32)}}
	awayCA := forge(t, &r, away)
	address := leaf()
	address.DNSNames, address.IPAddresses = []string{"elsewhere.test"}, []net.IP{{192, 0, 2, 1}}
	strict := ca("strict")
	// RFC 5280 §4.2.1.11: requireExplicitPolicy from here on.
	strict.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 36}, Critical: true, Value: []byte{0x30, 3, 0x80, 1, 0}}}
	strictCA := forge(t, &r, strict)

	runAll(t, []refusal{
		{name: "a signature that does not verify", chain: append([][]byte{spoil}, inter.cert.Raw), rule: fault.NotSignedByIssuer, check: event.CheckLink,
			detail: []string{`"leaf"`, testkit.IntermediateName, "did not sign it"}},
		{name: "a self-signature that does not verify", chain: [][]byte{self}, rule: fault.NotSignedByIssuer, check: event.CheckLink, detail: []string{"its own key did not sign it"}},
		{name: "another CA of the issuer's name", chain: chainOf(plain, forge(t, &r, ca(testkit.IntermediateName))), rule: fault.NotSignedByIssuer, check: event.CheckLink,
			detail: []string{"did not sign it"}},
		{name: "a leaf that issues", chain: chainOf(forge(t, &plain, leaf()), plain, inter), rule: fault.NotACA, check: event.CheckLink, detail: []string{"is not a CA"}, hint: "CA:TRUE"},
		{name: "a CA whose key may not sign", chain: chainOf(forge(t, &noSigner, leaf()), noSigner), rule: fault.MayNotIssue, check: event.CheckLink,
			detail: []string{`"no signer"`}, hint: "keyCertSign"},
		{name: "too long for a CA above", chain: chainOf(forge(t, &lower, leaf()), lower, lowCA), rule: fault.PathTooLong, check: event.CheckLink, index: 1,
			detail: []string{`"low" allows 0`, "has 1"}},
		{name: "an unknown critical extension", chain: chainOf(forge(t, &inter, critical), inter), rule: fault.UnknownCriticalExtension, check: event.CheckLink, detail: []string{"1.2.3.4"}},
		{name: "a name that the CA is not permitted", chain: chainOf(forge(t, &boundCA, leaf()), boundCA), rule: fault.NameNotPermitted, check: event.CheckLink,
			detail: []string{`"bound" may only issue for "elsewhere.test"`, testkit.Host}},
		{name: "a name that the CA is denied", chain: chainOf(forge(t, &awayCA, leaf()), awayCA), rule: fault.NameNotPermitted, check: event.CheckLink,
			detail: []string{`"away" may not issue for "vitro.test", 192.0.2.0/24`, testkit.Host}},
		{name: "an address that the CA is denied", chain: chainOf(forge(t, &awayCA, address), awayCA), rule: fault.NameNotPermitted, check: event.CheckLink,
			detail: []string{"192.0.2.1"}},
		{name: "a policy that the leaf lacks", chain: chainOf(forge(t, &strictCA, leaf()), strictCA), rule: fault.PolicyNotValid, check: event.CheckLink,
			detail: []string{`"leaf"`}},
	})
	for _, r := range []*fault.Rule{fault.NotSignedByIssuer, fault.NameNotPermitted, fault.WeakSignature, fault.SmallKey} {
		if !errors.Is(r, fault.InvalidChain) {
			t.Errorf("%s is no case of an invalid chain", r.Name)
		}
	}
}

// The order in which reasons are told when there are several.
func TestTheFirstReason(t *testing.T) {
	late := leaf()
	late.NotAfter = testkit.Now.Add(-year / 2)
	elsewhere, inter := of(testkit.PKI().Untrusted), intermediate()
	wrong := late
	wrong.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	good := leaf()
	good.ExtKeyUsage = wrong.ExtKeyUsage
	runAll(t, []refusal{
		{name: "the root before the dates and the name", chain: chainOf(forge(t, &elsewhere, late), elsewhere), host: "x.test",
			rule: fault.UnknownCA, check: event.CheckRoot, index: 1, detail: []string{"besides", "was valid until", `it is not for "x.test"`}},
		{name: "the dates before the usage and the name", chain: chainOf(forge(t, &inter, wrong), inter), host: "x.test",
			rule: fault.CertificateExpired, check: event.CheckDates},
		{name: "the usage before the name", chain: chainOf(forge(t, &inter, good), inter), host: "x.test",
			rule: fault.WrongKeyUsage, check: event.CheckUsage},
	})
}

func TestNothingOrTooMuch(t *testing.T) {
	big8193 := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 8192), E: 65537}
	huge := *testkit.Leaf(testkit.P256).Leaf
	huge.PublicKey = big8193
	r := refusal{rule: fault.RSAKeyTooLarge, detail: []string{"8193 bits"}}
	p := peer(nil)
	p.Chain = []*x509.Certificate{testkit.Leaf(testkit.P256).Leaf, &huge}
	if v := verifier().Verify(p, fault.Client); !errors.Is(v.Err, r.rule) || !strings.Contains(v.Err.Error(), r.detail[0]) {
		t.Errorf("an intermediate with a huge RSA key: %v", v.Err)
	}
	long := testkit.Leaf(testkit.P256).Chain
	for len(long) <= 100 {
		long = append(long, long[1])
	}
	runAll(t, []refusal{
		{name: "no certificate from a server", rule: fault.EmptyServerCertificate},
		{name: "no certificate from a client", role: fault.Server, rule: fault.BadCertificate},
		{name: "101 certificates", chain: long, rule: fault.InvalidChain, detail: []string{"101"}},
	})
	if v := (refusal{chain: long[:100]}).verify(); v.Err != nil {
		t.Errorf("a hundred certificates, most of them idle: %v", v.Err)
	}
}

func TestCircle(t *testing.T) {
	r := of(testkit.PKI().Untrusted)
	unsent := forge(t, &r, ca("A"))
	b := forge(t, &unsent, ca("B"))
	a := forgeFor(t, &b, unsent.key, ca("A"))
	refusal{chain: chainOf(forge(t, &a, leaf()), a, b), rule: fault.UnknownCA, check: event.CheckRoot, index: 2,
		detail: []string{"circle"}}.run(t)
}

// CAs that all sign each other leave more ways upwards than anyone can go.
func TestCrossSignedMaze(t *testing.T) {
	r := of(testkit.PKI().Untrusted)
	var cas []forged
	for i := range 9 {
		cas = append(cas, forge(t, &r, ca(fmt.Sprint("CA ", i))))
	}
	chain := []forged{forge(t, &cas[0], leaf())}
	for i, one := range cas {
		for j, other := range cas {
			if i != j {
				chain = append(chain, forgeFor(t, &other, one.key, ca(fmt.Sprint("CA ", i))))
			}
		}
	}
	v := refusal{chain: chainOf(chain...)}.verify()
	if !errors.Is(v.Err, fault.InvalidChain) || !strings.Contains(v.Err.Error(), "too long") {
		t.Errorf("the verdict is %v, want that the search was given up", v.Err)
	}
}

// Of two ways upwards, the one that leads to a trusted root tells what is wrong.
func TestTheBetterWay(t *testing.T) {
	r, elsewhere := root(), of(testkit.PKI().Untrusted)
	astray := forge(t, &elsewhere, ca("crossed"))
	late := ca("crossed")
	late.NotAfter = testkit.Now.Add(-year / 2)
	home := forgeFor(t, &r, astray.key, late)
	refusal{chain: chainOf(forge(t, &astray, leaf()), astray, home, elsewhere), rule: fault.CertificateExpired,
		check: event.CheckDates, index: 1, detail: []string{`"crossed"`}}.run(t)
}
