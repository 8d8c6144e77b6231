package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// spread is what rounds came to.
type spread struct{ Median, Least, Most float64 }

func spreadOf(values []float64) spread {
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	if n == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return spread{(values[(n-1)/2] + values[n/2]) / 2, values[0], values[n-1]}
}

// String is with as many digits as there is something to say.
func (s spread) String() string {
	least, most := figure(s.Least), figure(s.Most)
	if least == most {
		return figure(s.Median)
	}
	return figure(s.Median) + " (" + least + "–" + most + ")"
}

// times is a ratio.
func (s spread) times() string {
	if s.Least == s.Most {
		return fmt.Sprintf("%.2f ×", s.Median)
	}
	return fmt.Sprintf("%.2f × (%.2f–%.2f)", s.Median, s.Least, s.Most)
}

func figure(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case a >= 1000:
		return thousands(int64(math.Round(v)))
	case a >= 100 || v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func thousands(n int64) string {
	if n < 0 {
		return "-" + thousands(-n)
	}
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}

// table is one in Markdown. All columns but the first and, where it is set, some more are figures.
type table struct {
	head []string
	rows [][]string
	text int
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) String() string {
	var b strings.Builder
	row := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	row(t.head)
	rule := make([]string, len(t.head))
	for i := range rule {
		rule[i] = "---:"
	}
	for i := range t.text + 1 {
		rule[i] = "---"
	}
	b.WriteString("|" + strings.Join(rule, "|") + "|\n")
	for _, r := range t.rows {
		row(r)
	}
	return b.String()
}

// goal is a row of the short table.
type goal struct {
	what, ours, theirs string
	ratio              string
	goal               string
	reached            bool
}

// short is the table of what was to be reached.
func (s *session) short() string {
	t := table{head: []string{"what", "Vitro", "crypto/tls", "beside it", "goal", "reached"}}
	for _, g := range s.goals {
		t.add(g.what, g.ours, g.theirs, g.ratio, g.goal, map[bool]string{true: "yes", false: "**no**"}[g.reached])
	}
	return t.String()
}

// atLeast is a goal for a ratio that is better the larger it is.
func (s *session) atLeast(what, unit string, ours, theirs, ratio spread, least float64) {
	s.goals = append(s.goals, goal{what, figure(ours.Median) + unit, figure(theirs.Median) + unit, ratio.times(),
		fmt.Sprintf("≥ %.2f ×", least), ratio.Median >= least})
}

// atMost is a goal for a figure that is better the smaller it is. theirs may be without value.
func (s *session) atMost(what, unit string, ours, theirs spread, most float64) {
	s.goals = append(s.goals, goal{what, ours.String() + unit, figure(theirs.Median) + unit,
		fmt.Sprintf("%.2f ×", ours.Median/theirs.Median), "≤ " + figure(most) + unit, ours.Median <= most})
}
