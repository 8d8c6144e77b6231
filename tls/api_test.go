package tls

import (
	"bytes"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const ownPath = "github.com/vitro-tls/vitro/tls"

// loadBoth returns crypto/tls and this package as the compiler sees them, from the files with export data that the go
// command has built or builds.
func loadBoth(t *testing.T) (theirs, ours *types.Package) {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}", "crypto/tls", ownPath)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[path] = file
	}
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(files[path]) }
	from := importer.ForCompiler(token.NewFileSet(), "gc", lookup)
	load := func(path string) *types.Package {
		p, err := from.Import(path)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return p
	}
	return load("crypto/tls"), load(ownPath)
}

// row is a line of the tables in the package doc: "Name, Other.Name   why".
var row = regexp.MustCompile(`^\t(\S+(?:, \S+)*)  +(\S.*)$`)

// tables reads what the package doc says is missing here, and what is another than crypto/tls's.
func tables(t *testing.T) (missing, differs map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	missing, differs = map[string]bool{}, map[string]bool{}
	var table map[string]bool
	for line := range strings.Lines(file.Doc.Text()) {
		switch line = strings.TrimRight(line, "\n"); {
		case line == "# Missing":
			table = missing
		case line == "# Different":
			table = differs
		case strings.HasPrefix(line, "# "):
			table = nil
		case table != nil && strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "\t "):
			cells := row.FindStringSubmatch(line)
			if cells == nil {
				t.Fatalf("doc.go: %q is no row of names, two spaces and a reason", line)
			}
			for name := range strings.SplitSeq(cells[1], ", ") {
				table[name] = true
			}
		}
	}
	if len(missing) == 0 || len(differs) == 0 {
		t.Fatal("doc.go has no tables")
	}
	return missing, differs
}

// typeName is a type in words that are the same in both packages.
func typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == ownPath || p.Path() == "crypto/tls" {
			return "tls"
		}
		return p.Path()
	})
}

// walk tells what a package exports: each identifier, and each exported field and method of a type, in words that must be
// the same in another package with the same surface.
func walk(p *types.Package) map[string]string {
	found := map[string]string{}
	for _, name := range p.Scope().Names() {
		switch o := p.Scope().Lookup(name); {
		case !o.Exported():
		case isConst(o):
			c := o.(*types.Const)
			found[name] = "const " + typeName(c.Type()) + " = " + constant.ToInt(c.Val()).ExactString()
		case isType(o):
			found[name] = "type"
			walkType(found, name, o.Type())
		default:
			found[name] = typeName(o.Type())
		}
	}
	return found
}

func isConst(o types.Object) bool { _, is := o.(*types.Const); return is }
func isType(o types.Object) bool  { _, is := o.(*types.TypeName); return is }

func walkType(found map[string]string, name string, t types.Type) {
	switch under := t.Underlying().(type) {
	case *types.Struct:
		for f := range under.Fields() {
			if f.Exported() {
				found[name+"."+f.Name()] = typeName(f.Type())
			}
		}
	case *types.Interface:
		found[name] = "type " + typeName(under)
		return
	default:
		found[name] = "type " + typeName(under)
	}
	for _, receiver := range []types.Type{t, types.NewPointer(t)} {
		for m := range types.NewMethodSet(receiver).Methods() {
			if m.Obj().Exported() {
				// The names of parameters are no part of a method's type.
				found[name+"."+m.Obj().Name()] = typeName(withoutNames(m.Type().(*types.Signature)))
			}
		}
	}
}

func withoutNames(s *types.Signature) *types.Signature {
	bare := func(tuple *types.Tuple) *types.Tuple {
		var vars []*types.Var
		for v := range tuple.Variables() {
			vars = append(vars, types.NewParam(token.NoPos, nil, "", v.Type()))
		}
		return types.NewTuple(vars...)
	}
	return types.NewSignatureType(nil, nil, nil, bare(s.Params()), bare(s.Results()), s.Variadic())
}

// A program that changes its import finds every name of crypto/tls, with the same type or value, or reads in the package
// doc that it does not.
func TestNothingOfCryptoTLSIsMissing(t *testing.T) {
	theirs, ours := loadBoth(t)
	missing, differs := tables(t)
	want, have := walk(theirs), walk(ours)
	if len(want) < 250 {
		t.Fatalf("crypto/tls has %d names: the walk does not reach all", len(want))
	}
	for _, name := range sorted(want) {
		got, there := have[name]
		owner, _, _ := strings.Cut(name, ".")
		switch {
		case !there && !missing[name] && !missing[owner]:
			t.Errorf("%s is missing (%s), and no row of the package doc says so", name, want[name])
		case there && got != want[name] && !differs[name]:
			t.Errorf("%s is\n\t%s, in crypto/tls\n\t%s; no row of the package doc says so", name, got, want[name])
		case there && missing[name]:
			t.Errorf("%s is there, and the package doc says that it is missing", name)
		}
	}
	for name := range missing {
		if _, known := want[name]; !known {
			t.Errorf("the package doc says that %s is missing, which crypto/tls does not have either", name)
		}
	}
	for name := range differs {
		_, known := want[name]
		_, there := have[name]
		if !known || !there {
			t.Errorf("the package doc says that %s differs, which is not in both packages", name)
		}
	}
}

func sorted(m map[string]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
