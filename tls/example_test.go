package tls_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// A server with a certificate of a CA of its own, and a client that trusts that CA; then one that does not, and why.
func Example() {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Example CA"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cert, err := ca.Issue(pki.LeafOptions{Hosts: []string{"localhost", "127.0.0.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				fmt.Fprint(conn, "hello over TLS")
			}()
		}
	}()

	conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: ca.Pool()})
	if err != nil {
		fmt.Println(err)
		return
	}
	greeting, err := io.ReadAll(conn)
	fmt.Println(string(greeting), err)
	conn.Close()

	_, err = tls.Dial("tcp", listener.Addr().String(), &tls.Config{RootCAs: x509.NewCertPool()})
	var why *fault.Error
	if errors.As(err, &why) {
		fmt.Println(why.Rule.Sentence, "at", why.Step)
	}
	// Output:
	// hello over TLS <nil>
	// the certificate's CA is not trusted here at step 3 (Server Certificate)
}
