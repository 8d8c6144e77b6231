package wire

import (
	"bytes"
	"testing"
)

func in(c carrier, extensions ...[]byte) []byte { return placeOf(c).with(extensions...) }

// offer is the body of a ClientHello's pre_shared_key with identities of one byte and binders of 32.
func offer(identities, binders int) []byte {
	return cat((7*identities)>>8, 7*identities, bytes.Repeat([]byte{0, 1, 'i', 0, 0, 0, 9}, identities),
		(33*binders)>>8, 33*binders, bytes.Repeat(cat(32, zeros(32)), binders))
}

func TestRejectsExtensionsOfTLS13(t *testing.T) {
	holdRejects(t, []reject{
		// RFC 8446 §4.2.8: a share has a public key; a server has one share; a HelloRetryRequest has a group alone.
		{"an empty share from a client", Context{}, client(extension(ExtKeyShare, []byte{0, 4, 0, 29, 0, 0})), Invalid,
			"ClientHello.extensions[0].key_share.client_shares[0].key_exchange @ 0x37: a length of 0, outside 1 to 65535"},
		{"shares longer than their list", Context{}, client(extension(ExtKeyShare, []byte{0, 5, 0, 29, 0, 9, 1})), Truncated,
			"ClientHello.extensions[0].key_share.client_shares[0].key_exchange @ 0x39: 8 bytes missing"},
		{"a bare share from a client", Context{}, client(extension(ExtKeyShare, []byte{0, 29, 0, 1, 7})), Truncated,
			"ClientHello.extensions[0].key_share.client_shares @ 0x35: 26 bytes missing"},
		{"two shares from a server", Context{}, server(extension(ExtKeyShare, []byte{0, 29, 0, 1, 7, 0, 23, 0, 1, 7})), Excess,
			"ServerHello.extensions[0].key_share @ 0x35: 5 bytes left over"},
		{"an empty share from a server", Context{}, server(extension(ExtKeyShare, []byte{0, 29, 0, 0})), Invalid,
			"ServerHello.extensions[0].key_share.server_share.key_exchange @ 0x32: a length of 0, outside 1 to 65535"},
		{"a group without a share from a server", Context{}, server(extension(ExtKeyShare, []byte{0, 29})), Truncated,
			"ServerHello.extensions[0].key_share.server_share.key_exchange @ 0x32: 2 bytes missing"},
		{"a share in a HelloRetryRequest", Context{}, in(inHelloRetryRequest, extension(ExtKeyShare, []byte{0, 29, 0, 1, 7})), Excess,
			"ServerHello.extensions[0].key_share @ 0x32: 3 bytes left over"},

		// RFC 8446 §4.2.9: a client that sends the modes has at least one.
		{"no PSK modes", Context{}, client(extension(ExtPSKModes, []byte{0})), Invalid,
			"ClientHello.extensions[0].psk_key_exchange_modes.ke_modes @ 0x33: a length of 0, outside 1 to 255"},

		// RFC 8446 §4.2.11: what an offer of keys holds, and that it stands last.
		{"no identities", Context{}, client(extension(ExtPreSharedKey, offer(0, 1))), Invalid,
			"ClientHello.extensions[0].pre_shared_key.identities @ 0x33: a length of 0, outside 7 to 65535"},
		{"an empty identity", Context{}, client(extension(ExtPreSharedKey, cat(0, 7, 0, 0, 0, 0, 0, 0, 0))), Invalid,
			"ClientHello.extensions[0].pre_shared_key.identities[0].identity @ 0x35: a length of 0, outside 1 to 65535"},
		{"half a ticket age", Context{}, client(extension(ExtPreSharedKey, cat(0, 7, 0, 3, "abc", 0, 0))), Truncated,
			"ClientHello.extensions[0].pre_shared_key.identities[0].obfuscated_ticket_age @ 0x3a: 2 bytes missing"},
		{"no binders", Context{}, client(extension(ExtPreSharedKey, offer(1, 0))), Invalid,
			"ClientHello.extensions[0].pre_shared_key.binders @ 0x3c: a length of 0, outside 33 to 65535"},
		{"a binder of 31 bytes", Context{}, client(extension(ExtPreSharedKey, cat(offer(1, 0)[:9], 0, 33, 31, zeros(32)))), Invalid,
			"ClientHello.extensions[0].pre_shared_key.binders[0] @ 0x3e: a length of 31, outside 32 to 255"},
		{"fewer binders than identities", Context{}, client(extension(ExtPreSharedKey, offer(2, 1))), Forbidden,
			"ClientHello.extensions[0].pre_shared_key.binders @ 0x45: 1 binders for 2 identities"},
		{"more binders than identities", Context{}, client(extension(ExtPreSharedKey, offer(1, 2))), Forbidden,
			"ClientHello.extensions[0].pre_shared_key.binders @ 0x3e: 2 binders for 1 identities"},
		{"pre_shared_key before another", Context{}, client(extension(ExtPadding, nil), extension(ExtPreSharedKey, offer(1, 1)), extension(0x1a1a, nil)), Misplaced,
			"ClientHello.extensions[1].pre_shared_key @ 0x33: not the last extension"},
		{"a server that selects two identities", Context{}, server(extension(ExtPreSharedKey, []byte{0, 0, 0, 1})), Excess,
			"ServerHello.extensions[0].pre_shared_key @ 0x32: 2 bytes left over"},

		{"an empty cookie", Context{}, in(inHelloRetryRequest, extension(ExtCookie, []byte{0, 0})), Invalid,
			"ServerHello.extensions[0].cookie.cookie @ 0x30: a length of 0, outside 1 to 65535"},
		{"a list of versions in a HelloRetryRequest", Context{}, in(inHelloRetryRequest, extension(ExtSupportedVersions, []byte{2, 3, 4})), Excess,
			"ServerHello.extensions[0].supported_versions @ 0x32: 1 byte left over"},
		{"no algorithms for certificates", Context{}, client(extension(ExtSignatureAlgsCert, []byte{0, 0})), Invalid,
			"ClientHello.extensions[0].signature_algorithms_cert.supported_signature_algorithms @ 0x33: a length of 0, outside 2 to 65534"},
		{"no authorities", Context{}, client(extension(ExtCertAuthorities, []byte{0, 0})), Invalid,
			"ClientHello.extensions[0].certificate_authorities.authorities @ 0x33: a length of 0, outside 3 to 65535"},
		{"an empty authority", tls13Context, in(inCertificateRequest, extension(ExtCertAuthorities, []byte{0, 5, 0, 1, 'n', 0, 0})), Invalid,
			"CertificateRequest.extensions[0].certificate_authorities.authorities[1] @ 0x10: a length of 0, outside 1 to 65535"},
		{"post_handshake_auth with a body", Context{}, client(extension(ExtPostHandshakeAuth, zeros(1))), Excess,
			"ClientHello.extensions[0].post_handshake_auth @ 0x33: 1 byte left over"},
		// RFC 8446 §4.2.10: only a ticket says how much early data there may be.
		{"a size of early data from a client", Context{}, client(extension(ExtEarlyData, zeros(4))), Excess,
			"ClientHello.extensions[0].early_data @ 0x33: 4 bytes left over"},
		{"a size of early data in EncryptedExtensions", tls13Context, in(inEncryptedExtensions, extension(ExtEarlyData, zeros(4))), Excess,
			"EncryptedExtensions.extensions[0].early_data @ 0x0a: 4 bytes left over"},
		{"a ticket for early data of no size", tls13Context, in(inNewSessionTicket, extension(ExtEarlyData, nil)), Truncated,
			"NewSessionTicket.extensions[0].early_data.max_early_data_size @ 0x16: 4 bytes missing"},
		{"a session ticket from a server", Context{}, server(extension(ExtSessionTicket, zeros(3))), Excess,
			"ServerHello.extensions[0].session_ticket @ 0x30: 3 bytes left over"},
		// RFC 8446 §4.4.2.1: a server that asks for a staple asks with nothing; an entry has a CertificateStatus.
		{"a CertificateRequest for a staple with a body", tls13Context, in(inCertificateRequest, extension(ExtStatusRequest, zeros(5))), Excess,
			"CertificateRequest.extensions[0].status_request @ 0x0b: 5 bytes left over"},
		{"a CertificateRequest for SCTs with a body", tls13Context, in(inCertificateRequest, extension(ExtSCT, zeros(2))), Excess,
			"CertificateRequest.extensions[0].signed_certificate_timestamp @ 0x0b: 2 bytes left over"},
		{"a staple that is not OCSP", tls13Context, in(inCertificate, extension(ExtStatusRequest, []byte{2, 0, 0, 1, 0})), Invalid,
			"Certificate.certificate_list[0].extensions[0].status_request.status_type @ 0x12: only ocsp was asked for"},
		{"an empty staple", tls13Context, in(inCertificate, extension(ExtStatusRequest, []byte{1, 0, 0, 0})), Invalid,
			"Certificate.certificate_list[0].extensions[0].status_request.response @ 0x13: a length of 0, outside 1 to 16777215"},
		{"two protocols in EncryptedExtensions", tls13Context, in(inEncryptedExtensions, extension(ExtALPN, cat(0, 4, 1, "a", 1, "b"))), Invalid,
			"EncryptedExtensions.extensions[0].application_layer_protocol_negotiation.protocol_name_list @ 0x0c: more than one protocol"},
		{"a name in EncryptedExtensions", tls13Context, in(inEncryptedExtensions, extension(ExtServerName, []byte{0, 4, 0, 0, 1, 'a'})), Excess,
			"EncryptedExtensions.extensions[0].server_name @ 0x0a: 6 bytes left over"},

		// RFC 8446 §4.2: what a message may not carry is named as the message that it is.
		{"ALPN in a HelloRetryRequest", Context{}, in(inHelloRetryRequest, extension(ExtALPN, nil)), Misplaced,
			"ServerHello.extensions[0].application_layer_protocol_negotiation @ 0x2c: a HelloRetryRequest may not carry it"},
		{"a key_share in EncryptedExtensions", tls13Context, in(inEncryptedExtensions, extension(ExtKeyShare, nil)), Misplaced,
			"EncryptedExtensions.extensions[0].key_share @ 0x06: EncryptedExtensions may not carry it"},
		{"a name in a Certificate", tls13Context, in(inCertificate, extension(ExtServerName, nil)), Misplaced,
			"Certificate.certificate_list[0].extensions[0].server_name @ 0x0e: a Certificate may not carry it"},
		{"a staple twice in one entry", tls13Context, in(inCertificate, extension(ExtStatusRequest, []byte{1, 0, 0, 1, 7}), extension(ExtStatusRequest, nil)), Duplicate,
			"Certificate.certificate_list[0].extensions[1].status_request @ 0x17: a second extension of this type"},
	})
}

func TestRejectsMessagesOfTLS13(t *testing.T) {
	holdRejects(t, []reject{
		// RFC 8446 §4.3.1: unlike a hello, it always has the length of its extensions.
		{"EncryptedExtensions without a list", tls13Context, framed(TypeEncryptedExtensions, nil), Truncated,
			"EncryptedExtensions.extensions @ 0x04: 2 bytes missing"},
		{"bytes behind EncryptedExtensions", tls13Context, framed(TypeEncryptedExtensions, []byte{0, 0, 0}), Excess,
			"EncryptedExtensions @ 0x06: 1 byte left over"},
		// RFC 8446 §4.4.2: each entry has a certificate and the length of its extensions.
		{"a Certificate of TLS 1.2 in TLS 1.3", tls13Context, framed(TypeCertificate, []byte{0, 0, 4, 0, 0, 1, 0x30}), Truncated,
			"Certificate.certificate_list @ 0x08: 1021 bytes missing"},
		{"an entry without extensions' length", tls13Context, framed(TypeCertificate, []byte{0, 0, 0, 4, 0, 0, 1, 0x30}), Truncated,
			"Certificate.certificate_list[0].extensions @ 0x0c: 2 bytes missing"},
		{"an entry without a certificate", tls13Context, framed(TypeCertificate, []byte{0, 0, 0, 5, 0, 0, 0, 0, 0}), Invalid,
			"Certificate.certificate_list[0].cert_data @ 0x08: a length of 0, outside 1 to 16777215"},
		{"an entry's extensions longer than the list", tls13Context, framed(TypeCertificate, []byte{0, 0, 0, 6, 0, 0, 1, 0x30, 0, 4, 0, 5}), Truncated,
			"Certificate.certificate_list[0].extensions @ 0x0e: 4 bytes missing"},
		// RFC 8446 §4.3.2: signature_algorithms is never missing, so the list is not empty.
		{"a CertificateRequest without extensions", tls13Context, framed(TypeCertificateRequest, []byte{0, 0, 0}), Invalid,
			"CertificateRequest.extensions @ 0x05: a length of 0, outside 2 to 65535"},
		{"a CertificateRequest of TLS 1.2 in TLS 1.3", tls13Context, framed(TypeCertificateRequest, []byte{1, 1, 0, 2, 4, 1, 0, 0}), Truncated,
			"CertificateRequest.extensions[0].0x0401 @ 0x0a: 2 bytes missing"},
		// RFC 8446 §4.4.4: as long as the hash, so neither TLS 1.2's length nor one between the hashes.
		{"twelve bytes of verify_data in TLS 1.3", tls13Context, framed(TypeFinished, zeros(12)), Truncated,
			"Finished.verify_data @ 0x04: 20 bytes missing"},
		{"33 bytes of verify_data", tls13Context, framed(TypeFinished, zeros(33)), Invalid,
			"Finished.verify_data @ 0x04: 33 bytes, and a hash has 32 or 48"},
		{"47 bytes of verify_data", tls13Context, framed(TypeFinished, zeros(47)), Invalid,
			"Finished.verify_data @ 0x04: 47 bytes, and a hash has 32 or 48"},
		// Where the suite is known, so is the length: what is missing and what is left over is told as such.
		{"a byte more than SHA-256 has", sha256Context, framed(TypeFinished, zeros(33)), Excess, "Finished @ 0x24: 1 byte left over"},
		{"SHA-384's for SHA-256", sha256Context, framed(TypeFinished, zeros(48)), Excess, "Finished @ 0x24: 16 bytes left over"},
		{"a byte fewer than SHA-256 has", sha256Context, framed(TypeFinished, zeros(31)), Truncated, "Finished.verify_data @ 0x04: 1 byte missing"},
		{"SHA-256's for SHA-384", sha384Context, framed(TypeFinished, zeros(32)), Truncated, "Finished.verify_data @ 0x04: 16 bytes missing"},
		{"a byte more than SHA-384 has", sha384Context, framed(TypeFinished, zeros(49)), Excess, "Finished @ 0x34: 1 byte left over"},
		{"49 bytes of verify_data", tls13Context, framed(TypeFinished, zeros(49)), Excess, "Finished @ 0x34: 1 byte left over"},
		{"32 bytes of verify_data in TLS 1.2", rsaContext, framed(TypeFinished, zeros(32)), Excess, "Finished @ 0x10: 20 bytes left over"},
		// RFC 8446 §4.6.1 and RFC 5077 §3.3: a ticket of TLS 1.3 is never empty.
		{"an empty ticket", tls13Context, framed(TypeNewSessionTicket, zeros(13)), Invalid,
			"NewSessionTicket.ticket @ 0x0d: a length of 0, outside 1 to 65535"},
		{"a ticket without a list of extensions", tls13Context, framed(TypeNewSessionTicket, cat(zeros(9), 0, 1, "t")), Truncated,
			"NewSessionTicket.extensions @ 0x10: 2 bytes missing"},
		{"a ticket of TLS 1.3 in TLS 1.2", ecdheContext, framed(TypeNewSessionTicket, cat(zeros(9), 0, 1, "t", 0, 0)), Excess,
			"NewSessionTicket @ 0x0a: 8 bytes left over"},
		// RFC 8446 §4.6.3: there is no third value.
		{"a KeyUpdate that asks for 2", tls13Context, framed(TypeKeyUpdate, []byte{2}), Forbidden,
			"KeyUpdate.request_update @ 0x04: neither 0 nor 1"},
		{"an empty KeyUpdate", tls13Context, framed(TypeKeyUpdate, nil), Truncated, "KeyUpdate.request_update @ 0x04: 1 byte missing"},
		{"a long KeyUpdate", tls13Context, framed(TypeKeyUpdate, []byte{0, 0}), Excess, "KeyUpdate @ 0x05: 1 byte left over"},
		{"a byte in EndOfEarlyData", tls13Context, framed(TypeEndOfEarlyData, zeros(1)), Excess, "EndOfEarlyData @ 0x04: 1 byte left over"},
		{"a CertificateVerify without a signature", tls13Context, framed(TypeCertificateVerify, []byte{8, 7}), Truncated,
			"CertificateVerify.signature @ 0x06: 2 bytes missing"},
		{"bytes behind a signature", tls13Context, framed(TypeCertificateVerify, []byte{8, 7, 0, 1, 9, 9}), Excess,
			"CertificateVerify @ 0x09: 1 byte left over"},
		// RFC 8446 §4.4.1: it stands in the transcript, never on the wire.
		{"a message_hash", tls13Context, framed(TypeMessageHash, zeros(32)), UnknownType,
			"Handshake.msg_type @ 0x00: message_hash is not a message of this protocol"},
	})
}
