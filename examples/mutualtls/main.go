// Mutualtls is a server that knows its clients by their certificates, and a client that has one.
//
// It shows the three settings that make TLS mutual, and what they say when something is missing:
//
//   - the server asks for a certificate and verifies it: tls.Config.ClientAuth and ClientCAs;
//   - it decides who may come in by the name in the verified chain: tls.Config.VerifyConnection, and ConnectionState;
//   - the client shows a certificate: tls.Config.Certificates.
//
// Run the server in one terminal, and clients in another. The directory holds the CA that both trust; the server makes it.
//
//	go run ./examples/mutualtls --ca-dir /tmp/ca
//	go run ./examples/mutualtls --ca-dir /tmp/ca --client alice
//	go run ./examples/mutualtls --ca-dir /tmp/ca --client mallory      # has a certificate, but is not on the list
//	go run ./examples/mutualtls --ca-dir /tmp/ca --client ""           # has none
//
// Ctrl-C stops the server.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "mutualtls:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("mutualtls", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "A server that knows its clients by their certificates; with --client, a client.\n\nUsage: go run ./examples/mutualtls --ca-dir DIR [flags]")
		flags.PrintDefaults()
	}
	dir := flags.String("ca-dir", "", "`DIR` of the CA that both trust; a server makes it where there is none")
	addr := flags.String("addr", "127.0.0.1:8443", "`ADDRESS` and port of the server")
	allow := flags.String("allow", "alice,bob", "`NAMES` that a server lets in")
	isClient := false
	name := flags.String("client", "", "be a client with a certificate for this `NAME`, or with none for \"\"")
	if err := flags.Parse(args); err != nil {
		return err
	}
	flags.Visit(func(f *flag.Flag) { isClient = isClient || f.Name == "client" })
	if *dir == "" {
		flags.Usage()
		return errors.New("--ca-dir is missing")
	}
	ca, err := pki.Open(*dir)
	if errors.Is(err, fs.ErrNotExist) && !isClient {
		ca, err = pki.Init(*dir, pki.CAOptions{})
	}
	if err != nil {
		return err
	}
	if isClient {
		return visit(ctx, ca, *addr, *name, stdout)
	}
	return serve(ctx, ca, *addr, strings.Split(*allow, ","), stderr)
}

// visit is the client: it prints what the server says.
func visit(ctx context.Context, ca *pki.Dir, addr, name string, stdout io.Writer) error {
	config := &tls.Config{RootCAs: ca.Pool()}
	if name != "" {
		certificate, err := issue(ca, pki.LeafOptions{CommonName: name, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			return err
		}
		config.Certificates = []tls.Certificate{certificate}
	}
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	// In TLS 1.3 a client is done before the server has seen its certificate: a refusal comes with the first Read.
	_, err = io.Copy(stdout, conn)
	return err
}

// serve is the server: it greets its clients by name.
func serve(ctx context.Context, ca *pki.Dir, addr string, allowed []string, stderr io.Writer) error {
	certificate, err := issue(ca, pki.LeafOptions{Hosts: []string{"localhost", "127.0.0.1", "::1"}})
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", addr, &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    ca.Pool(),
		// It is called for every handshake, resumed ones too. Its error ends the handshake, and the client gets an alert.
		VerifyConnection: func(state tls.ConnectionState) error {
			if name := nameOf(state); !slices.Contains(allowed, name) {
				return fmt.Errorf("%q is not on the list", name)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	fmt.Fprintf(stderr, "for %s, on %v; Ctrl-C stops\n", strings.Join(allowed, " and "), listener.Addr())
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		go func() {
			if err := greet(conn.(*tls.Conn)); err != nil {
				fmt.Fprintf(stderr, "%v: %v\n", conn.RemoteAddr(), err)
			}
		}()
	}
}

func greet(conn *tls.Conn) error {
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	if err := conn.Handshake(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(conn, "hello %s\n", nameOf(conn.ConnectionState()))
	return err
}

// nameOf is who the peer is. Only a verified chain says so: PeerCertificates alone are what it claims.
func nameOf(state tls.ConnectionState) string {
	if len(state.VerifiedChains) == 0 {
		return ""
	}
	return state.VerifiedChains[0][0].Subject.CommonName
}

func issue(ca *pki.Dir, opts pki.LeafOptions) (tls.Certificate, error) {
	certificate, err := ca.Issue(opts)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: certificate.Chain, PrivateKey: certificate.Key}, nil
}
