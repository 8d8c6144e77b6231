package tls

import (
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// What happens after the handshake is told with its own time, not with that of the handshake's end.
func TestEventsAfterTheHandshakeHaveTheirTime(t *testing.T) {
	var mu sync.Mutex
	now := testkit.Now
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	last := map[fault.Role]event.Meta{}
	watch := event.TracerFunc(func(m event.Meta, _ event.Event) {
		mu.Lock()
		defer mu.Unlock()
		last[m.Role] = m
	})
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	cc.Time, sc.Time, cc.Tracer, sc.Tracer = clock, clock, watch, watch
	client, server := pair(t, cc, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	for _, does := range []struct {
		what string
		by   fault.Role
		do   func() error
	}{
		{"writing", fault.Client, func() error { _, err := client.Write([]byte("x")); return err }},
		{"reading", fault.Server, func() error { _, err := server.Read(make([]byte, 1)); return err }},
		{"saying goodbye", fault.Client, client.CloseWrite},
		{"hearing goodbye", fault.Server, func() error { _, _ = server.Read(make([]byte, 1)); return nil }},
	} {
		mu.Lock()
		now = now.Add(time.Hour)
		before, later := last[does.by].Seq, now
		mu.Unlock()
		if err := does.do(); err != nil {
			t.Fatalf("%s: %v", does.what, err)
		}
		mu.Lock()
		if m := last[does.by]; m.Seq == before || !m.Time.Equal(later) {
			t.Errorf("%s: event %d at %v, want a new one after event %d, at %v", does.what, m.Seq, m.Time, before, later)
		}
		mu.Unlock()
	}
}
