package tls

import std "crypto/tls"

// These carry values only, and are crypto/tls's own, so that a program may mix both packages, and errors.As finds them
// under either name.
type (
	// Certificate is a chain and its private key.
	Certificate = std.Certificate
	// CurveID names a group.
	CurveID = std.CurveID
	// SignatureScheme names a signature algorithm with its hash.
	SignatureScheme = std.SignatureScheme
	// ClientAuthType says whether a server asks its client for a certificate, and whether it verifies that.
	ClientAuthType = std.ClientAuthType
	// RenegotiationSupport says whether a client renegotiates when its server wishes to.
	RenegotiationSupport = std.RenegotiationSupport
	// CipherSuite describes a cipher suite.
	CipherSuite = std.CipherSuite
	// AlertError is an alert of the peer's: errors.As finds it in what a connection fails with.
	AlertError = std.AlertError
	// RecordHeaderError is found where something else than TLS came.
	RecordHeaderError = std.RecordHeaderError
	// CertificateVerificationError is found where the peer's certificates did not verify.
	CertificateVerificationError = std.CertificateVerificationError
	// ECHRejectionError is never found yet: there is no Encrypted Client Hello.
	ECHRejectionError = std.ECHRejectionError
	// EncryptedClientHelloKey is a server's key for Encrypted Client Hello.
	EncryptedClientHelloKey = std.EncryptedClientHelloKey
	// QUICEncryptionLevel and the next two are values of QUIC's, of which there is no more here yet.
	QUICEncryptionLevel      = std.QUICEncryptionLevel
	QUICEventKind            = std.QUICEventKind
	QUICSessionTicketOptions = std.QUICSessionTicketOptions
)

// Versions. Vitro speaks TLS 1.2 and TLS 1.3; the others are what peers may have offered.
const (
	VersionTLS10 = std.VersionTLS10
	VersionTLS11 = std.VersionTLS11
	VersionTLS12 = std.VersionTLS12
	VersionTLS13 = std.VersionTLS13
	// VersionSSL30 was never spoken here.
	//
	// Deprecated: SSL 3.0 is broken, and there for old programs' sake.
	VersionSSL30 = 0x0300
)

// Cipher suites that crypto/tls knows. CipherSuites and InsecureCipherSuites list those that Vitro has.
const (
	TLS_RSA_WITH_RC4_128_SHA                      = std.TLS_RSA_WITH_RC4_128_SHA
	TLS_RSA_WITH_3DES_EDE_CBC_SHA                 = std.TLS_RSA_WITH_3DES_EDE_CBC_SHA
	TLS_RSA_WITH_AES_128_CBC_SHA                  = std.TLS_RSA_WITH_AES_128_CBC_SHA
	TLS_RSA_WITH_AES_256_CBC_SHA                  = std.TLS_RSA_WITH_AES_256_CBC_SHA
	TLS_RSA_WITH_AES_128_CBC_SHA256               = std.TLS_RSA_WITH_AES_128_CBC_SHA256
	TLS_RSA_WITH_AES_128_GCM_SHA256               = std.TLS_RSA_WITH_AES_128_GCM_SHA256
	TLS_RSA_WITH_AES_256_GCM_SHA384               = std.TLS_RSA_WITH_AES_256_GCM_SHA384
	TLS_ECDHE_ECDSA_WITH_RC4_128_SHA              = std.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA
	TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA          = std.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
	TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA          = std.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
	TLS_ECDHE_RSA_WITH_RC4_128_SHA                = std.TLS_ECDHE_RSA_WITH_RC4_128_SHA
	TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA           = std.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
	TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA            = std.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
	TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA            = std.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA
	TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256       = std.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
	TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256         = std.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256
	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256         = std.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256       = std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384         = std.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
	TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384       = std.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
	TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256   = std.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
	TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = std.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256

	TLS_AES_128_GCM_SHA256       = std.TLS_AES_128_GCM_SHA256
	TLS_AES_256_GCM_SHA384       = std.TLS_AES_256_GCM_SHA384
	TLS_CHACHA20_POLY1305_SHA256 = std.TLS_CHACHA20_POLY1305_SHA256

	// TLS_FALLBACK_SCSV says that a client came back with an older version (RFC 7507). It is no cipher suite.
	TLS_FALLBACK_SCSV = std.TLS_FALLBACK_SCSV

	// Older names of two suites above.
	TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305   = std.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305
	TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305 = std.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305
)

// Groups, for Config.CurvePreferences. Vitro has all of these, and pure ML-KEM by its code point.
const (
	CurveP256          = std.CurveP256
	CurveP384          = std.CurveP384
	CurveP521          = std.CurveP521
	X25519             = std.X25519
	X25519MLKEM768     = std.X25519MLKEM768
	SecP256r1MLKEM768  = std.SecP256r1MLKEM768
	SecP384r1MLKEM1024 = std.SecP384r1MLKEM1024
)

// Signature schemes. Vitro has all but those with SHA-1.
const (
	PKCS1WithSHA256        = std.PKCS1WithSHA256
	PKCS1WithSHA384        = std.PKCS1WithSHA384
	PKCS1WithSHA512        = std.PKCS1WithSHA512
	PSSWithSHA256          = std.PSSWithSHA256
	PSSWithSHA384          = std.PSSWithSHA384
	PSSWithSHA512          = std.PSSWithSHA512
	ECDSAWithP256AndSHA256 = std.ECDSAWithP256AndSHA256
	ECDSAWithP384AndSHA384 = std.ECDSAWithP384AndSHA384
	ECDSAWithP521AndSHA512 = std.ECDSAWithP521AndSHA512
	Ed25519                = std.Ed25519
	PKCS1WithSHA1          = std.PKCS1WithSHA1
	ECDSAWithSHA1          = std.ECDSAWithSHA1
)

// Whether a client renegotiates, for Config.Renegotiation.
const (
	// RenegotiateNever refuses.
	RenegotiateNever = std.RenegotiateNever
	// RenegotiateOnceAsClient lets the server ask once in a connection.
	RenegotiateOnceAsClient = std.RenegotiateOnceAsClient
	// RenegotiateFreelyAsClient lets the server ask again and again.
	RenegotiateFreelyAsClient = std.RenegotiateFreelyAsClient
)

// Values of QUIC's.
const (
	QUICEncryptionLevelInitial     = std.QUICEncryptionLevelInitial
	QUICEncryptionLevelEarly       = std.QUICEncryptionLevelEarly
	QUICEncryptionLevelHandshake   = std.QUICEncryptionLevelHandshake
	QUICEncryptionLevelApplication = std.QUICEncryptionLevelApplication

	QUICNoEvent                     = std.QUICNoEvent
	QUICSetReadSecret               = std.QUICSetReadSecret
	QUICSetWriteSecret              = std.QUICSetWriteSecret
	QUICWriteData                   = std.QUICWriteData
	QUICTransportParameters         = std.QUICTransportParameters
	QUICTransportParametersRequired = std.QUICTransportParametersRequired
	QUICRejectedEarlyData           = std.QUICRejectedEarlyData
	QUICHandshakeDone               = std.QUICHandshakeDone
	QUICResumeSession               = std.QUICResumeSession
	QUICStoreSession                = std.QUICStoreSession
	QUICErrorEvent                  = std.QUICErrorEvent
)

// LoadX509KeyPair reads a certificate chain and its private key from PEM files.
func LoadX509KeyPair(certFile, keyFile string) (Certificate, error) {
	return std.LoadX509KeyPair(certFile, keyFile)
}

// X509KeyPair parses a certificate chain and its private key from PEM.
func X509KeyPair(certPEMBlock, keyPEMBlock []byte) (Certificate, error) {
	return std.X509KeyPair(certPEMBlock, keyPEMBlock)
}
