package https

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// counted is a body that counts how often it was closed.
type counted struct {
	io.Reader
	closed int
}

func (c *counted) Close() error { c.closed++; return nil }

// A body that an attempt has closed unread is open for the next one; one that was read is made anew, or cannot be sent.
func TestLentBody(t *testing.T) {
	for _, c := range []struct {
		name        string
		read, again bool
		want        string
		err         error
	}{
		{"unread", false, false, "body", nil},
		{"read, and there is another", true, true, "again", nil},
		{"read, and there is none", true, false, "", errSpent},
	} {
		inner := &counted{Reader: strings.NewReader("body")}
		req := &http.Request{Body: inner}
		if c.again {
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("again")), nil }
		}
		body := lend(req)
		first, second := new(http.Request), new(http.Request)
		if err := body.give(first); err != nil {
			t.Fatal(err)
		}
		if c.read {
			if _, err := first.Body.Read(make([]byte, 2)); err != nil {
				t.Fatal(err)
			}
		}
		first.Body.Close()
		if inner.closed != 0 {
			t.Errorf("%s: closed by an attempt that is not the last", c.name)
		}
		if err := body.give(second); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if c.err == nil {
			if got, err := io.ReadAll(second.Body); string(got) != c.want || err != nil {
				t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
			}
			second.Body.Close()
		}
		body.settle()
		if inner.closed != 1 {
			t.Errorf("%s: closed %d times, want once", c.name, inner.closed)
		}
	}
	if lend(&http.Request{Body: http.NoBody}) != nil || lend(new(http.Request)) != nil {
		t.Error("no body is lent")
	}
}

// What is remembered of hosts has an end, whoever names them.
func TestKnownHostsAreBounded(t *testing.T) {
	transport := new(Transport)
	transport.once.Do(transport.setUp)
	p := transport.pair(&url.URL{Scheme: "http", Host: "proxy"})
	for i := range 2*maxKnown + 1 {
		p.learn(strconv.Itoa(i), false)
	}
	if n := len(p.known); n > maxKnown {
		t.Errorf("%d hosts are remembered", n)
	}
	if !p.choose("0") || p.choose(strconv.Itoa(2*maxKnown)) {
		t.Error("the last host is forgotten, or the first is not")
	}
}
