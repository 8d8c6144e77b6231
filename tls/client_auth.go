package tls

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"

	std "crypto/tls"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
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

// SupportsCertificate says why the server would not take a certificate, nil where it would: by its signature schemes, and
// by the CAs that it names.
func (i *CertificateRequestInfo) SupportsCertificate(c *Certificate) error {
	credential, err := newCredential(c)
	if err != nil {
		return err
	}
	compiled, err := new(Config).compile()
	if err != nil {
		return err
	}
	ours, theirs := hello.Signable(compiled, wire.Version(i.Version), credential), convert[wire.SignatureScheme](i.SignatureSchemes)
	if _, ok := hello.FirstCommon(ours, theirs); !ok {
		return fault.New(fault.NoCommonScheme).Between("signature schemes", hs.Names(ours), hs.Names(theirs))
	}
	if !hello.LeadsTo(credential, i.AcceptableCAs) {
		return errors.New("tls: the certificate's chain leads to none of the CAs that the server names")
	}
	return nil
}

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
	out.AskVerdict = c.VerifyConnection != nil || c.VerifyPeerCertificate != nil && c.ClientAuth != NoClientCert
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
	if c.role == fault.Client {
		if c.config.GetClientCertificate == nil {
			return nil, nil
		}
		return c.config.GetClientCertificate(newCertificateRequestInfo(q.Context(), q.Request))
	}
	if c.config.GetCertificate != nil && (len(c.config.Certificates) == 0 || q.Hello.ServerName != "") {
		info := newClientHelloInfo(q.Context(), c, q.Hello)
		info.HelloRetryRequest = q.Retried
		if chosen, err := c.config.GetCertificate(info); chosen != nil || err != nil {
			return chosen, err
		}
	}
	return c.config.named(q.Hello.ServerName), nil
}

// named looks a name up in NameToCertificate.
func (c *Config) named(name string) *Certificate {
	if len(c.Certificates) < 2 {
		return nil
	}
	name = strings.ToLower(name)
	if cert, ok := c.NameToCertificate[name]; ok {
		return cert
	}
	_, domain, _ := strings.Cut(name, ".")
	return c.NameToCertificate["*."+domain]
}

// BuildNameToCertificate fills NameToCertificate from the names in Certificates; of two with one name, the later
// stands.
//
// Deprecated: among Certificates the one with the client's name is found without it.
func (c *Config) BuildNameToCertificate() {
	c.NameToCertificate = make(map[string]*Certificate)
	for i := range c.Certificates {
		cert := &c.Certificates[i]
		leaf := cert.Leaf
		if leaf == nil {
			var err error
			if leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
				continue
			}
		}
		if leaf.Subject.CommonName != "" && len(leaf.DNSNames) == 0 {
			c.NameToCertificate[leaf.Subject.CommonName] = cert
		}
		for _, name := range leaf.DNSNames {
			c.NameToCertificate[name] = cert
		}
	}
}
