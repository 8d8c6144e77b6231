package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
)

// The server lets in who is on its list; every other client learns why not, and so does the server's log.
func TestWhoComesIn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir := t.TempDir() + "/ca"
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"--ca-dir", dir, "--addr", "127.0.0.1:0"}, io.Discard, write)
		write.Close()
	}()
	lines := bufio.NewScanner(read)
	if !lines.Scan() {
		t.Fatal(<-done)
	}
	_, addr, _ := strings.Cut(lines.Text(), "on ")
	addr, _, _ = strings.Cut(addr, ";")

	visit := func(name string) (string, error) {
		var heard bytes.Buffer
		err := run(ctx, []string{"--ca-dir", dir, "--addr", addr, "--client", name}, &heard, io.Discard)
		return heard.String(), err
	}
	for _, name := range []string{"alice", "bob"} {
		if heard, err := visit(name); heard != "hello "+name+"\n" || err != nil {
			t.Errorf("%s hears %q, %v", name, heard, err)
		}
	}
	for _, c := range []struct{ name, logged string }{
		{"mallory", `"mallory" is not on the list`},
		{"", fault.ClientCertificateRequired.Sentence},
	} {
		heard, err := visit(c.name)
		var told *fault.PeerAlert
		if heard != "" || !errors.As(err, &told) {
			t.Errorf("%q hears %q, %v; want the server's alert", c.name, heard, err)
		}
		if c.name == "" && !errors.Is(err, fault.ClientCertificateWanted) {
			t.Errorf("a client without a certificate is not told that it needs one: %v", err)
		}
		if !lines.Scan() || !strings.Contains(lines.Text(), c.logged) {
			t.Errorf("the server says of %q: %s\nwant: %s", c.name, lines.Text(), c.logged)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Ctrl-C: %v", err)
	}
}
