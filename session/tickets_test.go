package session

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

func someSession() *want.Session {
	return &want.Session{
		Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Secret: bytes.Repeat([]byte{7}, 32),
		Created: testkit.Now, Issued: testkit.Now, Lifetime: time.Hour, ServerName: testkit.Host,
		PeerCertificates: testkit.Parse(testkit.Leaf(testkit.P256).Chain),
	}
}

func seal(t testing.TB, k *Tickets, now time.Time) []byte {
	t.Helper()
	ticket, err := k.Seal(now, someSession())
	if err != nil {
		t.Fatal(err)
	}
	return ticket
}

// What is sealed opens again, says nothing to others, and is another ticket each time.
func TestSealAndOpen(t *testing.T) {
	var k Tickets
	a, b := seal(t, &k, testkit.Now), seal(t, &k, testkit.Now)
	if bytes.Equal(a, b) || bytes.Contains(a, someSession().Secret) || bytes.Contains(a, []byte(testkit.Host)) {
		t.Errorf("tickets: %x, %x", a, b)
	}
	for _, ticket := range [][]byte{a, b} {
		s := k.Open(testkit.Now, ticket)
		if s == nil || !bytes.Equal(s.Secret, someSession().Secret) || s.ServerName != testkit.Host || len(s.PeerCertificates) == 0 {
			t.Errorf("opens as %+v", s)
		}
	}
}

// A ticket that was changed anywhere, cut short or made longer does not open.
func TestChangedTickets(t *testing.T) {
	var k Tickets
	ticket := seal(t, &k, testkit.Now)
	for i := range ticket {
		changed := bytes.Clone(ticket)
		changed[i] ^= 1
		if k.Open(testkit.Now, changed) != nil {
			t.Fatalf("byte %d may be anything", i)
		}
		if k.Open(testkit.Now, ticket[:i]) != nil {
			t.Fatalf("the first %d bytes open", i)
		}
	}
	if k.Open(testkit.Now, append(bytes.Clone(ticket), 0)) != nil {
		t.Error("a byte behind the ticket goes unnoticed")
	}
}

// Keys change every day by themselves, open for a week, and are gone after that, whatever was sealed meanwhile.
func TestRotation(t *testing.T) {
	var k Tickets
	first := seal(t, &k, testkit.Now)
	same, next := seal(t, &k, testkit.Now.Add(KeyUse-1)), seal(t, &k, testkit.Now.Add(KeyUse))
	if !bytes.Equal(first[:nameLen], same[:nameLen]) || bytes.Equal(first[:nameLen], next[:nameLen]) {
		t.Error("the key changes too early or too late")
	}
	if k.Open(testkit.Now.Add(KeyLife-1), first) == nil {
		t.Error("a key is gone before a session under it must be")
	}
	if k.Open(testkit.Now.Add(KeyLife), first) != nil {
		t.Error("a key still opens after a week")
	}
	for day := range 30 {
		seal(t, &k, testkit.Now.Add(time.Duration(day)*KeyUse))
	}
	if n := len(k.now.Load().list); n > 8 {
		t.Errorf("%d keys are kept", n)
	}
}

// Keys that were set never change by themselves; the first seals, all open.
func TestSetKeys(t *testing.T) {
	var one, two Tickets
	if err := one.SetKeys(); err == nil {
		t.Error("no key is accepted")
	}
	if one.SetKeys([32]byte{1}) != nil || two.SetKeys([32]byte{2}, [32]byte{1}) != nil {
		t.Fatal("keys are refused")
	}
	later := testkit.Now.Add(30 * 24 * time.Hour)
	if two.Open(later, seal(t, &one, later)) == nil {
		t.Error("an older key does not open")
	}
	if one.Open(later, seal(t, &two, later)) != nil {
		t.Error("it opens without the key")
	}
}

func TestSealFails(t *testing.T) {
	broken := errors.New("broken")
	k := Tickets{Rand: iotest.ErrReader(broken)}
	if _, err := k.Seal(testkit.Now, someSession()); !errors.Is(err, broken) {
		t.Errorf("without randomness: %v", err)
	}
}

// Many connections seal and open at once while keys change. The race detector watches.
func TestConcurrentTickets(t *testing.T) {
	var k Tickets
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				now := testkit.Now.Add(time.Duration(i+j) * time.Hour)
				ticket, err := k.Seal(now, someSession())
				if err != nil || k.Open(now, ticket) == nil {
					t.Error("a fresh ticket does not open", err)
				}
			}
		})
	}
	group.Wait()
}

func FuzzOpen(f *testing.F) {
	var k Tickets
	if err := k.SetKeys([32]byte{1}); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(nil))
	ticket := seal(f, &k, testkit.Now)
	f.Add(ticket[:len(ticket)-1])
	f.Fuzz(func(t *testing.T, ticket []byte) {
		if s := k.Open(testkit.Now, ticket); s != nil {
			t.Fatalf("%x opens as %+v", ticket, s)
		}
	})
}

func ExampleTickets() {
	var tickets Tickets
	ticket, err := tickets.Seal(testkit.Now, someSession())
	if err != nil {
		fmt.Println(err)
		return
	}
	s := tickets.Open(testkit.Now.Add(time.Minute), ticket)
	fmt.Println(s.Version, s.Suite, s.Alive(testkit.Now.Add(time.Minute)))
	fmt.Println(tickets.Open(testkit.Now.Add(KeyLife), ticket))
	// Output:
	// TLS 1.3 TLS_AES_128_GCM_SHA256 true
	// <nil>
}

// What seals a ticket is derived as crypto/hkdf would.
func TestExpandIsHKDF(t *testing.T) {
	k, err := newKey([32]byte{1, 2, 3}, testkit.Now)
	if err != nil {
		t.Fatal(err)
	}
	salt := bytes.Repeat([]byte{9}, saltLen)
	for _, what := range []purpose{forTickets, forCookies} {
		want, err := hkdf.Expand(sha256.New, k.secret[:], string(what)+string(salt), 44)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.expand(what, salt); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", what, got, want)
		}
	}
}
