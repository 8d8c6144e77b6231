package evil

import (
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

var roles = []fault.Role{fault.Client, fault.Server}

func play(t testing.TB, k Kind, victim fault.Role, alter func(int, []Unit) []Unit) *Play {
	t.Helper()
	p, err := NewPlay(k, victim)
	if err != nil {
		t.Fatal(err)
	}
	p.Alter = alter
	if err := p.Run(); err != nil {
		t.Fatal(err)
	}
	return p
}

// each runs f for every kind of handshake and every victim.
func each(t *testing.T, kinds []Kind, f func(*testing.T, Kind, fault.Role)) {
	for _, k := range kinds {
		for _, victim := range roles {
			t.Run(k.Name+"/"+victim.String(), func(t *testing.T) {
				t.Parallel()
				f(t, k, victim)
			})
		}
	}
}

// A hand that only opens and seals again is not felt: what the other tests find is their alteration's doing.
func TestHonest(t *testing.T) {
	each(t, slices.Concat(Kinds, Talks), func(t *testing.T, k Kind, victim fault.Role) {
		p := play(t, k, victim, nil)
		if err := p.Judge(); err != nil || !p.Victim.Ready || !p.Evil.Ready || p.Evil.Err != nil {
			t.Fatalf("%v; victim: %v, evil: %v", err, p.Victim.Err, p.Evil.Err)
		}
		for _, e := range []*End{p.Victim, p.Evil} {
			if s := e.State(); s.Version != k.Version || s.Resumed != k.Resumed {
				t.Errorf("the %v has %v, resumed: %v", e.Role, s.Version, s.Resumed)
			}
			if known := len(e.State().PeerCertificates) > 0; known != (e.Role == fault.Client || k.Client) {
				t.Errorf("the %v knows who its peer is: %v", e.Role, known)
			}
		}
		if k.Talks {
			honestTalk(t, p)
		}
		for i, f := range p.Flights {
			for _, u := range f {
				t.Logf("flight %d: %v, %d bytes, epoch %d", i, u.Message(), len(u.Content), u.Epoch)
			}
		}
	})
}

// honestTalk: data arrives under each key, the one request is answered, and a client has kept one of the new tickets.
func honestTalk(t *testing.T, p *Play) {
	if got := string(p.Victim.Data); got != "firstsecondthird" {
		t.Errorf("%q arrived", got)
	}
	answers := 0
	for _, u := range p.Heard {
		if u.Message() == wire.TypeKeyUpdate {
			answers++
		}
	}
	if answers != 1 {
		t.Errorf("the victim changed its keys %d times, want once", answers)
	}
	if p.Victim.Role == fault.Client {
		before, _ := acquaintance(p.Victim.kind)
		if s := p.Victim.kept.client; s == nil || s == before.client || len(s.Ticket) == 0 {
			t.Error("no new session was kept")
		}
	}
}
