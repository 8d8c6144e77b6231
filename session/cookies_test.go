package session

import (
	"bytes"
	"errors"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/internal/testkit"
)

var _ engine.CookieKeys = (*Tickets)(nil)

func sealCookie(t testing.TB, k *Tickets, now time.Time, random byte) []byte {
	t.Helper()
	cookie, err := k.SealCookie(now, &[32]byte{random}, []byte("what is to be known again"))
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

// RFC 8446 §4.2.2: a cookie opens at every server with the key, says nothing to others, and is no other.
func TestCookie(t *testing.T) {
	var one, two Tickets
	for _, k := range []*Tickets{&one, &two} {
		if err := k.SetKeys([32]byte{1}); err != nil {
			t.Fatal(err)
		}
	}
	cookie := sealCookie(t, &one, testkit.Now, 1)
	plain, ok := two.OpenCookie(testkit.Now, cookie)
	if !ok || string(plain) != "what is to be known again" || bytes.Contains(cookie, plain) {
		t.Errorf("%x opens as %q, %v", cookie, plain, ok)
	}
	if bytes.Equal(cookie[nameLen+saltLen:], sealCookie(t, &one, testkit.Now, 2)[nameLen+saltLen:]) {
		t.Error("what is sealed with other random bytes is the same")
	}
	for i := range cookie {
		changed := bytes.Clone(cookie)
		changed[i] ^= 1
		if _, ok := one.OpenCookie(testkit.Now, changed); ok {
			t.Fatalf("byte %d may be anything", i)
		}
		if _, ok := one.OpenCookie(testkit.Now, cookie[:i]); ok {
			t.Fatalf("the first %d bytes open", i)
		}
	}
}

// Cookies are not tickets, nor tickets cookies, though one key seals both.
func TestCookiesAreNoTickets(t *testing.T) {
	var k Tickets
	plain, err := someSession().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := k.SealCookie(testkit.Now, new([32]byte), plain)
	if err != nil {
		t.Fatal(err)
	}
	if k.Open(testkit.Now, cookie) != nil {
		t.Error("a cookie opens as a ticket")
	}
	if _, ok := k.OpenCookie(testkit.Now, seal(t, &k, testkit.Now)); ok {
		t.Error("a ticket opens as a cookie")
	}
}

// The keys change by themselves, and cookies with them.
func TestCookieKeysRotate(t *testing.T) {
	var k Tickets
	first, next := sealCookie(t, &k, testkit.Now, 1), sealCookie(t, &k, testkit.Now.Add(KeyUse), 1)
	if bytes.Equal(first[:nameLen], next[:nameLen]) {
		t.Error("after a day the key is the same")
	}
	if _, ok := k.OpenCookie(testkit.Now.Add(KeyLife), first); ok {
		t.Error("a key still opens after a week")
	}
	k = Tickets{Rand: iotest.ErrReader(errors.New("dry"))}
	if cookie, err := k.SealCookie(testkit.Now, new([32]byte), nil); err == nil {
		t.Errorf("without a key there is the cookie %x", cookie)
	}
}
