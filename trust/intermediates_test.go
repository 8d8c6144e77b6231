package trust

import (
	"bytes"
	"crypto/x509"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
)

func TestPoolIsKept(t *testing.T) {
	chain := testkit.Parse(testkit.Leaf(testkit.P256).Chain)
	kept := intermediates(chain[1:])
	if intermediates(chain[1:]) != kept {
		t.Error("another pool for the same certificates")
	}
	again := testkit.Parse(testkit.Leaf(testkit.P256).Chain)
	again[1].Raw = bytes.Repeat(again[1].Raw, 1+maxPooled/len(again[1].Raw))
	large := intermediates(again[1:])
	if intermediates(again[1:]) == large {
		t.Error("a pool is kept of certificates that are larger than what may be kept")
	}
	if intermediates(nil) != nil {
		t.Error("a pool of nothing")
	}
}

// What one peer has sent is no link in the chain of another that did not send it, nor of one that sent something else.
func TestKeptPoolServesWhoSentItAlone(t *testing.T) {
	v := Verifier{Roots: testkit.PKI().Roots}
	good := testkit.Parse(testkit.Leaf(testkit.P256).Chain)
	verify := func(chain ...*x509.Certificate) error {
		return v.Verify(want.Peer{Chain: chain, State: want.ConnectionState{ServerName: testkit.Host}, Now: testkit.Now}, fault.Client).Err
	}
	for range 2 {
		if err := verify(good...); err != nil {
			t.Fatal(err)
		}
		if err := verify(good[0]); err == nil {
			t.Fatal("a leaf alone is trusted by the intermediate of a connection before")
		}
		if err := verify(good[0], good[0]); err == nil {
			t.Fatal("a leaf is trusted by an intermediate that its server did not send")
		}
		if err := verify(append(good[:1:1], good[0], good[1])...); err != nil {
			t.Fatalf("the same certificate and one more: %v", err)
		}
	}
}
