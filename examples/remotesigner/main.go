// Remotesigner is a TLS server without a private key: signatures are made by another process, as by a KMS or an HSM.
//
// It starts that process itself (kms.go), which makes the key and never gives it away, and asks it over HTTP on loopback.
// There are two ways to do so:
//
//	late.go    package engine asks a question, want.Sign, and does not wait for the answer. One goroutine serves all
//	           connections while their signatures are on their way; what gathers meanwhile goes out as one request.
//	signer.go  package tls, as crypto/tls, takes a crypto.Signer as the private key. Each handshake waits in a
//	           goroutine of its own. This is enough where the signer is near, or clients are few.
//
// Run it, and fetch its greeting from another terminal:
//
//	go run ./examples/remotesigner --root root.pem
//	openssl s_client -connect 127.0.0.1:8443 -CAfile root.pem -quiet
//
// --delay 500ms makes the other process slow, --blocking takes the second way. Ctrl-C stops both processes.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/pki"
)

// greeting is all that the server has to say.
const greeting = "hello from a server that has no private key\n"

// tokenVariable is how both processes know the secret that a request has to show: whoever can ask for signatures can
// pretend to be the server.
const tokenVariable = "REMOTESIGNER_TOKEN"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "remotesigner:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("remotesigner", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "A TLS server whose private key is in another process.\n\nUsage: go run ./examples/remotesigner [flags]")
		flags.PrintDefaults()
	}
	listen := flags.String("listen", "127.0.0.1:8443", "`ADDRESS` and port to listen on")
	root := flags.String("root", "", "write the root to this `FILE`, for clients to trust")
	delay := flags.Duration("delay", 0, "time that the other process takes for a request")
	blocking := flags.Bool("blocking", false, "package tls and a crypto.Signer, in the place of package engine")
	kms := flags.Bool("kms", false, "be the other process (this is how it is started)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *kms {
		return serveKMS(*delay, stdin, stdout)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	key, wait, err := startKMS(ctx, *delay, stderr)
	if err != nil {
		return err
	}
	defer wait()
	defer cancel()
	if *root != "" {
		if err := os.WriteFile(*root, pki.EncodeCertificates(key.root), 0o644); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	fmt.Fprintf(stderr, "greeting on %v, with the key of %v; Ctrl-C stops\n", listener.Addr(), key.url)
	log := func(peer net.Addr, err error) { fmt.Fprintf(stderr, "%v: %v\n", peer, err) }
	if *blocking {
		return serveBlocking(ctx, listener, key, log)
	}
	return serveLate(ctx, listener, key, log)
}

// startKMS starts this program a second time, as the process that has the key. It lives until ctx ends, or this process
// does: its standard input ends then.
func startKMS(ctx context.Context, delay time.Duration, stderr io.Writer) (key *remoteKey, wait func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	token := rand.Text()
	kms := exec.CommandContext(ctx, self, "--kms", "--delay", delay.String())
	kms.Env = append(os.Environ(), tokenVariable+"="+token)
	kms.Stderr = stderr
	stdin, err := kms.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	kms.Cancel = stdin.Close
	kms.WaitDelay = 5 * time.Second
	stdout, err := kms.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := kms.Start(); err != nil {
		return nil, nil, err
	}
	wait = func() { _ = kms.Wait() } // it ends because we say so
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err == nil {
		key, err = connect(ctx, strings.TrimSpace(url), token)
	}
	if err != nil {
		stdin.Close()
		wait()
		return nil, nil, fmt.Errorf("the process with the key: %w", err)
	}
	return key, wait, nil
}
