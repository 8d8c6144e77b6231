package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/tls"
)

// connectTimeout bounds the way to a finished handshake, so that a silent server is named as one.
const connectTimeout = 30 * time.Second

// fetch is one URL and the redirects behind it.
type fetch struct {
	*getter
	ctx context.Context

	// The transport dials and closes in goroutines of its own. Everything has been told when they are done.
	pending sync.WaitGroup

	mu      sync.Mutex
	over    bool // nobody waits for a connection any more
	conns   []net.Conn
	dialErr error  // of the last connection
	dialled string // and where it went
	name    string // and the name that was asked for
}

func (f *fetch) run(target string) error {
	transport := &https.Transport{HTTP: &http.Transport{
		DialTLSContext:     func(_ context.Context, _, addr string) (net.Conn, error) { return f.dial(addr) },
		DialContext:        func(context.Context, string, string) (net.Conn, error) { return nil, errPlainHTTP },
		DisableCompression: true,
	}}
	err := f.exchange(&http.Client{Transport: transport, CheckRedirect: f.checkRedirect}, target)
	f.mu.Lock()
	f.over = true
	conns := f.conns
	f.mu.Unlock()
	transport.CloseIdleConnections()
	// A request of HTTP/2 that was given up leaves its connection open.
	for _, conn := range conns {
		_ = conn.Close()
	}
	f.pending.Wait()
	// A request that was given up does not say what became of its connection.
	if f.dialErr != nil {
		return f.dialErr
	}
	return err
}

func (f *fetch) exchange(client *http.Client, target string) error {
	req, err := http.NewRequestWithContext(f.ctx, f.method, target, nil)
	if err != nil {
		return err
	}
	req.Header = f.header.Clone()
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
		req.Header.Del("Host")
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	f.tell.response(resp)
	if resp.StatusCode < 400 || !f.fail {
		if err := f.save(resp); err != nil {
			return err
		}
	}
	if resp.StatusCode >= 400 {
		return &statusError{resp.Status}
	}
	return nil
}

func (f *fetch) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case !f.location:
		return http.ErrUseLastResponse
	case len(via) > f.maxRedirs:
		return &redirectError{fmt.Sprintf("more than %d redirects (--max-redirs)", f.maxRedirs)}
	case req.URL.Scheme != "https":
		return &redirectError{"the server redirects to " + req.URL.Redacted() + ", which is not HTTPS"}
	}
	return nil
}

// dial connects and shakes hands. Its time is bounded by the fetch, not by the request: net/http gives a dial up
// without waiting for its reason.
func (f *fetch) dial(addr string) (net.Conn, error) {
	if !f.begin() {
		return nil, context.Canceled
	}
	defer f.pending.Done()
	ctx, cancel := context.WithTimeout(f.ctx, connectTimeout)
	defer cancel()
	conn, err := f.connectEither(ctx, addr)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialErr = err
	if err != nil {
		return nil, err
	}
	if f.over {
		_ = conn.Close()
		return nil, context.Canceled
	}
	f.pending.Add(1)
	counted := countedTLS{newCountedConn(conn, f.pending.Done), conn}
	f.conns = append(f.conns, counted)
	return counted, nil
}

// begin counts one more connection, if somebody still waits for it.
func (f *fetch) begin() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.over {
		return false
	}
	f.pending.Add(1)
	return true
}

// connect connects and shakes hands; patience bounds the handshake alone, 0 leaves it to ctx.
func (f *fetch) connect(ctx context.Context, addr string, config *tls.Config, patience time.Duration) (*tls.Conn, error) {
	config = config.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	to := f.routes.route(addr)
	f.mu.Lock()
	f.dialled, f.name = to, config.ServerName
	f.mu.Unlock()
	inner, err := new(net.Dialer).DialContext(ctx, "tcp", to)
	if err != nil {
		return nil, &connectError{to, err}
	}
	if patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	conn := tls.Client(inner, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, &handshakeError{err}
	}
	if p := conn.ConnectionState().NegotiatedProtocol; p != "" && p != "h2" && !strings.HasPrefix(p, "http/1.") {
		_ = conn.Close()
		return nil, &protocolError{p}
	}
	return conn, nil
}

// save writes a response to where the user wants it: the headers of a HEAD, the body of a GET.
func (f *fetch) save(resp *http.Response) (err error) {
	to, name, finish, err := f.out.open()
	if err != nil {
		return &writeError{name: name, err: err}
	}
	var written int64
	defer func() {
		if closing := finish(); err == nil && closing != nil {
			err = &writeError{name: name, written: written, err: closing}
		}
	}()
	if f.method == http.MethodHead {
		_, err := io.WriteString(to, headText(resp))
		if err != nil {
			return &writeError{name: name, err: err}
		}
		return nil
	}
	watched := &lockedWriter{w: to}
	written, err = io.Copy(watched, resp.Body)
	switch {
	case watched.err != nil:
		return &writeError{name: name, written: written, err: watched.err}
	case err != nil && f.out.file():
		return fmt.Errorf("%w; %s holds the first %d bytes only", err, name, written)
	}
	return err
}

// protocolOf names the protocol of a response: RFC 9113 §1 has no minor version.
func protocolOf(resp *http.Response) string {
	if resp.ProtoMajor == 2 {
		return "HTTP/2"
	}
	return resp.Proto
}

func headText(resp *http.Response) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\r\n", protocolOf(resp), resp.Status)
	names := make([]string, 0, len(resp.Header))
	for name := range resp.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	return b.String() + "\r\n"
}

// output is where a body goes: stdout, or a file that is made when there is something to put into it.
type output struct {
	stdout io.Writer
	path   string
}

func (o output) file() bool { return o.path != "" && o.path != "-" }

func (o output) open() (w io.Writer, name string, finish func() error, err error) {
	if !o.file() {
		return o.stdout, "stdout", func() error { return nil }, nil
	}
	file, err := os.Create(o.path)
	if err != nil {
		return nil, o.path, nil, err
	}
	return file, o.path, file.Close, nil
}

var errPlainHTTP = errors.New("plain HTTP is not spoken")
