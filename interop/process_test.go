package interop

import (
	"bytes"
	"context"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// limit bounds one conversation with a peer. It is reached only where something hangs.
const limit = 30 * time.Second

// screen is what a program has printed so far. What went to stdout and to stderr is kept apart, so that neither tears
// the other.
type screen struct {
	mu       sync.Mutex
	out, err bytes.Buffer
	changed  chan struct{} // closed and replaced with every write
}

func newScreen() *screen { return &screen{changed: make(chan struct{})} }

type screenWriter struct {
	screen *screen
	buf    *bytes.Buffer
}

func (w screenWriter) Write(b []byte) (int, error) {
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	close(w.screen.changed)
	w.screen.changed = make(chan struct{})
	return w.buf.Write(b)
}

func (s *screen) look() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String() + "\n" + s.err.String(), s.changed
}

func (s *screen) String() string {
	text, _ := s.look()
	return text
}

// process is a program of others that runs beside a test.
type process struct {
	t      testing.TB
	ctx    context.Context
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    *screen
	ended  chan struct{}
	failed error // valid once ended is closed
}

// start runs a program until the test ends, or limit is over. Its stdin stays open.
func start(t testing.TB, name string, args ...string) *process {
	t.Helper()
	return startIn(t, nil, name, args...)
}

// startIn is start with more in the environment.
func startIn(t testing.TB, env []string, name string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	p := &process{t: t, ctx: ctx, cmd: exec.CommandContext(ctx, name, args...), out: newScreen(), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = screenWriter{p.out, &p.out.out}, screenWriter{p.out, &p.out.err}
	p.cmd.WaitDelay = time.Second
	// Reports are read in English, whatever the user speaks.
	p.cmd.Env = append(p.cmd.Environ(), "LC_ALL=C")
	p.cmd.Env = append(p.cmd.Env, env...)
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		p.failed = p.cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-p.ended
		if t.Failed() {
			t.Logf("%s printed:\n%s", strings.Join(p.cmd.Args, " "), clip(p.out.String()))
		}
	})
	return p
}

// clip keeps a failure readable where a program printed a lot.
func clip(s string) string {
	const most = 6000
	if len(s) <= most {
		return s
	}
	return s[:most/2] + "\n… (left out) …\n" + s[len(s)-most/2:]
}

// input writes to the program's stdin.
func (p *process) input(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.stdin, text); err != nil {
		p.t.Errorf("writing to %s: %v", p.cmd.Args[0], err)
	}
}

// post has a client send a request, if it has not failed already, and returns all that it prints until its end.
func (p *process) post(request []byte) string {
	p.t.Helper()
	_, _ = p.stdin.Write(request)
	return p.wait()
}

// expect waits until the program has printed what the pattern describes, and returns its submatches; nil if the
// program ended without it.
func (p *process) expect(pattern *regexp.Regexp) []string {
	for {
		text, changed := p.out.look()
		if m := pattern.FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-changed:
		case <-p.ended:
			return pattern.FindStringSubmatch(p.out.String())
		case <-p.ctx.Done():
			return nil
		}
	}
}

// await is expect where the test cannot go on without.
func (p *process) await(pattern *regexp.Regexp) []string {
	p.t.Helper()
	m := p.expect(pattern)
	if m == nil {
		p.t.Fatalf("%s did not print %q", p.cmd.Args[0], pattern)
	}
	return m
}

// wait waits for the program's own end, and returns all it printed.
func (p *process) wait() string {
	p.t.Helper()
	<-p.ended
	if p.ctx.Err() != nil {
		p.t.Errorf("%s did not end by itself within %v", p.cmd.Args[0], limit)
	}
	return p.out.String()
}

// stop asks the program to end, so that it can still print what it has buffered, and returns all it printed.
func (p *process) stop() string {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	return p.wait()
}
