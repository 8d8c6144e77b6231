package vitrogrpc_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/types/known/wrapperspb"

	vitrogrpc "github.com/vitro-tls/vitro/grpc"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
)

// echo is a service as protoc would describe it: WhoAmI answers one message, Echo returns a stream of them.
var echo = grpc.ServiceDesc{
	ServiceName: "vitro.Echo",
	HandlerType: (*any)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "WhoAmI", Handler: whoAmI}},
	Streams:     []grpc.StreamDesc{{StreamName: "Echo", Handler: echoAll, ClientStreams: true, ServerStreams: true}},
}

// whoAmI tells the caller by its certificate.
func whoAmI(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
	if err := decode(new(wrapperspb.StringValue)); err != nil {
		return nil, err
	}
	p, ok := peer.FromContext(ctx)
	if !ok {
		return nil, errors.New("the context has no peer")
	}
	info, ok := p.AuthInfo.(vitrogrpc.TLSInfo)
	if !ok {
		return nil, fmt.Errorf("the peer's AuthInfo is a %T", p.AuthInfo)
	}
	name := "nobody"
	if chains := info.State.VerifiedChains; len(chains) > 0 {
		name = chains[0][0].Subject.CommonName
	}
	return wrapperspb.String(fmt.Sprintf("%s, %s, %v", name, info.State.NegotiatedProtocol, info.SecurityLevel)), nil
}

func echoAll(_ any, stream grpc.ServerStream) error {
	for {
		m := new(wrapperspb.StringValue)
		if err := stream.RecvMsg(m); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := stream.SendMsg(m); err != nil {
			return err
		}
	}
}

// ask calls WhoAmI.
func ask(ctx context.Context, conn *grpc.ClientConn, options ...grpc.CallOption) (string, error) {
	answer := new(wrapperspb.StringValue)
	err := conn.Invoke(ctx, "/vitro.Echo/WhoAmI", wrapperspb.String(""), answer, options...)
	return answer.Value, err
}

// serve answers on a port of its own until the test ends.
func serve(t *testing.T, creds credentials.TransportCredentials) (target string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(creds))
	server.RegisterService(&echo, nil)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return listener.Addr().String()
}

func dial(t *testing.T, target string, creds credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(creds))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// ca issues what the tests need.
type ca struct {
	*pki.CA
	t *testing.T
}

func newCA(t *testing.T) ca {
	t.Helper()
	made, err := pki.NewCA(pki.CAOptions{Name: "Test CA"})
	if err != nil {
		t.Fatal(err)
	}
	return ca{made, t}
}

func (c ca) issue(opts pki.LeafOptions) []tls.Certificate {
	c.t.Helper()
	cert, err := c.Issue(opts)
	if err != nil {
		c.t.Fatal(err)
	}
	return []tls.Certificate{{Certificate: cert.Chain, PrivateKey: cert.Key}}
}

func (c ca) server() []tls.Certificate {
	return c.issue(pki.LeafOptions{Hosts: []string{"localhost", "127.0.0.1"}})
}

func (c ca) client(name string) []tls.Certificate {
	return c.issue(pki.LeafOptions{CommonName: name, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
}
