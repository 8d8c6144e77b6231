// Package tls is crypto/tls's place taken by Vitro: a program changes its import, and gets errors that explain themselves
// (package fault), and events for whoever watches (packages event and explain).
//
// It speaks TLS 1.3 and TLS 1.2: ECDHE with AEAD by default, older ciphers with PolicyCompatible, and RSA key exchange in
// TLS 1.2 with PolicyLegacy. Names that crypto/tls has
// too have its meaning, but for those in the tables here. What holds values only is crypto/tls's own type, so that both
// packages take it; a Config is not, and [FromStd] makes one of crypto/tls's.
//
// # Missing
//
//	QUICConn, QUICClient, QUICServer  there is no handshake for QUIC yet
//	QUICConfig, QUICEvent             as above
//
// # Different
//
// In the configuration:
//
//	Config                                      a change after the first use, which crypto/tls forbids, is seen where a field is set, not within what it holds
//	Config.Certificates                         one with an ECDSA key is not shown in TLS 1.2 to a client that lists curves of ECDSA and not its own (RFC 8422 §5.3)
//	Config.CipherSuites                         the order counts; TLS 1.3 is narrowed by its suites; RC4 and 3DES are not there
//	Config.CurvePreferences                     the order counts; a group that Vitro does not have is an error
//	Config.DynamicRecordSizingDisabled          ignored: records are always as large as they can be
//	Config.EncryptedClientHelloConfigList       an error: there is no Encrypted Client Hello yet, and no silent going without
//	Config.EncryptedClientHelloKeys             an error, as above
//	Config.EncryptedClientHelloRejectionVerify  never called
//	Config.GetClientCertificate                 nil, nil means: from Certificates
//	Config.GetEncryptedClientHelloKeys          an error, as above
//	Config.KeyLogWriter                         gets EXPORTER_SECRET too
//	Config.MaxVersion                           TLS 1.0 and 1.1 are not spoken: an error
//	Config.NextProtos                           nothing in common is an error, for http/1.1 at a server with h2 alone too
//	Config.Renegotiation                        only with servers that tie both handshakes together (RFC 5746)
//	Config.RootCAs                              nil: the operating system's, or Mozilla's where it has none
//	Config.Time                                 is asked once for each step, and decides about sessions too
//	Config.WrapSession                          is not called for a resumed connection of TLS 1.2, which keeps its ticket
//	Config.VerifyPeerCertificate                is called when a session is resumed too, with its certificates verified anew
//
// On connections:
//
//	Conn.Close                            after a fatal alert the connection underneath lives on for up to a second, so that the alert gets through
//	ConnectionState.ECHAccepted           always false
//	ConnectionState.ExportKeyingMaterial  TLS 1.2 without the extended master secret is refused whatever GODEBUG says
//	ConnectionState.OCSPResponse          has been judged (RFC 6066 §8): what does not say that the certificate is good ends the handshake, as does a broken promise of one; see Config.Verifier
//	ConnectionState.PeerCertificates      under public roots have RSA keys of 2048 bits at least, 1024 under PolicyLegacy, and none on P-224 under any; see Config.Verifier
//	ConnectionState.PeerCertificates      under public roots have a key usage that allows what is done with their keys; see Config.Verifier
//	ConnectionState.VerifiedChains        there after a resumption too, verified anew
//
// In errors, which are a *fault.Error or a *fault.PeerAlert; errors.As and errors.Is find under them:
//
//	AlertError                    every alert of the peer's, whose words stand in the text, and a *net.OpError above it; crypto/tls has it for QUIC only
//	CertificateVerificationError  with the error of crypto/x509; the peer is sent the alert of RFC 8446 §6.2, not bad_certificate for all
//	ECHRejectionError             never
//	RecordHeaderError             where the first record is not TLS; its Conn is open, and Close still answers a plain HTTP request unless the program has closed Conn
//
// Lists, names and sessions:
//
//	CipherSuites, InsecureCipherSuites  what Vitro has, insecure being what only PolicyLegacy allows
//	CipherSuiteName                     has the names of suites that crypto/tls does not have
//	ClientSessionCache                  sessions are taken out of it, by Get and Put with nil or by Take, where it has that
//	SessionState.EarlyData              always false: there is no 0-RTT yet
//	SignatureScheme                     SHA-1 does not sign or verify handshakes
//
// Under GODEBUG=fips140=on or only, the lists of the policies shrink to what is approved under FIPS 140-3: ECDHE with
// AES-GCM, the groups of NIST and the hybrids. What is not and was named in the Config is an error when that is used
// first, where crypto/tls passes over it. The nonces of AES-GCM, which fips140=only lets no package outside the standard
// library choose, are chosen as TLS says.
//
// Other GODEBUG settings of crypto/tls (tlsrsakex, tls10server, tlsmaxrsasize and others) are not heeded; PolicyVariable is there
// for who cannot change a program.
package tls
