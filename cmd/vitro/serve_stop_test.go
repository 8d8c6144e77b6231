package main

import (
	"bufio"
	"context"
	stdtls "crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/explain"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// The tests' own binary is the program too, for tests that send it signals.
const beVitro = "VITRO_TEST_BE_VITRO"

func init() {
	if os.Getenv(beVitro) != "" {
		main()
	}
}

// bigDir has a file that no socket's buffers hold: a request for it is in flight until its client has read on.
func bigDir(t *testing.T) (dir string, size int64) {
	t.Helper()
	dir, size = t.TempDir(), 64<<20
	f, err := os.Create(filepath.Join(dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, size
}

// startDownload asks for the big file and waits for the answer to begin.
func startDownload(t *testing.T, visitor, url string) io.Reader {
	t.Helper()
	resp, err := visitors(t, testkit.PKI().Roots)[visitor].Get(url + "/big")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp.Body
}

// refused waits until nobody listens any more.
func refused(t *testing.T, address string) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		conn.Close()
		runtime.Gosched()
	}
}

// A request in flight is finished. Connections on which nothing was asked, and handshakes that go on, hold up nothing.
func TestServeStopsGracefully(t *testing.T) {
	for _, visitor := range []string{"crypto/tls", "crypto/tls, HTTP/2"} {
		t.Run(visitor, func(t *testing.T) { stopsGracefully(t, visitor) })
	}
}

func stopsGracefully(t *testing.T, visitor string) {
	t.Helper()
	dir, size := bigDir(t)
	s := startServe(t, append(certFlags(t, testkit.P256), dir)...)
	body := startDownload(t, visitor, s.url)
	fresh, err := stdtls.Dial("tcp", s.host, stdConfig(stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256))
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	silent, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	exit := make(chan int, 1)
	go func() { exit <- s.stop() }()
	refused(t, s.host)
	if _, err := io.ReadAll(fresh); err != nil {
		t.Errorf("a connection without a request: %v, want close_notify", err)
	}
	if n, err := io.Copy(io.Discard, body); n != size || err != nil {
		t.Errorf("the request in flight: %d of %d bytes, %v", n, size, err)
	}
	if code := <-exit; code != exitOK || strings.Contains(s.stderr.String(), "cut short") {
		t.Errorf("exit %d, want %d\n%s", code, exitOK, s.stderr)
	}
}

// A request that takes too long is cut, which is said.
func TestServeCutsWhatTakesTooLong(t *testing.T) {
	for _, visitor := range []string{"crypto/tls", "crypto/tls, HTTP/2"} {
		t.Run(visitor, func(t *testing.T) { cutsWhatTakesTooLong(t, visitor) })
	}
}

func cutsWhatTakesTooLong(t *testing.T, visitor string) {
	t.Helper()
	dir, size := bigDir(t)
	leaf := testkit.Leaf(testkit.P256)
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	said := newWritten()
	say := func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) }
	o := &serveOptions{explain: explainNone}
	server := o.server(config, o.watch(said, explain.Options{}), http.FileServer(http.Dir(dir)), say)
	done := make(chan error, 1)
	go func() { done <- serveUntil(ctx, server, listener, time.Millisecond, say) }()
	body := startDownload(t, visitor, "https://"+listener.Addr().String())
	stop()
	if err := <-done; err != nil {
		t.Errorf("it ends with %v", err)
	}
	if n, err := io.Copy(io.Discard, body); err == nil || n == size {
		t.Errorf("%d of %d bytes, %v; want an error", n, size, err)
	}
	said.await(t, "cut short")
}

// startProcess runs vitro serve as a process of its own.
func startProcess(t *testing.T, args ...string) (cmd *exec.Cmd, url string, stderr *written) {
	t.Helper()
	cmd = exec.Command(os.Args[0], append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), beVitro+"=1")
	stderr = newWritten()
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("no address came: %v\n%s", err, stderr)
	}
	return cmd, strings.TrimSpace(line), stderr
}

func TestServeSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("signals are not sent there")
	}
	dir, size := bigDir(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd, url, stderr := startProcess(t, append(certFlags(t, testkit.P256), dir)...)
		body := startDownload(t, "crypto/tls", url)
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		stderr.await(t, "stopping")
		if n, err := io.Copy(io.Discard, body); n != size || err != nil {
			t.Errorf("%v: the request in flight: %d of %d bytes, %v", sig, n, size, err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %v, want exit 0\n%s", sig, err, stderr)
		}
	}
	// The second signal does not wait for what is in flight.
	cmd, url, stderr := startProcess(t, append(certFlags(t, testkit.P256), dir)...)
	startDownload(t, "crypto/tls", url)
	for range 2 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		stderr.await(t, "stopping")
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitInterrupt || strings.Contains(stderr.String(), "cut short") {
		t.Errorf("after the second signal: %v, want exit 130\n%s", err, stderr)
	}
}
