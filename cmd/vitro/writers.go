package main

import (
	"io"
	"sync"
)

// lockedWriter lets several goroutines write, and remembers the first error.
type lockedWriter struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.w.Write(b)
	if l.err == nil {
		l.err = err
	}
	return n, err
}
