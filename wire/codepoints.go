package wire

import "fmt"

// Version is a protocol version as two bytes.
type Version uint16

const (
	SSL30 Version = 0x0300
	TLS10 Version = 0x0301
	TLS11 Version = 0x0302
	TLS12 Version = 0x0303
	TLS13 Version = 0x0304
)

func (v Version) String() string {
	switch v {
	case SSL30:
		return "SSL 3.0"
	case TLS10:
		return "TLS 1.0"
	case TLS11:
		return "TLS 1.1"
	case TLS12:
		return "TLS 1.2"
	case TLS13:
		return "TLS 1.3"
	}
	return unnamed16(uint16(v))
}

// unnamed16 names a code point that no table has: GREASE (RFC 8701 §2) or just its number.
func unnamed16(v uint16) string {
	if IsGREASE(v) {
		return fmt.Sprintf("GREASE 0x%04x", v)
	}
	return fmt.Sprintf("0x%04x", v)
}

// IsGREASE reports whether a 16-bit code point is one of those reserved to be ignored. RFC 8701 §2.
func IsGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// ContentType is the type of a record. RFC 5246 §6.2.1.
type ContentType uint8

const (
	ContentChangeCipherSpec ContentType = 20
	ContentAlert            ContentType = 21
	ContentHandshake        ContentType = 22
	ContentApplicationData  ContentType = 23
)

func (t ContentType) String() string {
	switch t {
	case ContentChangeCipherSpec:
		return "change_cipher_spec"
	case ContentAlert:
		return "alert"
	case ContentHandshake:
		return "handshake"
	case ContentApplicationData:
		return "application_data"
	}
	return fmt.Sprintf("content type %d", uint8(t))
}

// HandshakeType is the type of a handshake message. RFC 5246 §7.4, RFC 8446 §4.
type HandshakeType uint8

const (
	TypeHelloRequest        HandshakeType = 0
	TypeClientHello         HandshakeType = 1
	TypeServerHello         HandshakeType = 2
	TypeNewSessionTicket    HandshakeType = 4
	TypeEndOfEarlyData      HandshakeType = 5
	TypeEncryptedExtensions HandshakeType = 8
	TypeCertificate         HandshakeType = 11
	TypeServerKeyExchange   HandshakeType = 12
	TypeCertificateRequest  HandshakeType = 13
	TypeServerHelloDone     HandshakeType = 14
	TypeCertificateVerify   HandshakeType = 15
	TypeClientKeyExchange   HandshakeType = 16
	TypeFinished            HandshakeType = 20
	TypeCertificateStatus   HandshakeType = 22
	TypeKeyUpdate           HandshakeType = 24

	// TypeMessageHash is never sent: it heads the hash that takes the first ClientHello's place in the transcript
	// after a HelloRetryRequest. RFC 8446 §4.4.1.
	TypeMessageHash HandshakeType = 254

	// TypeChangeCipherSpec is no code point; it stands for the record that takes a place among the messages.
	// RFC 8446 §B.3 keeps 254 for message_hash and leaves 255 free.
	TypeChangeCipherSpec HandshakeType = 255
)

func (t HandshakeType) String() string {
	switch t {
	case TypeHelloRequest:
		return "HelloRequest"
	case TypeClientHello:
		return "ClientHello"
	case TypeServerHello:
		return "ServerHello"
	case TypeNewSessionTicket:
		return "NewSessionTicket"
	case TypeEndOfEarlyData:
		return "EndOfEarlyData"
	case TypeEncryptedExtensions:
		return "EncryptedExtensions"
	case TypeCertificate:
		return "Certificate"
	case TypeServerKeyExchange:
		return "ServerKeyExchange"
	case TypeCertificateRequest:
		return "CertificateRequest"
	case TypeServerHelloDone:
		return "ServerHelloDone"
	case TypeCertificateVerify:
		return "CertificateVerify"
	case TypeClientKeyExchange:
		return "ClientKeyExchange"
	case TypeFinished:
		return "Finished"
	case TypeCertificateStatus:
		return "CertificateStatus"
	case TypeKeyUpdate:
		return "KeyUpdate"
	case TypeMessageHash:
		return "message_hash"
	case TypeChangeCipherSpec:
		return "ChangeCipherSpec"
	}
	return fmt.Sprintf("handshake type %d", uint8(t))
}

// CompressionMethod is a record compression method; only null is ever used. RFC 5246 §6.1.
type CompressionMethod uint8

const CompressionNull CompressionMethod = 0

func (c CompressionMethod) String() string {
	switch c {
	case CompressionNull:
		return "null"
	case 1:
		return "DEFLATE"
	}
	return fmt.Sprintf("compression %d", uint8(c))
}

// CipherSuite is the code point of a cipher suite.
type CipherSuite uint16

const (
	TLS_RSA_WITH_AES_128_CBC_SHA                  CipherSuite = 0x002f
	TLS_DHE_RSA_WITH_AES_128_CBC_SHA              CipherSuite = 0x0033
	TLS_RSA_WITH_AES_256_CBC_SHA                  CipherSuite = 0x0035
	TLS_DHE_RSA_WITH_AES_256_CBC_SHA              CipherSuite = 0x0039
	TLS_RSA_WITH_AES_128_CBC_SHA256               CipherSuite = 0x003c
	TLS_RSA_WITH_AES_256_CBC_SHA256               CipherSuite = 0x003d
	TLS_DHE_RSA_WITH_AES_128_CBC_SHA256           CipherSuite = 0x0067
	TLS_DHE_RSA_WITH_AES_256_CBC_SHA256           CipherSuite = 0x006b
	TLS_RSA_WITH_AES_128_GCM_SHA256               CipherSuite = 0x009c
	TLS_RSA_WITH_AES_256_GCM_SHA384               CipherSuite = 0x009d
	TLS_DHE_RSA_WITH_AES_128_GCM_SHA256           CipherSuite = 0x009e
	TLS_DHE_RSA_WITH_AES_256_GCM_SHA384           CipherSuite = 0x009f
	TLS_EMPTY_RENEGOTIATION_INFO_SCSV             CipherSuite = 0x00ff
	TLS_AES_128_GCM_SHA256                        CipherSuite = 0x1301
	TLS_AES_256_GCM_SHA384                        CipherSuite = 0x1302
	TLS_CHACHA20_POLY1305_SHA256                  CipherSuite = 0x1303
	TLS_AES_128_CCM_SHA256                        CipherSuite = 0x1304
	TLS_AES_128_CCM_8_SHA256                      CipherSuite = 0x1305
	TLS_FALLBACK_SCSV                             CipherSuite = 0x5600
	TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA          CipherSuite = 0xc009
	TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA          CipherSuite = 0xc00a
	TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA            CipherSuite = 0xc013
	TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA            CipherSuite = 0xc014
	TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256       CipherSuite = 0xc023
	TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384       CipherSuite = 0xc024
	TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256         CipherSuite = 0xc027
	TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384         CipherSuite = 0xc028
	TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256       CipherSuite = 0xc02b
	TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384       CipherSuite = 0xc02c
	TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256         CipherSuite = 0xc02f
	TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384         CipherSuite = 0xc030
	TLS_RSA_WITH_AES_128_CCM                      CipherSuite = 0xc09c
	TLS_RSA_WITH_AES_256_CCM                      CipherSuite = 0xc09d
	TLS_DHE_RSA_WITH_AES_128_CCM                  CipherSuite = 0xc09e
	TLS_DHE_RSA_WITH_AES_256_CCM                  CipherSuite = 0xc09f
	TLS_RSA_WITH_AES_128_CCM_8                    CipherSuite = 0xc0a0
	TLS_RSA_WITH_AES_256_CCM_8                    CipherSuite = 0xc0a1
	TLS_DHE_RSA_WITH_AES_128_CCM_8                CipherSuite = 0xc0a2
	TLS_DHE_RSA_WITH_AES_256_CCM_8                CipherSuite = 0xc0a3
	TLS_ECDHE_ECDSA_WITH_AES_128_CCM              CipherSuite = 0xc0ac
	TLS_ECDHE_ECDSA_WITH_AES_256_CCM              CipherSuite = 0xc0ad
	TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8            CipherSuite = 0xc0ae
	TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8            CipherSuite = 0xc0af
	TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256   CipherSuite = 0xcca8
	TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 CipherSuite = 0xcca9
	TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256     CipherSuite = 0xccaa
)

// String returns the IANA name. Suites that Vitro cannot use are named too, so that an offer can be read.
func (s CipherSuite) String() string {
	if name, ok := suiteNames[s]; ok {
		return name
	}
	return unnamed16(uint16(s))
}

// NamedGroup is a group for the key exchange. RFC 8422 §5.1.1, RFC 8446 §4.2.7.
type NamedGroup uint16

const (
	SecP256r1 NamedGroup = 23
	SecP384r1 NamedGroup = 24
	SecP521r1 NamedGroup = 25
	X25519    NamedGroup = 29
	X448      NamedGroup = 30

	// The finite fields. RFC 7919 §2.
	FFDHE2048 NamedGroup = 256
	FFDHE3072 NamedGroup = 257
	FFDHE4096 NamedGroup = 258
	FFDHE6144 NamedGroup = 259
	FFDHE8192 NamedGroup = 260

	// ML-KEM alone, and joined with a classical group so that breaking one of the two is not enough.
	MLKEM768           NamedGroup = 0x0201
	MLKEM1024          NamedGroup = 0x0202
	SecP256r1MLKEM768  NamedGroup = 0x11eb
	X25519MLKEM768     NamedGroup = 0x11ec
	SecP384r1MLKEM1024 NamedGroup = 0x11ed
)

// IsFFDHE reports whether a code point is one of those that are kept for finite fields, known or not. RFC 7919 §2.
func (g NamedGroup) IsFFDHE() bool { return g>>8 == 1 }

func (g NamedGroup) String() string {
	if name, ok := groupNames[g]; ok {
		return name
	}
	return unnamed16(uint16(g))
}

// SignatureScheme is a signature algorithm with its hash. The code points are those of RFC 8446 §4.2.3, which gave
// the pairs of RFC 5246 §7.4.1.4.1 one name each; RFC 8422 §5.10 had brought those of EdDSA.
type SignatureScheme uint16

const (
	RSA_PKCS1_SHA1         SignatureScheme = 0x0201
	ECDSA_SHA1             SignatureScheme = 0x0203
	RSA_PKCS1_SHA256       SignatureScheme = 0x0401
	ECDSA_SECP256R1_SHA256 SignatureScheme = 0x0403
	RSA_PKCS1_SHA384       SignatureScheme = 0x0501
	ECDSA_SECP384R1_SHA384 SignatureScheme = 0x0503
	RSA_PKCS1_SHA512       SignatureScheme = 0x0601
	ECDSA_SECP521R1_SHA512 SignatureScheme = 0x0603
	RSA_PSS_RSAE_SHA256    SignatureScheme = 0x0804
	RSA_PSS_RSAE_SHA384    SignatureScheme = 0x0805
	RSA_PSS_RSAE_SHA512    SignatureScheme = 0x0806
	ED25519                SignatureScheme = 0x0807
	// RSA_PSS_PSS_SHA256 and its siblings are for keys that sign with PSS alone.
	RSA_PSS_PSS_SHA256 SignatureScheme = 0x0809
	RSA_PSS_PSS_SHA384 SignatureScheme = 0x080a
	RSA_PSS_PSS_SHA512 SignatureScheme = 0x080b
)

func (s SignatureScheme) String() string {
	if name, ok := schemeNames[s]; ok {
		return name
	}
	return unnamed16(uint16(s))
}

// PointFormat is how an elliptic-curve point is encoded; only uncompressed is left. RFC 8422 §5.1.2.
type PointFormat uint8

const PointUncompressed PointFormat = 0

func (f PointFormat) String() string {
	if f == PointUncompressed {
		return "uncompressed"
	}
	return fmt.Sprintf("point format %d", uint8(f))
}

// CurveType says how a ServerKeyExchange names its group; only named_curve is left. RFC 8422 §5.4.
type CurveType uint8

const CurveNamed CurveType = 3

func (t CurveType) String() string {
	if t == CurveNamed {
		return "named_curve"
	}
	return fmt.Sprintf("curve type %d", uint8(t))
}

// PSKMode is how a pre-shared key may be used. RFC 8446 §4.2.9.
type PSKMode uint8

const (
	PSKModeKE  PSKMode = 0 // the key alone
	PSKModeDHE PSKMode = 1 // the key, and a fresh key exchange beside it
)

func (m PSKMode) String() string {
	switch m {
	case PSKModeKE:
		return "psk_ke"
	case PSKModeDHE:
		return "psk_dhe_ke"
	}
	return fmt.Sprintf("psk mode %d", uint8(m))
}

// StatusType is the kind of certificate status; only OCSP is used. RFC 6066 §8.
type StatusType uint8

const StatusOCSP StatusType = 1

func (t StatusType) String() string {
	if t == StatusOCSP {
		return "ocsp"
	}
	return fmt.Sprintf("status type %d", uint8(t))
}

// ClientCertificateType is a kind of certificate that a server asks its client for. RFC 5246 §7.4.4.
type ClientCertificateType uint8

const (
	CertRSASign   ClientCertificateType = 1
	CertECDSASign ClientCertificateType = 64
)

func (t ClientCertificateType) String() string {
	switch t {
	case CertRSASign:
		return "rsa_sign"
	case CertECDSASign:
		return "ecdsa_sign"
	}
	return fmt.Sprintf("certificate type %d", uint8(t))
}

// ExtensionType is the code point of an extension.
type ExtensionType uint16

const (
	ExtServerName           ExtensionType = 0
	ExtMaxFragmentLength    ExtensionType = 1
	ExtStatusRequest        ExtensionType = 5
	ExtSupportedGroups      ExtensionType = 10
	ExtPointFormats         ExtensionType = 11
	ExtSignatureAlgorithms  ExtensionType = 13
	ExtALPN                 ExtensionType = 16
	ExtSCT                  ExtensionType = 18
	ExtPadding              ExtensionType = 21
	ExtEncryptThenMAC       ExtensionType = 22
	ExtExtendedMasterSecret ExtensionType = 23
	ExtCompressCertificate  ExtensionType = 27
	ExtRecordSizeLimit      ExtensionType = 28
	ExtSessionTicket        ExtensionType = 35
	ExtPreSharedKey         ExtensionType = 41
	ExtEarlyData            ExtensionType = 42
	ExtSupportedVersions    ExtensionType = 43
	ExtCookie               ExtensionType = 44
	ExtPSKModes             ExtensionType = 45
	ExtCertAuthorities      ExtensionType = 47
	ExtPostHandshakeAuth    ExtensionType = 49
	ExtSignatureAlgsCert    ExtensionType = 50
	ExtKeyShare             ExtensionType = 51
	ExtEncryptedClientHello ExtensionType = 0xfe0d
	ExtRenegotiationInfo    ExtensionType = 0xff01
)

func (t ExtensionType) String() string {
	if name, ok := extensionNames[t]; ok {
		return name
	}
	return unnamed16(uint16(t))
}

// AlertLevel is warning or fatal. RFC 5246 §7.2.
type AlertLevel uint8

const (
	LevelWarning AlertLevel = 1
	LevelFatal   AlertLevel = 2
)

func (l AlertLevel) String() string {
	switch l {
	case LevelWarning:
		return "warning"
	case LevelFatal:
		return "fatal"
	}
	return fmt.Sprintf("alert level %d", uint8(l))
}

// AlertDescription is what an alert says. RFC 5246 §7.2.2, RFC 8446 §6.
type AlertDescription uint8

const (
	AlertCloseNotify                  AlertDescription = 0
	AlertUnexpectedMessage            AlertDescription = 10
	AlertBadRecordMAC                 AlertDescription = 20
	AlertDecryptionFailed             AlertDescription = 21
	AlertRecordOverflow               AlertDescription = 22
	AlertDecompressionFailure         AlertDescription = 30
	AlertHandshakeFailure             AlertDescription = 40
	AlertNoCertificate                AlertDescription = 41
	AlertBadCertificate               AlertDescription = 42
	AlertUnsupportedCertificate       AlertDescription = 43
	AlertCertificateRevoked           AlertDescription = 44
	AlertCertificateExpired           AlertDescription = 45
	AlertCertificateUnknown           AlertDescription = 46
	AlertIllegalParameter             AlertDescription = 47
	AlertUnknownCA                    AlertDescription = 48
	AlertAccessDenied                 AlertDescription = 49
	AlertDecodeError                  AlertDescription = 50
	AlertDecryptError                 AlertDescription = 51
	AlertProtocolVersion              AlertDescription = 70
	AlertInsufficientSecurity         AlertDescription = 71
	AlertInternalError                AlertDescription = 80
	AlertInappropriateFallback        AlertDescription = 86
	AlertUserCanceled                 AlertDescription = 90
	AlertNoRenegotiation              AlertDescription = 100
	AlertMissingExtension             AlertDescription = 109
	AlertUnsupportedExtension         AlertDescription = 110
	AlertUnrecognizedName             AlertDescription = 112
	AlertBadCertificateStatusResponse AlertDescription = 113
	AlertUnknownPSKIdentity           AlertDescription = 115
	AlertCertificateRequired          AlertDescription = 116
	AlertNoApplicationProtocol        AlertDescription = 120
)

func (a AlertDescription) String() string {
	if name, ok := alertNames[a]; ok {
		return name
	}
	return fmt.Sprintf("alert %d", uint8(a))
}

// Alert is the content of an alert record. RFC 5246 §7.2.
type Alert struct {
	Level       AlertLevel
	Description AlertDescription
}

// AlertLen is the length of an alert's content.
const AlertLen = 2

// DecodeAlert decodes the content of an alert record, which must hold exactly one alert.
func DecodeAlert(b []byte) (Alert, error) {
	doc := document{}
	r := Reader{buf: b, end: len(b), doc: &doc, name: "Alert", index: -1}
	a := Alert{code8[AlertLevel](&r, "level"), code8[AlertDescription](&r, "description")}
	r.Done()
	if doc.err != nil {
		return Alert{}, doc.err
	}
	return a, nil
}

// Append appends the alert's two bytes.
func (a Alert) Append(dst []byte) []byte { return append(dst, byte(a.Level), byte(a.Description)) }

func (a Alert) String() string { return a.Level.String() + " " + a.Description.String() }
