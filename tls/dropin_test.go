package tls

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// swapped is an overlay for the go command in which a program's files import this package in crypto/tls's place.
func swapped(t *testing.T, dir string) (overlay string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no program in %s: %v", dir, err)
	}
	replace := map[string]string{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		real, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		replace[real] = filepath.Join(t.TempDir(), filepath.Base(file))
		source = bytes.ReplaceAll(source, []byte("\t\"crypto/tls\"\n"), []byte("\t\""+ownPath+"\"\n"))
		if err := os.WriteFile(replace[real], source, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlay, out, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

func command(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out.String(), stderr.String())
	}
	return out.String()
}

// A program whose one import is changed sees the same: states, errors by errors.Is and errors.As, who is asked what.
func TestOneImportChanged(t *testing.T) {
	dir := t.TempDir()
	before, after := filepath.Join(dir, "before"), filepath.Join(dir, "after")
	command(t, nil, "go", "build", "-o", before, "./testdata/dropin")
	command(t, nil, "go", "build", "-overlay", swapped(t, "testdata/dropin"), "-o", after, "./testdata/dropin")
	want, got := sections(command(t, nil, before)), sections(command(t, nil, after))
	if len(want) < 10 {
		t.Fatalf("the program has only %d sections", len(want))
	}
	for title, lines := range want {
		for i := range max(len(lines), len(got[title])) {
			if w, g := at(lines, i), at(got[title], i); w != g {
				t.Errorf("%s, line %d:\n\t%q, with crypto/tls\n\t%q", title, i+1, g, w)
				break
			}
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// sections cuts what the program says at its titles.
func sections(out string) map[string][]string {
	bySection, title := map[string][]string{}, ""
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "# ") {
			title = strings.TrimSpace(line)
			continue
		}
		bySection[title] = append(bySection[title], strings.TrimSpace(line))
	}
	return bySection
}
