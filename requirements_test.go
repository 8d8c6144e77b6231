package vitro_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/REQUIREMENTS.md anew")

// requirement is what an RFC asks of an implementation, as docs/requirements has it.
type requirement struct {
	at                        string // file and line
	rfc, section, level, says string
	held                      []string // files
	tests                     []string // package.Test or package.Test/case
	beside                    string   // why it does not apply
	open                      string   // what is missing
}

// document is an RFC with its requirements.
type document struct {
	rfc, title   string
	requirements []*requirement
}

// beyond are RFCs whose rules stand beside code, and are not listed: they bind what TLS uses, or are whole in one file
// and its test.
var beyond = map[string]string{
	"5280": "certificates: trust, pki", "5288": "a cipher: internal/suite", "5705": "exporters of TLS 1.2",
	"5869": "HKDF: internal/keys13", "5929": "channel bindings", "6125": "names: trust", "6655": "a cipher: internal/suite",
	"6960": "OCSP: trust", "6962": "transparency: trust", "7507": "one rule: engine", "7633": "must-staple: trust",
	"7905": "a cipher: internal/suite", "7919": "finite fields: internal/suite", "8017": "RSA: internal/suite",
	"8701": "GREASE: internal/hello", "9113": "HTTP/2: grpc", "9147": "DTLS, for a limit", "9325": "advice on key sizes: trust",
}

// Every requirement of docs/requirements is held by a file that cites it and provoked by a test that is there, does not
// apply for a reason that is said, or is told to be open; every rule that a comment states beside code is one of them;
// and docs/REQUIREMENTS.md says so. Run with -update to write that anew.
func TestRequirements(t *testing.T) {
	documents := readRequirements(t)
	known, sections := map[string]bool{}, map[citation]bool{}
	sources := map[string]source{}
	for _, d := range documents {
		for _, r := range d.requirements {
			sections[citation{r.rfc, r.section}] = true
			for _, file := range r.held {
				known[file+" RFC "+r.rfc+" §"+r.section] = true
			}
			for _, complaint := range r.complaints(t, sources) {
				t.Error(complaint)
			}
		}
	}
	indexed := func(rfc string) bool {
		return slices.ContainsFunc(documents, func(d *document) bool { return d.rfc == rfc })
	}
	walk(t, func(file string, content []byte) {
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || besideTheHouse(file) {
			return
		}
		for _, rule := range rulesIn(content) {
			switch {
			case indexed(rule.rfc) && !known[file+" "+rule.String()]:
				t.Errorf("%s states a rule of %v that docs/requirements does not have there: add it, with a test that provokes it", file, rule)
			case !indexed(rule.rfc) && beyond[rule.rfc] == "":
				t.Errorf("%s states a rule of RFC %s, which has no file in docs/requirements", file, rule.rfc)
			}
		}
	})
	for _, rule := range rulesOfFaults(t) {
		if indexed(rule.rfc) && !sections[rule] {
			t.Errorf("fault/rules.go has a rule of %v, of which docs/requirements has nothing", rule)
		}
	}
	holdDocument(t, "docs/REQUIREMENTS.md", render(documents))
}

func besideTheHouse(file string) bool {
	for _, dir := range []string{"bench/", "bogo/", "interop/", "internal/evil/", "internal/testkit/"} {
		if strings.HasPrefix(file, dir) {
			return true
		}
	}
	return false
}

func holdDocument(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what docs/requirements and the code say (%v): run go test . -run TestRequirements -update", file, err)
	}
}

// source is what a requirement can name: a file and what it cites, or the tests of a package with the cases in them.
type source struct {
	cites map[citation]bool
	tests map[string]map[string]bool
}

// complaints returns what is wrong with a requirement.
func (r *requirement) complaints(t *testing.T, sources map[string]source) (list []string) {
	t.Helper()
	complain := func(format string, args ...any) { list = append(list, r.at+": "+fmt.Sprintf(format, args...)) }
	if r.beside == "" && r.open == "" && (len(r.held) == 0 || len(r.tests) == 0) {
		complain("%q is held by %v and provoked by %v: it needs both, or n/a or open with a reason", r.says, r.held, r.tests)
	}
	for _, file := range r.held {
		s, ok := sources[file]
		if !ok {
			content, err := os.ReadFile(file)
			if err != nil {
				complain("%v", err)
				continue
			}
			s.cites = citations(content)
			sources[file] = s
		}
		if !s.cites[citation{r.rfc, r.section}] {
			complain("%s does not cite RFC %s §%s", file, r.rfc, r.section)
		}
	}
	for _, name := range r.tests {
		dir, test, _ := strings.Cut(name, ".")
		s, ok := sources[dir]
		if !ok {
			s.tests = casesOf(t, dir)
			sources[dir] = s
		}
		test, subtest, _ := strings.Cut(test, "/")
		switch cases, ok := s.tests[test]; {
		case !ok:
			complain("%q: there is no such test", name)
		case subtest != "" && !cases[subtest]:
			complain("%q: the test has no such case", name)
		}
	}
	return list
}

// casesOf returns the tests of a package, each with the strings that stand in it: its cases are among them.
func casesOf(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	tests := map[string]map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(dir, "*_test.go"))
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, parsed := parse(t, file, content)
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil {
				continue
			}
			cases := map[string]bool{}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok {
					if s, err := strconv.Unquote(lit.Value); err == nil {
						cases[s] = true
					}
				}
				return true
			})
			tests[f.Name.Name] = cases
		}
	}
	return tests
}

// readRequirements reads docs/requirements, whose layout CONTRIBUTING describes.
func readRequirements(t *testing.T) []*document {
	t.Helper()
	files, err := filepath.Glob("docs/requirements/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("docs/requirements: %v", err)
	}
	var documents []*document
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d := new(document)
		var section string
		for n, line := range strings.Split(string(text), "\n") {
			at := fmt.Sprintf("%s:%d", filepath.ToSlash(file), n+1)
			switch {
			case line == "":
			case n == 0:
				if m := regexp.MustCompile(`^RFC (\d+), (.+)$`).FindStringSubmatch(line); m != nil {
					d.rfc, d.title = m[1], m[2]
				}
			case strings.HasPrefix(line, "§"):
				section = strings.TrimPrefix(line, "§")
			case strings.HasPrefix(line, "\t"):
				d.requirements[len(d.requirements)-1].state(t, at, strings.TrimPrefix(line, "\t"))
			default:
				level, says, _ := strings.Cut(line, " ")
				if level != "MUST" && level != "SHOULD" || section == "" {
					t.Fatalf("%s: neither a section nor a requirement: %s", at, line)
				}
				d.requirements = append(d.requirements, &requirement{at: at, rfc: d.rfc, section: section, level: level, says: says})
			}
		}
		if d.rfc == "" {
			t.Fatalf("%s does not begin with the RFC and its title", file)
		}
		documents = append(documents, d)
	}
	return documents
}

// state reads what is known of a requirement: "held files", "test tests", "n/a reason" or "open reason".
func (r *requirement) state(t *testing.T, at, line string) {
	t.Helper()
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "held":
		r.held = append(r.held, strings.Split(rest, ", ")...)
	case "test":
		r.tests = append(r.tests, strings.Split(rest, ", ")...)
	case "n/a":
		r.beside = rest
	case "open":
		r.open = rest
	default:
		t.Fatalf("%s: %q is none of held, test, n/a and open", at, kind)
	}
}
