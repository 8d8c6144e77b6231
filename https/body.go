package https

import (
	"io"
	"net/http"
	"sync"
)

// lentBody is a request's body while nobody knows which transport of net/http will send it: one that cannot closes what it
// was given, and the body has to stay open for the other.
type lentBody struct {
	inner io.ReadCloser
	again func() (io.ReadCloser, error) // nil: it can be read once only

	mu      sync.Mutex
	read    bool
	settled bool // a Close counts
	closed  bool
}

// lend returns nil where there is no body.
func lend(req *http.Request) *lentBody {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	return &lentBody{inner: req.Body, again: req.GetBody}
}

// give makes it the body of an attempt.
func (l *lentBody) give(attempt *http.Request) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = false
	if l.read {
		if l.again == nil {
			l.closed = true
			return errSpent
		}
		fresh, err := l.again()
		if err != nil {
			l.closed = true
			return err
		}
		_ = l.inner.Close()
		l.inner, l.read = fresh, false
	}
	attempt.Body = l
	return nil
}

// settle: no other attempt will be made.
func (l *lentBody) settle() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled = true
	if l.closed {
		_ = l.inner.Close()
	}
}

func (l *lentBody) Read(b []byte) (int, error) {
	l.mu.Lock()
	l.read = true
	inner := l.inner
	l.mu.Unlock()
	return inner.Read(b)
}

func (l *lentBody) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.settled {
		return l.inner.Close()
	}
	return nil
}
