// Report measures Vitro beside crypto/tls and writes docs/BENCHMARKS.md with its plots: handshakes, bulk data, idle
// connections, and what must not cost anything. --help says how.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

const (
	exitOK        = 0
	exitFailed    = 1
	exitUsage     = 2
	exitInterrupt = 130
)

func main() {
	playChild()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errMeasuring is what went wrong where the command line was right.
type errMeasuring struct{ error }

// run is the whole program but the exit.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := newCommand()
	command.SetArgs(args)
	command.SetOut(stdout)
	command.SetErr(stderr)
	err := command.ExecuteContext(ctx)
	var measuring errMeasuring
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "report: interrupted; nothing was written")
		return exitInterrupt
	case errors.As(err, &measuring):
		fmt.Fprintln(stderr, "report:", err)
		return exitFailed
	}
	fmt.Fprintln(stderr, "report:", err)
	fmt.Fprintln(stderr, "report: --help shows how it is used")
	return exitUsage
}

// options are the command line's.
type options struct {
	rounds int
	about  time.Duration
	only   []string
	out    string
	conns  int
}

func newCommand() *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "report",
		Short: "Measure Vitro beside crypto/tls",
		Long: `Measure Vitro beside crypto/tls under the same conditions, and write the tables and plots.

Everything is measured in processor time, so that other work on the machine disturbs less, and in rounds: in each,
both implementations take their turn one right after the other. Tables have the median of the rounds and, in brackets,
the least and the most. The parts are ` + strings.Join(partNames(), ", ") + `.

BENCHMARKS.md and a folder benchmarks with plots go into --out. Of a BENCHMARKS.md that is there, only the parts that
were measured are replaced; what is written between them stays. The short table is printed.

Exit codes: 0 done, 1 a measurement failed, 2 usage, 130 interrupted.`,
		Example: `  go run ./bench/report                                    # all, into docs; some ten minutes
  go run ./bench/report --only handshakes,bulk --out /tmp  # two parts, elsewhere
  go run ./bench/report --rounds 1 --time 20ms --conns 500 --out /tmp   # a quick look`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return o.report(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := command.Flags()
	f.IntVar(&o.rounds, "rounds", 5, "rounds of each measurement; idle connections have at most three")
	f.DurationVar(&o.about, "time", 300*time.Millisecond, "about how long each contestant takes in a round")
	f.StringSliceVar(&o.only, "only", nil, "only these parts, with commas between them")
	f.StringVar(&o.out, "out", "docs", "the folder for BENCHMARKS.md and benchmarks/*.svg")
	f.IntVar(&o.conns, "conns", 5000, "idle connections; fewer where the limit of open files is lower")
	return command
}

func (o *options) check() error {
	switch {
	case o.rounds < 1:
		return errors.New("--rounds: at least 1")
	case o.about <= 0:
		return errors.New("--time: more than nothing")
	case o.conns < 1:
		return errors.New("--conns: at least 1")
	}
	for _, name := range o.only {
		if !slices.Contains(partNames(), name) {
			return fmt.Errorf("--only: there is no part %q; there are %s", name, strings.Join(partNames(), ", "))
		}
	}
	if info, err := os.Stat(o.out); err != nil || !info.IsDir() {
		return fmt.Errorf("--out: %s is no folder", o.out)
	}
	return nil
}

func (o *options) report(ctx context.Context, stdout, stderr io.Writer) error {
	r := &session{options: *o, ctx: ctx, progress: stderr, began: time.Now(), load: load()}
	measured := map[string]string{}
	for _, p := range parts {
		if len(o.only) > 0 && !slices.Contains(o.only, p.name) {
			continue
		}
		r.part = p.name
		text, err := p.measure(r)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return errMeasuring{fmt.Errorf("%s: %w", p.name, err)}
		}
		measured[p.name] = text + "\n" + r.conditions()
	}
	short := r.short()
	if len(o.only) == 0 {
		measured["goals"] = short + "\n" + r.conditions()
	}
	fmt.Fprintln(stdout, short)
	doc, err := openDocument(o.out)
	if err != nil {
		return errMeasuring{err}
	}
	for _, name := range append([]string{"goals"}, partNames()...) {
		if text, ok := measured[name]; ok {
			doc.set(name, text)
		}
	}
	if err := doc.write(r.plots); err != nil {
		return errMeasuring{err}
	}
	fmt.Fprintln(stderr, "report: wrote", doc.path)
	return nil
}
