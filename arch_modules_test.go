package vitro_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// modules of their own are built against this tree. What tls needs from others they have to list too, and no older:
// otherwise they do not build, which nobody sees who tests this module only.
var modules = []string{"grpc", "interop/acme"}

func TestModulesAreInStep(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", "./tls").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	needed := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if path, version, ok := strings.Cut(strings.TrimSpace(line), " "); ok && path != module {
			needed[path] = version
		}
	}
	if len(needed) == 0 {
		t.Fatal("tls needs no module; is this the right question?")
	}
	for _, dir := range modules {
		text, err := os.ReadFile(dir + "/go.mod")
		if err != nil {
			t.Fatal(err)
		}
		for path, version := range needed {
			listed := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(path) + ` (v\S+)`).FindSubmatch(text)
			switch {
			case listed == nil:
				t.Errorf("%s/go.mod lacks %s %s: run go mod tidy there", dir, path, version)
			case older(string(listed[1]), version):
				t.Errorf("%s/go.mod has %s %s, needed is %s: run go mod tidy there", dir, path, listed[1], version)
			}
		}
	}
}

var versionPart = regexp.MustCompile(`\d+|[^\d.]+`)

// older compares versions part by part, numbers as numbers. It knows of releases and of pseudo-versions, not which of both
// comes first where all else is equal.
func older(a, b string) bool {
	as, bs := versionPart.FindAllString(a, -1), versionPart.FindAllString(b, -1)
	for i := range min(len(as), len(bs)) {
		if as[i] == bs[i] {
			continue
		}
		m, errA := strconv.Atoi(as[i])
		n, errB := strconv.Atoi(bs[i])
		if errA == nil && errB == nil {
			return m < n
		}
		return as[i] < bs[i]
	}
	return false
}

func TestOlder(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"v0.9.0", "v0.10.0", true},
		{"v0.10.0", "v0.9.0", false},
		{"v1.6.3", "v1.6.3", false},
		{"v0.0.0-20261030153154-30a33513ff6d", "v0.0.0-20261130153154-10a33513ff6d", true},
		{"v0.0.0-20261130153154-10a33513ff6d", "v0.0.0-20261030153154-30a33513ff6d", false},
	} {
		if got := older(c.a, c.b); got != c.want {
			t.Errorf("older(%s, %s) is %v", c.a, c.b, got)
		}
	}
}
