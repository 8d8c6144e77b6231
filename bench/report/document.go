package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// document is BENCHMARKS.md. Each part stands between two comments; what stands elsewhere is left alone.
type document struct {
	path string
	text string
}

func openDocument(folder string) (*document, error) {
	d := &document{path: filepath.Join(folder, "BENCHMARKS.md")}
	text, err := os.ReadFile(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.text = "# Benchmarks\n\nMade by `go run ./bench/report`.\n"
	case err != nil:
		return nil, err
	default:
		d.text = string(text)
	}
	return d, nil
}

func marks(part string) (begin, end string) {
	return "<!-- begin " + part + ": made by go run ./bench/report -->\n", "<!-- end " + part + " -->\n"
}

// set replaces a part, or adds it.
func (d *document) set(part, text string) {
	begin, end := marks(part)
	before, rest, found := strings.Cut(d.text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		before, after = strings.TrimRight(d.text, "\n")+"\n\n## "+part+"\n\n", ""
	}
	d.text = before + begin + "\n" + strings.Trim(text, "\n") + "\n\n" + end + after
}

// write writes the document and its plots.
func (d *document) write(plots map[string]plot) error {
	if len(plots) > 0 {
		if err := os.MkdirAll(filepath.Join(filepath.Dir(d.path), plotFolder), 0o777); err != nil {
			return err
		}
	}
	for name, p := range plots {
		svg, err := p.svg()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(d.path), plotFolder, name+".svg"), svg, 0o666); err != nil {
			return err
		}
	}
	return os.WriteFile(d.path, []byte(d.text), 0o666)
}
