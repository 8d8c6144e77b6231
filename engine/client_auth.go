package engine

import "github.com/vitro-tls/vitro/internal/hs"

// ClientAuth says whether a server asks its client for a certificate. Whom to trust is VerifyPeer's business.
type ClientAuth = hs.ClientAuth

// The modes of Config.ClientAuth.
const (
	NoClientCertificate      = hs.NoClientCertificate
	RequestClientCertificate = hs.RequestClientCertificate
	RequireClientCertificate = hs.RequireClientCertificate
)
