package testkit

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"testing"

	"github.com/vitro-tls/vitro/pki"
)

func verify(c *pki.Certificate) error {
	pool := x509.NewCertPool()
	for _, above := range Parse(c.Chain)[1:] {
		pool.AddCert(above)
	}
	_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: PKI().Roots, Intermediates: pool, CurrentTime: Now, DNSName: Host})
	return err
}

func TestGoodLeavesVerify(t *testing.T) {
	for _, kind := range Kinds {
		if err := verify(Leaf(kind)); err != nil {
			t.Errorf("%v: %v", kind, err)
		}
		if got := Credential(kind); got.Signer == nil || (got.Decrypter != nil) != kind.RSA() {
			t.Errorf("%v: signer %T, decrypter %T", kind, got.Signer, got.Decrypter)
		}
	}
}

func TestFlawedLeavesHaveTheirFlaw(t *testing.T) {
	for _, flaw := range Flaws {
		c := Flawed(flaw, pki.RSA2048)
		err := verify(c)
		switch flaw {
		case NoKeyEncipherment:
			if c.Leaf.KeyUsage != x509.KeyUsageDigitalSignature {
				t.Errorf("%s: key usage is %b", flaw, c.Leaf.KeyUsage)
			}
		case NoDigitalSignature:
			if c.Leaf.KeyUsage != x509.KeyUsageKeyEncipherment {
				t.Errorf("%s: key usage is %b", flaw, c.Leaf.KeyUsage)
			}
		default:
			if err == nil {
				t.Errorf("%s: verifies", flaw)
			}
		}
		if flaw == Expired && Now.Before(c.Leaf.NotAfter) {
			t.Errorf("expired: ends %v", c.Leaf.NotAfter)
		}
		if _, other := errors.AsType[x509.HostnameError](err); other != (flaw == WrongHost || flaw == CommonNameOnly) {
			t.Errorf("%s: %v", flaw, err)
		}
	}
}

func TestLeavesAreMadeOnce(t *testing.T) {
	first := Leaf(pki.RSA2048)
	if again := Leaf(pki.RSA2048); again != first {
		t.Error("the second call made another certificate")
	}
	if Flawed(Expired, pki.RSA2048).Key != Leaf(pki.RSA2048).Key {
		t.Error("the flawed certificate has a key of its own")
	}
}

func TestFilesAreReadByOthers(t *testing.T) {
	cert, key := Files(t, Leaf(pki.ECDSAP256))
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		t.Error(err)
	}
	if _, err := pki.LoadPool(RootFile(t)); err != nil {
		t.Error(err)
	}
}

func TestRandomRepeats(t *testing.T) {
	read := func(seed uint64) string {
		b := make([]byte, 100)
		if _, err := io.ReadFull(Random(seed), b); err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := read(1)
	if again := read(1); again != first {
		t.Error("the same seed gave other bytes")
	}
	if read(2) == first {
		t.Error("another seed gave the same bytes")
	}
}
