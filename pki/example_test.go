package pki_test

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/vitro-tls/vitro/pki"
)

// A CA that can vouch for nothing but names below test, and a server's certificate from it.
func ExampleNewCA() {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Example CA", PermittedDNSDomains: []string{"test"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	cert, err := ca.Issue(pki.LeafOptions{Hosts: []string{"server.test"}, Key: pki.RSA2048, Lifetime: time.Hour})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = cert.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: "server.test"})
	fmt.Println(cert.Leaf.Issuer, cert.Leaf.DNSNames, err)

	_, err = ca.Issue(pki.LeafOptions{Hosts: []string{"bank.example"}})
	fmt.Println(err)
	// Output:
	// CN=Example CA [server.test] <nil>
	// pki: the CA "Example CA" may not issue for bank.example: it is bound to test
}
