package vitrogrpc_test

//lint:file-ignore SA1019 what gRPC has deprecated and still asks for is tested too

import (
	"context"
	std "crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/vitro-tls/vitro/fault"
	vitrogrpc "github.com/vitro-tls/vitro/grpc"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// Calls go over Vitro at both ends, and at either end with gRPC's own credentials over crypto/tls at the other; the
// handler knows its caller by the certificate.
func TestCalls(t *testing.T) {
	ca := newCA(t)
	server := &tls.Config{Certificates: ca.server(), ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()}
	client := &tls.Config{Certificates: ca.client("alice"), RootCAs: ca.Pool()}
	chosen := server.Clone()
	chosen.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return server, nil }
	chosen.ClientAuth = tls.NoClientCert

	old := client.Clone()
	old.MaxVersion = tls.VersionTLS12
	foreign := credentials.NewTLS(&std.Config{Certificates: client.Certificates, RootCAs: ca.Pool()})
	for _, c := range []struct {
		name           string
		server, client credentials.TransportCredentials
	}{
		{"TLS 1.3", vitrogrpc.NewTLS(server), vitrogrpc.NewTLS(client)},
		{"TLS 1.2", vitrogrpc.NewTLS(server), vitrogrpc.NewTLS(old)},
		{"by GetConfigForClient", vitrogrpc.NewTLS(chosen), vitrogrpc.NewTLS(client)},
		{"crypto/tls at the client", vitrogrpc.NewTLS(server), foreign},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, serve(t, c.server), c.client)
			if got, err := ask(t.Context(), conn); err != nil || got != "alice, h2, PrivacyAndIntegrity" {
				t.Errorf("WhoAmI answers %q, %v", got, err)
			}
			checkEcho(t, conn)
		})
	}
	t.Run("crypto/tls at the server", func(t *testing.T) {
		foreign := credentials.NewTLS(&std.Config{Certificates: server.Certificates})
		checkEcho(t, dial(t, serve(t, foreign), vitrogrpc.NewTLS(client)))
	})
}

// checkEcho sends messages of one byte and of many records, and gets each back.
func checkEcho(t *testing.T, conn *grpc.ClientConn) {
	t.Helper()
	stream, err := conn.NewStream(t.Context(), &echo.Streams[0], "/vitro.Echo/Echo")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 100_000, 2_000_000} {
		said := strings.Repeat("x", n)
		heard := new(wrapperspb.StringValue)
		if err := stream.SendMsg(wrapperspb.String(said)); err != nil {
			t.Fatalf("send %d bytes: %v", n, err)
		}
		if err := stream.RecvMsg(heard); err != nil || heard.Value != said {
			t.Fatalf("%d bytes came back as %d, %v", n, len(heard.Value), err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if err := stream.RecvMsg(new(wrapperspb.StringValue)); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ends with %v, want io.EOF", err)
	}
}

// A client finds in its peer who has answered.
func TestClientKnowsItsServer(t *testing.T) {
	ca := newCA(t)
	conn := dial(t, serve(t, vitrogrpc.NewTLS(&tls.Config{Certificates: ca.server()})), vitrogrpc.NewTLS(&tls.Config{RootCAs: ca.Pool()}))
	var p peer.Peer
	if _, err := ask(t.Context(), conn, grpc.Peer(&p)); err != nil {
		t.Fatal(err)
	}
	info, ok := p.AuthInfo.(vitrogrpc.TLSInfo)
	if !ok || !info.State.HandshakeComplete || info.State.Version != tls.VersionTLS13 || len(info.State.VerifiedChains) == 0 {
		t.Fatalf("AuthInfo is %#v, want a TLSInfo of a verified connection of TLS 1.3", p.AuthInfo)
	}
	if err := info.ValidateAuthority("localhost:443"); err != nil {
		t.Errorf("the certificate is for localhost, yet: %v", err)
	}
	if err := info.ValidateAuthority("elsewhere.test"); err == nil {
		t.Error("the certificate is not for elsewhere.test, yet that authority is valid")
	}
	if err := new(vitrogrpc.TLSInfo).ValidateAuthority("localhost"); err == nil {
		t.Error("without a certificate an authority is valid")
	}
	if v, ok := info.GetSecurityValue().(*credentials.TLSChannelzSecurityValue); !ok || v.StandardName != "TLS_AES_128_GCM_SHA256" || len(v.RemoteCertificate) == 0 {
		t.Errorf("channelz is told %+v", v)
	}
}

// The status of a call whose handshake fails has the sentence of the rule and what to change.
func TestFailuresNameTheRule(t *testing.T) {
	ca, other := newCA(t), newCA(t)
	server := &tls.Config{Certificates: ca.server()}
	mutual := &tls.Config{Certificates: ca.server(), ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.Pool()}
	for _, c := range []struct {
		name           string
		server, client *tls.Config
		words          string
	}{
		{"a CA that is not trusted", server, &tls.Config{RootCAs: other.Pool()}, fault.UnknownCA.Sentence},
		{"another host", server, &tls.Config{RootCAs: ca.Pool(), ServerName: "elsewhere.test"}, fault.WrongHost.Sentence},
		{"no certificate to show", mutual, &tls.Config{RootCAs: ca.Pool()}, "alert certificate_required"},
		{"the same in TLS 1.2", mutual, &tls.Config{RootCAs: ca.Pool(), MaxVersion: tls.VersionTLS12}, "hint: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dial(t, serve(t, vitrogrpc.NewTLS(c.server)), vitrogrpc.NewTLS(c.client))
			_, err := ask(t.Context(), conn)
			if status.Code(err) != codes.Unavailable || !strings.Contains(status.Convert(err).Message(), c.words) {
				t.Errorf("the call fails with\n%v\nwant Unavailable, and %q in it", err, c.words)
			}
		})
	}
}

// RFC 9113 §3.2: HTTP/2 over TLS is agreed on by ALPN. Who does without is refused, and told so.
func TestNothingButH2(t *testing.T) {
	ca := newCA(t)
	with := func(protocols ...string) *tls.Config {
		return &tls.Config{Certificates: ca.server(), RootCAs: ca.Pool(), ServerName: "localhost", NextProtos: protocols}
	}
	for _, c := range []struct {
		name  string
		ours  *tls.Config
		peers []string
	}{
		{"a peer without ALPN", with(), nil},
		{"a peer that wants something else", with("other"), []string{"other"}},
	} {
		t.Run("server, "+c.name, func(t *testing.T) {
			near, far := pipe(t)
			told := make(chan error, 1)
			go func() {
				conn := tls.Client(far, with(c.peers...))
				_, err := conn.Read(make([]byte, 1))
				told <- err
				conn.Close()
			}()
			_, _, err := vitrogrpc.NewTLS(c.ours).ServerHandshake(near)
			if !errors.Is(err, fault.NoCommonProtocol) {
				t.Errorf("ServerHandshake: %v", err)
			}
			if err := <-told; !errors.Is(err, fault.Told(wire.AlertNoApplicationProtocol)) {
				t.Errorf("the client is told: %v", err)
			}
		})
		t.Run("client, "+c.name, func(t *testing.T) {
			near, far := pipe(t)
			told := make(chan error, 1)
			go func() {
				conn := tls.Server(far, with(c.peers...))
				told <- conn.Handshake()
				conn.Close()
			}()
			_, _, err := vitrogrpc.NewTLS(c.ours).ClientHandshake(t.Context(), "localhost:443", near)
			if !errors.Is(err, fault.NoCommonProtocol) {
				t.Errorf("ClientHandshake: %v", err)
			}
			if err := <-told; !errors.Is(err, fault.Told(wire.AlertNoApplicationProtocol)) {
				t.Errorf("the server is told: %v", err)
			}
		})
	}
}

// pipe is a connection over loopback.
func pipe(t *testing.T) (near, far net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if near, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// A client whose time is up does not wait for a server that says nothing.
func TestContextEndsTheHandshake(t *testing.T) {
	near, _ := pipe(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := vitrogrpc.NewTLS(nil).ClientHandshake(ctx, "localhost", near)
	if !errors.Is(err, fault.Cancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("ClientHandshake: %v, want fault.Cancelled and context.Canceled", err)
	}
}

// The configuration is the caller's: what is done to credentials changes neither it nor their clones.
func TestCopies(t *testing.T) {
	checked := false
	config := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "first.test", VerifyConnection: func(tls.ConnectionState) error {
		checked = true
		return nil
	}}
	creds := vitrogrpc.NewTLS(config)
	clone := creds.Clone()
	if err := creds.OverrideServerName("second.test"); err != nil {
		t.Fatal(err)
	}
	if got := creds.Info(); got.ServerName != "second.test" || got.SecurityProtocol != "tls" {
		t.Errorf("Info is %+v", got)
	}
	if got := clone.Info().ServerName; got != "first.test" {
		t.Errorf("the clone's server name has become %q", got)
	}
	if config.ServerName != "first.test" || config.NextProtos != nil || config.VerifyConnection(tls.ConnectionState{}) != nil || !checked {
		t.Errorf("the caller's configuration was changed: %+v", config)
	}
}

// A VerifyConnection of the caller's is still asked, and its error is the handshake's.
func TestOwnVerifyConnection(t *testing.T) {
	ca := newCA(t)
	refusal := errors.New("not today")
	near, far := pipe(t)
	go func() {
		_ = tls.Server(far, &tls.Config{Certificates: ca.server(), NextProtos: []string{"h2"}}).Handshake()
	}()
	creds := vitrogrpc.NewTLS(&tls.Config{RootCAs: ca.Pool(), VerifyConnection: func(tls.ConnectionState) error { return refusal }})
	if _, _, err := creds.ClientHandshake(t.Context(), "localhost", near); !errors.Is(err, refusal) {
		t.Errorf("ClientHandshake: %v", err)
	}
}
