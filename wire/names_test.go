package wire

import (
	"fmt"
	"testing"
)

// RFC 8701 §2: sixteen values, both bytes alike, each with 0xa as its low half.
func TestGREASE(t *testing.T) {
	n := 0
	for v := range 1 << 16 {
		want := false
		for i := range 16 {
			want = want || v == 0x0a0a+i*0x1010
		}
		if IsGREASE(uint16(v)) != want {
			t.Errorf("0x%04x: GREASE is %v", v, !want)
		}
		if want {
			n++
			if got, name := CipherSuite(v).String(), fmt.Sprintf("GREASE 0x%04x", v); got != name {
				t.Errorf("0x%04x is named %s, want %s", v, got, name)
			}
		}
	}
	if n != 16 {
		t.Errorf("%d values", n)
	}
}

// GREASE is carried in every list that can hold it, and stands in no one's way.
func TestGREASEIsCarried(t *testing.T) {
	hello := sampleClientHello()
	m, err := Decode(mustEncode(t, hello, Context{}), Context{})
	if err != nil {
		t.Fatal(err)
	}
	got := m.(*ClientHello)
	if got.CipherSuites[0] != 0x0a0a || got.SupportedGroups[0] != 0x2a2a || got.SupportedVersions[0] != 0x3a3a || got.Order[0] != 0x1a1a {
		t.Errorf("got %+v", got)
	}
}

// A code point reads as its name; one without a name reads as its number, and says what it is where that is unclear.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		value fmt.Stringer
		want  string
	}{
		{TLS12, "TLS 1.2"}, {TLS13, "TLS 1.3"}, {SSL30, "SSL 3.0"}, {Version(0x0305), "0x0305"},
		{TLS_RSA_WITH_AES_128_GCM_SHA256, "TLS_RSA_WITH_AES_128_GCM_SHA256"}, {CipherSuite(0xfefe), "0xfefe"},
		{TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256"}, {TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384"},
		{TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256"},
		{X25519, "x25519"}, {SecP256r1, "secp256r1"}, {NamedGroup(4588), "X25519MLKEM768"}, {X448, "x448"},
		{MLKEM768, "MLKEM768"}, {MLKEM1024, "MLKEM1024"}, {SecP256r1MLKEM768, "SecP256r1MLKEM768"},
		{SecP384r1MLKEM1024, "SecP384r1MLKEM1024"}, {NamedGroup(7), "0x0007"},
		{FFDHE2048, "ffdhe2048"}, {FFDHE8192, "ffdhe8192"},
		{ED25519, "ed25519"}, {RSA_PSS_RSAE_SHA256, "rsa_pss_rsae_sha256"}, {SignatureScheme(1), "0x0001"},
		{ExtServerName, "server_name"}, {ExtensionType(0x4444), "0x4444"},
		{ContentHandshake, "handshake"}, {ContentType(99), "content type 99"},
		{TypeClientHello, "ClientHello"}, {HandshakeType(99), "handshake type 99"},
		{TypeNewSessionTicket, "NewSessionTicket"}, {TypeEndOfEarlyData, "EndOfEarlyData"},
		{TypeEncryptedExtensions, "EncryptedExtensions"}, {TypeCertificateVerify, "CertificateVerify"},
		{TypeKeyUpdate, "KeyUpdate"}, {TypeMessageHash, "message_hash"},
		{PSKModeKE, "psk_ke"}, {PSKModeDHE, "psk_dhe_ke"}, {PSKMode(0x0b), "psk mode 11"},
		{updateNotRequested, "update_not_requested"}, {updateRequested, "update_requested"},
		{keyUpdateRequest(2), "key update request 2"}, {carrier(0), "message"},
		{LevelFatal, "fatal"}, {AlertLevel(9), "alert level 9"},
		{AlertUnknownCA, "unknown_ca"}, {AlertDescription(99), "alert 99"},
		{CompressionNull, "null"}, {CompressionMethod(7), "compression 7"},
		{PointUncompressed, "uncompressed"}, {PointFormat(2), "point format 2"},
		{CurveNamed, "named_curve"}, {CurveType(1), "curve type 1"},
		{StatusOCSP, "ocsp"}, {StatusType(2), "status type 2"},
		{CertECDSASign, "ecdsa_sign"}, {ClientCertificateType(9), "certificate type 9"},
		{KeyExchangeRSA, "RSA"}, {KeyExchangeECDHE, "ECDHE"}, {KeyExchangeDHE, "DHE"}, {KeyExchangeUnknown, "unknown"},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%T: %s, want %s", c.value, got, c.want)
		}
	}
}

// RFC 7919 §2: 256 to 511 are kept for finite fields, also those that nobody has defined yet.
func TestFFDHECodePoints(t *testing.T) {
	for g, want := range map[NamedGroup]bool{SecP521r1: false, 255: false, 256: true, FFDHE8192: true, 261: true, 511: true, 512: false, 0x11ec: false} {
		if g.IsFFDHE() != want {
			t.Errorf("%v is kept for a finite field: %v, want %v", g, !want, want)
		}
	}
}
