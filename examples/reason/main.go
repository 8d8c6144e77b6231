// Reason tells why a TLS connection fails: what was found, where the RFC says so, how far the handshake came, what each side
// had offered, and what a person can change.
//
// It shows how a program reads that from an error. Whatever fails in Vitro's handshake is one of two types, for errors.As:
//
//   - *fault.Error is what this end has found; its Rule is a value to compare with, for errors.Is;
//   - *fault.PeerAlert is what the other end said, which is only an alert; its Hint says what that usually means.
//
// Run it with hosts that fail, or without any to see some failures made here, from both ends:
//
//	go run ./examples/reason
//	go run ./examples/reason expired.badssl.com example.com:80
//
// Ctrl-C stops it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/tls"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "reason:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("reason", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "Tells why TLS connections fail.\n\nUsage: go run ./examples/reason [flags] [HOST[:PORT] …]\n\nWithout a host it makes some failures of its own.")
		flags.PrintDefaults()
	}
	timeout := flags.Duration("timeout", 10*time.Second, "time for each connection")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return gallery(ctx, stdout)
	}
	for _, host := range flags.Args() {
		if ctx.Err() != nil {
			break
		}
		fmt.Fprintln(stdout, host)
		tell(stdout, dial(ctx, host, *timeout))
	}
	return nil
}

func dial(ctx context.Context, host string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, _, err := net.SplitHostPort(host); err != nil {
		host = net.JoinHostPort(host, "443")
	}
	conn, err := new(tls.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return err
	}
	return conn.Close()
}

// tell takes an error apart.
func tell(w io.Writer, err error) {
	line := func(name string, value any) {
		if text := fmt.Sprint(value); text != "" {
			fmt.Fprintf(w, "  %-9s %s\n", name, text)
		}
	}
	var found *fault.Error
	var told *fault.PeerAlert
	switch {
	case err == nil:
		line("", "no failure")
		return
	case errors.As(err, &found):
		line("found", found.Rule.Sentence)
		line("in detail", found.Detail)
		line("rule", found.Rule.Name)
		line("section", found.Rule.Section)
		line("reached", found.Step)
		if found.Offers != nil {
			line("offers", found.Offers)
		}
		line("hint", found.Hint())
	case errors.As(err, &told):
		line("told", "the "+told.Role.Peer().String()+" gave up with the alert "+told.Alert.Description.String())
		line("section", told.Section())
		line("reached", told.Step)
		if told.Offers != nil {
			line("offers", told.Offers)
		}
		line("hint", told.Hint())
	default:
		line("not TLS", err) // no such host, connection refused, …
	}
	line("so", whatToDo(err))
}

// whatToDo is how a program decides: by the rule, never by the words. A wider rule stands for its cases too: UnknownCA for
// SelfSigned and MissingIntermediate.
func whatToDo(err error) string {
	switch {
	case errors.Is(err, fault.Silence), errors.Is(err, fault.HangUp), errors.Is(err, fault.ConnectionBroken):
		return "try again, a few times"
	case errors.Is(err, fault.CertificateExpired), errors.Is(err, fault.CertificateNotYetValid):
		return "call who runs the server, unless the clock is wrong here"
	case errors.Is(err, fault.WrongHost), errors.Is(err, fault.UnknownCA):
		return "do not go on: it may be someone else"
	case errors.Is(err, fault.NotTLS):
		return "look at the address"
	case errors.Is(err, context.Canceled):
		return "nothing: it was our own wish"
	}
	return "show a person the hint"
}
