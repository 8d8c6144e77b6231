package wire

import (
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"
)

var (
	rsaContext    = Context{Version: TLS12, KeyExchange: KeyExchangeRSA}
	ecdheContext  = Context{Version: TLS12, KeyExchange: KeyExchangeECDHE}
	dheContext    = Context{Version: TLS12, KeyExchange: KeyExchangeDHE}
	tls13Context  = Context{Version: TLS13}
	sha256Context = Context{Version: TLS13, HashLen: 32}
	sha384Context = Context{Version: TLS13, HashLen: 48}
	contexts      = []Context{{}, {Version: TLS12}, rsaContext, ecdheContext, dheContext, tls13Context}
)

// sample is a message with a value in every field, and the context that decodes it.
type sample struct {
	name    string
	ctx     Context
	message Message
}

func samples() []sample {
	return []sample{
		{"HelloRequest", Context{}, &HelloRequest{}},
		{"ClientHello", Context{}, sampleClientHello()},
		{"ClientHello without extensions", Context{}, sampleBareClientHello()},
		{"ClientHello with each list at its shortest", Context{}, sampleShortClientHello()},
		{"ServerHello", ecdheContext, sampleServerHello()},
		{"ServerHello without extensions", rsaContext, &ServerHello{
			Version: TLS12, Random: Random{1}, CipherSuite: TLS_RSA_WITH_AES_128_GCM_SHA256,
		}},
		{"HelloRetryRequest", Context{}, sampleHelloRetryRequest()},
		{"NewSessionTicket of TLS 1.2", ecdheContext, &NewSessionTicket{Lifetime: 7200, Ticket: []byte("ticket")}},
		{"NewSessionTicket of TLS 1.2 without a ticket", rsaContext, &NewSessionTicket{Ticket: []byte{}}},
		{"NewSessionTicket of TLS 1.3", tls13Context, sampleNewSessionTicket()},
		{"NewSessionTicket of TLS 1.3 with each part at its shortest", tls13Context, &NewSessionTicket{Nonce: []byte{}, Ticket: []byte("t")}},
		{"EndOfEarlyData", tls13Context, &EndOfEarlyData{}},
		{"EncryptedExtensions", tls13Context, sampleEncryptedExtensions()},
		{"EncryptedExtensions without any", tls13Context, &EncryptedExtensions{}},
		{"Certificate of TLS 1.3", tls13Context, sampleCertificate13()},
		{"Certificate of TLS 1.3 without a chain", tls13Context, &Certificate{RequestContext: []byte{}}},
		{"CertificateRequest of TLS 1.3", tls13Context, sampleCertificateRequest13()},
		{"CertificateVerify", tls13Context, &CertificateVerify{Scheme: ED25519, Signature: []byte("signature")}},
		{"CertificateVerify of TLS 1.2", ecdheContext, &CertificateVerify{Scheme: RSA_PKCS1_SHA256, Signature: []byte{}}},
		{"Finished with SHA-256", sha256Context, &Finished{VerifyData: []byte("verify_data of SHA-256: 32 bytes")}},
		{"Finished with SHA-384", sha384Context, &Finished{VerifyData: []byte("verify_data of SHA-384, which has 48 bytes of it")}},
		{"KeyUpdate", tls13Context, &KeyUpdate{}},
		{"KeyUpdate that asks for another", tls13Context, &KeyUpdate{RequestUpdate: true}},
		{"Certificate", rsaContext, &Certificate{Chain: [][]byte{[]byte("leaf"), []byte("issuer"), {0x30}}}},
		{"Certificate without a chain", rsaContext, &Certificate{}},
		{"ServerKeyExchange", ecdheContext, &ServerKeyExchange{
			KeyExchange: KeyExchangeECDHE,
			Group:       X25519, Public: []byte("public"), Scheme: RSA_PSS_RSAE_SHA256, Signature: []byte("signature"),
		}},
		{"ServerKeyExchange DHE", dheContext, &ServerKeyExchange{
			KeyExchange: KeyExchangeDHE,
			Prime:       []byte("prime"), Generator: []byte{2}, Public: []byte("power"),
			Scheme: RSA_PKCS1_SHA256, Signature: []byte("signature"),
		}},
		{"CertificateRequest", ecdheContext, &CertificateRequest{
			CertificateTypes:    []ClientCertificateType{CertRSASign, CertECDSASign, 99},
			SignatureAlgorithms: []SignatureScheme{ED25519, RSA_PKCS1_SHA256},
			Authorities:         [][]byte{[]byte("a name"), []byte("n")},
		}},
		{"CertificateRequest for any authority", ecdheContext, &CertificateRequest{
			CertificateTypes:    []ClientCertificateType{CertRSASign},
			SignatureAlgorithms: []SignatureScheme{RSA_PKCS1_SHA256},
		}},
		{"ServerHelloDone", rsaContext, &ServerHelloDone{}},
		{"ClientKeyExchange RSA", rsaContext, &ClientKeyExchange{
			KeyExchange: KeyExchangeRSA, EncryptedPremaster: []byte("sealed"),
		}},
		{"ClientKeyExchange ECDHE", ecdheContext, &ClientKeyExchange{
			KeyExchange: KeyExchangeECDHE, Public: []byte("point"),
		}},
		{"ClientKeyExchange DHE", dheContext, &ClientKeyExchange{
			KeyExchange: KeyExchangeDHE, Public: []byte("power"),
		}},
		{"Finished", rsaContext, &Finished{VerifyData: []byte("verify_data!")}},
		{"CertificateStatus", ecdheContext, &CertificateStatus{Status: StatusOCSP, Response: []byte("staple")}},
	}
}

func sampleClientHello() *ClientHello {
	m := sampleBareClientHello()
	m.Extensions = Extensions{
		Order: []ExtensionType{
			0x1a1a, ExtServerName, ExtStatusRequest, ExtSupportedGroups, ExtPointFormats, ExtSignatureAlgorithms,
			ExtALPN, ExtSCT, ExtEncryptThenMAC, ExtExtendedMasterSecret, ExtSessionTicket, ExtSupportedVersions, ExtRenegotiationInfo, 0x4444,
			ExtMaxFragmentLength, ExtRecordSizeLimit, ExtSignatureAlgsCert, ExtCertAuthorities, ExtCookie, ExtKeyShare, ExtPSKModes, ExtPostHandshakeAuth, ExtEarlyData,
			ExtPreSharedKey,
		},
		ServerName:              "example.com",
		StatusRequest:           StatusOCSP,
		SupportedGroups:         []NamedGroup{0x2a2a, X25519, SecP256r1},
		PointFormats:            []PointFormat{PointUncompressed, 1},
		SignatureAlgorithms:     []SignatureScheme{ED25519, RSA_PSS_RSAE_SHA256},
		ALPN:                    []string{"h2", "http/1.1"},
		RenegotiationInfo:       []byte{},
		SupportedVersions:       []Version{0x3a3a, TLS13, TLS12},
		SessionTicket:           []byte("ticket"),
		MaxFragmentLength:       4,
		RecordSizeLimit:         16385,
		SignatureAlgorithmsCert: []SignatureScheme{RSA_PKCS1_SHA256, RSA_PKCS1_SHA1},
		CertificateAuthorities:  [][]byte{[]byte("a name"), []byte("n")},
		Cookie:                  []byte("cookie"),
		KeyShares:               []KeyShare{{0x4a4a, []byte{0}}, {X25519MLKEM768, []byte("both halves")}, {X25519, []byte("one half")}},
		PSKModes:                []PSKMode{PSKModeDHE, PSKModeKE, 0x0b},
		PSKIdentities:           []PSKIdentity{{[]byte("ticket"), 0xfedcba98}, {[]byte("i"), 0}},
		PSKBinders:              [][]byte{[]byte("a binder of SHA-256 has 32 bytes"), []byte("a binder of SHA-384 has 48 bytes, all of a hash.")},
		Opaque:                  []OpaqueExtension{{0x1a1a, []byte{}}, {0x4444, []byte("????")}},
	}
	return m
}

func sampleBareClientHello() *ClientHello {
	return &ClientHello{
		Version:            TLS12,
		Random:             Random{1, 2, 3, 31: 32},
		SessionID:          []byte("session"),
		CipherSuites:       []CipherSuite{0x0a0a, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_EMPTY_RENEGOTIATION_INFO_SCSV},
		CompressionMethods: []CompressionMethod{1, CompressionNull},
	}
}

func sampleShortClientHello() *ClientHello {
	return &ClientHello{
		Version:            TLS12,
		SessionID:          []byte{},
		CipherSuites:       []CipherSuite{TLS_RSA_WITH_AES_128_GCM_SHA256},
		CompressionMethods: []CompressionMethod{CompressionNull},
		Extensions: Extensions{
			Order:               []ExtensionType{ExtServerName, ExtSupportedGroups, ExtPointFormats, ExtSignatureAlgorithms, ExtALPN},
			ServerName:          "a",
			SupportedGroups:     []NamedGroup{X25519},
			PointFormats:        []PointFormat{PointUncompressed},
			SignatureAlgorithms: []SignatureScheme{ED25519},
			ALPN:                []string{"h"},
		},
	}
}

func sampleServerHello() *ServerHello {
	return &ServerHello{
		Version:     TLS12,
		Random:      Random{9, 8, 7},
		SessionID:   []byte("resume me"),
		CipherSuite: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		Extensions: Extensions{
			Order: []ExtensionType{
				ExtServerName, ExtStatusRequest, ExtPointFormats, ExtALPN, ExtSCT, ExtEncryptThenMAC, ExtExtendedMasterSecret,
				ExtMaxFragmentLength, ExtRecordSizeLimit, ExtSessionTicket, ExtSupportedVersions, ExtRenegotiationInfo, 0x5555, ExtKeyShare, ExtPreSharedKey,
			},
			PointFormats:      []PointFormat{PointUncompressed},
			ALPN:              []string{"h2"},
			SCTs:              [][]byte{[]byte("first"), []byte("2")},
			RenegotiationInfo: []byte("both verify_data"),
			MaxFragmentLength: 1,
			RecordSizeLimit:   64,
			SupportedVersions: []Version{TLS12},
			KeyShares:         []KeyShare{{X25519, []byte("server's half")}},
			SelectedIdentity:  1,
			Opaque:            []OpaqueExtension{{0x5555, []byte("?")}},
		},
	}
}

func sampleHelloRetryRequest() *ServerHello {
	return &ServerHello{
		Version:     TLS12,
		Random:      HelloRetryRequestRandom,
		SessionID:   []byte("session"),
		CipherSuite: TLS_AES_128_GCM_SHA256,
		Extensions: Extensions{
			Order:             []ExtensionType{ExtSupportedVersions, ExtKeyShare, ExtCookie},
			SupportedVersions: []Version{TLS13},
			SelectedGroup:     SecP256r1,
			Cookie:            []byte("cookie"),
		},
	}
}

func sampleEncryptedExtensions() *EncryptedExtensions {
	return &EncryptedExtensions{Extensions: Extensions{
		Order:             []ExtensionType{ExtServerName, ExtMaxFragmentLength, ExtRecordSizeLimit, ExtSupportedGroups, ExtALPN, ExtEarlyData, 0x6666},
		MaxFragmentLength: 2, RecordSizeLimit: 512,
		SupportedGroups: []NamedGroup{X25519MLKEM768, X25519},
		ALPN:            []string{"h2"},
		Opaque:          []OpaqueExtension{{0x6666, []byte("?")}},
	}}
}

func sampleCertificate13() *Certificate {
	return &Certificate{
		RequestContext: []byte("context"),
		Chain:          [][]byte{[]byte("leaf"), []byte("issuer"), {0x30}},
		EntryExtensions: []Extensions{
			{
				Order:        []ExtensionType{ExtStatusRequest, ExtSCT, 0x7777},
				OCSPResponse: []byte("staple"),
				SCTs:         [][]byte{[]byte("first"), []byte("2")},
				Opaque:       []OpaqueExtension{{0x7777, []byte("?")}},
			},
			{},
			{Order: []ExtensionType{ExtStatusRequest}, OCSPResponse: []byte("s")},
		},
	}
}

func sampleCertificateRequest13() *CertificateRequest {
	return &CertificateRequest{
		RequestContext: []byte{},
		Extensions: Extensions{
			Order: []ExtensionType{
				ExtSignatureAlgorithms, ExtSignatureAlgsCert, ExtCertAuthorities, ExtStatusRequest, ExtSCT, 0x2a2a,
			},
			SignatureAlgorithms:     []SignatureScheme{ED25519, RSA_PSS_RSAE_SHA256},
			SignatureAlgorithmsCert: []SignatureScheme{RSA_PKCS1_SHA256},
			CertificateAuthorities:  [][]byte{[]byte("a name"), []byte("n")},
			Opaque:                  []OpaqueExtension{{0x2a2a, []byte{}}},
		},
	}
}

func sampleNewSessionTicket() *NewSessionTicket {
	return &NewSessionTicket{
		Lifetime: 604800,
		AgeAdd:   0xfedcba98,
		Nonce:    []byte("nonce"),
		Ticket:   []byte("ticket"),
		Extensions: Extensions{
			Order:        []ExtensionType{ExtEarlyData, 0x3a3a},
			MaxEarlyData: 0xffffffff,
			Opaque:       []OpaqueExtension{{0x3a3a, []byte{}}},
		},
	}
}

// fill sets what decoding makes of an absent or empty field, so that a sample compares with its decoded self.
func fill(m Message) Message {
	if hello, ok := m.(*ServerHello); ok && hello.SessionID == nil {
		hello.SessionID = []byte{}
	}
	return bare(m)
}

// bare forgets the bytes of a message, so that only its fields compare.
func bare(m Message) Message {
	m.keep(nil, Context{})
	return m
}

func same(a, b Message) bool { return reflect.DeepEqual(bare(a), bare(b)) }

func mustEncode(t testing.TB, m Message, ctx Context) []byte {
	t.Helper()
	raw, err := Encode(m, ctx)
	if err != nil {
		t.Fatalf("encoding a %v: %v", m.Type(), err)
	}
	return raw
}

// framed puts the handshake header before a body.
func framed(kind HandshakeType, body []byte) []byte {
	n := len(body)
	return append([]byte{byte(kind), byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

// captured reads a file of testdata: messages as another implementation sent them.
func captured(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return raw
}
