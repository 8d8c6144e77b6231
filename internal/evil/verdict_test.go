package evil

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/fault"
)

// alteration is one thing done to one flight, and what must come of it.
type alteration struct {
	class  string // what the summary counts it as
	name   string
	flight int
	change func([]Unit) []Unit
	want   outcome
}

// outcome is what may come of an alteration. The zero value: the victim refuses by whatever rule.
type outcome struct {
	rules     []*fault.Rule // nil: any
	harmless  bool          // both connect
	completes bool          // the alteration is behind the end of the handshake: the victim connects, and fails then
	waits     bool          // the victim waits for more, until its network ends
	data      *string       // what arrives, nil for whatever
	told      bool          // only the evil peer's own engine can see it, and tells the victim
}

func refused(rules ...*fault.Rule) outcome { return outcome{rules: rules} }

var harmless = outcome{harmless: true}

// check says what is wrong with how a play ended, and its result in a word.
func (o outcome) check(p *Play) (string, error) {
	alert, told := p.Told()
	rule := p.Rule()
	result := "connected"
	switch {
	case told:
		result = "told " + alert.String()
	case p.Waited:
		result = "waited"
	case rule != nil:
		result = rule.Name
	}
	if err := p.Judge(); err != nil {
		return result, err
	}
	connected := p.Victim.Err == nil
	switch {
	case connected && o.harmless && p.Evil.Ready && p.Evil.Err == nil:
		return result, nil
	case connected || o.harmless:
		return result, fmt.Errorf("connected: %v, want %v; victim: %v; evil: %v", connected, o.harmless, p.Victim.Err, p.Evil.Err)
	case told && o.told, p.Waited && o.waits:
		return result, nil
	case told || p.Waited:
		return result, fmt.Errorf("the victim %s: %v", result, p.Victim.Err)
	case p.Victim.Ready != o.completes:
		return result, fmt.Errorf("ready: %v; %v", p.Victim.Ready, p.Victim.Err)
	case o.rules != nil && !slices.Contains(o.rules, rule):
		return result, fmt.Errorf("failed with %v, want %v", p.Victim.Err, names(o.rules))
	}
	return result, nil
}

func names(rules []*fault.Rule) string {
	var list []string
	for _, r := range rules {
		list = append(list, r.Name)
	}
	return strings.Join(list, ", ")
}

// summary counts what came of the alterations.
type summary struct {
	mu     sync.Mutex
	counts map[string]map[string]int
}

func (s *summary) add(class, result string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[string]map[string]int{}
	}
	if s.counts[class] == nil {
		s.counts[class] = map[string]int{}
	}
	s.counts[class][result]++
}

func (s *summary) log(t *testing.T) {
	total := 0
	for _, class := range slices.Sorted(maps.Keys(s.counts)) {
		var line []string
		sum := 0
		for _, r := range slices.Sorted(maps.Keys(s.counts[class])) {
			line = append(line, fmt.Sprintf("%s %d", r, s.counts[class][r]))
			sum += s.counts[class][r]
		}
		total += sum
		t.Logf("%-28s %5d: %s", class, sum, strings.Join(line, ", "))
	}
	t.Logf("%-28s %5d", "in all", total)
}

// leftOut reports whether alteration number i is left out: of a short test, and under the race detector.
func leftOut(i int) bool { return testing.Short() && i%4 != 0 || raced && i%6 != 0 }

// tryAll plays every alteration that list makes of the honest flights, or a sample of them.
func tryAll(t *testing.T, list func(Kind, fault.Role, [][]Unit) []alteration) {
	tryKinds(t, Kinds, list)
}

func tryKinds(t *testing.T, kinds []Kind, list func(Kind, fault.Role, [][]Unit) []alteration) {
	var s summary
	t.Run("kinds", func(t *testing.T) {
		each(t, kinds, func(t *testing.T, k Kind, victim fault.Role) {
			honest := play(t, k, victim, nil)
			for i, a := range list(k, victim, honest.Flights) {
				if leftOut(i) {
					continue
				}
				p := play(t, k, victim, func(flight int, units []Unit) []Unit {
					if flight == a.flight {
						return a.change(units)
					}
					return units
				})
				result, err := a.want.check(p)
				if err == nil && a.want.data != nil && string(p.Victim.Data) != *a.want.data {
					err = fmt.Errorf("%q arrived, want %q", p.Victim.Data, *a.want.data)
				}
				if err != nil {
					t.Errorf("%s, flight %d, %s: %v", a.class, a.flight, a.name, err)
				}
				s.add(a.class, result)
			}
		})
	})
	s.log(t)
}
