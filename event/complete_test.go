package event

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Every type that is an event is among those that the tests emit.
func TestEmittersAreComplete(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	known, kinds := emitters(), 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range kindsIn(file) {
			kinds++
			if known[kind] == nil {
				t.Errorf("no test emits %s", kind)
			}
		}
	}
	if kinds != len(known) {
		t.Errorf("the package has %d kinds of events, the tests emit %d", kinds, len(known))
	}
}

// kindsIn returns what the Kind methods of a file answer.
func kindsIn(file *ast.File) []string {
	var kinds []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "Kind" && f.Recv != nil {
			answer := f.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit).Value
			kinds = append(kinds, strings.Trim(answer, `"`))
		}
	}
	return kinds
}
