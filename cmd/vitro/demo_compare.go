package main

import (
	"context"
	"encoding/json"
	"errors"
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
	for _, kind := range []struct{ version, exchange string }{{"1.2", keyExchangeRSA}, {"1.2", keyExchangeECDHE}, {"1.3", ""}} {
		v, err := variantOf(kind.version, kind.exchange)
		if err != nil {
			return nil, err
		}
		one, err := c.measure(ctx, v)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", v, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// measure makes handshakes of one kind. The first one warms up and does not count.
func (c *comparison) measure(ctx context.Context, v variant) (outcome, error) {
	inner, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return outcome{}, err
	}
	listener := tls.NewListener(inner, &tls.Config{Certificates: []tls.Certificate{c.certificate}, Policy: tls.PolicyLegacy})
	served := make(chan struct{})
	go func() {
		defer close(served)
		echo(listener)
	}()
	defer func() { _ = listener.Close(); <-served }()
	config := v.client(&tls.Config{RootCAs: c.ca.Pool()})
	var one outcome
	var times []time.Duration
	for i := range compareRuns + 1 {
		if one, err = c.once(ctx, inner.Addr().String(), config); err != nil {
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

// once measures from the client's first byte until it could send a request, and then sees that the connection works.
func (c *comparison) once(ctx context.Context, addr string, config *tls.Config) (outcome, error) {
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
	one := outcome{suite: wire.CipherSuite(state.CipherSuite), group: wire.NamedGroup(state.CurveID),
		roundTrips: metered.roundTrips, sent: metered.sent, received: metered.received, took: time.Since(start)}
	if _, err := conn.Write([]byte{'?'}); err != nil {
		return outcome{}, err
	}
	_, err = io.ReadFull(conn, make([]byte, 1))
	return one, err
}

// echo serves one visitor after the other until the listener is closed.
func echo(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(conn, conn)
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

// away is the distance at which a handshake's time is reckoned.
const away = 50 * time.Millisecond

// compareTable has a column for each kind: four fit a line.
func compareTable(all []outcome) string {
	milliseconds := func(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }
	yes := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	var b strings.Builder
	row := func(label string, value func(outcome) string) {
		line := fmt.Sprintf("%-20s", label)
		for _, o := range all {
			line += fmt.Sprintf("%-15s", value(o))
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	row("version", outcome.versionName)
	row("key exchange", outcome.exchangeName)
	row("round trips", func(o outcome) string { return fmt.Sprint(o.roundTrips) })
	row("bytes sent", func(o outcome) string { return fmt.Sprint(o.sent) })
	row("bytes received", func(o outcome) string { return fmt.Sprint(o.received) })
	row("time here", func(o outcome) string { return milliseconds(o.took) })
	row("time 50 ms away", func(o outcome) string { return milliseconds(o.took + time.Duration(o.roundTrips)*away) })
	row("forward secrecy", func(o outcome) string { return yes(o.forwardSecret()) })
	row("hides certificate", func(o outcome) string { return yes(o.hidesCertificate()) })
	b.WriteString("protects against\n")
	row("  listeners", func(outcome) string { return yes(true) })
	row("  a stolen key", func(o outcome) string { return yes(o.forwardSecret()) })
	row("  quantum computers", func(o outcome) string { return yes(o.quantumSafe()) })
	return b.String()
}

const compareNotes = `
Round trips, bytes and time are those before the client can send its request.
Times are the median of %d handshakes on loopback, with an RSA key of 2048 bits;
50 ms away means that each round trip takes 50 ms more, which is reckoned.

A stolen key, quantum computers: somebody recorded the connection, and comes by
the server's private key or by a quantum computer later. Forward secrecy says
that the stolen key opens nothing. A hybrid group such as X25519MLKEM768 costs
bytes, and keeps the recording closed to both.
`

// runCompare prints the table, or a line of JSON for each kind.
func runCompare(ctx context.Context, asJSON bool, c comparison, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	all, err := c.run(ctx)
	if err != nil {
		return demoFailure(ctx, err)
	}
	text := compareTable(all) + fmt.Sprintf(compareNotes, compareRuns)
	if asJSON {
		if text, err = compareLines(all); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(stdout, text); err != nil {
		return &exitError{code: exitWrite, err: errors.Join(errors.New("could not write the comparison"), err)}
	}
	return nil
}

func compareLines(all []outcome) (string, error) {
	var b strings.Builder
	for _, o := range all {
		line, err := json.Marshal(struct {
			Event             string  `json:"event"`
			Version           string  `json:"version"`
			KeyExchange       string  `json:"key_exchange,omitempty"` // of TLS 1.2
			Group             string  `json:"group,omitempty"`
			Suite             string  `json:"algo"`
			RoundTrips        int     `json:"round_trips"`
			Sent              int     `json:"bytes_sent"`
			Received          int     `json:"bytes_received"`
			Milliseconds      float64 `json:"median_ms"`
			Runs              int     `json:"runs"`
			ForwardSecret     bool    `json:"forward_secret"`
			QuantumSafe       bool    `json:"quantum_safe"`
			CertificateHidden bool    `json:"certificate_hidden"`
		}{"compared", o.versionName(), strings.ToUpper(o.exchange), o.groupName(), o.suite.String(), o.roundTrips, o.sent, o.received,
			float64(o.took) / float64(time.Millisecond), compareRuns, o.forwardSecret(), o.quantumSafe(), o.hidesCertificate()})
		if err != nil {
			return "", err
		}
		b.Write(append(line, '\n'))
	}
	return b.String(), nil
}
