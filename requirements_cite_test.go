package vitro_test

import (
	"iter"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

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

// rulesOfFaults returns the sections of the rules that a connection can fail by.
func rulesOfFaults(t *testing.T) (rules []citation) {
	t.Helper()
	content, err := os.ReadFile("fault/rules.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"RFC (\d+) §([0-9A-Z.]+)"`).FindAllSubmatch(content, -1) {
		rules = append(rules, citation{string(m[1]), string(m[2])})
	}
	if len(rules) == 0 {
		t.Fatal("fault/rules.go names no sections")
	}
	return rules
}

// What TestRequirements is to find, it finds.
func TestRequirementsCheckSees(t *testing.T) {
	good := requirement{rfc: "5246", section: "7.4.2", held: []string{"internal/client12/2_certificate.go"},
		tests: []string{"engine.TestClientRefuses/no certificate"}}
	for want, change := range map[string]func(*requirement){
		"":                          func(*requirement) {},
		"it needs both":             func(r *requirement) { r.tests = nil },
		"no such file":              func(r *requirement) { r.held = []string{"internal/client12/0_nothing.go"} },
		"does not cite RFC 5246 §9": func(r *requirement) { r.section = "9" },
		"no such test":              func(r *requirement) { r.tests = []string{"engine.TestNothing"} },
		"no such case":              func(r *requirement) { r.tests = []string{"engine.TestClientRefuses/nothing"} },
	} {
		r := good
		change(&r)
		got := strings.Join(r.complaints(t, map[string]source{}), "\n")
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("complaints are %q, want %q", got, want)
		}
	}
	const code = "// waits: nothing. RFC 5246 §7.4.6 to §7.4.9.\n// RFC 8446 §4.2,\n// §4.3: a rule.\n\t// RFC 5246 §E.1, RFC 7627 §4 and §5.1: two.\n" +
		"// check: RFC 8449 §5: three.\n// cookie, RFC 8446 §4.2.2: opaque cookie<1..2^16-1>\n"
	if got := slices.Sorted(names(maps.Keys(citations([]byte(code))))); strings.Join(got, " ") != "RFC 5246 §7.4.6 RFC 5246 §7.4.7 RFC 5246 §7.4.8 "+
		"RFC 5246 §7.4.9 RFC 5246 §E.1 RFC 7627 §4 RFC 7627 §5.1 RFC 8446 §4.2 RFC 8446 §4.2.2 RFC 8446 §4.3 RFC 8449 §5" {
		t.Errorf("cited are %v", got)
	}
	if got := slices.Sorted(names(slices.Values(rulesIn([]byte(code))))); strings.Join(got, " ") != "RFC 5246 §E.1 RFC 7627 §4 RFC 7627 §5.1 RFC 8449 §5" {
		t.Errorf("rules are %v", got)
	}
}

func names(cited iter.Seq[citation]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for c := range cited {
			if !yield(c.String()) {
				return
			}
		}
	}
}
