package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// again plays a peer that expects to resume, or not.
func again(c *tls.Conn, resumed bool) error {
	if err := c.Handshake(); err != nil {
		return err
	}
	if got := c.ConnectionState().DidResume; got != resumed {
		return fmt.Errorf("resumed: %v", got)
	}
	return echoed(c)
}

// Sessions live from one connection of a run to the next, in both roles and versions, also where every answer is late, and
// over a tls.Conn.
func TestResumes(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, server := range []bool{false, true} {
			for _, more := range [][]string{nil, {"-async"}, {"-conn"}, {"-conn", "-async"}} {
				resumes(t, version, server, more)
			}
		}
	}
}

func resumes(t *testing.T, version uint16, server bool, more []string) {
	args := append([]string{"-resume-count", "2", "-check-close-notify", "-host-name", testkit.Host}, more...)
	if version == tls.VersionTLS12 && !server {
		args = append(args, "-on-resume-expect-ticket-renewal") // as crypto/tls does it
	}
	if server {
		args = append(append(args, "-server"), files(t)...)
	}
	config := &tls.Config{MaxVersion: version, ServerName: testkit.Host, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
	var peers []func(net.Conn) error
	for i := range 3 {
		peers = append(peers, func(c net.Conn) error {
			if server {
				return again(clientOf(c, config), i > 0)
			}
			return again(serverOf(c, config), i > 0)
		})
	}
	if status, stderr := runShims(t, peers, args...); status != 0 {
		t.Errorf("%v: exit status %d: %s", args, status, stderr)
	}
}

// What the flags expect of a session is held against what came of it.
func TestSessionExpectations(t *testing.T) {
	config := &tls.Config{MaxVersion: tls.VersionTLS12}
	server := func(c net.Conn) error { _ = echoed(serverOf(c, config)); return nil }
	for _, c := range []struct {
		args  []string
		peers int
		says  string
	}{
		{[]string{"-resume-count", "1", "-expect-session-miss"}, 2, "resumed: true"},
		{[]string{"-expect-no-session"}, 1, "a new session: true"},
		{[]string{"-on-resume-expect-version", "772", "-resume-count", "1"}, 2, "instead of 0x0304"},
		{[]string{"-on-initial-expect-version", "772", "-resume-count", "1"}, 1, "instead of 0x0304"},
		{[]string{"-expect-total-renegotiations", "1"}, 1, "0 renegotiations"},
		{[]string{"-expect-msg-callback", "write hs 1\n"}, 1, "messages"},
		{[]string{"-expect-verify-result", "-on-initial-verify-fail", "-resume-count", "1"}, 2, "the peer refused: true"},
	} {
		var peers []func(net.Conn) error
		for range c.peers {
			peers = append(peers, server)
		}
		status, stderr := runShims(t, peers, c.args...)
		if status != exitUnexpected || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: exit status %d, %q; want %d and %s", c.args, status, stderr, exitUnexpected, c.says)
		}
	}
}

// Client certificates in both roles, and whose they must be.
func TestClientCertificates(t *testing.T) {
	asking := func(conn net.Conn) error {
		c := serverOf(conn, &tls.Config{ClientAuth: tls.RequireAnyClientCert})
		if err := echoed(c); err != nil {
			return err
		}
		if len(c.ConnectionState().PeerCertificates) == 0 {
			return errors.New("no certificate came")
		}
		return nil
	}
	if status, stderr := runShim(t, asking, append(files(t), "-check-close-notify", "-expect-selected-credential", "-1")...); status != 0 {
		t.Errorf("a client with a certificate: exit status %d: %s", status, stderr)
	}
	showing := func(conn net.Conn) error {
		leaf := testkit.Leaf(testkit.P256)
		return echoed(clientOf(conn, &tls.Config{Certificates: []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}))
	}
	server := append(files(t), "-server", "-require-any-client-certificate", "-check-close-notify")
	if status, stderr := runShim(t, showing, append(server, "-expect-peer-signature-algorithm", "1027")...); status != 0 {
		t.Errorf("a server that asks: exit status %d: %s", status, stderr)
	}
	refused := func(conn net.Conn) error { _ = echoed(clientOf(conn, &tls.Config{})); return nil }
	if status, stderr := runShim(t, refused, server...); status != exitFailed || !strings.Contains(stderr, fault.ClientCertificateRequired.Name) {
		t.Errorf("a client without one: exit status %d: %s", status, stderr)
	}
}

// A policy is a list of what Vitro has.
func TestPolicies(t *testing.T) {
	for name, p := range policies {
		for _, id := range append(p.suites[:len(p.suites):len(p.suites)], p.suites13...) {
			if suite.ByID(id) == nil {
				t.Errorf("%s: %v", name, id)
			}
		}
		leaf := testkit.Leaf(testkit.P384)
		var met error
		status, stderr := runShim(t, func(c net.Conn) error {
			met = echoed(tls.Server(c, &tls.Config{CurvePreferences: []tls.CurveID{tls.CurveP384},
				Certificates: []tls.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}}}))
			return nil
		}, "-"+name, "-check-close-notify")
		if want := name != "cnsa2-202603"; (status == 0) != want || (met == nil) != want { // whose only group is ML-KEM-1024
			t.Errorf("%s: exit status %d: %s; the peer: %v", name, status, stderr, met)
		}
	}
}
