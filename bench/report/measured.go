package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/bench"
)

// wanted are the goals for handshakes: how many per second beside crypto/tls, and how many allocations at most (0: none
// is set).
var wanted = map[string]struct {
	title       string
	ratio       float64
	allocations float64
}{
	"RSA":                  {"TLS 1.2 RSA", 1.00, 170},
	"ECDHE-RSA":            {"TLS 1.2 ECDHE-RSA", 1.04, 0},
	"ECDHE-ECDSA":          {"TLS 1.2 ECDHE-ECDSA", 1.15, 220},
	"ECDHE-ticket":         {"TLS 1.2 resumed by ticket", 1.40, 80},
	"X25519-ECDSA":         {"TLS 1.3 X25519, ECDSA", 1.25, 280},
	"X25519MLKEM768-ECDSA": {"TLS 1.3 X25519MLKEM768, ECDSA", 1.35, 290},
	"X25519-RSA":           {"TLS 1.3 X25519, RSA", 1.04, 0},
	"X25519-PSK":           {"TLS 1.3 resumed, PSK with X25519", 1.20, 160},
}

func micros(d func(bench.Cost) time.Duration) func(bench.Cost) float64 {
	return func(c bench.Cost) float64 { return float64(d(c)) / float64(c.Count) / 1e3 }
}

var (
	clientMicros = micros(func(c bench.Cost) time.Duration { return c.Client })
	serverMicros = micros(func(c bench.Cost) time.Duration { return c.Server })
	bothMicros   = micros(func(c bench.Cost) time.Duration { return c.CPU })
)

func (s *session) handshakes() (string, error) {
	all, err := s.play(bench.Handshakes())
	if err != nil {
		return "", err
	}
	s.shakes = all
	rates := table{head: []string{"handshake", "Vitro, per second", "crypto/tls, per second", "Vitro beside it", "Vitro client, beside", "Vitro server, beside"}}
	sides := table{head: []string{"µs of processor time", "Vitro client", "crypto/tls client", "Vitro server", "crypto/tls server"}}
	counts := table{head: []string{"allocations, both ends", "Vitro", "crypto/tls"}}
	mixed := table{head: []string{"µs, both ends", "Vitro, Vitro", "Vitro client, crypto/tls server", "crypto/tls client, Vitro server", "crypto/tls, crypto/tls"}}
	speed, memory := plot{title: "Full and resumed handshakes per second of processor time, Vitro beside crypto/tls (1 = the same)", baseline: 1}, []goal{}
	for _, p := range all {
		want := wanted[p.Name]
		ours, theirs := p.of(bench.Vitro, bench.Cost.PerSecond), p.of(bench.CryptoTLS, bench.Cost.PerSecond)
		ratio := p.ratio(bench.Vitro, bench.CryptoTLS, bench.Cost.PerSecond)
		inverse := func(f func(bench.Cost) float64) string {
			return p.ratio(bench.Vitro, bench.CryptoTLS, func(c bench.Cost) float64 { return 1 / f(c) }).times()
		}
		rates.add(want.title, ours.String(), theirs.String(), ratio.times(), inverse(clientMicros), inverse(serverMicros))
		sides.add(want.title, p.of(bench.Vitro, clientMicros).String(), p.of(bench.CryptoTLS, clientMicros).String(),
			p.of(bench.Vitro, serverMicros).String(), p.of(bench.CryptoTLS, serverMicros).String())
		counts.add(want.title, p.of(bench.Vitro, bench.Cost.Each).String(), p.of(bench.CryptoTLS, bench.Cost.Each).String())
		mixed.add(want.title, p.of(bench.Vitro, bothMicros).String(), p.of(bench.VitroClient, bothMicros).String(),
			p.of(bench.CryptoTLSClient, bothMicros).String(), p.of(bench.CryptoTLS, bothMicros).String())
		s.atLeast(want.title, "/s", ours, theirs, ratio, want.ratio)
		speed.add(want.title, ratio)
		if want.allocations > 0 {
			before := len(s.goals)
			s.atMost(want.title+", allocations", "", p.of(bench.Vitro, bench.Cost.Each), p.of(bench.CryptoTLS, bench.Cost.Each), want.allocations)
			memory = append(memory, s.goals[before:]...)
			s.goals = s.goals[:before]
		}
	}
	s.goals = append(s.goals, memory...)
	s.draw("handshakes", speed)
	under, err := s.play([]bench.Contest{bench.Connections()})
	if err != nil {
		return "", err
	}
	return strings.Join([]string{image("handshakes"), rates.String(), sides.String(), counts.String(),
		"Each as the other one's peer:\n", mixed.String(),
		fmt.Sprintf("A TCP connection underneath, over loopback (made, accepted, a byte each way, closed), is not in these figures: %s µs, both ends.\n",
			under[0].of("tcp", bothMicros))}, "\n"), nil
}

func (s *session) bulk() (string, error) {
	all, err := s.play(bench.Bulk())
	if err != nil {
		return "", err
	}
	t := table{head: []string{"cipher, size of a Write, network", "Vitro, Gbit/s", "crypto/tls, Gbit/s", "Vitro beside it", "writing, beside", "reading, beside", "Vitro, allocations per MiB", "crypto/tls"}}
	chart := plot{title: "Bulk data per second of processor time, Vitro beside crypto/tls (1 = the same)", baseline: 1}
	perMiB := func(c bench.Cost) float64 { return float64(c.Allocations) / (float64(c.Bytes) / (1 << 20)) }
	for _, p := range all {
		ours, theirs := p.of(bench.Vitro, bench.Cost.Gigabits), p.of(bench.CryptoTLS, bench.Cost.Gigabits)
		ratio := p.ratio(bench.Vitro, bench.CryptoTLS, bench.Cost.Gigabits)
		side := func(f func(bench.Cost) float64) string {
			if p.costs[bench.Vitro][0].Client == 0 {
				return "–"
			}
			return p.ratio(bench.CryptoTLS, bench.Vitro, f).times()
		}
		t.add(p.Name, ours.String(), theirs.String(), ratio.times(), side(clientMicros), side(serverMicros),
			figure(p.of(bench.Vitro, perMiB).Median), figure(p.of(bench.CryptoTLS, perMiB).Median))
		chart.add(p.Name, ratio)
		if !strings.Contains(p.Name, "CBC") {
			s.atLeast(p.Name, " Gbit/s", ours, theirs, ratio, bulkGoal(p.Name))
		}
	}
	s.draw("bulk", chart)
	return image("bulk") + "\n" + t.String(), nil
}

func bulkGoal(name string) float64 {
	if strings.HasSuffix(name, "tcp") {
		return 1.15
	}
	return 1.05
}

func (s *session) duplex() (string, error) {
	all, err := s.play(bench.Duplex())
	if err != nil {
		return "", err
	}
	t := table{head: []string{"16 KiB in each direction", "Vitro, Gbit/s", "crypto/tls, Gbit/s", "Vitro beside it"}}
	for _, p := range all {
		ours, theirs := p.of(bench.Vitro, bench.Cost.Gigabits), p.of(bench.CryptoTLS, bench.Cost.Gigabits)
		ratio := p.ratio(bench.Vitro, bench.CryptoTLS, bench.Cost.Gigabits)
		t.add(p.Name, ours.String(), theirs.String(), ratio.times())
		s.atLeast("full duplex, "+p.Name, " Gbit/s", ours, theirs, ratio, bulkGoal(p.Name))
	}
	return t.String(), nil
}

func (s *session) watching() (string, error) {
	var all []bench.Watched
	fmt.Fprintln(s.progress, "watching: events of each handshake")
	if err := bench.Try(func(t bench.TB) { all = bench.Watching(t) }); err != nil {
		return "", err
	}
	if s.shakes == nil {
		shakes, err := s.play(bench.Handshakes())
		if err != nil {
			return "", err
		}
		s.shakes = shakes
	}
	t := table{head: []string{"handshake", "events, both ends", "µs to tell nobody of them", "µs of the handshake", "share"}}
	worst := 0.0
	for i, w := range all {
		cost := float64(w.Untold) / 1e3 * float64(w.Events) / 1e3
		whole := s.shakes[i].of(bench.Vitro, bothMicros).Median
		worst = max(worst, cost/whole)
		t.add(wanted[w.Handshake].title, fmt.Sprint(w.Events), fmt.Sprintf("%.3f", cost), figure(whole), fmt.Sprintf("%.3f %%", 100*cost/whole))
	}
	s.goals = append(s.goals, goal{"watching, nobody watches: share of a handshake, at worst", fmt.Sprintf("%.3f %%", 100*worst), "–", "–", "< 1 %", worst < 0.01})
	return t.String(), nil
}

func (s *session) flat() (string, error) {
	all, err := s.play(bench.Scaling())
	if err != nil {
		return "", err
	}
	t := table{head: []string{"handshakes beside", "how many", "µs of processor time, both ends", "beside the least", "µs blocked on locks"}}
	for _, p := range all {
		least := p.Contestants[0].Name
		var last spread
		for _, c := range p.Contestants {
			last = p.ratio(c.Name, least, bothMicros)
			blocked := "–" // one handshake at a time has nobody to wait for
			if p.Name == "processors" {
				blocked = figure(p.of(c.Name, micros(func(c bench.Cost) time.Duration { return c.Blocked })).Median)
			}
			t.add(p.Name, c.Name, p.of(c.Name, bothMicros).String(), last.times(), blocked)
		}
		if strings.Contains(p.Name, "crypto/tls") {
			continue
		}
		s.goals = append(s.goals, goal{"a handshake's cost by " + p.Name, last.times() + " with the most", "–", "–", "flat (≤ 1.10 ×)", last.Median <= 1.10})
	}
	return t.String(), nil
}
