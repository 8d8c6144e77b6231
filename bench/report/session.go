package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/bench"
)

// parts are what can be measured, in the order of the document.
var parts = []struct {
	name    string
	measure func(*session) (string, error)
}{
	{"handshakes", (*session).handshakes},
	{"bulk", (*session).bulk},
	{"duplex", (*session).duplex},
	{"idle", (*session).idleConnections},
	{"watching", (*session).watching},
	{"flat", (*session).flat},
	{"profile", (*session).timeByWork},
	{"openssl", (*session).openSSL},
}

func partNames() []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// session is one run of the report.
type session struct {
	options
	ctx      context.Context
	progress io.Writer
	began    time.Time
	load     string
	part     string
	goals    []goal
	plots    map[string]plot
	shakes   []played // of the handshakes, for what is told beside them
}

// played is a contest with what each contestant's rounds cost.
type played struct {
	bench.Contest
	costs map[string][]bench.Cost
}

// play has contestants take turns, round by round.
func (s *session) play(contests []bench.Contest) ([]played, error) {
	var all []played
	for i, c := range contests {
		fmt.Fprintf(s.progress, "%s %d/%d: %s\n", s.part, i+1, len(contests), c.Name)
		p := played{c, map[string][]bench.Cost{}}
		for range s.rounds {
			for _, who := range c.Contestants {
				if err := s.ctx.Err(); err != nil {
					return nil, err
				}
				var cost bench.Cost
				if err := bench.Try(func(t bench.TB) { cost = who.Measure(t, s.about) }); err != nil {
					return nil, fmt.Errorf("%s: %s: %w", c.Name, who.Name, err)
				}
				p.costs[who.Name] = append(p.costs[who.Name], cost)
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// of is a figure of one contestant over the rounds.
func (p played) of(who string, figure func(bench.Cost) float64) spread {
	var values []float64
	for _, c := range p.costs[who] {
		values = append(values, figure(c))
	}
	return spreadOf(values)
}

// ratio is a figure beside another contestant's of the same round.
func (p played) ratio(who, beside string, figure func(bench.Cost) float64) spread {
	var values []float64
	for i, c := range p.costs[who] {
		values = append(values, figure(c)/figure(p.costs[beside][i]))
	}
	return spreadOf(values)
}

// conditions says what a figure must be read with.
func (s *session) conditions() string {
	return fmt.Sprintf("*%s, %s/%s, %d processors (%s), %s; %d rounds of about %v; load (1, 5, 15 minutes) %s at the start and %s here.*\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), processor(),
		time.Now().UTC().Format("2 January 2006, 15:04 UTC"), s.rounds, s.about, s.load, load())
}

// load is what the system says of how busy it is (Linux).
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) >= 3 {
		return strings.Join(fields[:3], " ")
	}
	return "unknown"
}

// processor is the processor's name (Linux).
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}
