// Vitro shows how HTTPS works, on your own connection: it fetches, serves and explains TLS handshakes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes; where curl has a number for the same thing it is curl's.
const (
	exitOK         = 0
	exitUsage      = 2
	exitConnect    = 7
	exitHTTP       = 22
	exitWrite      = 23
	exitTimeout    = 28
	exitHandshake  = 35
	exitReceive    = 56
	exitNotTrusted = 60
	exitStatus     = 91
	exitInterrupt  = 130
)

// exitError carries an exit code; quiet means that its text has been printed.
type exitError struct {
	code  int
	quiet bool
	err   error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals // a second one does not wait for a graceful end
		os.Exit(exitInterrupt)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program but the exit.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var known *exitError
	if !errors.As(err, &known) {
		known = &exitError{code: exitUsage, err: err}
	}
	if !known.quiet {
		fmt.Fprintln(stderr, "vitro:", known.err)
		if known.code == exitUsage {
			fmt.Fprintln(stderr, "vitro: --help shows how it is used")
		}
	}
	return known.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "vitro",
		Short:         "TLS that you can see through",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(commands()...)
	return root
}
