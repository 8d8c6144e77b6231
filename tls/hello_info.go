package tls

import (
	"context"
	"fmt"
	"net"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/server12"
	"github.com/vitro-tls/vitro/internal/server13"
	"github.com/vitro-tls/vitro/wire"
)

// ClientHelloInfo is what GetCertificate and GetConfigForClient know of a client.
type ClientHelloInfo struct {
	CipherSuites      []uint16
	ServerName        string // "" without server_name
	SupportedCurves   []CurveID
	SupportedPoints   []uint8
	SignatureSchemes  []SignatureScheme
	SupportedProtos   []string
	SupportedVersions []uint16
	Extensions        []uint16 // in the client's order
	Conn              net.Conn // to ask for addresses; not to be read or written
	HelloRetryRequest bool     // the client was asked for another ClientHello, and this is it

	ctx    context.Context
	config *Config // in force, nil where the caller made this
	raw    []byte  // the message, nil as well
}

// Context is cancelled when the handshake ends or is given up.
func (i *ClientHelloInfo) Context() context.Context { return i.ctx }

// SupportsCertificate says why a server cannot show this client a certificate, nil where it can: by the name that the
// client asked for, its signature schemes and, in TLS 1.2, its cipher suites and groups. It goes by the Config that the
// callback was called for, or the zero Config.
func (i *ClientHelloInfo) SupportsCertificate(c *Certificate) error {
	config := i.config
	if config == nil {
		config = new(Config)
	}
	compiled, err := config.compile()
	if err != nil {
		return err
	}
	credential, err := newCredential(c)
	if err != nil {
		return err
	}
	if i.ServerName != "" {
		if err := credential.Leaf.VerifyHostname(i.ServerName); err != nil {
			return fmt.Errorf("tls: the client asks for another name: %w", err)
		}
	}
	theirs := convert[wire.Version](i.SupportedVersions)
	switch version, ok := hello.FirstCommon(compiled.Versions, theirs); {
	case !ok:
		return fault.New(fault.NoCommonVersion).Between("versions", hs.Names(compiled.Versions), hs.Names(theirs))
	case version == wire.TLS13:
		return server13.Suits(compiled, i.hello(), credential)
	}
	return server12.Suits(compiled, i.hello(), credential)
}

// hello is the ClientHello that these fields tell of: they are the caller's to fill in, and to change.
func (i *ClientHelloInfo) hello() *wire.ClientHello {
	ch := &wire.ClientHello{CipherSuites: convert[wire.CipherSuite](i.CipherSuites)}
	ch.ServerName = i.ServerName
	if i.SupportedCurves != nil {
		ch.SupportedGroups = convert[wire.NamedGroup](i.SupportedCurves)
		ch.Add(wire.ExtSupportedGroups)
	}
	if i.SignatureSchemes != nil {
		ch.SignatureAlgorithms = convert[wire.SignatureScheme](i.SignatureSchemes)
		ch.Add(wire.ExtSignatureAlgorithms)
	}
	return ch
}

func newClientHelloInfo(ctx context.Context, c *Conn, ch *wire.ClientHello) *ClientHelloInfo {
	info := &ClientHelloInfo{ServerName: ch.ServerName, SupportedProtos: ch.ALPN, Conn: c.conn, ctx: ctx, config: c.config, raw: ch.Raw()}
	info.CipherSuites = convert[uint16](ch.CipherSuites)
	info.SupportedCurves = convert[CurveID](ch.SupportedGroups)
	info.SupportedPoints = convert8(ch.PointFormats)
	info.SignatureSchemes = convert[SignatureScheme](ch.SignatureAlgorithms)
	info.Extensions = convert[uint16](ch.Order)
	for _, v := range engine.OfferedVersions(ch) {
		if v > wire.SSL30 {
			info.SupportedVersions = append(info.SupportedVersions, uint16(v))
		}
	}
	return info
}
