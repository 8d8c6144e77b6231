package main

import (
	"fmt"
	"strings"
)

const idleGoal = 7500

func (s *session) idleConnections() (string, error) {
	t := table{text: 1, head: []string{"bytes of each connection", "who", "resident", "heap, in blocks", "heap, as asked for", "stack", "the rest"}}
	chart := plot{title: "Idle server connection, resident bytes"}
	var sites string
	conns := 0
	for i, what := range circumstances {
		fmt.Fprintf(s.progress, "idle %d/%d: %s\n", i+1, len(circumstances), what.Name)
		resident := map[string]spread{}
		for _, who := range holders {
			var rounds [5][]float64
			for range min(s.rounds, 3) {
				got, err := measureIdle(s.ctx, idleJob{Holder: who, What: what, Conns: s.conns})
				if err != nil {
					return "", err
				}
				conns = got.Conns
				for j, v := range []float64{got.Resident, got.Heap, got.Objects, got.Stack, got.Resident - got.Heap - got.Stack} {
					rounds[j] = append(rounds[j], v)
				}
			}
			cells := []string{what.Name, who}
			for _, values := range rounds {
				cells = append(cells, spreadOf(values).String())
			}
			t.add(cells...)
			resident[who] = spreadOf(rounds[0])
			chart.add(what.Name+", "+who, resident[who])
		}
		s.atMost("idle connection, "+what.Name, " B", resident["vitro"], resident["crypto-tls"], idleGoal)
	}
	fmt.Fprintln(s.progress, "idle: what it consists of")
	got, err := measureIdle(s.ctx, idleJob{Holder: "vitro", What: circumstances[0], Conns: min(s.conns, 2000), Sites: true})
	if err != nil {
		return "", err
	}
	sites = siteTable(got)
	s.draw("idle", chart)
	return strings.Join([]string{image("idle"),
		fmt.Sprintf("%s connections in a process of their own, each with a goroutine blocked in Read.\n", thousands(int64(conns))),
		t.String(), "What the heap of Vitro's idle connection consists of (TLS 1.3, after 16 B), by the place that asked for it:\n", sites}, "\n"), nil
}

func siteTable(got idle) string {
	t := table{head: []string{"place", "bytes", "objects"}}
	for _, s := range got.Sites {
		if s.Bytes >= 16 {
			t.add("`"+s.Where+"`", figure(s.Bytes), figure(s.Objects))
		}
	}
	return t.String()
}
