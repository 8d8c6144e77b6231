package vitro_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// walk calls f with every file of the repository, by its slash-separated path.
func walk(t *testing.T, f func(path string, content []byte)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case d.Name() == ".git": // a work tree's, which names the place of the repository
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(path), content)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, path string, content []byte) (*token.FileSet, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, content, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return set, file
}

// importNames maps the names by which a file knows its imports to their paths.
func importNames(file *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		names[name] = path
	}
	return names
}

// selectors calls f with every selector on an imported package: the package's path, and the name selected.
func selectors(file *ast.File, f func(pos token.Pos, path, name string)) {
	imported := importNames(file)
	ast.Inspect(file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && imported[id.Name] != "" {
				f(sel.Pos(), imported[id.Name], sel.Sel.Name)
			}
		}
		return true
	})
}

// Law 1: the engine, and all that it is made of, opens no socket, reads no clock and starts no goroutine.
func TestEngineDoesNoIO(t *testing.T) {
	top, _ := floorOf("engine")
	for _, p := range goList(t) {
		if floor, _ := floorOf(p.name()); floor == outside || floor > top {
			continue
		}
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range ioIn(t, p.name()+"/"+name, content) {
				t.Error(found)
			}
		}
	}
}

// clock is what package time has beside types and arithmetic.
var clock = regexp.MustCompile(`^(Now|Since|Until|Sleep|After|AfterFunc|Tick|NewTimer|NewTicker)$`)

var ioImports = regexp.MustCompile(`^(net|net/http|os|os/.*|syscall|io/ioutil)$`)

func ioIn(t *testing.T, path string, content []byte) []string {
	set, file := parse(t, path, content)
	var found []string
	say := func(pos token.Pos, what string) {
		found = append(found, set.Position(pos).String()+": "+what)
	}
	for _, imported := range importNames(file) {
		if ioImports.MatchString(imported) {
			say(file.Package, "imports "+imported)
		}
	}
	selectors(file, func(pos token.Pos, path, name string) {
		if path == "time" && clock.MatchString(name) {
			say(pos, "reads the clock with time."+name)
		}
	})
	ast.Inspect(file, func(n ast.Node) bool {
		if _, ok := n.(*ast.GoStmt); ok {
			say(n.Pos(), "starts a goroutine")
		}
		return true
	})
	return found
}

// The check itself: it sees each of the three.
func TestEngineCheckSees(t *testing.T) {
	source := "package p\nimport \"net\"\nimport clock \"time\"\nvar _ net.Conn\nfunc f() { go f(); clock.Now() }\n"
	found := strings.Join(ioIn(t, "p.go", []byte(source)), "\n")
	for _, want := range []string{"imports net", "time.Now", "p.go:5:12: starts a goroutine"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not among:\n%s", want, found)
		}
	}
}

var pkcs1v15 = regexp.MustCompile(`^((Encrypt|Decrypt)PKCS1v15(SessionKey)?|PKCS1v15DecryptOptions)$`)

// PKCS #1 v1.5 encryption stands in one annotated file, tests included: whoever needs it reads the warning there.
func TestOneFileHoldsPKCS1v15(t *testing.T) {
	const home = "internal/suite/pkcs1v15.go"
	seen := 0
	walk(t, func(path string, content []byte) {
		if !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata/") {
			return
		}
		set, file := parse(t, path, content)
		selectors(file, func(pos token.Pos, imported, name string) {
			if imported != "crypto/rsa" || !pkcs1v15.MatchString(name) {
				return
			}
			seen++
			if path != home {
				t.Errorf("%v uses rsa.%s, which belongs into %s only", set.Position(pos), name, home)
			}
		})
	})
	if seen == 0 {
		t.Errorf("no use of PKCS #1 v1.5 found, not even in %s: does this test still look for the right names?", home)
	}
}

// localPath finds an absolute path below someone's home or working directory; the pieces are kept apart so that this
// file does not find itself.
var localPath = regexp.MustCompile(`(^|[\s"'` + "`" + `=(:])/(` + strings.Join([]string{"root", "work", "home", "Users"}, "|") + `)/\w`)

// Nothing in the repository names a path of the machine it was made on.
func TestNoLocalPaths(t *testing.T) {
	if !localPath.MatchString(`x = "/` + `home/someone"`) {
		t.Fatal("the pattern does not find a local path")
	}
	walk(t, func(path string, content []byte) {
		if bytes.IndexByte(content, 0) >= 0 {
			return
		}
		for i, line := range strings.Split(string(content), "\n") {
			if localPath.MatchString(line) {
				t.Errorf("%s:%d names a local path: %s", path, i+1, strings.TrimSpace(line))
			}
		}
	})
}
