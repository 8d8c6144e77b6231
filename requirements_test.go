package vitro_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path"
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
	known := map[string]bool{}
	sources := map[string]source{}
	for _, d := range documents {
		for _, r := range d.requirements {
			for _, file := range r.held {
				known[file+" RFC "+r.rfc+" §"+r.section] = true
			}
			r.check(t, sources)
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

func (r *requirement) check(t *testing.T, sources map[string]source) {
	t.Helper()
	settled := r.beside != "" || r.open != "" || len(r.held) > 0 && len(r.tests) > 0
	if !settled {
		t.Errorf("%s: %q is held by %v and provoked by %v: it needs both, or \"n/a\" or \"open\" with a reason", r.at, r.says, r.held, r.tests)
	}
	for _, file := range r.held {
		s, ok := sources[file]
		if !ok {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Errorf("%s: %v", r.at, err)
				continue
			}
			s.cites = citations(content)
			sources[file] = s
		}
		if !s.cites[citation{r.rfc, r.section}] {
			t.Errorf("%s: %s does not cite RFC %s §%s", r.at, file, r.rfc, r.section)
		}
	}
	for _, name := range r.tests {
		r.checkTest(t, sources, name)
	}
}

func (r *requirement) checkTest(t *testing.T, sources map[string]source, name string) {
	t.Helper()
	dir, test, ok := strings.Cut(name, ".")
	if !ok {
		t.Errorf("%s: %q is not package.Test", r.at, name)
		return
	}
	s, ok := sources[dir]
	if !ok {
		s.tests = casesOf(t, dir)
		sources[dir] = s
	}
	test, subtest, _ := strings.Cut(test, "/")
	cases, ok := s.tests[test]
	switch {
	case !ok:
		t.Errorf("%s: %s has no test %s", r.at, dir, test)
	case subtest != "" && !cases[subtest]:
		t.Errorf("%s: %s.%s has no case %q", r.at, dir, test, subtest)
	}
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

// citation is a section of an RFC.
type citation struct{ rfc, section string }

func (c citation) String() string { return "RFC " + c.rfc + " §" + c.section }

var (
	wrapped = regexp.MustCompile(`\s*\n\s*// ?`)
	cited   = regexp.MustCompile(`RFC (\d+)((?:,? ?(?:and |to )?§[0-9A-Z][0-9A-Z.]*)+)`)
	sign    = regexp.MustCompile(`( to )?§([0-9A-Z][0-9A-Z.]*)`)
	stated  = regexp.MustCompile(`// (?:\w+: )?((?:,? ?(?:and )?RFC \d+(?:,? (?:and )?§[0-9A-Z][0-9A-Z.]*)+)+): `)
)

// citations returns the sections that a file cites. Those of a range are all in it.
func citations(content []byte) map[citation]bool {
	all := map[citation]bool{}
	for _, m := range cited.FindAllSubmatch(wrapped.ReplaceAll(content, []byte(" ")), -1) {
		before := ""
		for _, s := range sign.FindAllSubmatch(m[2], -1) {
			section := strings.TrimRight(string(s[2]), ".")
			if len(s[1]) > 0 {
				for _, between := range upTo(before, section) {
					all[citation{string(m[1]), between}] = true
				}
			}
			all[citation{string(m[1]), section}] = true
			before = section
		}
	}
	return all
}

// upTo lists the sections between two that differ in their last number.
func upTo(from, to string) (between []string) {
	head, last := path.Split(strings.ReplaceAll(from, ".", "/"))
	first, err1 := strconv.Atoi(last)
	_, last = path.Split(strings.ReplaceAll(to, ".", "/"))
	end, err2 := strconv.Atoi(last)
	for n := first + 1; err1 == nil && err2 == nil && n < end; n++ {
		between = append(between, strings.ReplaceAll(head, "/", ".")+strconv.Itoa(n))
	}
	return between
}

// rulesIn returns the sections whose rule a comment states: a line of it begins with them
// and a colon, after a name at most.
func rulesIn(content []byte) (rules []citation) {
	for _, m := range stated.FindAllSubmatch(content, -1) {
		rules = slices.AppendSeq(rules, maps.Keys(citations(m[1])))
	}
	return rules
}
