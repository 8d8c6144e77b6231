//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/want"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "eventloop:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("eventloop", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "A TLS server that echoes what it is told: one goroutine, epoll, and Vitro's engine.\n\nUsage: go run ./examples/eventloop [flags]")
		flags.PrintDefaults()
	}
	listen := flags.String("listen", "127.0.0.1:8443", "`ADDRESS` and port to listen on")
	cert := flags.String("cert", "", "PEM `FILE` of the certificate and its chain (default: made up)")
	key := flags.String("key", "", "PEM `FILE` of its key")
	root := flags.String("root", "", "write the made-up root to this `FILE`, for clients to trust")
	conns := flags.Int("conns", 1000, "connections at once; more wait their turn")
	timeout := flags.Duration("timeout", 10*time.Second, "time for a handshake")
	if err := flags.Parse(args); err != nil {
		return err
	}
	credential, err := credential(*cert, *key, *root)
	if err != nil {
		return err
	}
	fd, addr, err := listenOn(*listen)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	files, err := openFiles(*conns + ownFiles)
	if err != nil {
		return err
	}
	if files < *conns+ownFiles {
		*conns = files - ownFiles
		fmt.Fprintf(stderr, "this process may open %d files: %d connections at once (ulimit -n)\n", files, *conns)
	}
	l, err := newLoop(fd, credential, *conns, *timeout)
	if err != nil {
		return err
	}
	defer l.release()
	defer context.AfterFunc(ctx, l.stop)()
	l.log = func(c *conn, err error) { fmt.Fprintf(stderr, "%v: %v\n", c.peer, err) }
	fmt.Fprintf(stderr, "echoing on %v; Ctrl-C stops\n", addr)
	err = l.run()
	fmt.Fprintf(stderr, "served %d connections, %d at once\n", l.served, l.peak)
	return err
}

// credential is read from files, or made up.
func credential(certFile, keyFile, rootFile string) (*want.Credential, error) {
	if certFile != "" {
		cert, err := pki.LoadCertificate(certFile, keyFile)
		if err != nil {
			return nil, err
		}
		return cert.Credential()
	}
	ca, err := pki.NewCA(pki.CAOptions{})
	if err != nil {
		return nil, err
	}
	cert, err := ca.Issue(pki.LeafOptions{Hosts: []string{"localhost", "127.0.0.1", "::1"}})
	if err != nil {
		return nil, err
	}
	if rootFile != "" {
		if err := os.WriteFile(rootFile, pki.EncodeCertificates(ca.Certificate.Raw), 0o644); err != nil {
			return nil, err
		}
	}
	return cert.Credential()
}

// ownFiles is how many files the process has open beside its connections, and some to spare.
const ownFiles = 32

// openFiles makes room for n open files, or for as many as the system lets it, and returns how many that are.
func openFiles(n int) (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("the limit of open files: %w", err)
	}
	if limit.Cur < uint64(n) {
		limit.Cur = min(uint64(n), limit.Max)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			return 0, fmt.Errorf("raise the limit of open files to %d: %w", limit.Cur, err)
		}
	}
	if limit.Cur <= ownFiles {
		return 0, fmt.Errorf("this process may open %d files, which is too few: see ulimit -n", limit.Cur)
	}
	return int(min(limit.Cur, uint64(n))), nil
}

// listenOn returns a listening socket that never blocks. Package net makes it, and is not used again.
func listenOn(address string) (fd int, addr netip.AddrPort, err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return -1, addr, err
	}
	defer listener.Close()
	addr = listener.Addr().(*net.TCPAddr).AddrPort()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return -1, addr, err
	}
	defer file.Close()
	if fd, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
		return -1, addr, err
	}
	return fd, addr, unix.SetNonblock(fd, true)
}
