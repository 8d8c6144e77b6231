package suite

import (
	"crypto/x509"
	"slices"

	"github.com/vitro-tls/vitro/wire"
)

// certificateSchemes has signatures of certificates by the schemes that they are listed as. RFC 8446 §4.2.3. An ECDSA
// scheme stands for its hash on any curve: which one the issuer's key lies on the certificate does not say. So does
// a PSS scheme for keys of both kinds.
var certificateSchemes = map[x509.SignatureAlgorithm]wire.SignatureScheme{
	x509.SHA1WithRSA:      wire.RSA_PKCS1_SHA1,
	x509.SHA256WithRSA:    wire.RSA_PKCS1_SHA256,
	x509.SHA384WithRSA:    wire.RSA_PKCS1_SHA384,
	x509.SHA512WithRSA:    wire.RSA_PKCS1_SHA512,
	x509.SHA256WithRSAPSS: wire.RSA_PSS_RSAE_SHA256,
	x509.SHA384WithRSAPSS: wire.RSA_PSS_RSAE_SHA384,
	x509.SHA512WithRSAPSS: wire.RSA_PSS_RSAE_SHA512,
	x509.ECDSAWithSHA1:    wire.ECDSA_SHA1,
	x509.ECDSAWithSHA256:  wire.ECDSA_SECP256R1_SHA256,
	x509.ECDSAWithSHA384:  wire.ECDSA_SECP384R1_SHA384,
	x509.ECDSAWithSHA512:  wire.ECDSA_SECP521R1_SHA512,
	x509.PureEd25519:      wire.ED25519,
}

// pssTwins are the schemes of the same signature by a key that is for PSS alone.
var pssTwins = map[wire.SignatureScheme]wire.SignatureScheme{
	wire.RSA_PSS_RSAE_SHA256: wire.RSA_PSS_PSS_SHA256,
	wire.RSA_PSS_RSAE_SHA384: wire.RSA_PSS_PSS_SHA384,
	wire.RSA_PSS_RSAE_SHA512: wire.RSA_PSS_PSS_SHA512,
}

// SchemeOfCertificate returns the scheme that a certificate is signed with, 0 for one without a number.
func SchemeOfCertificate(c *x509.Certificate) wire.SignatureScheme {
	return certificateSchemes[c.SignatureAlgorithm]
}

// ListsCertificate reports whether a list of schemes has that of a certificate's signature.
func ListsCertificate(list []wire.SignatureScheme, scheme wire.SignatureScheme) bool {
	twin, has := pssTwins[scheme]
	return scheme != 0 && slices.Contains(list, scheme) || has && slices.Contains(list, twin)
}
