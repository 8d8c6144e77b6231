package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	playChild() // this program too starts itself
	os.Exit(m.Run())
}

func quick(out string, args ...string) []string {
	return append([]string{"--rounds", "1", "--time", "1ms", "--conns", "20", "--out", out}, args...)
}

// A whole run, but a tiny one: every part that needs no other program is measured, its rows and plots are there, and what
// somebody has written between the parts stays.
func TestReport(t *testing.T) {
	if raced {
		t.Skip("under the race detector it takes a minute; .ci/run has it without")
	}
	before := traffic
	traffic = 100_000
	defer func() { traffic = before }()
	out := t.TempDir()
	path := filepath.Join(out, "BENCHMARKS.md")
	begin, end := marks("watching")
	if err := os.WriteFile(path, []byte("by hand, above\n"+begin+"old figures\n"+end+"by hand, below\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), quick(out, "--only", "handshakes,idle,watching,profile"), &stdout, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"by hand, above", "by hand, below", "TLS 1.3 X25519MLKEM768, ECDSA", "after 100 MB and ten key updates", "20 connections in a process of their own", "engine/engine.go:", "the rest: TLS", "load (1, 5, 15 minutes)"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the document has no %q:\n%s", want, text)
		}
	}
	for _, refused := range []string{"old figures", "NaN", "Inf"} {
		if strings.Contains(string(text), refused) {
			t.Errorf("the document has %q:\n%s", refused, text)
		}
	}
	if rows := strings.Count(stdout.String(), "\n"); rows < 8+6+6+1 {
		t.Errorf("the short table has %d lines:\n%s", rows, stdout.String())
	}
	for _, name := range []string{"handshakes", "idle"} {
		wellFormed(t, filepath.Join(out, plotFolder, name+".svg"))
	}
}

func wellFormed(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"--rounds", "0"}, {"--only", "attic"}, {"--out", "/no/such/folder"}, {"--attic"}, {"attic"}, {"--time", "0"}, {"--conns", "0"}} {
		var stderr strings.Builder
		if code := run(t.Context(), args, io.Discard, &stderr); code != exitUsage || !strings.Contains(stderr.String(), "--help") {
			t.Errorf("%q: exit code %d and %q, want %d and where help is", args, code, stderr.String(), exitUsage)
		}
	}
	var help strings.Builder
	if code := run(t.Context(), []string{"--help"}, &help, io.Discard); code != exitOK || !strings.Contains(help.String(), "go run ./bench/report --only") {
		t.Errorf("--help: exit code %d:\n%s", code, help.String())
	}
}

// Who interrupts a run finds no half of it.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	out := t.TempDir()
	var stderr strings.Builder
	if code := run(ctx, quick(out), io.Discard, &stderr); code != exitInterrupt {
		t.Errorf("exit code %d, want %d: %s", code, exitInterrupt, stderr.String())
	}
	if files, err := os.ReadDir(out); err != nil || len(files) != 0 {
		t.Errorf("it has written %v (%v)", files, err)
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
		text   string
	}{
		{[]float64{3, 1, 2}, spread{2, 1, 3}, "2 (1–3)"},
		{[]float64{4, 1, 2, 3}, spread{2.5, 1, 4}, "2.50 (1–4)"},
		{[]float64{12345.6}, spread{12345.6, 12345.6, 12345.6}, "12,346"},
	} {
		if got := spreadOf(c.values); got != c.want || got.String() != c.text {
			t.Errorf("of %v: %+v, %q; want %+v, %q", c.values, got, got, c.want, c.text)
		}
	}
	if got := spreadOf(nil).Median; !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}
