package evil

import (
	"testing"

	"github.com/vitro-tls/vitro/fault"
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
func each(t *testing.T, f func(*testing.T, Kind, fault.Role)) {
	for _, k := range Kinds {
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
	each(t, func(t *testing.T, k Kind, victim fault.Role) {
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
		for i, f := range p.Flights {
			for _, u := range f {
				t.Logf("flight %d: %v, %d bytes, epoch %d", i, u.Message(), len(u.Content), u.Epoch)
			}
		}
	})
}
