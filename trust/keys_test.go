package trust_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/trust"
)

// RFC 8446 §4.4.2.4: a signature with MD5 or SHA-1 proves nothing any more.
func TestSignatureAlgorithms(t *testing.T) {
	key := testkit.Leaf(testkit.RSA).Key
	old := forgeFor(t, nil, key, ca("old root"))
	template := leaf()
	template.SignatureAlgorithm = x509.SHA1WithRSA
	sha1 := forge(t, &old, template)
	// RFC 8017 §A.2.4: the last number of the algorithm's name says which hash.
	signedAs := func(number byte) [][]byte {
		name := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1}
		return [][]byte{bytes.ReplaceAll(sha1.cert.Raw, append(name, 5), append(name, number)), old.cert.Raw}
	}
	runAll(t, []refusal{
		{name: "SHA-1", chain: chainOf(sha1, old), roots: poolOf(old), rule: fault.WeakSignature, check: event.CheckLink,
			detail: []string{`"leaf"`, "SHA1-RSA", "too weak"}, hint: "SHA-256"},
		{name: "SHA-1, the root not sent", chain: chainOf(sha1), roots: poolOf(old), rule: fault.WeakSignature, check: event.CheckLink},
		{name: "SHA-1, the root not trusted", chain: chainOf(sha1, old), rule: fault.WeakSignature, check: event.CheckLink},
		{name: "MD5", chain: signedAs(4), roots: poolOf(old), rule: fault.WeakSignature, check: event.CheckLink, detail: []string{"MD5-RSA"}},
		{name: "an unknown algorithm", chain: signedAs(99), roots: poolOf(old), rule: fault.UnknownSignatureAlgorithm, check: event.CheckLink,
			detail: []string{`"leaf"`, `"old root"`}},
		{name: "an unknown algorithm, the root not sent", chain: signedAs(99)[:1], roots: poolOf(old), rule: fault.UnknownSignatureAlgorithm, check: event.CheckLink},
	})
	// RFC 8446 §4.4.2.2: how a trusted root is signed does not matter.
	self := ca("SHA-1 root")
	self.SignatureAlgorithm = x509.SHA1WithRSA
	trusted := forgeFor(t, nil, key, self)
	if v := (refusal{chain: chainOf(forge(t, &trusted, leaf()), trusted), roots: poolOf(trusted)}).verify(); v.Err != nil {
		t.Errorf("the root's own signature with SHA-1 was held against it: %v", v.Err)
	}
}

// RFC 9325 §4.5: keys that are smaller than others can break.
func TestSmallKeys(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, inter := root(), intermediate()
	smallRoot := forgeFor(t, nil, small, ca("small root"))
	smallCA := forgeFor(t, &r, small, ca("small CA"))
	runAll(t, []refusal{
		{name: "the leaf", chain: chainOf(forgeFor(t, &inter, small, leaf()), inter), rule: fault.SmallKey, check: event.CheckKey,
			detail: []string{`"leaf" is RSA 1024`, "2048 bits"}, hint: "policy legacy"},
		{name: "a CA", chain: chainOf(forge(t, &smallCA, leaf()), smallCA), rule: fault.SmallKey, check: event.CheckKey, index: 1, detail: []string{`"small CA"`}},
		{name: "the root", chain: chainOf(forge(t, &smallRoot, leaf())), roots: poolOf(smallRoot), rule: fault.SmallKey, check: event.CheckKey, index: 1,
			detail: []string{`"small root"`}},
		{name: "a CA that did not even sign", chain: chainOf(forge(t, &inter, leaf()), forgeFor(t, &r, small, ca(testkit.IntermediateName))),
			rule: fault.SmallKey, check: event.CheckKey, index: 1, detail: []string{testkit.IntermediateName}},
		{name: "P-224", chain: chainOf(forgeFor(t, &inter, curve, leaf()), inter), rule: fault.SmallKey, check: event.CheckKey,
			detail: []string{"ECDSA 224", "256 bits"}},
	})
	v := verifier()
	v.MinRSABits = 1024
	if verdict := v.Verify(peer(chainOf(forgeFor(t, &inter, small, leaf()), inter)), fault.Client); verdict.Err != nil {
		t.Errorf("1024 bits where 1024 are enough: %v", verdict.Err)
	}
	v.MinRSABits = 3072
	if verdict := v.Verify(peer(testkit.Leaf(testkit.RSA).Chain), fault.Client); !errors.Is(verdict.Err, fault.SmallKey) {
		t.Errorf("2048 bits where 3072 are wanted: %v", verdict.Err)
	}
	// Of two ways to a root, the one with large keys counts.
	crossed := forgeFor(t, &smallRoot, inter.key, ca(testkit.IntermediateName))
	both := peer(append(testkit.Leaf(testkit.P256).Chain[:1:1], crossed.cert.Raw, inter.cert.Raw))
	pool := poolOf(smallRoot, r)
	if verdict := (&trust.Verifier{Roots: pool}).Verify(both, fault.Client); verdict.Err != nil || len(verdict.Chains) != 1 {
		t.Errorf("%d chains, %v; want the one without small keys", len(verdict.Chains), verdict.Err)
	}
}
