package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"
)

// content is what is served.
type content struct {
	name    string // for people
	handler http.Handler
	close   func()
}

func serveContent(text string, hasText bool, args []string) (*content, error) {
	switch {
	case hasText && len(args) > 0:
		return nil, fmt.Errorf("either the directory %s or --text, not both", args[0])
	case hasText:
		return &content{"a text", textHandler(text), func() {}}, nil
	case len(args) == 0:
		return nil, errors.New("what is to be served? Give a directory (vitro serve .) or --text")
	}
	dir := args[0]
	// The root keeps every path inside, and symbolic links too.
	root, err := os.OpenRoot(dir)
	if err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a directory", dir)
		}
		return nil, err
	}
	return &content{dir, http.FileServerFS(rootFiles{root}), func() { _ = root.Close() }}, nil
}

// textHandler answers GET and HEAD for every path.
func textHandler(text string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	})
	return mux
}

// rootFiles are the files and directories below a root. What is neither (a pipe would block whoever opens it), and
// what lies outside by a symbolic link, is forbidden.
type rootFiles struct{ root *os.Root }

func (r rootFiles) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	info, err := r.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err != nil, !info.Mode().IsRegular() && !info.IsDir():
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return r.root.Open(name)
}
