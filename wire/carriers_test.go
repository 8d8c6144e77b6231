package wire

import (
	"bytes"
	"testing"
)

// place is a message that carries extensions: a sample that has every extension it may carry with a layout, the path
// of the list, and a small message around other extensions.
type place struct {
	in     carrier
	ctx    Context
	sample Extensions
	path   string
	around func(list []byte) []byte
}

var places = []place{
	{inClientHello, Context{}, sampleClientHello().Extensions, "ClientHello.extensions", func(list []byte) []byte {
		return framed(TypeClientHello, cat(3, 3, zeros(RandomLen), 0, 0, 2, 0, 0x9c, 1, 0, list))
	}},
	{inServerHello, Context{}, sampleServerHello().Extensions, "ServerHello.extensions", func(list []byte) []byte {
		return framed(TypeServerHello, cat(3, 3, zeros(RandomLen), 0, 0, 0x9c, 0, list))
	}},
	{inHelloRetryRequest, Context{}, sampleHelloRetryRequest().Extensions, "ServerHello.extensions", func(list []byte) []byte {
		return framed(TypeServerHello, cat(3, 3, HelloRetryRequestRandom[:], 0, 0x13, 1, 0, list))
	}},
	{inEncryptedExtensions, tls13Context, sampleEncryptedExtensions().Extensions, "EncryptedExtensions.extensions", func(list []byte) []byte {
		return framed(TypeEncryptedExtensions, list)
	}},
	{inCertificate, tls13Context, sampleCertificate13().EntryExtensions[0], "Certificate.certificate_list[0].extensions", func(list []byte) []byte {
		n := 4 + len(list)
		return framed(TypeCertificate, cat(0, n>>16, n>>8, n, 0, 0, 1, 0x30, list))
	}},
	{inCertificateRequest, tls13Context, sampleCertificateRequest13().Extensions, "CertificateRequest.extensions", func(list []byte) []byte {
		return framed(TypeCertificateRequest, cat(0, list))
	}},
	{inNewSessionTicket, tls13Context, sampleNewSessionTicket().Extensions, "NewSessionTicket.extensions", func(list []byte) []byte {
		return framed(TypeNewSessionTicket, cat(zeros(8), 0, 0, 1, "t", list))
	}},
}

func placeOf(in carrier) place {
	for _, p := range places {
		if p.in == in {
			return p
		}
	}
	panic("no place for a " + in.String())
}

// with is the small message with extensions given as bytes.
func (p place) with(extensions ...[]byte) []byte {
	w := NewWriter(nil)
	w.Opaque16(bytes.Join(extensions, nil), "extensions")
	return p.around(w.buf)
}

// extension is one extension with its type and length.
func extension(kind ExtensionType, body []byte) []byte {
	w := NewWriter(nil)
	w.Uint16(uint16(kind))
	w.Opaque16(body, "body")
	return w.buf
}

// client and server are small hellos. In a ClientHello the first extension's body begins at 0x33, in a ServerHello and
// a HelloRetryRequest at 0x30.
func client(extensions ...[]byte) []byte { return placeOf(inClientHello).with(extensions...) }
func server(extensions ...[]byte) []byte { return placeOf(inServerHello).with(extensions...) }

// RFC 8446 §4.2's table, as it stands there but for the ServerHello of TLS 1.2, whose extensions no table lists.
func TestExtensionsStandWhereTheRFCHasThem(t *testing.T) {
	const CH, SH, HRR, EE, CT, CR, NST = inClientHello, inServerHello, inHelloRetryRequest, inEncryptedExtensions,
		inCertificate, inCertificateRequest, inNewSessionTicket
	table := map[string]carrier{
		"server_name":                            CH | EE,
		"max_fragment_length":                    CH | EE,
		"status_request":                         CH | CR | CT,
		"supported_groups":                       CH | EE,
		"signature_algorithms":                   CH | CR,
		"use_srtp":                               CH | EE,
		"heartbeat":                              CH | EE,
		"application_layer_protocol_negotiation": CH | EE,
		"signed_certificate_timestamp":           CH | CR | CT,
		"client_certificate_type":                CH | EE,
		"server_certificate_type":                CH | EE,
		"padding":                                CH,
		"key_share":                              CH | SH | HRR,
		"pre_shared_key":                         CH | SH,
		"psk_key_exchange_modes":                 CH,
		"early_data":                             CH | EE | NST,
		"cookie":                                 CH | HRR,
		"supported_versions":                     CH | SH | HRR,
		"certificate_authorities":                CH | CR,
		"oid_filters":                            CR,
		"post_handshake_auth":                    CH,
		"signature_algorithms_cert":              CH | CR,
	}
	// What TLS 1.2 has in its hellos only, and what later documents added.
	beside := map[string]carrier{
		"ec_point_formats":       CH | SH,
		"encrypt_then_mac":       CH | SH,
		"extended_master_secret": CH | SH,
		"session_ticket":         CH | SH,
		"renegotiation_info":     CH | SH,
		"record_size_limit":      CH | EE | SH, // RFC 8449 §4
		"compress_certificate":   CH | CR,      // RFC 8879 §3
	}
	for kind, row := range extensionTable {
		want, rfc := table[kind.String()]
		if !rfc {
			want = beside[kind.String()]
		}
		got := row.in
		if rfc && !want.has(SH) {
			got &^= SH
		}
		if got != want {
			t.Errorf("%v may stand in %07b, want %07b", kind, got, want)
		}
	}
	if n := len(table) + len(beside); n != len(extensionTable) {
		t.Errorf("the table has %d extensions, want %d", len(extensionTable), n)
	}
}

// What a TLS 1.3 client alone can offer is never answered in a ServerHello, of whichever version.
func TestServerHelloRefusesWhatNoVersionHasThere(t *testing.T) {
	for _, kind := range []ExtensionType{
		ExtSignatureAlgorithms, ExtPadding, ExtCompressCertificate, ExtEarlyData, ExtCookie, ExtPSKModes,
		ExtCertAuthorities, 48, ExtPostHandshakeAuth, ExtSignatureAlgsCert,
	} {
		_, err := Decode(server(extension(kind, nil)), Context{})
		expectIn(t, err, Misplaced, placeOf(inServerHello), kind)
	}
}

// Every extension that a row keeps out of a message is refused there.
func TestMisplacedExtensions(t *testing.T) {
	for kind, row := range extensionTable {
		for _, p := range places {
			if row.in.has(p.in) {
				continue
			}
			_, err := Decode(p.with(extension(kind, nil)), p.ctx)
			expectIn(t, err, Misplaced, p, kind)
		}
	}
}

// Each extension's body is cut at every byte, all lengths around it set right, and lengthened by one.
func TestExtensionBodies(t *testing.T) {
	for _, p := range places {
		for _, kind := range p.sample.Order {
			row := extensionTable[kind]
			if row.decode == nil {
				continue
			}
			w := NewWriter(nil)
			row.encode(&p.sample, w, p.in)
			body, err := w.Finish()
			if err != nil {
				t.Fatal(err)
			}
			// RFC 5077 §3.2: a ticket is a whole body, whatever its length.
			if kind == ExtSessionTicket && p.in == inClientHello {
				continue
			}
			for n := range body {
				_, err := Decode(p.with(extension(kind, body[:n])), p.ctx)
				expectIn(t, err, Truncated, p, kind)
			}
			_, err = Decode(p.with(extension(kind, append(body, 0))), p.ctx)
			expectIn(t, err, Excess, p, kind)
		}
	}
}
