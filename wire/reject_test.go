package wire

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

func zeros(n int) []byte { return make([]byte, n) }

func cat(parts ...any) []byte {
	var b []byte
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		}
	}
	return b
}

type reject struct {
	what    string
	ctx     Context
	raw     []byte
	problem Problem
	want    string
}

func holdRejects(t *testing.T, list []reject) {
	for _, c := range list {
		t.Run(c.what, func(t *testing.T) {
			m, err := Decode(c.raw, c.ctx)
			var broken *DecodeError
			if !errors.As(err, &broken) {
				t.Fatalf("got message %v and error %v, want a *DecodeError", m, err)
			}
			if m != nil {
				t.Errorf("a message comes with the error: %v", m)
			}
			if broken.Error() != c.want {
				t.Errorf("got  %v\nwant %v", broken, c.want)
			}
			if broken.Problem != c.problem {
				t.Errorf("problem %d, want %d", broken.Problem, c.problem)
			}
		})
	}
}

// What a decoder refuses, and where it says so. The offset is that of the field at fault, from the message's start.
func TestRejects(t *testing.T) {
	hello := cat(3, 3, zeros(32)) // version and random, up to 0x26
	const upToExtensions = "\x00" + "\x00\x02\x00\x9c" + "\x01\x00"
	holdRejects(t, []reject{
		{"no bytes at all", Context{}, nil, Truncated, "Handshake @ 0x00: 4 bytes missing"},
		{"half a header", Context{}, []byte{1, 0, 0}, Truncated, "Handshake @ 0x00: 1 byte missing"},
		{"an unknown type", Context{}, []byte{99, 0, 0, 0}, UnknownType,
			"Handshake.msg_type @ 0x00: handshake type 99 is not a message of this protocol"},
		// RFC 5246 §7.1: ChangeCipherSpec is no handshake message, whatever number stands for it here.
		{"ChangeCipherSpec as a handshake message", Context{}, []byte{255, 0, 0, 1, 1}, UnknownType,
			"Handshake.msg_type @ 0x00: ChangeCipherSpec is not a message of this protocol"},
		{"a header that says too little", Context{}, []byte{14, 0, 0, 0, 0}, Invalid, "ServerHelloDone.length @ 0x01: says 0 bytes, has 1"},
		{"a header that says too much", Context{}, []byte{14, 0, 0, 1}, Invalid, "ServerHelloDone.length @ 0x01: says 1 byte, has 0"},
		{"a byte in an empty message", Context{}, framed(TypeHelloRequest, zeros(1)), Excess, "HelloRequest @ 0x04: 1 byte left over"},

		// RFC 5246 §7.4.1.2: the lengths of a ClientHello's vectors.
		{"a session ID of 33 bytes", Context{}, framed(TypeClientHello, cat(hello, 33, zeros(33))), Invalid,
			"ClientHello.session_id @ 0x26: a length of 33, outside 0 to 32"},
		{"no cipher suites", Context{}, framed(TypeClientHello, cat(hello, 0, 0, 0, 1, 0)), Invalid,
			"ClientHello.cipher_suites @ 0x27: a length of 0, outside 2 to 65534"},
		{"half a cipher suite", Context{}, framed(TypeClientHello, cat(hello, 0, 0, 3, 0, 1, 2, 1, 0)), Truncated,
			"ClientHello.cipher_suites[1] @ 0x2b: 1 byte missing"},
		{"more cipher suites than there can be", Context{}, framed(TypeClientHello, cat(hello, 0, 0xff, 0xff, zeros(0xffff), 1, 0)), Invalid,
			"ClientHello.cipher_suites @ 0x27: a length of 65535, outside 2 to 65534"},
		{"no compression methods", Context{}, framed(TypeClientHello, cat(hello, 0, 0, 2, 0, 0x9c, 0)), Invalid,
			"ClientHello.compression_methods @ 0x2b: a length of 0, outside 1 to 255"},
		{"one byte for the length of the extensions", Context{}, framed(TypeClientHello, cat(hello, upToExtensions, 0)), Truncated,
			"ClientHello.extensions @ 0x2d: 1 byte missing"},
		{"bytes behind the extensions", Context{}, framed(TypeClientHello, cat(hello, upToExtensions, 0, 0, 7, 7)), Excess,
			"ClientHello @ 0x2f: 2 bytes left over"},
		{"half an extension type", Context{}, client([]byte{0}), Truncated,
			"ClientHello.extensions[0].extension_type @ 0x2f: 1 byte missing"},
		{"an extension without a length", Context{}, client([]byte{0xab, 0xcd}), Truncated,
			"ClientHello.extensions[0].0xabcd @ 0x31: 2 bytes missing"},
		{"an extension longer than its list", Context{}, client(extension(ExtSessionTicket, nil), []byte{0, 51, 0, 9, 1, 2}), Truncated,
			"ClientHello.extensions[1].key_share @ 0x37: 7 bytes missing"},

		// RFC 5246 §7.4.1.4: not more than one extension of a type, known or not.
		{"a known extension twice", Context{}, client(extension(ExtExtendedMasterSecret, nil), extension(ExtExtendedMasterSecret, nil)), Duplicate,
			"ClientHello.extensions[1].extended_master_secret @ 0x33: a second extension of this type"},
		{"an unknown extension twice", Context{}, server(extension(0x1234, nil), extension(ExtSCT, []byte{0, 3, 0, 1, 1}), extension(0x1234, nil)), Duplicate,
			"ServerHello.extensions[2].0x1234 @ 0x39: a second extension of this type"},
		// RFC 8446 §4.2: a known extension in a message that may not carry it.
		{"signature_algorithms in a ServerHello", Context{}, server(extension(ExtSignatureAlgorithms, []byte{0, 2, 4, 1})), Misplaced,
			"ServerHello.extensions[0].signature_algorithms @ 0x2c: a ServerHello may not carry it"},
		{"padding in a ServerHello", Context{}, server(extension(ExtPadding, nil)), Misplaced,
			"ServerHello.extensions[0].padding @ 0x2c: a ServerHello may not carry it"},

		// RFC 6066 §3: the server name.
		{"an empty list of server names", Context{}, client(extension(ExtServerName, []byte{0, 0})), Invalid,
			"ClientHello.extensions[0].server_name.server_name_list @ 0x33: a length of 0, outside 1 to 65535"},
		{"an empty host name", Context{}, client(extension(ExtServerName, []byte{0, 3, 0, 0, 0})), Invalid,
			"ClientHello.extensions[0].server_name.server_name_list[0].name @ 0x36: a length of 0, outside 1 to 65535"},
		{"a second host name", Context{}, client(extension(ExtServerName, cat(0, 8, 0, 0, 1, "a", 0, 0, 1, "b"))), Invalid,
			"ClientHello.extensions[0].server_name.server_name_list[1].host_name @ 0x3c: a second host name"},
		{"a server that answers with a name", Context{}, server(extension(ExtServerName, []byte{0, 4, 0, 0, 1, 'a'})), Excess,
			"ServerHello.extensions[0].server_name @ 0x30: 6 bytes left over"},

		// RFC 7301 §3.1: protocol names are not empty, and a server chooses exactly one.
		{"an empty list of protocols", Context{}, client(extension(ExtALPN, []byte{0, 0})), Invalid,
			"ClientHello.extensions[0].application_layer_protocol_negotiation.protocol_name_list @ 0x33: a length of 0, outside 2 to 65535"},
		{"an empty protocol name", Context{}, client(extension(ExtALPN, cat(0, 4, 2, "h2", 0))), Invalid,
			"ClientHello.extensions[0].application_layer_protocol_negotiation.protocol_name_list[1] @ 0x38: a length of 0, outside 1 to 255"},
		{"a server that chooses two protocols", Context{}, server(extension(ExtALPN, cat(0, 4, 1, "a", 1, "b"))), Invalid,
			"ServerHello.extensions[0].application_layer_protocol_negotiation.protocol_name_list @ 0x32: more than one protocol"},
		{"a server that chooses no protocol", Context{}, server(extension(ExtALPN, []byte{0, 0})), Invalid,
			"ServerHello.extensions[0].application_layer_protocol_negotiation.protocol_name_list @ 0x30: a length of 0, outside 2 to 65535"},

		{"half a group", Context{}, client(extension(ExtSupportedGroups, []byte{0, 3, 0, 29, 0})), Truncated,
			"ClientHello.extensions[0].supported_groups.named_group_list[1] @ 0x37: 1 byte missing"},
		{"no groups", Context{}, client(extension(ExtSupportedGroups, []byte{0, 0})), Invalid,
			"ClientHello.extensions[0].supported_groups.named_group_list @ 0x33: a length of 0, outside 2 to 65535"},
		{"no point formats", Context{}, client(extension(ExtPointFormats, []byte{0})), Invalid,
			"ClientHello.extensions[0].ec_point_formats.ec_point_format_list @ 0x33: a length of 0, outside 1 to 255"},
		{"half a signature algorithm", Context{}, client(extension(ExtSignatureAlgorithms, []byte{0, 1, 4})), Invalid,
			"ClientHello.extensions[0].signature_algorithms.supported_signature_algorithms @ 0x33: a length of 1, outside 2 to 65534"},
		{"an extended_master_secret with a body", Context{}, client(extension(ExtExtendedMasterSecret, zeros(2))), Excess,
			"ClientHello.extensions[0].extended_master_secret @ 0x33: 2 bytes left over"},
		{"an encrypt_then_mac with a body", Context{}, client(extension(ExtEncryptThenMAC, zeros(1))), Excess,
			"ClientHello.extensions[0].encrypt_then_mac @ 0x33: 1 byte left over"},
		{"an empty status_request", Context{}, client(extension(ExtStatusRequest, nil)), Truncated,
			"ClientHello.extensions[0].status_request.status_type @ 0x33: 1 byte missing"},
		{"an empty responder ID", Context{}, client(extension(ExtStatusRequest, []byte{1, 0, 2, 0, 0, 0, 0})), Invalid,
			"ClientHello.extensions[0].status_request.responder_id_list[0] @ 0x36: a length of 0, outside 1 to 65535"},
		{"a client that sends SCTs", Context{}, client(extension(ExtSCT, []byte{0, 3, 0, 1, 1})), Excess,
			"ClientHello.extensions[0].signed_certificate_timestamp @ 0x33: 5 bytes left over"},
		{"an empty list of SCTs", Context{}, server(extension(ExtSCT, []byte{0, 0})), Invalid,
			"ServerHello.extensions[0].signed_certificate_timestamp.sct_list @ 0x30: a length of 0, outside 1 to 65535"},
		{"an empty SCT", Context{}, server(extension(ExtSCT, []byte{0, 2, 0, 0})), Invalid,
			"ServerHello.extensions[0].signed_certificate_timestamp.sct_list[0] @ 0x32: a length of 0, outside 1 to 65535"},
		{"a renegotiation_info without its length", Context{}, server(extension(ExtRenegotiationInfo, nil)), Truncated,
			"ServerHello.extensions[0].renegotiation_info.renegotiated_connection @ 0x30: 1 byte missing"},
		{"an odd list of versions", Context{}, client(extension(ExtSupportedVersions, []byte{3, 3, 3, 4})), Truncated,
			"ClientHello.extensions[0].supported_versions.versions[1] @ 0x36: 1 byte missing"},
		{"a server that selects two versions", Context{}, server(extension(ExtSupportedVersions, []byte{3, 3, 3, 4})), Excess,
			"ServerHello.extensions[0].supported_versions @ 0x32: 2 bytes left over"},

		// RFC 5246 §7.4.2: a certificate is not empty.
		{"an empty certificate", Context{}, framed(TypeCertificate, []byte{0, 0, 7, 0, 0, 1, 0x30, 0, 0, 0}), Invalid,
			"Certificate.certificate_list[1] @ 0x0b: a length of 0, outside 1 to 16777215"},
		{"a certificate longer than its list", Context{}, framed(TypeCertificate, []byte{0, 0, 5, 0, 0, 9, 1, 2}), Truncated,
			"Certificate.certificate_list[0] @ 0x0a: 7 bytes missing"},
		// RFC 8422 §5.4: named_curve is the only curve type.
		{"an explicit curve", ecdheContext, framed(TypeServerKeyExchange, cat(1, zeros(20))), Invalid,
			"ServerKeyExchange.curve_type @ 0x04: only named curves are used"},
		{"an empty point from the server", ecdheContext, framed(TypeServerKeyExchange, []byte{3, 0, 29, 0, 4, 1, 0, 0}), Invalid,
			"ServerKeyExchange.point @ 0x07: a length of 0, outside 1 to 255"},
		{"an empty point from the client", ecdheContext, framed(TypeClientKeyExchange, []byte{0}), Invalid,
			"ClientKeyExchange.ecdh_Yc @ 0x04: a length of 0, outside 1 to 255"},
		// RFC 5246 §7.4.3, §7.4.7.2: each number of a finite field has at least one byte.
		{"no prime", dheContext, framed(TypeServerKeyExchange, []byte{0, 0}), Invalid,
			"ServerKeyExchange.dh_p @ 0x04: a length of 0, outside 1 to 65535"},
		{"no generator", dheContext, framed(TypeServerKeyExchange, []byte{0, 1, 7, 0, 0}), Invalid,
			"ServerKeyExchange.dh_g @ 0x07: a length of 0, outside 1 to 65535"},
		{"an empty public value from the server", dheContext, framed(TypeServerKeyExchange, []byte{0, 1, 7, 0, 1, 3, 0, 0}), Invalid,
			"ServerKeyExchange.dh_Ys @ 0x0a: a length of 0, outside 1 to 65535"},
		{"an empty public value from the client", dheContext, framed(TypeClientKeyExchange, []byte{0, 0}), Invalid,
			"ClientKeyExchange.dh_Yc @ 0x04: a length of 0, outside 1 to 65535"},
		{"a prime that ends too early", dheContext, framed(TypeServerKeyExchange, []byte{1, 0, 7}), Truncated,
			"ServerKeyExchange.dh_p @ 0x06: 255 bytes missing"},
		// RFC 5246 §7.4.7.1: the length stands before the ciphertext, though SSL 3.0 had none.
		{"an encrypted premaster without its length", rsaContext, framed(TypeClientKeyExchange, bytes.Repeat([]byte{0xff}, 256)), Truncated,
			"ClientKeyExchange.encrypted_pre_master_secret @ 0x06: 65281 bytes missing"},
		// RFC 5246 §7.4.4: at least one type and one algorithm.
		{"no certificate types", Context{}, framed(TypeCertificateRequest, []byte{0, 0, 2, 4, 1, 0, 0}), Invalid,
			"CertificateRequest.certificate_types @ 0x04: a length of 0, outside 1 to 255"},
		{"no algorithms to sign with", Context{}, framed(TypeCertificateRequest, []byte{1, 1, 0, 0, 0, 0}), Invalid,
			"CertificateRequest.supported_signature_algorithms @ 0x06: a length of 0, outside 2 to 65534"},
		{"an empty authority", Context{}, framed(TypeCertificateRequest, []byte{1, 1, 0, 2, 4, 1, 0, 2, 0, 0}), Invalid,
			"CertificateRequest.certificate_authorities[0] @ 0x0c: a length of 0, outside 1 to 65535"},
		// RFC 5246 §7.4.9: twelve bytes, no more and no fewer.
		{"eleven bytes of verify_data", rsaContext, framed(TypeFinished, zeros(11)), Truncated, "Finished.verify_data @ 0x04: 1 byte missing"},
		{"thirteen bytes of verify_data", rsaContext, framed(TypeFinished, zeros(13)), Excess, "Finished @ 0x10: 1 byte left over"},
		// RFC 6066 §8: the one status that can have been asked for, and it is not empty.
		{"a status that is not OCSP", Context{}, framed(TypeCertificateStatus, []byte{2, 0, 0, 1, 0}), Invalid,
			"CertificateStatus.status_type @ 0x04: only ocsp was asked for"},
		{"an empty OCSP response", Context{}, framed(TypeCertificateStatus, []byte{1, 0, 0, 0}), Invalid,
			"CertificateStatus.response @ 0x05: a length of 0, outside 1 to 16777215"},
	})
}

func TestAlert(t *testing.T) {
	want := Alert{LevelFatal, AlertHandshakeFailure}
	got, err := DecodeAlert(want.Append(nil))
	if err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, c := range []struct {
		content []byte
		want    string
	}{
		{nil, "Alert.level @ 0x00: 1 byte missing"},
		{[]byte{2}, "Alert.description @ 0x01: 1 byte missing"},
		{[]byte{1, 0, 2}, "Alert @ 0x02: 1 byte left over"},
		{[]byte{1, 0, 1, 0}, "Alert @ 0x02: 2 bytes left over"},
	} {
		if a, err := DecodeAlert(c.content); fmt.Sprint(err) != c.want || a != (Alert{}) {
			t.Errorf("%x: got %v and %v, want %s", c.content, a, err, c.want)
		}
	}
}

// What does not fit a length field is refused when it is written, and the message keeps nothing.
func TestEncodeRefuses(t *testing.T) {
	long := string(zeros(256))
	for _, c := range []struct {
		m    Message
		want string
	}{
		{&ClientHello{SessionID: zeros(256)}, "wire: ClientHello does not fit its layout: session_id: 256 bytes, at most 255"},
		{&ClientHello{CipherSuites: make([]CipherSuite, 1<<15)}, "wire: ClientHello does not fit its layout: cipher_suites: 65536 bytes, at most 65535"},
		{&ClientHello{Extensions: Extensions{Order: []ExtensionType{ExtALPN}, ALPN: []string{long}}},
			"wire: ClientHello does not fit its layout: ProtocolName: 256 bytes, at most 255"},
		{&ServerKeyExchange{KeyExchange: KeyExchangeDHE, Public: zeros(1 << 16)},
			"wire: ServerKeyExchange does not fit its layout: dh_Ys: 65536 bytes, at most 65535"},
		{&ServerKeyExchange{KeyExchange: KeyExchangeECDHE, Public: zeros(256)}, "wire: ServerKeyExchange does not fit its layout: point: 256 bytes, at most 255"},
		{&Certificate{Chain: [][]byte{zeros(1 << 24)}}, "wire: Certificate does not fit its layout: ASN.1Cert: 16777216 bytes, at most 16777215"},
		{&ClientHello{Extensions: Extensions{Order: []ExtensionType{ExtServerName}}},
			"wire: ClientHello does not fit its layout: server_name: no host name"},
		{&ServerHello{Extensions: Extensions{Order: []ExtensionType{ExtSupportedVersions}}},
			"wire: ServerHello does not fit its layout: supported_versions: 0 versions, a server selects one"},
		{&ServerHello{Extensions: Extensions{Order: []ExtensionType{ExtKeyShare}, KeyShares: make([]KeyShare, 2)}},
			"wire: ServerHello does not fit its layout: key_share: 2 shares, a server has one"},
		{&ClientHello{Extensions: Extensions{Order: []ExtensionType{ExtPreSharedKey, ExtPSKModes}}},
			"wire: ClientHello does not fit its layout: pre_shared_key: not the last extension"},
		{&ClientHello{Extensions: Extensions{Order: []ExtensionType{ExtPreSharedKey}, PSKIdentities: make([]PSKIdentity, 1)}},
			"wire: ClientHello does not fit its layout: binders: 0 binders for 1 identities"},
		{&CertificateVerify{Signature: zeros(1 << 16)}, "wire: CertificateVerify does not fit its layout: signature: 65536 bytes, at most 65535"},
	} {
		if raw, err := Encode(c.m, Context{}); fmt.Sprint(err) != c.want || raw != nil {
			t.Errorf("got %d bytes and %v\nwant %s", len(raw), err, c.want)
		}
		if c.m.Raw() != nil {
			t.Errorf("%v keeps bytes though it was not encoded", c.m.Type())
		}
	}
}

// What only TLS 1.3's layout refuses.
func TestEncodeRefusesInTLS13(t *testing.T) {
	for _, c := range []struct {
		m    Message
		want string
	}{
		{&Certificate{RequestContext: zeros(256)},
			"wire: Certificate does not fit its layout: certificate_request_context: 256 bytes, at most 255"},
		{&Certificate{Chain: [][]byte{{1}, {2}}, EntryExtensions: make([]Extensions, 1)},
			"wire: Certificate does not fit its layout: certificate_list: 2 certificates and extensions for 1"},
		{&CertificateRequest{SignatureAlgorithms: []SignatureScheme{ED25519}},
			"wire: CertificateRequest does not fit its layout: supported_signature_algorithms: TLS 1.3 has an extension in its place"},
		{&NewSessionTicket{Nonce: zeros(256)}, "wire: NewSessionTicket does not fit its layout: ticket_nonce: 256 bytes, at most 255"},
	} {
		if raw, err := Encode(c.m, tls13Context); fmt.Sprint(err) != c.want || raw != nil || c.m.Raw() != nil {
			t.Errorf("got %d bytes and %v, kept %d\nwant %s", len(raw), err, len(c.m.Raw()), c.want)
		}
	}
}
