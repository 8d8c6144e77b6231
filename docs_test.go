package vitro_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// word is what a document says of tests: `a package or file`, or a test's name, of which … may stand for the end.
var word = regexp.MustCompile("`([^`]+)`|\\b(Test[A-Z0-9]\\w*)(…?)")

var testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// TestDocumentsNameTestsThatExist: what a row of a table says that it is shown by is there, in the package that the row
// names before it; and every row of README's table of features says so.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	for _, file := range []string{"README.md", "docs/STATUS.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		features := false
		for n, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(line, "|") {
				features = false
				continue
			}
			where := fmt.Sprintf("%s:%d", file, n+1)
			named := namedTests(t, where, line)
			switch {
			case strings.HasPrefix(line, "| feature | shown by |"):
				features = true
			case features && !strings.HasPrefix(line, "|---") && named == 0:
				t.Errorf("%s: the feature names nothing that shows it: %s", where, line)
			}
		}
	}
}

// namedTests checks a row, and returns how many tests, files and packages of tests it names.
func namedTests(t *testing.T, where, row string) (named int) {
	t.Helper()
	var tests map[string]bool
	pkg := ""
	for _, m := range word.FindAllStringSubmatch(row, -1) {
		quoted, name, open := m[1], m[2], m[3] != ""
		switch {
		case name != "" && pkg == "":
			t.Errorf("%s: %s is named without a package before it", where, name)
		case name != "":
			if !hasTest(tests, name, open) {
				t.Errorf("%s: %s is no test of %s", where, name, pkg)
			}
			named++
		case strings.HasSuffix(quoted, "_test.go"):
			if _, err := os.Stat(quoted); err != nil {
				t.Errorf("%s: %v", where, err)
			}
			named++
		case len(testsOf(t, quoted)) > 0:
			pkg, tests = quoted, testsOf(t, quoted)
			named++
		}
	}
	return named
}

func hasTest(tests map[string]bool, name string, open bool) bool {
	for have := range tests {
		if have == name || open && strings.HasPrefix(have, name) {
			return true
		}
	}
	return false
}

// testsOf lists the tests of a package; there are none where dir is no package.
func testsOf(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(text), -1) {
			tests[m[1]] = true
		}
	}
	return tests
}
