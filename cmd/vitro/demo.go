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
	version     string
	keyExchange string
	resume      bool
	compare     bool
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
a client, and tells what happens under HTTPS as it happens, with this connection's own values: the
thirteen steps, and then the HTTP response.

TLS 1.2 with RSA key exchange is the classic handshake; with ECDHE the same story has one message more,
Server Key Exchange, and forward secrecy. TLS 1.3 tells the same steps with what changed: key shares in
the hellos, everything behind them encrypted, one round trip fewer. --resume visits the server a second time and
tells that: a session of before takes the place of certificate and pre-master. --compare measures them side by side.`,
		Example: `  vitro demo                        # the thirteen steps, with RSA key exchange
  vitro demo --key-exchange ecdhe   # what ECDHE changes
  vitro demo --tls 1.3              # what TLS 1.3 changes
  vitro demo --tls 1.3 --resume     # which steps are absent when the client comes back, and why
  vitro demo --compare              # one table: round trips, bytes, time, and what each protects
  vitro demo --explain bytes        # and every byte of every message, with its name
  vitro demo --json                 # one JSON object per event, for programs`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.compare {
				for _, other := range []string{"tls", "key-exchange", "resume", "explain", "color"} {
					if cmd.Flags().Changed(other) {
						return fmt.Errorf("--compare shows every handshake in one table: leave out --%s", other)
					}
				}
				return runCompare(cmd.Context(), f.json, comparison{}, cmd.OutOrStdout())
			}
			return runDemo(cmd.Context(), f, demo{}, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.version, "tls", "1.2", "`VERSION` of TLS: 1.2 or 1.3")
	flags.StringVar(&f.keyExchange, "key-exchange", "", "`KIND` of key exchange in TLS 1.2: rsa (the default), dhe or ecdhe")
	flags.BoolVar(&f.resume, "resume", false, "visit twice, and tell the second visit, which resumes the session of the first")
	flags.BoolVar(&f.compare, "compare", false, "measure RSA, ECDHE, TLS 1.3 and TLS 1.3 resumed side by side instead")
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
	if d.variant, err = variantOf(f.version, f.keyExchange); err != nil {
		return err
	}
	d.resume = f.resume
	out := &lockedWriter{w: stdout}
	var tell teller = explain.Text(out, page)
	if f.json {
		tell = explain.JSON(out)
	}
	d.tracer = tell
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
