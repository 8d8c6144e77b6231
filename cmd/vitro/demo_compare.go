package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// compareRuns is how many handshakes of each kind are made; what is shown is the median.
const compareRuns = 21

// comparison makes handshakes of several kinds with one server, and measures them.
type comparison struct {
	ca          *pki.CA
	certificate tls.Certificate
	dial        func(ctx context.Context, network, addr string) (net.Conn, error)
}

// outcome is what was measured of one kind.
type outcome struct {
	variant
	resumed        bool
	suite          wire.CipherSuite
	group          wire.NamedGroup
	roundTrips     int
	sent, received int
	took           time.Duration
}

func (c *comparison) run(ctx context.Context) ([]outcome, error) {
	var err error
	if c.ca, c.certificate, err = demoCertificate(); err != nil {
		return nil, err
	}
	var all []outcome
	for _, kind := range []struct {
		version, exchange string
		resumed           bool
	}{{"1.2", keyExchangeRSA, false}, {"1.2", keyExchangeECDHE, false}, {"1.3", "", false}, {"1.3", "", true}} {
		v, err := variantOf(kind.version, kind.exchange)
		if err != nil {
			return nil, err
		}
		one, err := c.measure(ctx, v, kind.resumed)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", v, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// measure makes handshakes of one kind. The first one warms up and does not count; it leaves the session that the
// second one resumes.
func (c *comparison) measure(ctx context.Context, v variant, resumed bool) (outcome, error) {
	inner, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return outcome{}, err
	}
	listener := tls.NewListener(inner, &tls.Config{Certificates: []tls.Certificate{c.certificate}, Policy: tls.PolicyLegacy})
	served := make(chan struct{})
	go func() {
		defer close(served)
		answer(listener)
	}()
	defer func() { _ = listener.Close(); <-served }()
	config := v.client(&tls.Config{RootCAs: c.ca.Pool()})
	if resumed {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	}
	var one outcome
	var times []time.Duration
	for i := range compareRuns + 1 {
		if one, err = c.once(ctx, inner.Addr().String(), config, resumed && i > 0); err != nil {
			return one, err
		}
		if i > 0 {
			times = append(times, one.took)
		}
	}
	slices.Sort(times)
	one.variant, one.took = v, times[len(times)/2]
	return one, nil
}

// once measures from the client's first byte until it could send a request, and then sees that the connection works,
// and is of the kind that is to be measured.
func (c *comparison) once(ctx context.Context, addr string, config *tls.Config, resumed bool) (outcome, error) {
	dial := c.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	inner, err := dial(ctx, "tcp", addr)
	if err != nil {
		return outcome{}, err
	}
	metered := &meter{Conn: inner}
	conn := tls.Client(metered, config)
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = inner.Close() })()
	start := time.Now()
	if err := conn.HandshakeContext(ctx); err != nil {
		return outcome{}, err
	}
	state := conn.ConnectionState()
	one := outcome{suite: wire.CipherSuite(state.CipherSuite), group: wire.NamedGroup(state.CurveID), resumed: state.DidResume,
		roundTrips: metered.roundTrips, sent: metered.sent, received: metered.received, took: time.Since(start)}
	theirs, err := ask(conn)
	if err == nil && (state.DidResume != resumed || theirs != resumed) {
		err = fmt.Errorf("a handshake of another kind: resumed should be %v; the client says %v, the server %v",
			resumed, state.DidResume, theirs)
	}
	return one, err
}

// ask learns from answer at the other end whether the connection was resumed. The ticket for the next one has come when
// the answer has.
func ask(conn io.ReadWriter) (resumed bool, err error) {
	if _, err := conn.Write([]byte{'?'}); err != nil {
		return false, err
	}
	b := make([]byte, 1)
	_, err = io.ReadFull(conn, b)
	return b[0] == 'r', err
}

// answer tells one visitor after the other whether its connection was resumed, until the listener is closed.
func answer(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if _, err = io.ReadFull(conn, make([]byte, 1)); err == nil {
			said := byte('f')
			if c, ok := conn.(*tls.Conn); ok && c.ConnectionState().DidResume {
				said = 'r'
			}
			_, _ = conn.Write([]byte{said})
			_, _ = io.Copy(io.Discard, conn)
		}
		_ = conn.Close()
	}
}

// meter counts bytes, and how often its user had to wait for an answer to what it wrote.
type meter struct {
	net.Conn
	sent, received, roundTrips int
	wrote                      bool
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	m.sent, m.wrote = m.sent+n, true
	return n, err
}

func (m *meter) Read(b []byte) (int, error) {
	if m.wrote {
		m.wrote = false
		m.roundTrips++
	}
	n, err := m.Conn.Read(b)
	m.received += n
	return n, err
}

func (o outcome) versionName() string { return wire.Version(o.version).String() }

func (o outcome) heading() string {
	if o.resumed {
		return o.versionName() + " resumed"
	}
	return o.versionName()
}

// exchangeName is what the keys come from.
func (o outcome) exchangeName() string {
	return strings.TrimSpace(strings.ToUpper(o.exchange) + " " + o.groupName())
}

func (o outcome) groupName() string {
	if o.group == 0 {
		return ""
	}
	return o.group.String()
}

// forwardSecret: the key of the certificate, stolen later, opens no recording.
func (o outcome) forwardSecret() bool { return o.group != 0 }

// quantumSafe: nor does a quantum computer. The groups of TLS 1.2 are the classical ones.
func (o outcome) quantumSafe() bool { return o.group != 0 && !slices.Contains(suite.Groups(), o.group) }

// hidesCertificate: who listens does not learn who the server is from its certificate.
func (o outcome) hidesCertificate() bool { return o.version == tls.VersionTLS13 }
