package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
)

const shimID = 0x1122334455667788

// runShim runs the shim against a peer that plays the runner, and returns its exit status and what it printed.
func runShim(t *testing.T, peer func(net.Conn) error, args ...string) (status int, stderr string) {
	t.Helper()
	return runShims(t, []func(net.Conn) error{peer}, args...)
}

// runShims is runShim for several connections, one after the other.
func runShims(t *testing.T, peers []func(net.Conn) error, args ...string) (status int, stderr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	played := make(chan error, 1)
	go func() {
		for _, peer := range peers {
			if err := play(listener, peer); err != nil {
				played <- err
				return
			}
		}
		played <- nil
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	args = append([]string{"-port", port, "-shim-id", strconv.FormatUint(shimID, 10)}, args...)
	var out, said bytes.Buffer
	status = run(args, &out, &said)
	if err := <-played; err != nil {
		t.Errorf("the peer: %v; the shim's exit status %d: %s", err, status, said.String())
	}
	return status, said.String()
}

func play(listener net.Listener, peer func(net.Conn) error) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	var id [8]byte
	if _, err := io.ReadFull(conn, id[:]); err != nil || binary.LittleEndian.Uint64(id[:]) != shimID {
		return fmt.Errorf("the shim's number is %x: %v", id, err)
	}
	return peer(conn)
}

// files writes a certificate and its key, and returns the flags that name them.
func files(t *testing.T) []string {
	t.Helper()
	leaf := testkit.Leaf(testkit.P256)
	key, err := x509.MarshalPKCS8PrivateKey(leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	var chain []byte
	for _, der := range leaf.Chain {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for file, content := range map[string][]byte{
		certFile: chain,
		keyFile:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"-cert-file", certFile, "-key-file", keyFile}
}

func serverOf(conn net.Conn, config *tls.Config) *tls.Conn {
	leaf := testkit.Leaf(testkit.P256)
	config.Certificates = []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}
	return tls.Server(conn, config)
}

func clientOf(conn net.Conn, config *tls.Config) *tls.Conn {
	config.InsecureSkipVerify = true
	return tls.Client(conn, config)
}

// echoed is the runner's part: what it sends comes back inverted.
func echoed(c *tls.Conn) error {
	if _, err := c.Write([]byte{0, 1, 0xff}); err != nil {
		return err
	}
	var back [3]byte
	if _, err := io.ReadFull(c, back[:]); err != nil || back != [3]byte{0xff, 0xfe, 0} {
		return fmt.Errorf("%x came back: %v", back, err)
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, c) // up to the shim's close_notify
	return err
}

// Both roles and versions, answers given at once and late, the engine alone and a tls.Conn: data comes back inverted, and
// nothing is said.
func TestEcho(t *testing.T) {
	for _, end := range []string{"-partial-write", "-conn"} { // the first asks for nothing
		echoes(t, end)
	}
}

func echoes(t *testing.T, end string) {
	for version, names := range map[uint16][]string{tls.VersionTLS12: {"-expect-version", "771"}, tls.VersionTLS13: {"-expect-version", "772"}} {
		for _, async := range []bool{false, true} {
			for _, server := range []bool{false, true} {
				args := append([]string{end, "-check-close-notify"}, names...)
				if async {
					args = append(args, "-async")
				}
				config := &tls.Config{MaxVersion: version}
				peer := func(c net.Conn) error { return echoed(serverOf(c, config)) }
				if server {
					args = append(append(args, "-server"), files(t)...)
					peer = func(c net.Conn) error { return echoed(clientOf(c, config)) }
				}
				if status, stderr := runShim(t, peer, args...); status != 0 || stderr != "" {
					t.Errorf("%v: exit status %d: %s", args, status, stderr)
				}
			}
		}
	}
}

// What is said before anything is read: an exported key, then the first words; and the end that the shim begins.
func TestSpeaksFirst(t *testing.T) {
	peer := func(conn net.Conn) error {
		c := serverOf(conn, &tls.Config{NextProtos: []string{"b"}})
		if err := c.Handshake(); err != nil {
			return err
		}
		state := c.ConnectionState()
		want, err := state.ExportKeyingMaterial("label", []byte("context"), 20)
		if err != nil {
			return err
		}
		got, err := io.ReadAll(c)
		if want := append(want, "hello"...); err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("heard %x instead of %x: %v", got, want, err)
		}
		return c.CloseWrite()
	}
	status, stderr := runShim(t, peer, "-shim-writes-first", "-shim-shuts-down", "-check-close-notify", "-host-name", testkit.Host,
		"-export-keying-material", "20", "-export-label", "label", "-export-context", "context", "-use-export-context",
		"-advertise-alpn", "\x01a\x01b", "-expect-alpn", "b", "-key-update", "-expect-curve-id", "4588")
	if status != 0 || stderr != "" {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

// Each way to fail has its exit status, and a failed connection the name of the rule.
func TestExitStatus(t *testing.T) {
	quiet := func(c net.Conn) error {
		_ = c.(*net.TCPConn).CloseWrite()
		_, err := io.Copy(io.Discard, c)
		return err
	}
	shake := func(conn net.Conn) error {
		_ = serverOf(conn, &tls.Config{}).Handshake() // may fail: the shim refuses
		return nil
	}
	for _, c := range []struct {
		name   string
		peer   func(net.Conn) error
		args   []string
		status int
		says   string
	}{
		{"not TLS", func(c net.Conn) error { _, _ = c.Write([]byte{0, 1, 2, 3, 4}); return quiet(c) }, nil, exitFailed, ":not_tls:"},
		{"nobody there", quiet, nil, exitFailed, ":hang_up:"},
		{"a verdict", shake, []string{"-verify-peer", "-verify-fail"}, exitFailed, ":rejected_by_caller:"},
		{"untrusted", shake, []string{"-verify-peer"}, exitFailed, ":unknown_ca:"},
		{"another version", shake, []string{"-expect-version", "771"}, exitUnexpected, "version 0x0304 instead of 0x0303"},
		{"another protocol", shake, []string{"-expect-alpn", "a"}, exitUnexpected, "protocol"},
		{"the peer's alert", func(conn net.Conn) error {
			_ = serverOf(conn, &tls.Config{MaxVersion: tls.VersionTLS11}).Handshake()
			return nil
		}, nil, exitFailed, ":alert_protocol_version:"},
	} {
		status, stderr := runShim(t, c.peer, c.args...)
		if status != c.status || !strings.Contains(stderr, c.says) {
			t.Errorf("%s: exit status %d, %q; want %d and %s", c.name, status, stderr, c.status, c.says)
		}
	}
}

// What Vitro lacks is said before anybody is dialed.
func TestUnimplemented(t *testing.T) {
	for _, args := range [][]string{
		{"-dtls"}, {"-on-resume-dtls"}, {"-resume-count", "1", "-on-resume-curves", "30"}, {"-max-version", "770"}, {"-min-version", "x"}, {"-port"},
		{"-curves", "30"}, {"-cipher", "DEFAULT:!AES"}, {"-server", "-cert-file", "nowhere", "-key-file", "nowhere"},
	} {
		var stdout, stderr bytes.Buffer
		if status := run(args, &stdout, &stderr); status != exitUnimplemented || stderr.Len() == 0 {
			t.Errorf("%v: exit status %d, %q; want %d and a reason", args, status, stderr.String(), exitUnimplemented)
		}
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"-is-handshaker-supported"}, &stdout, &stderr); status != 0 || stdout.String() != "No\n" {
		t.Errorf("-is-handshaker-supported: %d, %q", status, stdout.String())
	}
}

// The runner's configuration names rules that exist, and gives a reason for whatever it leaves out.
func TestConfigFile(t *testing.T) {
	file, err := os.ReadFile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		DisabledTests map[string]string
		ErrorMap      map[string][]string
	}
	if err := json.Unmarshal(file, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.DisabledTests) == 0 || len(config.ErrorMap) == 0 {
		t.Fatal("it is empty")
	}
	for pattern, reason := range config.DisabledTests {
		if _, err := filepath.Match(pattern, ""); err != nil || reason == "" {
			t.Errorf("%q is left out for the reason %q: %v", pattern, reason, err)
		}
	}
	names := map[string]bool{":data_after_close:": true}
	for _, r := range fault.Rules() {
		names[":"+r.Name+":"] = true
	}
	for theirs, ours := range config.ErrorMap {
		for _, name := range ours {
			if !names[name] && !strings.HasPrefix(name, ":alert_") {
				t.Errorf("%s is mapped to %s, and there is no such rule", theirs, name)
			}
		}
	}
}
