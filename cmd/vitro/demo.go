package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/explain"
)

// demoTimeout bounds the demo, which takes less than a second.
const demoTimeout = 10 * time.Second

type demoFlags struct {
	keyExchange string
	explain     string
	color       string
	json        bool
}

func newDemo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the thirteen steps under HTTPS, without network or set-up",
		Long: `Demo makes a CA and a server certificate in memory, starts an HTTPS server on loopback, visits it as
a client over TLS 1.2, and tells what happens under HTTPS as it happens, with this connection's own
values: the thirteen steps, and then the HTTP response.

With RSA key exchange it is the classic handshake; with ECDHE the same story has one message more,
Server Key Exchange, and forward secrecy.`,
		Example: `  vitro demo                        # the thirteen steps, with RSA key exchange
  vitro demo --key-exchange ecdhe   # what ECDHE changes
  vitro demo --explain bytes        # and every byte of every message, with its name
  vitro demo --json                 # one JSON object per event, for programs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), f, demo{}, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.keyExchange, "key-exchange", keyExchangeRSA, "`KIND` of key exchange: rsa or ecdhe")
	flags.StringVar(&f.explain, "explain", "full", "how much is told: brief, full or bytes (`LEVEL`)")
	flags.StringVar(&f.color, "color", colorAuto, "`WHEN` to use colours: auto, always or never")
	flags.BoolVar(&f.json, "json", false, "one JSON object per event instead of text")
	return cmd
}

// teller is a tracer that writes what it is told.
type teller interface {
	event.Tracer
	Err() error
}

func runDemo(ctx context.Context, f demoFlags, d demo, stdout io.Writer) error {
	level, known := explain.ParseLevel(f.explain)
	if !known {
		return fmt.Errorf("--explain %q: there are brief, full and bytes", f.explain)
	}
	page, err := pageOptions(stdout, level, f.color)
	if err != nil {
		return err
	}
	if d.suites, err = suitesFor("", f.keyExchange); err != nil {
		return err
	}
	out := &lockedWriter{w: stdout}
	var tell teller = explain.Text(out, page)
	if f.json {
		tell = explain.JSON(out)
	}
	d.tracer, d.keyExchange = tell, f.keyExchange
	if !f.json {
		d.note = func(s string) { _, _ = io.WriteString(out, s) }
	}

	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	err = d.run(ctx)
	if writing := cmp.Or(tell.Err(), out.err); writing != nil {
		return &exitError{code: exitWrite, err: fmt.Errorf("could not write what there was to tell: %w", writing)}
	}
	return demoFailure(ctx, err)
}

// demoFailure gives a failure its exit code. Its reason has been told already where the handshake failed.
func demoFailure(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return &exitError{code: exitInterrupt, err: errors.New("interrupted")}
	case ctx.Err() != nil:
		return &exitError{code: exitTimeout, err: fmt.Errorf("the demo did not end within %v: %w", demoTimeout, err)}
	}
	return &exitError{code: exitHandshake, err: err}
}
