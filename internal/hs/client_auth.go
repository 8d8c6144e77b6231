package hs

// ClientAuth says whether a server asks its client for a certificate. Whom to trust is VerifyPeer's business.
type ClientAuth uint8

const (
	// NoClientCertificate: the client is not asked.
	NoClientCertificate ClientAuth = iota
	// RequestClientCertificate: the client is asked, and may say that it has none.
	RequestClientCertificate
	// RequireClientCertificate: a client without one is turned away.
	RequireClientCertificate
)

// maxAuthorities leaves room for the rest of a CertificateRequest, whose extensions in TLS 1.3 have 64 KiB in all.
const maxAuthorities = 60 << 10

// checkClientAuth: RFC 5246 §7.4.4, RFC 8446 §4.3.2: the names of the CAs have room for so many bytes.
func checkClientAuth(c *Config) error {
	if c.ClientAuth > RequireClientCertificate {
		return badConfig("client authentication %d: there is no such mode", c.ClientAuth)
	}
	total := 0
	for _, name := range c.ClientCAs {
		if len(name) == 0 {
			return badConfig("a client CA without a name")
		}
		total += 2 + len(name)
	}
	if total > maxAuthorities {
		return badConfig("the names of the client CAs have %d bytes in all: too many for a CertificateRequest", total)
	}
	return nil
}
