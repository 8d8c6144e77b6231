package https_test

import (
	"context"
	stdtls "crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/vitro-tls/vitro/https"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// A server, and net/http's client, which agrees on HTTP/2 with it. Shutdown lets requests end.
func ExampleServer() {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Example CA"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cert, err := ca.Issue(pki.LeafOptions{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &https.Server{
		HTTP: &http.Server{
			ReadHeaderTimeout: 10 * time.Second,
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				state := https.ConnOf(r).ConnectionState()
				fmt.Fprintf(w, "hello over %s and %s", r.Proto, tls.VersionName(state.Version))
			}),
		},
		Config: &tls.Config{Certificates: []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}}},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- server.Serve(listener) }()

	client := http.Client{Transport: &http.Transport{
		TLSClientConfig: &stdtls.Config{RootCAs: ca.Pool()}, ForceAttemptHTTP2: true,
	}}
	resp, err := client.Get("https://" + listener.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	client.CloseIdleConnections()
	fmt.Println(string(body))
	fmt.Println(server.Shutdown(context.Background()), <-ended)
	// Output:
	// hello over HTTP/2.0 and TLS 1.3
	// <nil> http: Server closed
}

// An http.Client that asks over Vitro's TLS, and what Response and ConnOf tell of the connection.
func ExampleTransport() {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Example CA"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cert, err := ca.Issue(pki.LeafOptions{Hosts: []string{"127.0.0.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer listener.Close()
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })
	go func() {
		_ = https.Serve(listener, hello, &tls.Config{
			Certificates: []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}},
		})
	}()

	client := http.Client{Transport: &https.Transport{Config: &tls.Config{RootCAs: ca.Pool()}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get("https://" + listener.Addr().String())
	if err != nil {
		fmt.Println(err) // and errors.As finds a *fault.Error, with the reason
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Printf("%s over %s and %s\n", body, resp.Proto, tls.VersionName(resp.TLS.Version))
	fmt.Println("extended master secret:", https.ConnOf(resp.Request).ConnectionState().ExtendedMasterSecret)
	// Output:
	// hello over HTTP/2.0 and TLS 1.3
	// extended master secret: true
}
