package session

import (
	"bytes"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
)

func sharing(t *testing.T) *Tickets {
	t.Helper()
	k := new(Tickets)
	if err := k.SetKeys([32]byte{1}); err != nil {
		t.Fatal(err)
	}
	return k
}

func only(k *Tickets) key { return k.now.Load().list[0] }

// Tickets of one server share a salt, and no nonce; when a salt has served its number, another one is drawn, and what was
// sealed under the first still opens.
func TestSalts(t *testing.T) {
	k := sharing(t)
	one, two := seal(t, k, testkit.Now), seal(t, k, testkit.Now)
	const salt, nonce = nameLen, nameLen + saltLen
	if !bytes.Equal(one[salt:nonce], two[salt:nonce]) {
		t.Error("two tickets have two salts")
	}
	if bytes.Equal(one[nonce:][:nonceLen], two[nonce:][:nonceLen]) {
		t.Error("two tickets under one key have the same nonce")
	}
	only(k).own.Load().used.Store(perSalt - 1)
	last, next := seal(t, k, testkit.Now), seal(t, k, testkit.Now)
	if !bytes.Equal(last[salt:nonce], one[salt:nonce]) || bytes.Equal(next[salt:nonce], one[salt:nonce]) {
		t.Errorf("a salt serves another number of tickets than %d", perSalt)
	}
	for i, ticket := range [][]byte{one, two, last, next} {
		if k.Open(testkit.Now, ticket) == nil {
			t.Errorf("ticket %d does not open", i)
		}
	}
}

// What others seal under the same key opens; the salts that it had are known from then on, within a bound that holds for
// an hour, and none of a ticket that does not open.
func TestSaltsOfOthers(t *testing.T) {
	k := sharing(t)
	count := func() int {
		if known := only(k).known.Load(); known != nil {
			return len(known.bySalt)
		}
		return 0
	}
	forged := seal(t, sharing(t), testkit.Now)
	forged[len(forged)-1] ^= 1
	if k.Open(testkit.Now, forged) != nil || count() != 0 {
		t.Errorf("a forged ticket opens, or its salt is kept: %d", count())
	}
	for i := range maxKnown + 5 {
		ticket := seal(t, sharing(t), testkit.Now)
		for range 2 {
			if k.Open(testkit.Now, ticket) == nil {
				t.Fatalf("the ticket of server %d does not open", i)
			}
		}
	}
	if count() != maxKnown {
		t.Errorf("%d salts are known, want %d", count(), maxKnown)
	}
	later := testkit.Now.Add(knownFor + time.Second)
	if k.Open(later, seal(t, sharing(t), later)) == nil || count() != 1 {
		t.Errorf("after an hour %d salts are known, want the one that was new", count())
	}
}

// A ticket that this server has sealed opens without deriving anything, and leaves nothing in what was lent.
func TestOpenCostsLittle(t *testing.T) {
	k := sharing(t)
	s := someSession()
	s.PeerCertificates = nil
	ticket, err := k.Seal(testkit.Now, s)
	if err != nil {
		t.Fatal(err)
	}
	// The session, its bytes and its server's name.
	if n := testing.AllocsPerRun(100, func() { k.Open(testkit.Now, ticket) }); n > 3 && !raced {
		t.Errorf("%v allocations, want 3 at most", n)
	}
}
