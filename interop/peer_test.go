package interop

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// program is a TLS implementation that others wrote.
type program interface {
	name() string
	// find returns the version that is installed, or why it cannot be used.
	find() (version string, err error)
}

// peer is a program of the matrix.
type peer interface {
	program
	// lacks says why a cell cannot be, "" if it can.
	lacks(cell) string
	// client visits Vitro's server, sends request and returns what it reports. It is at its end then.
	client(t *testing.T, c cell, addr string, request []byte) visit
	// server starts a server for one connection from Vitro's client.
	server(t *testing.T, c cell) host
	// tells says what the peer reports at all in the role it has when Vitro has the other.
	tells(vitro fault.Role) tells
}

// tells says which of the agreed-on values a peer reports.
type tells struct{ group, scheme, etm bool }

// visit is a client's account of its visit.
type visit struct {
	report  report
	printed string // with the reply in it
}

// host is a server of others.
type host interface {
	addr() string
	// talk sends data over Vitro's connection, checks what comes back, and closes.
	talk(t *testing.T, conn net.Conn, data []byte)
	// report waits for the connection's end and returns what the server reports.
	report(t *testing.T) report
}

// report is what a peer says was agreed on. 0 where it says nothing.
type report struct {
	version wire.Version
	suite   wire.CipherSuite
	group   wire.NamedGroup
	scheme  wire.SignatureScheme
	etm     bool // encrypt-then-MAC
}

// cell is one handshake of the matrix.
type cell struct {
	peer   peer
	role   fault.Role // Vitro's
	axis   string
	suite  *suite.Suite
	kind   testkit.Kind         // of the server's key
	group  wire.NamedGroup      // 0: what both like best
	scheme wire.SignatureScheme // 0: what both like best
	size   int                  // bytes of data one way
	noETM  bool                 // the peer is told to do without encrypt-then-MAC
}

func (c cell) tls13() bool { return c.suite.Version == wire.TLS13 }

// etm reports whether both ends have encrypt-then-MAC for the suite; crypto/tls has none.
func (c cell) etm() bool { return c.suite.Cipher.CBC() && !c.noETM && c.peer != goTLS }

func (c cell) String() string {
	parts := []string{column{c.peer.name(), c.role}.String(), c.suite.ID.String(), c.kind.String()}
	if c.group != 0 {
		parts = append(parts, c.group.String())
	}
	if c.scheme != 0 {
		parts = append(parts, c.scheme.String())
	}
	if c.noETM {
		parts = append(parts, "without encrypt-then-MAC")
	}
	return strings.Join(parts, ", ")
}

var (
	openSSL = &openSSLPeer{}
	gnuTLS  = &gnuTLSPeer{}
	goTLS   = &goPeer{}
	curl    = &curlPeer{}

	peers = []peer{openSSL, gnuTLS, goTLS, curl}
)

// requirePeers turns a missing program from a skip into a failure.
var requirePeers = os.Getenv("VITRO_REQUIRE_PEERS") == "1"

// need ends a test whose peer is not there.
func need(t *testing.T, p program) {
	t.Helper()
	version, err := p.find()
	ledger.mu.Lock()
	ledger.peers[p.name()] = version
	if err != nil {
		ledger.peers[p.name()] = "missing: " + err.Error()
	}
	ledger.mu.Unlock()
	switch {
	case err == nil:
	case requirePeers:
		t.Fatalf("%s is required here: %v", p.name(), err)
	default:
		t.Skipf("%s is not here: %v (VITRO_REQUIRE_PEERS=1 makes this a failure)", p.name(), err)
	}
}

// ask runs a program to its end and returns what it prints.
func ask(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return string(out), nil
}

// once asks the installed programs a question at most once per process.
func once(f func() (string, error)) func() (string, error) { return sync.OnceValues(f) }

// lookupGroup finds a group by a peer's name for it.
func lookupGroup(names map[wire.NamedGroup][]string, name string) wire.NamedGroup {
	for g, list := range names {
		for _, n := range list {
			if strings.EqualFold(n, name) {
				return g
			}
		}
	}
	return 0
}

func (r report) String() string {
	return fmt.Sprintf("%v, %v, group %v, signature %v, encrypt-then-MAC %v", r.version, r.suite, r.group, r.scheme, r.etm)
}
