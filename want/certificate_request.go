package want

import "github.com/vitro-tls/vitro/wire"

// CertificateRequest is what a server asks of its client's certificate. RFC 5246 §7.4.4, RFC 8446 §4.3.2.
type CertificateRequest struct {
	Version wire.Version
	// Schemes are those that the server takes, in its order.
	Schemes []wire.SignatureScheme
	// CertificateSchemes are those that the server takes in the certificates of a chain. RFC 8446 §4.2.3.
	CertificateSchemes []wire.SignatureScheme
	// Authorities are the names of the CAs that the server knows, in DER; none: it does not say.
	Authorities [][]byte
}

// NewChooseClientCredential makes a client's question; it is for the engine.
func NewChooseClientCredential(a Asker, r *CertificateRequest) *ChooseCredential {
	return &ChooseCredential{question: newQuestion[*Credential](a), Request: r}
}
