package tls

import (
	"context"
	"crypto/x509"

	std "crypto/tls"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
)

// What a server does about its client's certificate, for Config.ClientAuth.
const (
	// NoClientCert does not ask for one.
	NoClientCert = std.NoClientCert
	// RequestClientCert asks for one, does without, and verifies none.
	RequestClientCert = std.RequestClientCert
	// RequireAnyClientCert turns away who has none, and verifies none.
	RequireAnyClientCert = std.RequireAnyClientCert
	// VerifyClientCertIfGiven asks for one, does without, and verifies what comes.
	VerifyClientCertIfGiven = std.VerifyClientCertIfGiven
	// RequireAndVerifyClientCert turns away who has none that can be verified.
	RequireAndVerifyClientCert = std.RequireAndVerifyClientCert
)

// CertificateRequestInfo is what GetClientCertificate knows of the server's wishes.
type CertificateRequestInfo struct {
	AcceptableCAs    [][]byte // names in DER; none: the server does not say
	SignatureSchemes []SignatureScheme
	Version          uint16

	ctx context.Context
}

// Context is cancelled when the handshake ends or is given up.
func (i *CertificateRequestInfo) Context() context.Context { return i.ctx }

func newCertificateRequestInfo(ctx context.Context, r *want.CertificateRequest) *CertificateRequestInfo {
	return &CertificateRequestInfo{
		AcceptableCAs:    r.Authorities,
		SignatureSchemes: convert[SignatureScheme](r.Schemes),
		Version:          uint16(r.Version),
		ctx:              ctx,
	}
}

func (c *Config) addClientAuth(out *engine.Config) {
	switch c.ClientAuth {
	case NoClientCert:
	case RequestClientCert, VerifyClientCertIfGiven:
		out.ClientAuth = engine.RequestClientCertificate
	case RequireAnyClientCert, RequireAndVerifyClientCert:
		out.ClientAuth = engine.RequireClientCertificate
	default:
		out.ClientAuth = engine.RequireClientCertificate + 1 // which does not compile
	}
	if c.ClientAuth != NoClientCert && c.ClientCAs != nil {
		//lint:ignore SA1019 the names only help the client to choose; a pool that hides its own asks without
		out.ClientCAs = c.ClientCAs.Subjects()
	}
	out.AskVerdict = c.VerifyConnection != nil
}

// trusted returns the roots for a peer's chain, and whether it is to be verified at all.
func (c *Conn) trusted(p want.Peer) (roots *x509.CertPool, needed bool) {
	if c.role == fault.Client {
		return c.config.RootCAs, !c.config.InsecureSkipVerify
	}
	return c.config.ClientCAs, c.config.ClientAuth >= VerifyClientCertIfGiven && len(p.Chain) > 0
}

// certificate asks the callback for our role, if there is one.
func (c *Conn) certificate(q *want.ChooseCredential) (*Certificate, error) {
	switch {
	case c.role == fault.Client && c.config.GetClientCertificate != nil:
		return c.config.GetClientCertificate(newCertificateRequestInfo(q.Context(), q.Request))
	case c.role == fault.Server && c.config.GetCertificate != nil:
		return c.config.GetCertificate(newClientHelloInfo(q.Context(), c.conn, q.Hello))
	}
	return nil, nil
}
