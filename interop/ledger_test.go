package interop

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// ledger counts what ran against whom, and keeps why a cell has no peer.
var ledger struct {
	mu    sync.Mutex
	ran   map[row]map[string]int
	gaps  map[string][]string // reason → cells
	peers map[string]string   // name → version, or why it is missing
	late  map[string]int      // want → how often it was answered late
}

// column is a peer and a direction of the summary.
type column struct {
	peer string
	role fault.Role // Vitro's
}

// row is a column of one version, 0 where TLS was not reached.
type row struct {
	column
	version wire.Version
	late    bool // with every want answered late
}

func (r row) String() string {
	if r.version == 0 {
		return r.column.String()
	}
	return r.column.String() + ", " + r.version.String()
}

func (c column) String() string {
	if c.role == fault.Client {
		return "Vitro → " + c.peer
	}
	return c.peer + " → Vitro"
}

// axes are the kinds of cells, in the order of the summary.
var axes = []string{"suite", "group", "scheme", "feature", "failure"}

// ran notes a cell that ran, whether it passed or not.
func ran(t *testing.T, v wire.Version, peer string, role fault.Role, axis string) {
	ledger.mu.Lock()
	defer ledger.mu.Unlock()
	at := row{column{peer, role}, v, answersLate(t)}
	if ledger.ran[at] == nil {
		ledger.ran[at] = map[string]int{}
	}
	ledger.ran[at][axis]++
}

// gap notes a cell without a peer, and tells of it in the test that would have been.
func gap(t *testing.T, cell, reason string) {
	t.Helper()
	ledger.mu.Lock()
	ledger.gaps[reason] = append(ledger.gaps[reason], cell)
	ledger.mu.Unlock()
	t.Skipf("no cell: %s", reason)
}

func TestMain(m *testing.M) {
	ledger.ran, ledger.gaps = map[row]map[string]int{}, map[string][]string{}
	ledger.peers, ledger.late = map[string]string{}, map[string]int{}
	code := m.Run()
	if testing.Verbose() || code != 0 {
		fmt.Print(summary())
	}
	os.Exit(code)
}

func summary() string {
	ledger.mu.Lock()
	defer ledger.mu.Unlock()
	var b strings.Builder
	table(&b, "cells that ran", false)
	table(&b, "the same, every want answered late", true)
	b.WriteString("\nwants answered late, from another goroutine\n")
	for _, name := range sortedBy(ledger.late, strings.Clone) {
		fmt.Fprintf(&b, "  %s: %d\n", name, ledger.late[name])
	}
	b.WriteString("\npeers\n")
	for _, name := range sortedBy(ledger.peers, strings.Clone) {
		fmt.Fprintf(&b, "  %s: %s\n", name, ledger.peers[name])
	}
	b.WriteString("\ncells without a peer\n")
	for _, reason := range sortedBy(ledger.gaps, strings.Clone) {
		cells := ledger.gaps[reason]
		slices.Sort(cells)
		cells = slices.Compact(cells)
		fmt.Fprintf(&b, "  %s:\n    %s\n", reason, strings.Join(cells, "\n    "))
	}
	return b.String()
}

func table(b *strings.Builder, title string, late bool) {
	fmt.Fprintf(b, "\n%-36s", title)
	for _, axis := range axes {
		fmt.Fprintf(b, "%9s", axis)
	}
	b.WriteString("\n")
	for _, at := range sortedBy(ledger.ran, row.String) {
		if at.late != late {
			continue
		}
		fmt.Fprintf(b, "%-36s", at)
		for _, axis := range axes {
			fmt.Fprintf(b, "%9d", ledger.ran[at][axis])
		}
		b.WriteString("\n")
	}
}

func sortedBy[K comparable, V any](m map[K]V, name func(K) string) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return strings.Compare(name(a), name(b)) })
	return keys
}
