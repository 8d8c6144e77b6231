package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// changing is what each run of the demo has otherwise: random bytes in hex, and times.
var changing = regexp.MustCompile(`[0-9a-f]{32,}|\+[0-9.]+ ms`)

// spaces: a time of another length moves what stands before it.
var spaces = regexp.MustCompile(` {2,}`)

func settled(line string) string {
	return spaces.ReplaceAllString(changing.ReplaceAllString(strings.TrimRight(line, "\n"), "*"), "  ")
}

// What README shows of the demo is what the demo prints, but for what each run has otherwise.
func TestREADMEShowsTheDemo(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(readme), "```\n")
	if len(parts) < 3 || !strings.Contains(parts[0], "go run ./cmd/vitro demo") {
		t.Fatal("README's first block of output is not the demo's")
	}
	code, out, errs := vitro(t, "demo")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	printed := map[string]bool{}
	for line := range strings.Lines(out) {
		printed[settled(line)] = true
	}
	for line := range strings.Lines(parts[1]) {
		if line = settled(line); strings.TrimSpace(line) != "…" && !printed[line] {
			t.Errorf("README shows a line that the demo does not print: %s", line)
		}
	}
}
