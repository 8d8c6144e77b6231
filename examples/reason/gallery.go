package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// exhibit is a handshake that fails. Nil for the server is one that speaks plain HTTP.
type exhibit struct {
	name           string
	client, server *tls.Config
}

// gallery lets each handshake fail, and tells what both ends have to say.
func gallery(ctx context.Context, w io.Writer) error {
	exhibits, err := exhibits()
	if err != nil {
		return err
	}
	for i, e := range exhibits {
		client, server, err := e.fail(ctx)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n the client:\n", e.name)
		tell(w, client)
		if e.server != nil {
			fmt.Fprintln(w, " the server:")
			tell(w, server)
		}
	}
	return nil
}

func exhibits() ([]exhibit, error) {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Gallery CA"})
	if err != nil {
		return nil, err
	}
	issue := func(opts pki.LeafOptions) (certificates []tls.Certificate) {
		opts.Hosts = []string{"shop.test"}
		c, issueErr := ca.Issue(opts)
		if issueErr != nil {
			err = issueErr
			return nil
		}
		return []tls.Certificate{{Certificate: c.Chain, PrivateKey: c.Key}}
	}
	good := issue(pki.LeafOptions{})
	lastYear := time.Now().AddDate(-1, 0, 0)
	return []exhibit{
		{"A certificate for another host",
			&tls.Config{RootCAs: ca.Pool(), ServerName: "bank.test"}, &tls.Config{Certificates: good}},
		{"A CA that nobody knows",
			&tls.Config{ServerName: "shop.test"}, &tls.Config{Certificates: good}},
		{"A client whose clock is wrong",
			&tls.Config{RootCAs: ca.Pool(), ServerName: "shop.test", Time: func() time.Time { return lastYear }},
			&tls.Config{Certificates: good}},
		{"Two versions that do not meet",
			&tls.Config{RootCAs: ca.Pool(), ServerName: "shop.test", MaxVersion: tls.VersionTLS12},
			&tls.Config{Certificates: good, MinVersion: tls.VersionTLS13}},
		{"No group in common",
			&tls.Config{RootCAs: ca.Pool(), ServerName: "shop.test", CurvePreferences: []tls.CurveID{tls.X25519}},
			&tls.Config{Certificates: good, CurvePreferences: []tls.CurveID{tls.CurveP256}}},
		{"Plain HTTP where TLS was expected",
			&tls.Config{ServerName: "shop.test"}, nil},
	}, err
}

// fail returns what client and server fail with.
func (e exhibit) fail(ctx context.Context) (client, server, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	served := make(chan error, 1)
	go func() {
		network, err := listener.Accept()
		if err != nil {
			served <- err
			return
		}
		defer network.Close()
		served <- e.serve(ctx, network)
	}()
	network, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	conn := tls.Client(network, e.client)
	client = conn.HandshakeContext(ctx)
	conn.Close()
	return client, <-served, nil
}

func (e exhibit) serve(ctx context.Context, network net.Conn) error {
	if e.server == nil {
		_, err := io.WriteString(network, "HTTP/1.1 400 Bad Request\r\n\r\n")
		return err
	}
	conn := tls.Server(network, e.server)
	defer conn.Close()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	// In TLS 1.3 a server that has sent all may learn only now that the client did not like it.
	_, err := conn.Read(make([]byte, 1))
	return err
}
