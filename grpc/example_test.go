package vitrogrpc_test

import (
	"context"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"

	vitrogrpc "github.com/vitro-tls/vitro/grpc"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// A server with gRPC's health service and a client that asks it, both over Vitro.
func Example() {
	if err := checkHealth(); err != nil {
		fmt.Println(err)
	}
	// Output: SERVING over TLS 1.3, said by localhost
}

func checkHealth() error {
	ca, err := pki.NewCA(pki.CAOptions{Name: "Example CA"})
	if err != nil {
		return err
	}
	cert, err := ca.Issue(pki.LeafOptions{Hosts: []string{"localhost", "127.0.0.1"}})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Creds(vitrogrpc.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}},
	})))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()

	conn, err := grpc.NewClient(listener.Addr().String(),
		grpc.WithTransportCredentials(vitrogrpc.NewTLS(&tls.Config{RootCAs: ca.Pool()})))
	if err != nil {
		return err
	}
	defer conn.Close()
	var from peer.Peer
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{}, grpc.Peer(&from))
	if err != nil {
		return err
	}
	state := from.AuthInfo.(vitrogrpc.TLSInfo).State
	fmt.Printf("%v over %s, said by %s\n", answer.Status, tls.VersionName(state.Version), state.PeerCertificates[0].Subject.CommonName)
	return nil
}
