package vitro_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/vitro-tls/vitro"

// floors is the house, from the ground up. A package may import those of lower floors, never one of its own.
var floors = [][]string{
	{"wire"},
	{"internal/suite", "internal/mac", "internal/lazy"},
	{"fault"},
	{"event"},
	{"internal/keys12", "internal/keys13", "internal/record", "internal/flow"},
	{"want"},
	{"internal/hs"},
	{"internal/hello"},
	{"internal/client12", "internal/client13", "internal/server12", "internal/server13"},
	{"engine"},
	{"trust", "session", "pki", "internal/late", "internal/deep"},
	{"tls"},
	{"explain", "https", "capture"},
	{"lens"},
	{"cmd/vitro", "examples/eventloop", "examples/mutualtls", "examples/reason", "examples/remotesigner"},
}

// beside the house stands what only tests may import; it may itself import anything. The root is these tests.
var beside = []string{"", "internal/testkit", "internal/evil", "interop", "differential", "bogo", "bench", "bench/report"}

// allowedCryptoTLS: the drop-in may share crypto/tls's types, net/http has them in its own, and the measurers need the
// other side.
var allowedCryptoTLS = []string{"tls", "https", "interop", "bench", "bench/report", "bogo"}

const outside = -1

// floorOf returns the floor of a package by its path within the module, and whether the house has it.
func floorOf(pkg string) (floor int, known bool) {
	for i, rooms := range floors {
		for _, room := range rooms {
			if room == pkg {
				return i, true
			}
		}
	}
	for _, b := range beside {
		if b == pkg {
			return outside, true
		}
	}
	return outside, false
}

type goPackage struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func (p goPackage) name() string { return within(p.ImportPath) }

// within returns an import path relative to the module: "" for the root, the path itself for a foreign package.
func within(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
}

func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func goList(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,TestImports,XTestImports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var list []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list answered what is not JSON: %v", err)
		}
		list = append(list, p)
	}
	if len(list) < 5 {
		t.Fatalf("go list found %d packages; is this the module's root?", len(list))
	}
	return list
}

// forbidden says why a package may not import another one of this module, "" if it may.
func forbidden(from, to string, test bool) string {
	fromFloor, known := floorOf(from)
	if !known {
		return from + " has no floor: give it one here and in the design"
	}
	toFloor, known := floorOf(to)
	switch {
	case !known:
		return to + " has no floor: give it one here and in the design"
	case fromFloor == outside || test && from == to:
		return ""
	case toFloor == outside:
		if test {
			return ""
		}
		return "only tests import " + to
	case toFloor == fromFloor:
		return "imports never go sideways"
	case toFloor > fromFloor:
		return "imports never go up"
	}
	return ""
}

// The floors of the design: imports go down only, never up and never sideways.
func TestImportsGoDown(t *testing.T) {
	for _, p := range goList(t) {
		if _, known := floorOf(p.name()); !known {
			t.Errorf("%s has no floor: give it one here and in the design", p.name())
			continue
		}
		hold := func(imports []string, test bool) {
			for _, path := range imports {
				if !ours(path) {
					continue
				}
				if why := forbidden(p.name(), within(path), test); why != "" {
					t.Errorf("%s imports %s: %s", p.name(), within(path), why)
				}
			}
		}
		hold(p.Imports, false)
		hold(p.TestImports, true)
		hold(p.XTestImports, true)
	}
}

// The rule itself: a table that allowed everything would pass every module.
func TestForbiddenImports(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test     bool
		want     string
	}{
		{"engine", "wire", false, ""},
		{"wire", "engine", false, "imports never go up"},
		{"internal/client12", "internal/server12", false, "imports never go sideways"},
		{"internal/client12", "internal/server12", true, "imports never go sideways"},
		{"internal/record", "internal/flow", false, "imports never go sideways"},
		{"want", "internal/keys12", false, ""},
		{"tls", "internal/testkit", false, "only tests import internal/testkit"},
		{"tls", "internal/testkit", true, ""},
		{"wire", "wire", true, ""},
		{"interop", "cmd/vitro", false, ""},
		{"tls", "attic", false, "attic has no floor: give it one here and in the design"},
		{"attic", "tls", false, "attic has no floor: give it one here and in the design"},
	} {
		if got := forbidden(c.from, c.to, c.test); got != c.want {
			t.Errorf("%s → %s (test %v): %q, want %q", c.from, c.to, c.test, got, c.want)
		}
	}
}

// The protocol is Vitro's own: nothing but the drop-in's types and the measurers may name crypto/tls.
func TestNobodyImportsCryptoTLS(t *testing.T) {
	for _, p := range goList(t) {
		for _, path := range p.Imports {
			if path == "crypto/tls" && !contains(allowedCryptoTLS, p.name()) {
				t.Errorf("%s imports crypto/tls", p.name())
			}
		}
	}
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}
