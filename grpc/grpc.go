// Package vitrogrpc lets gRPC run over Vitro: [NewTLS] makes the transport credentials that google.golang.org/grpc takes,
// for clients and for servers.
//
//	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(vitrogrpc.NewTLS(config)))
//	server := grpc.NewServer(grpc.Creds(vitrogrpc.NewTLS(config)))
//
// It takes the place of NewTLS in gRPC's own package credentials; only the configuration is that of Vitro's package tls.
// A handshake that fails says why in the status of the call (codes.Unavailable). The status keeps the words only: who
// wants the *fault.Error itself sets tls.Config.Tracer, and reads it from event.Failed.
//
// What a handler may want to know of its peer is in [TLSInfo], which peer.FromContext finds.
//
// This is a module of its own, so that whoever does not use gRPC does not get its dependencies.
package vitrogrpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"google.golang.org/grpc/credentials"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/tls"
)

// h2 is HTTP/2's name in ALPN, which gRPC speaks. RFC 9113 §3.2.
const h2 = "h2"

// TLSInfo is what a handler finds in peer.Peer.AuthInfo, and a client by grpc.Peer.
type TLSInfo struct {
	// State is what the handshake agreed on. PeerCertificates and VerifiedChains say who the peer is, where it has shown
	// a certificate.
	State tls.ConnectionState
	// CommonAuthInfo says PrivacyAndIntegrity.
	credentials.CommonAuthInfo
}

// AuthType returns "tls".
func (TLSInfo) AuthType() string { return "tls" }

// ValidateAuthority checks a name that a call gives in the place of the connection's (grpc.CallAuthority) against the
// server's certificate.
func (t TLSInfo) ValidateAuthority(authority string) error {
	if len(t.State.PeerCertificates) == 0 {
		return fmt.Errorf("vitrogrpc: no certificate to check the authority %q against", authority)
	}
	return t.State.PeerCertificates[0].VerifyHostname(hostOf(authority))
}

// GetSecurityValue says what channelz shows of a connection.
func (t TLSInfo) GetSecurityValue() credentials.ChannelzSecurityValue {
	v := &credentials.TLSChannelzSecurityValue{StandardName: tls.CipherSuiteName(t.State.CipherSuite)}
	if len(t.State.PeerCertificates) > 0 {
		v.RemoteCertificate = t.State.PeerCertificates[0].Raw
	}
	return v
}

type transport struct{ config *tls.Config }

// NewTLS makes transport credentials of a configuration, which is copied; nil is the default one. h2 is added to its
// NextProtos, and a peer that does not agree on it is refused with the alert no_application_protocol. The same credentials
// may serve any number of clients and servers at once.
//
// A client's server name is the authority of its target, or of grpc.WithAuthority; Config.ServerName, where it is set,
// becomes the authority.
func NewTLS(config *tls.Config) credentials.TransportCredentials {
	own := speakingH2(config)
	if choose := own.GetConfigForClient; choose != nil {
		own.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			chosen, err := choose(hello)
			if err != nil || chosen == nil {
				return nil, err
			}
			return speakingH2(chosen), nil
		}
	}
	return &transport{own}
}

// speakingH2 is a copy of config for connections that agree on h2, and on nothing else.
func speakingH2(config *tls.Config) *tls.Config {
	if config == nil {
		config = new(tls.Config)
	}
	own := config.Clone()
	if !slices.Contains(own.NextProtos, h2) {
		own.NextProtos = append(slices.Clone(own.NextProtos), h2)
	}
	inherited := own.VerifyConnection
	own.VerifyConnection = func(state tls.ConnectionState) error {
		// RFC 9113 §3.2: HTTP/2 over TLS is agreed on by ALPN. A peer without ALPN agrees on nothing.
		if got := state.NegotiatedProtocol; got != h2 {
			return fault.New(fault.NoCommonProtocol).With(fmt.Sprintf("gRPC needs h2, agreed on was %q", got))
		}
		if inherited != nil {
			return inherited(state)
		}
		return nil
	}
	return own
}

// ClientHandshake shakes hands on a connection to a server that has to be authority, until ctx ends.
func (t *transport) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	config := t.config.Clone()
	config.ServerName = hostOf(authority)
	return shake(ctx, raw, func(raw net.Conn) *tls.Conn { return tls.Client(raw, config) })
}

// ServerHandshake shakes hands on a connection from a client. grpc.ConnectionTimeout bounds it, by raw's deadline.
func (t *transport) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return shake(context.Background(), raw, func(raw net.Conn) *tls.Conn { return tls.Server(raw, t.config) })
}

func shake(ctx context.Context, raw net.Conn, over func(net.Conn) *tls.Conn) (net.Conn, credentials.AuthInfo, error) {
	under := &network{Conn: raw, closed: make(chan struct{})}
	conn := over(under)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		under.lastWords(ctx)
		return nil, nil, err
	}
	return conn, TLSInfo{
		State:          conn.ConnectionState(),
		CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: credentials.PrivacyAndIntegrity},
	}, nil
}

// network tells when it is closed. Behind an alert that is a moment after tls.Conn.Close, once the peer has read it; but
// gRPC closes what it has given us as soon as a handshake has failed, and the peer would be left with a broken pipe in
// the place of the reason.
type network struct {
	net.Conn
	once   sync.Once
	closed chan struct{}
}

func (n *network) Close() error {
	defer n.once.Do(func() { close(n.closed) })
	return n.Conn.Close()
}

// CloseWrite is what tls.Conn looks for to close one direction only.
func (n *network) CloseWrite() error {
	half, ok := n.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

func (n *network) lastWords(ctx context.Context) {
	select {
	case <-n.closed:
	case <-ctx.Done():
	}
}

// Info says that this is TLS, and the server name of the configuration, which gRPC makes the authority.
func (t *transport) Info() credentials.ProtocolInfo {
	//lint:ignore SA1019 grpc.NewClient takes the authority from there
	return credentials.ProtocolInfo{SecurityProtocol: "tls", ServerName: t.config.ServerName}
}

// Clone returns a copy that OverrideServerName does not change.
func (t *transport) Clone() credentials.TransportCredentials { return &transport{t.config.Clone()} }

// OverrideServerName sets the server name of the configuration. grpc.WithAuthority is the better way.
func (t *transport) OverrideServerName(name string) error {
	own := t.config.Clone()
	own.ServerName = name
	t.config = own
	return nil
}

// hostOf is an authority without its port.
func hostOf(authority string) string {
	if host, _, err := net.SplitHostPort(authority); err == nil {
		return host
	}
	return authority
}
