package main

import (
	stdtls "crypto/tls"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
)

// With --json there is nothing but events on stderr: the server's steps, in their order, without those that only
// a client takes.
func TestServeJSON(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.RSA), "--policy", "legacy", "--key-exchange", "rsa", "--text", "x", "--json")...)
	conn, err := stdtls.Dial("tcp", s.host, stdConfig(stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s.stop()
	var steps []int
	for line := range strings.Lines(s.stderr.String()) {
		var e struct {
			Role, Event string
			Conn, Seq   uint64
			Step        int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Role != "server" || e.Conn == 0 || e.Seq == 0 || e.Event == "" {
			t.Errorf("%q: role, conn, seq and event are not all there", line)
		}
		if e.Step != 0 {
			steps = append(steps, e.Step)
		}
	}
	want := []int{1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13}
	if len(steps) != len(want) {
		t.Fatalf("steps %v, want %v", steps, want)
	}
	for i := range want {
		if steps[i] != want[i] {
			t.Fatalf("steps %v, want %v", steps, want)
		}
	}
}

// Each handshake is told in one piece, under the address of its client, even if another one ends in between.
func TestServeTellsOneByOne(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x", "--explain", "full", "--handshake-timeout", "1h")...)
	slow, err := net.Dial("tcp", s.host)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	// A ClientHello, and no more once the server has answered.
	config := stdConfig(stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	half := stdtls.Client(&deafAfter{Conn: slow}, config)
	if err := half.Handshake(); err == nil {
		t.Fatal("the slow handshake went through")
	}
	quick, err := stdtls.Dial("tcp", s.host, config)
	if err != nil {
		t.Fatal(err)
	}
	defer quick.Close()
	s.stderr.await(t, "from "+quick.LocalAddr().String(), "13  Finish")
	if err := slow.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	text := s.stderr.await(t, "from "+slow.LocalAddr().String(), "hung up")
	q, w := strings.Index(text, quick.LocalAddr().String()), strings.Index(text, slow.LocalAddr().String())
	if q > w {
		t.Fatalf("the slow handshake is told before it had ended:\n%s", text)
	}
	for name, part := range map[string]string{"quick": text[q:w], "slow": text[w:]} {
		if n := strings.Count(part, " 1  Client Hello"); n != 1 {
			t.Errorf("%s: %d Client Hello in its part:\n%s", name, n, part)
		}
	}
}

// deafAfter hears one byte, and then nothing.
type deafAfter struct {
	net.Conn
	heard bool
}

func (d *deafAfter) Read(b []byte) (int, error) {
	if d.heard {
		return 0, io.ErrUnexpectedEOF
	}
	d.heard = true
	return d.Conn.Read(b[:1])
}

// --explain none says nothing of handshakes, not even of failed ones.
func TestServeExplainNone(t *testing.T) {
	s := startServe(t, append(certFlags(t, testkit.P256), "--text", "x", "--explain", "none")...)
	if _, err := stdtls.Dial("tcp", s.host, stdConfig(stdtls.TLS_RSA_WITH_AES_128_GCM_SHA256)); err == nil {
		t.Fatal("RSA key exchange with the default policy")
	}
	s.stop()
	for line := range strings.Lines(s.stderr.String()) {
		if !strings.HasPrefix(line, "vitro: s") { // serving, stopping
			t.Errorf("it says %q", line)
		}
	}
}

var keyLogLine = regexp.MustCompile(`^CLIENT_RANDOM [0-9a-f]{64} ([0-9a-f]{96})\n$`)

// The key log is readable by its owner alone, by flag and by environment; what is told never has a secret in it.
func TestServeKeyLog(t *testing.T) {
	for name, level := range map[string]string{"flag": "bytes", "environment": "json"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keys")
			flags := append(certFlags(t, testkit.P256), "--text", "x")
			if name == "flag" {
				flags = append(flags, "--keylog", file, "--explain", level)
			} else {
				t.Setenv(keyLogVariable, file)
				flags = append(flags, "--json")
			}
			s := startServe(t, flags...)
			for range 2 {
				conn, err := stdtls.Dial("tcp", s.host, stdConfig(stdtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256))
				if err != nil {
					t.Fatal(err)
				}
				conn.Close()
			}
			s.stop()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
			}
			lines := 0
			for line := range strings.Lines(string(text)) {
				m := keyLogLine.FindStringSubmatch(line)
				if m == nil {
					t.Fatalf("%q is no line of a key log", line)
				}
				if plain := strings.NewReplacer(" ", "", "\n", "").Replace(s.stderr.String()); strings.Contains(plain, m[1][:32]) {
					t.Error("a master secret is told")
				}
				lines++
			}
			if lines != 2 {
				t.Errorf("%d lines for 2 connections", lines)
			}
		})
	}
}
