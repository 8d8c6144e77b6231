package interop

import (
	"bytes"
	"crypto/tls"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	vitro "github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

const (
	little = 2 << 10
	plenty = 150 << 10 // many records, and more than any socket buffer holds unread at once
)

// matrix lists every suite, every group and every signature scheme, with every peer, in both directions.
func matrix() []cell {
	var cells []cell
	for _, p := range peers {
		for _, role := range []fault.Role{fault.Client, fault.Server} {
			at := func(axis string, s *suite.Suite) cell {
				return cell{peer: p, role: role, axis: axis, suite: s, kind: kindFor(s.Auth), size: little}
			}
			for _, s := range slices.Concat(suite.All(), suite.All13()) {
				c := at("suite", s)
				c.size = plenty
				cells = append(cells, c)
				if s.Cipher.CBC() && (p == openSSL || p == gnuTLS) {
					c.noETM = true
					cells = append(cells, c)
				}
			}
			for _, g := range suite.Groups() {
				c := at("group", favourite(suite.AuthRSA))
				c.group = g
				cells = append(cells, c)
			}
			for _, g := range suite.FieldGroups() {
				c := at("group", favouriteDHE())
				c.group = g
				cells = append(cells, c)
			}
			for _, g := range suite.Groups13() {
				c := at("group", favourite13)
				c.group = g
				cells = append(cells, c)
			}
			for _, kind := range testkit.Kinds {
				key := testkit.Leaf(kind).Leaf.PublicKey
				for _, scheme := range suite.SchemesFor(key) {
					c := at("scheme", favourite(suite.AuthOf(key)))
					c.kind, c.scheme = kind, scheme
					cells = append(cells, c)
				}
				for _, scheme := range suite.SchemesFor13(key) {
					c := at("scheme", favourite13)
					c.kind, c.scheme = kind, scheme
					cells = append(cells, c)
				}
			}
		}
	}
	return cells
}

func kindFor(a suite.Auth) testkit.Kind {
	if a == suite.AuthRSA {
		return testkit.RSA
	}
	return testkit.P256
}

// favourite is the best suite with ECDHE for a kind of key, favouriteDHE the best with DHE.
func favourite(a suite.Auth) *suite.Suite { return best(a, wire.KeyExchangeECDHE) }

func favouriteDHE() *suite.Suite { return best(suite.AuthRSA, wire.KeyExchangeDHE) }

func best(a suite.Auth, kx wire.KeyExchange) *suite.Suite {
	for _, s := range suite.All() {
		if s.Auth == a && s.KeyExchange == kx {
			return s
		}
	}
	return nil
}

var favourite13 = suite.All13()[0]

// The peer allows the cell's suite and group only; Vitro is as its user has it, with the version and the policy that the suite needs.
func TestMatrix(t *testing.T) {
	for _, c := range matrix() {
		twice(t, c.String(), func(t *testing.T) {
			t.Parallel()
			need(t, c.peer)
			if reason := c.peer.lacks(c); reason != "" {
				gap(t, c.String(), reason)
			}
			ran(t, c.suite.Version, c.peer.name(), c.role, c.axis)
			if c.role == fault.Client {
				runClient(t, c)
			} else {
				runServer(t, c)
			}
		})
	}
}

func policyFor(s *suite.Suite) string {
	for _, p := range suite.Policies() {
		if ids, _ := suite.Policy(p); slices.Contains(ids, s.ID) || slices.Contains(suite.Policy13(p), s.ID) {
			return p
		}
	}
	return ""
}

// pinned is what our end has to allow alone because the peer takes no choice: the suites of TLS 1.3 in crypto/tls.
func pinned(c cell) []uint16 {
	if c.peer == goTLS && c.tls13() {
		return []uint16{uint16(c.suite.ID)}
	}
	return nil
}

func runClient(t *testing.T, c cell) {
	server := c.peer.server(t, c)
	config := spoken{c.suite.Version}.clientConfig()
	config.Policy = policyFor(c.suite)
	config.CipherSuites = pinned(c)
	config.StrictClose = true
	conn := mustDial(t, server.addr(), config)
	server.talk(t, conn, text(uint64(c.size), c.size))
	compare(t, c, conn.ConnectionState(), server.report(t))
}

func runServer(t *testing.T, c cell) {
	config := spoken{c.suite.Version}.serverConfig(t, c.kind)
	config.Policy = policyFor(c.suite)
	config.CipherSuites = pinned(c)
	if c.group.IsFFDHE() && c.peer != gnuTLS { // the others cannot ask for a finite field in TLS 1.2
		config.CurvePreferences = []vitro.CurveID{vitro.X25519, vitro.CurveID(c.group)}
	}
	if c.scheme != 0 {
		config.Certificates[0].SupportedSignatureAlgorithms = []tls.SignatureScheme{tls.SignatureScheme(c.scheme)}
	}
	data := text(uint64(c.size), c.size)
	server := serve(t, config, answerPost)
	visited := c.peer.client(t, c, server.addr, post(data))
	got := server.done()
	if got.err != nil {
		t.Fatalf("our server: %v", got.err)
	}
	if !bytes.Equal(got.body, data) {
		t.Errorf("our server got %d bytes that are not those that the client sent", len(got.body))
	}
	if !bytes.Contains([]byte(visited.printed), reply(data)) {
		t.Errorf("the client did not get our reply of %d bytes whole; it printed:\n%s", len(reply(data)), clip(visited.printed))
	}
	compare(t, c, got.state, visited.report)
}

// compare holds what the peer reports against what the cell asked for, and our own account against both.
func compare(t *testing.T, c cell, ours vitro.ConnectionState, theirs report) {
	t.Helper()
	want := report{version: c.suite.Version, suite: c.suite.ID, group: c.group, scheme: c.scheme, etm: c.etm()}
	own := stateOf(ours)
	// Where the cell leaves it open, both must name the same, and name something but in RSA key exchange; a server's own
	// finite field has no name.
	if c.tls13() || c.suite.KeyExchange != wire.KeyExchangeRSA {
		unnamed := c.suite.KeyExchange == wire.KeyExchangeDHE && c.role == fault.Client
		if own.group == 0 && !unnamed || own.scheme == 0 {
			t.Errorf("our ConnectionState lacks the group (%v) or the signature scheme (%v)", own.group, own.scheme)
		}
		if want.group == 0 {
			want.group = own.group
		}
		if want.scheme == 0 {
			want.scheme = own.scheme
		}
	}
	if own != want {
		t.Errorf("our ConnectionState says %v, the cell was to be %v", own, want)
	}
	told := c.peer.tells(c.role)
	if !told.group {
		want.group = 0
	}
	if !told.scheme {
		want.scheme = 0
	}
	if !told.etm {
		want.etm = false
	}
	if theirs != want {
		t.Errorf("%s reports %v, we have %v", c.peer.name(), theirs, want)
	}
	if !ours.HandshakeComplete || !ours.ExtendedMasterSecret {
		t.Errorf("our ConnectionState says: handshake complete %v, extended master secret %v; want both", ours.HandshakeComplete, ours.ExtendedMasterSecret)
	}
	if c.role == fault.Server && ours.ServerName != testkit.Host {
		t.Errorf("the client asked for the name %q, want %q", ours.ServerName, testkit.Host)
	}
}
