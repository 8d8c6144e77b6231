package wire

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// What the captured ClientHellos say of TLS 1.3: each client's shares, modes and versions.
func TestCapturedClientHellosOfTLS13(t *testing.T) {
	none := "[] [] false"
	want := map[string]string{
		"client_hello_openssl_tls12.hex": none,
		"client_hello_openssl.hex":       "[x25519:32] [psk_dhe_ke] true",
		"client_hello_curl.hex":          "[x25519:32] [psk_dhe_ke] true",
		"client_hello_gnutls.hex":        "[secp256r1:65 x25519:32] [psk_dhe_ke psk_ke] true",
		"client_hello_go.hex":            none,
	}
	for _, name := range capturedHellos {
		m, err := Decode(captured(t, name), Context{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		hello := m.(*ClientHello)
		shares := []string{}
		for _, s := range hello.KeyShares {
			shares = append(shares, fmt.Sprintf("%v:%d", s.Group, len(s.Public)))
		}
		got := fmt.Sprint(shares, hello.PSKModes, slices.Contains(hello.SupportedVersions, TLS13))
		if got != want[name] {
			t.Errorf("%s: %s, want %s", name, got, want[name])
		}
		if hello.BindersLen() != 0 {
			t.Errorf("%s: binders of %d bytes in a hello without them", name, hello.BindersLen())
		}
	}
}

// conversation decodes the handshake messages of both ends, in their order, and holds each to encode to the bytes that
// OpenSSL sent, and its fields to cover them.
func conversation(t *testing.T, name string) (list []Message) {
	t.Helper()
	rest := captured(t, name)
	for len(rest) > 0 {
		end := HandshakeHeaderLen + int(rest[1])<<16 + int(rest[2])<<8 + int(rest[3])
		raw := slices.Clone(rest[:end])
		m, err := Decode(raw, tls13Context)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		fields, err := Fields(raw, tls13Context)
		if wrong := contiguous(raw, fields, true); err != nil || wrong != "" {
			t.Errorf("%s: %v: %v %s", name, m.Type(), err, wrong)
		}
		again, err := Encode(m, tls13Context)
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("%s: %v encodes to other bytes than OpenSSL's (%v):\n%x\n%x", name, m.Type(), err, again, raw)
		}
		list, rest = append(list, m), rest[end:]
	}
	return list
}

func types(list []Message) (kinds []HandshakeType) {
	for _, m := range list {
		kinds = append(kinds, m.Type())
	}
	return kinds
}

// OpenSSL 3.0 with itself: a server that only has P-256 asks again, staples an OCSP response and asks for the client's
// certificate; at the end the client changes its keys.
func TestCapturedHandshakeOfTLS13(t *testing.T) {
	list := conversation(t, "handshake13_openssl.hex")
	want := []HandshakeType{
		TypeClientHello, TypeServerHello, TypeClientHello, TypeServerHello, TypeEncryptedExtensions, TypeCertificateRequest,
		TypeCertificate, TypeCertificateVerify, TypeFinished, TypeCertificate, TypeCertificateVerify, TypeFinished,
		TypeNewSessionTicket, TypeNewSessionTicket, TypeKeyUpdate,
	}
	if got := types(list); !slices.Equal(got, want) {
		t.Fatalf("messages %v, want %v", got, want)
	}
	first, retry, second, hello := list[0].(*ClientHello), list[1].(*ServerHello), list[2].(*ClientHello), list[3].(*ServerHello)
	if !retry.IsHelloRetryRequest() || retry.SelectedGroup != SecP256r1 || retry.KeyShares != nil {
		t.Errorf("a HelloRetryRequest %v for %v, with shares %v", retry.IsHelloRetryRequest(), retry.SelectedGroup, retry.KeyShares)
	}
	if hello.IsHelloRetryRequest() || len(hello.KeyShares) != 1 || hello.KeyShares[0].Group != SecP256r1 || hello.SelectedGroup != 0 {
		t.Errorf("the ServerHello has shares %v and selects %v", hello.KeyShares, hello.SelectedGroup)
	}
	if hello.SupportedVersions[0] != TLS13 || hello.CipherSuite != TLS_AES_256_GCM_SHA384 || hello.Random.Downgrade() != 0 {
		t.Errorf("version %v, suite %v, downgrade %v", hello.SupportedVersions, hello.CipherSuite, hello.Random.Downgrade())
	}
	if first.KeyShares[0].Group != X25519 || second.KeyShares[0].Group != SecP256r1 || len(second.KeyShares[0].Public) != 65 {
		t.Errorf("shares %v, then %v", first.KeyShares, second.KeyShares)
	}
	if ee := list[4].(*EncryptedExtensions); !slices.Equal(ee.ALPN, []string{"h2"}) {
		t.Errorf("ALPN %q in %v", ee.ALPN, ee.Order)
	}
	request := list[5].(*CertificateRequest)
	if !slices.Contains(request.Extensions.SignatureAlgorithms, ECDSA_SECP256R1_SHA256) || len(request.CertificateAuthorities) != 1 {
		t.Errorf("algorithms %v, %d authorities", request.Extensions.SignatureAlgorithms, len(request.CertificateAuthorities))
	}
	chain := list[6].(*Certificate)
	if len(chain.Chain) != 2 || len(chain.EntryExtensions) != 2 || chain.Chain[0][0] != 0x30 {
		t.Fatalf("%d certificates with extensions for %d", len(chain.Chain), len(chain.EntryExtensions))
	}
	if leaf, ca := chain.EntryExtensions[0], chain.EntryExtensions[1]; len(leaf.OCSPResponse) != 652 || ca.Has(ExtStatusRequest) {
		t.Errorf("a staple of %d bytes at the leaf, extensions %v at its CA", len(leaf.OCSPResponse), ca.Order)
	}
	if v := list[7].(*CertificateVerify); v.Scheme != ECDSA_SECP256R1_SHA256 || len(v.Signature) != 70 {
		t.Errorf("%v, %d bytes", v.Scheme, len(v.Signature))
	}
	if n := len(list[8].(*Finished).VerifyData); n != 48 {
		t.Errorf("verify_data of %d bytes with SHA-384", n)
	}
	one, two := list[12].(*NewSessionTicket), list[13].(*NewSessionTicket)
	if one.Lifetime != 7200 || one.MaxEarlyData != 16384 || bytes.Equal(one.Nonce, two.Nonce) || bytes.Equal(one.Ticket, two.Ticket) {
		t.Errorf("tickets %+v and %+v", one, two)
	}
	if list[14].(*KeyUpdate).RequestUpdate != true {
		t.Errorf("the KeyUpdate of s_client's K asks for another")
	}
}

// The same two, resumed with early data.
func TestCapturedResumptionOfTLS13(t *testing.T) {
	list := conversation(t, "resumption13_openssl.hex")
	want := []HandshakeType{
		TypeClientHello, TypeServerHello, TypeEncryptedExtensions, TypeFinished, TypeEndOfEarlyData, TypeFinished, TypeNewSessionTicket,
	}
	if got := types(list); !slices.Equal(got, want) {
		t.Fatalf("messages %v, want %v", got, want)
	}
	hello, answer, ee := list[0].(*ClientHello), list[1].(*ServerHello), list[2].(*EncryptedExtensions)
	if len(hello.PSKIdentities) != 1 || len(hello.PSKBinders) != 1 || len(hello.PSKBinders[0]) != 48 {
		t.Fatalf("identities %v, binders %x", hello.PSKIdentities, hello.PSKBinders)
	}
	if full := conversation(t, "handshake13_openssl.hex"); !bytes.Equal(hello.PSKIdentities[0].Identity, full[13].(*NewSessionTicket).Ticket) {
		t.Errorf("the identity is not the ticket that came last")
	}
	if !hello.Has(ExtEarlyData) || !ee.Has(ExtEarlyData) || !answer.Has(ExtPreSharedKey) || answer.SelectedIdentity != 0 {
		t.Errorf("extensions %v, %v and %v", hello.Order, answer.Order, ee.Order)
	}
	raw := hello.Raw()
	if n := hello.BindersLen(); n != 2+1+48 || !bytes.Equal(raw[len(raw)-48:], hello.PSKBinders[0]) {
		t.Errorf("binders of %d bytes", n)
	}
}
