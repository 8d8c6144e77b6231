package hello

import (
	"bytes"
	"runtime"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// The same bytes give the same certificate while somebody has it, other bytes another, and garbage none.
func TestCertificatesAreShared(t *testing.T) {
	var c certificates
	der, other := testkit.Leaf(testkit.P256).Chain[0], testkit.Leaf(testkit.RSA).Chain[0]
	first, err := c.parse(bytes.Clone(der))
	if err != nil {
		t.Fatal(err)
	}
	if second, err := c.parse(bytes.Clone(der)); err != nil || second != first {
		t.Errorf("the same bytes give another certificate, %v", err)
	}
	if third, err := c.parse(other); err != nil || third == first || !bytes.Equal(third.Raw, other) {
		t.Errorf("other bytes: %v", err)
	}
	if cert, err := c.parse(der[1:]); err == nil {
		t.Errorf("garbage is %v", cert.Subject)
	}
	runtime.KeepAlive(first)
}

// The bytes that a certificate was parsed from belong to the caller, who may write over them.
func TestCertificatesKeepNothing(t *testing.T) {
	var c certificates
	der := bytes.Clone(testkit.Leaf(testkit.P256).Chain[0])
	cert, err := c.parse(der)
	if err != nil {
		t.Fatal(err)
	}
	for i := range der {
		der[i] ^= 0xff
	}
	again, err := c.parse(testkit.Leaf(testkit.P256).Chain[0])
	if err != nil || again != cert || !bytes.Equal(again.Raw, testkit.Leaf(testkit.P256).Chain[0]) {
		t.Errorf("the certificate changed with the caller's bytes: %v", err)
	}
}

// A certificate that nobody has any more is forgotten.
func TestCertificatesAreForgotten(t *testing.T) {
	var c certificates
	for range 3 {
		if _, err := c.parse(testkit.Leaf(testkit.P256).Chain[0]); err != nil {
			t.Fatal(err)
		}
		for range 100 { // a cleanup runs some time after the collection
			if runtime.GC(); c.count() == 0 {
				break
			}
			runtime.Gosched()
		}
		if n := c.count(); n != 0 {
			t.Fatalf("%d certificates are kept", n)
		}
	}
}

// Many connections parse the same at once. The race detector watches.
func TestCertificatesAtOnce(t *testing.T) {
	var c certificates
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				for _, kind := range []testkit.Kind{testkit.P256, testkit.RSA} {
					der := testkit.Leaf(kind).Chain[0]
					if cert, err := c.parse(der); err != nil || !bytes.Equal(cert.Raw, der) {
						t.Errorf("%v", err)
					}
				}
			}
		})
	}
	group.Wait()
}
