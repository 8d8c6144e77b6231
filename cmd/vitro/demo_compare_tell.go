package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

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
	row("version", outcome.heading)
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

Resumed: the client comes back with a ticket from the connection before. Its
secret stands in for certificate and signature, and there is a fresh key
exchange all the same, so that what was protected stays so.
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
			Resumed           bool    `json:"resumed"`
			Suite             string  `json:"algo"`
			RoundTrips        int     `json:"round_trips"`
			Sent              int     `json:"bytes_sent"`
			Received          int     `json:"bytes_received"`
			Milliseconds      float64 `json:"median_ms"`
			Runs              int     `json:"runs"`
			ForwardSecret     bool    `json:"forward_secret"`
			QuantumSafe       bool    `json:"quantum_safe"`
			CertificateHidden bool    `json:"certificate_hidden"`
		}{"compared", o.versionName(), strings.ToUpper(o.exchange), o.groupName(), o.resumed, o.suite.String(), o.roundTrips, o.sent, o.received,
			float64(o.took) / float64(time.Millisecond), compareRuns, o.forwardSecret(), o.quantumSafe(), o.hidesCertificate()})
		if err != nil {
			return "", err
		}
		b.Write(append(line, '\n'))
	}
	return b.String(), nil
}
