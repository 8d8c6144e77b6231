package wire

import (
	"slices"
	"testing"
)

// ClientHellos as OpenSSL 3.0, curl 7.88, GnuTLS 3.7 and Go 1.26 sent them for example.com.
var capturedHellos = []string{
	"client_hello_openssl_tls12.hex",
	"client_hello_openssl.hex",
	"client_hello_curl.hex",
	"client_hello_gnutls.hex",
	"client_hello_go.hex",
}

func TestCapturedClientHellos(t *testing.T) {
	for _, name := range capturedHellos {
		m, err := Decode(captured(t, name), Context{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		hello := m.(*ClientHello)
		if hello.Version != TLS12 || hello.ServerName != "example.com" {
			t.Errorf("%s: version %v, server name %q", name, hello.Version, hello.ServerName)
		}
		if !hello.Offers(TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256) {
			t.Errorf("%s: offers %v", name, hello.CipherSuites)
		}
		if !slices.Contains(hello.SupportedGroups, X25519) || !slices.Contains(hello.SignatureAlgorithms, RSA_PSS_RSAE_SHA256) {
			t.Errorf("%s: groups %v, signature algorithms %v", name, hello.SupportedGroups, hello.SignatureAlgorithms)
		}
		if !hello.Has(ExtExtendedMasterSecret) || hello.Has(ExtEarlyData) {
			t.Errorf("%s: extensions %v", name, hello.Order)
		}
		for _, suite := range hello.CipherSuites {
			if suite.String()[0] == '0' {
				t.Errorf("%s: suite %v has no name", name, suite)
			}
		}
	}
}

// What OpenSSL's s_client says it asks for, field by field.
func TestCapturedOpenSSLHello(t *testing.T) {
	m, err := Decode(captured(t, "client_hello_openssl_tls12.hex"), Context{})
	if err != nil {
		t.Fatal(err)
	}
	hello := m.(*ClientHello)
	if !slices.Equal(hello.ALPN, []string{"h2", "http/1.1"}) {
		t.Errorf("ALPN %q", hello.ALPN)
	}
	if hello.StatusRequest != StatusOCSP || !slices.Contains(hello.PointFormats, PointUncompressed) {
		t.Errorf("status_request %v, point formats %v", hello.StatusRequest, hello.PointFormats)
	}
	if !hello.Offers(TLS_EMPTY_RENEGOTIATION_INFO_SCSV) || hello.Has(ExtRenegotiationInfo) {
		t.Errorf("OpenSSL says that it knows secure renegotiation by the SCSV: %v, %v", hello.CipherSuites, hello.Order)
	}
}

// A whole flight of OpenSSL's s_server: ServerHello to ServerHelloDone, over ECDHE_ECDSA and with a CertificateRequest.
func TestCapturedServerFlight(t *testing.T) {
	flight := captured(t, "server_flight_openssl.hex")
	var types []HandshakeType
	for len(flight) > 0 {
		end := HandshakeHeaderLen + int(flight[1])<<16 + int(flight[2])<<8 + int(flight[3])
		m, err := Decode(flight[:end], ecdheContext)
		if err != nil {
			t.Fatal(err)
		}
		types = append(types, m.Type())
		again, err := Encode(m, ecdheContext)
		if err != nil || !slices.Equal(again, flight[:end]) {
			t.Errorf("%v encodes to other bytes than OpenSSL's (%v):\n%x\n%x", m.Type(), err, again, flight[:end])
		}
		switch m := m.(type) {
		case *ServerHello:
			if m.CipherSuite != TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 || !slices.Equal(m.ALPN, []string{"h2"}) {
				t.Errorf("suite %v, ALPN %q", m.CipherSuite, m.ALPN)
			}
		case *ServerKeyExchange:
			if m.Group != X25519 || len(m.Public) != 32 || string(m.Params()) != string(m.Raw()[4:4+4+32]) {
				t.Errorf("group %v, public key of %d bytes, params %x", m.Group, len(m.Public), m.Params())
			}
		case *CertificateRequest:
			if !slices.Contains(m.CertificateTypes, CertECDSASign) || len(m.Authorities) != 1 {
				t.Errorf("types %v, %d authorities", m.CertificateTypes, len(m.Authorities))
			}
		}
		flight = flight[end:]
	}
	want := []HandshakeType{TypeServerHello, TypeCertificate, TypeServerKeyExchange, TypeCertificateRequest, TypeServerHelloDone}
	if !slices.Equal(types, want) {
		t.Errorf("messages %v, want %v", types, want)
	}
}
