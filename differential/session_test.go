package differential

import (
	std "crypto/tls"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// acquaintance is a session that both servers know, each in its own form, and a hello that shows its ticket.
type acquaintance struct {
	ticket       string
	ours, theirs []byte
	hello        []byte
}

var (
	acquaintancesOnce sync.Once
	acquainted        []acquaintance
)

func acquaintances(t testing.TB) []acquaintance {
	acquaintancesOnce.Do(func() {
		acquainted = []acquaintance{meet(t, "one", std.VersionTLS12), meet(t, "two", std.VersionTLS13)}
	})
	return acquainted
}

// meet lets crypto/tls's client meet both servers. The session is crypto/tls's; Vitro is given its secret.
func meet(t testing.TB, ticket string, version uint16) acquaintance {
	t.Helper()
	a := acquaintance{ticket: ticket}
	client := &std.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host, MaxVersion: version,
		CurvePreferences: groups, NextProtos: protocols}
	var vitroState []byte
	ours := vitroConfig()
	ours.WrapSession = func(_ tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
		var err error
		vitroState, err = s.Bytes()
		return []byte(ticket), err
	}
	client.ClientSessionCache = std.NewLRUClientSessionCache(1)
	converse(t, client, func(c net.Conn) net.Conn { return tls.Server(c, ours) })
	theirs := stdConfig()
	theirs.WrapSession = func(_ std.ConnectionState, s *std.SessionState) ([]byte, error) {
		var err error
		a.theirs, err = s.Bytes()
		return []byte(ticket), err
	}
	client.ClientSessionCache = std.NewLRUClientSessionCache(1)
	converse(t, client, func(c net.Conn) net.Conn { return std.Server(c, theirs) })

	s, err := want.UnmarshalSession(vitroState)
	if err != nil {
		t.Fatal(err)
	}
	// Its first fields: version, type, suite, time, and the secret with its length.
	const suiteAt, secretAt = 3, 13
	s.Suite = wire.CipherSuite(a.theirs[suiteAt])<<8 | wire.CipherSuite(a.theirs[suiteAt+1])
	s.Secret = a.theirs[secretAt+1:][:a.theirs[secretAt]]
	if a.ours, err = s.Marshal(); err != nil {
		t.Fatal(err)
	}
	l := &line{}
	_ = std.Client(l, client).Handshake()
	a.hello = plaintext(l.said)
	return a
}

// converse is a connection on which the server says a byte, with whatever ticket is in front of it.
func converse(t testing.TB, config *std.Config, server func(net.Conn) net.Conn) {
	t.Helper()
	a, b := net.Pipe()
	defer a.Close()
	said := make(chan error, 1)
	go func() {
		defer b.Close()
		_, err := server(b).Write([]byte{1})
		said <- err
	}()
	if _, err := io.ReadFull(std.Client(a, config), make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := <-said; err != nil {
		t.Fatal(err)
	}
}

// Both servers resume the sessions that they know, or what is compared is no resumption.
func TestServersResume(t *testing.T) {
	for _, a := range acquaintances(t) {
		if ours, theirs := vitroServer(a.hello, acquainted), stdServer(a.hello, acquainted); !ours.Resumed || !theirs.Resumed {
			t.Errorf("ticket %s: Vitro: %v; crypto/tls: %v", a.ticket, ours, theirs)
		}
	}
}
