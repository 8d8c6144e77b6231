package want_test

import (
	"bytes"
	"crypto/x509"
	"reflect"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

func fullSession() *want.Session {
	at := time.UnixMilli(testkit.Now.UnixMilli())
	return &want.Session{
		Version: wire.TLS13, Suite: wire.TLS_AES_256_GCM_SHA384, Secret: bytes.Repeat([]byte{1}, 48),
		Created: at, Issued: at.Add(time.Hour), Lifetime: 90 * time.Minute, Ticket: []byte("ticket"), ID: []byte("id"), AgeAdd: 1<<32 - 1,
		ServerName: testkit.Host, Protocol: "h2", ExtendedMaster: true, Binding: "binding",
		PeerCertificates: testkit.Parse(testkit.Leaf(testkit.P256).Chain), OCSPResponse: []byte("staple"),
		Extra: [][]byte{[]byte("extra")}, SCTs: [][]byte{[]byte("one"), []byte("two")},
	}
}

// Who keeps a certificate of a session, as a ConnectionState does, keeps nothing else of it in memory: neither its secret
// nor its ticket.
func TestCertificateKeepsNoSecret(t *testing.T) {
	s, err := want.UnmarshalSession(marshal(t, fullSession()))
	if err != nil {
		t.Fatal(err)
	}
	certs, secret := s.PeerCertificates, weak.Make(&s.Secret[0])
	s = nil
	runtime.GC()
	if secret.Value() != nil {
		t.Errorf("%d certificates keep the session's secret", len(certs))
	}
	runtime.KeepAlive(certs)
}

func marshal(t testing.TB, s *want.Session) []byte {
	t.Helper()
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every field survives the way into bytes and back: one that were left out would be zero. VerifiedChains is left out.
func TestSessionRoundTrip(t *testing.T) {
	s := fullSession()
	for i, v := 0, reflect.ValueOf(*s); i < v.NumField(); i++ {
		if v.Field(i).IsZero() && v.Type().Field(i).Name != "VerifiedChains" {
			t.Errorf("the test has no %s", v.Type().Field(i).Name)
		}
	}
	s.VerifiedChains = [][]*x509.Certificate{s.PeerCertificates}
	raw := marshal(t, s)
	s.VerifiedChains = nil
	got, err := want.UnmarshalSession(raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.PeerCertificates {
		if !got.PeerCertificates[i].Equal(s.PeerCertificates[i]) {
			t.Errorf("certificate %d is another one", i)
		}
	}
	got.PeerCertificates = s.PeerCertificates
	if !reflect.DeepEqual(got, s) {
		t.Errorf("%+v\nbecame %+v", s, got)
	}
}

// What is cut short, of another format, or longer than it should be is no session.
func TestNoSession(t *testing.T) {
	raw := marshal(t, fullSession())
	for i := range raw {
		if _, err := want.UnmarshalSession(raw[:i]); err == nil {
			t.Fatalf("its first %d bytes pass for a session", i)
		}
	}
	if _, err := want.UnmarshalSession(append(bytes.Clone(raw), 0)); err == nil {
		t.Error("a byte behind it goes unnoticed")
	}
	raw[0]++
	if _, err := want.UnmarshalSession(raw); err == nil {
		t.Error("another format is taken for ours")
	}
}

// RFC 8446 §4.6.1: a ticket's lifetime counts from its issue, and seven days are the most, also from the first handshake on.
func TestAlive(t *testing.T) {
	now := testkit.Now
	for name, c := range map[string]struct {
		created, issued, lifetime time.Duration // before now
		alive                     bool
	}{
		"fresh":             {0, 0, time.Hour, true},
		"just before":       {time.Hour, time.Hour - 1, time.Hour, true},
		"just over":         {time.Hour, time.Hour, time.Hour, false},
		"a year's lifetime": {6 * 24 * time.Hour, 6 * 24 * time.Hour, 365 * 24 * time.Hour, true},
		"but not a year":    {0, 7 * 24 * time.Hour, 365 * 24 * time.Hour, false},
		"renewed too often": {7 * 24 * time.Hour, time.Hour, 24 * time.Hour, false},
		"a clock behind":    {0, -30 * time.Second, time.Hour, true},
		"from the future":   {0, -2 * time.Minute, time.Hour, false},
		"of no lifetime":    {0, 0, 0, false},
	} {
		s := &want.Session{Created: now.Add(-c.created), Issued: now.Add(-c.issued), Lifetime: c.lifetime}
		if got := s.Alive(now); got != c.alive {
			t.Errorf("%s: alive %v", name, got)
		}
	}
}

// Arbitrary bytes are refused, or are a session that encodes to the same bytes.
func FuzzUnmarshalSession(f *testing.F) {
	f.Add(marshal(f, fullSession()))
	f.Add(marshal(f, &want.Session{}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := want.UnmarshalSession(data)
		if err != nil {
			return
		}
		if again := marshal(t, s); !bytes.Equal(again, data) {
			t.Fatalf("%x encodes as %x", data, again)
		}
	})
}
