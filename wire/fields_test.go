package wire

import (
	"fmt"
	"strings"
	"testing"
)

// contiguous says what is wrong with fields that should cover raw, each byte once and in order, "" if nothing is.
// The fields of a broken message may end early.
func contiguous(raw []byte, fields []Field, whole bool) string {
	end := 0
	seen := make(map[string]bool, len(fields))
	for _, f := range fields {
		if f.Start != end {
			return fmt.Sprintf("%s begins at 0x%02x, the field before it ends at 0x%02x", f.Path, f.Start, end)
		}
		if f.End < f.Start || f.End > len(raw) {
			return fmt.Sprintf("%s spans 0x%02x to 0x%02x of a message of 0x%02x", f.Path, f.Start, f.End, len(raw))
		}
		if seen[f.Path] {
			return "there are two fields " + f.Path
		}
		seen[f.Path] = true
		if name := HandshakeType(raw[0]).String() + "."; !strings.HasPrefix(f.Path, name) {
			return f.Path + " does not begin with " + name
		}
		end = f.End
	}
	if whole && end != len(raw) {
		return fmt.Sprintf("the fields end at 0x%02x, the message at 0x%02x", end, len(raw))
	}
	return ""
}

func TestFieldsCoverEveryByte(t *testing.T) {
	hold := func(name string, raw []byte, ctx Context) {
		fields, err := Fields(raw, ctx)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if wrong := contiguous(raw, fields, true); wrong != "" {
			t.Errorf("%s: %s", name, wrong)
		}
	}
	for _, s := range samples() {
		raw := mustEncode(t, s.message, s.ctx)
		hold(s.name, raw, s.ctx)
		for n := HandshakeHeaderLen; n < len(raw); n++ {
			cut := framed(s.message.Type(), raw[HandshakeHeaderLen:n])
			fields, _ := Fields(cut, s.ctx)
			if wrong := contiguous(cut, fields, false); wrong != "" {
				t.Errorf("%s, cut to %d bytes: %s", s.name, n, wrong)
			}
		}
	}
	for _, name := range capturedHellos {
		hold(name, captured(t, name), Context{})
	}
	// Key exchange messages whose layout is not known yet are one field.
	hold("ServerKeyExchange", framed(TypeServerKeyExchange, zeros(9)), Context{})
	hold("ClientKeyExchange", framed(TypeClientKeyExchange, zeros(9)), Context{})
}

func TestFieldsNameWhatTheyHold(t *testing.T) {
	hello := &ClientHello{
		Version:            TLS12,
		CipherSuites:       []CipherSuite{TLS_RSA_WITH_AES_128_GCM_SHA256, 0x5a5a},
		CompressionMethods: []CompressionMethod{CompressionNull},
		Extensions: Extensions{
			Order:           []ExtensionType{ExtSupportedGroups, 0x4444},
			SupportedGroups: []NamedGroup{X25519},
			Opaque:          []OpaqueExtension{{0x4444, []byte("??")}},
		},
	}
	fields, err := Fields(mustEncode(t, hello, Context{}), Context{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range fields {
		fmt.Fprintf(&got, "%02x-%02x %s %s\n", f.Start, f.End, strings.TrimPrefix(f.Path, "ClientHello."), f.Value)
	}
	const want = `00-01 msg_type ClientHello
01-04 length 
04-06 client_version TLS 1.2
06-26 random 
26-27 session_id.length 
27-27 session_id 
27-29 cipher_suites.length 
29-2b cipher_suites[0] TLS_RSA_WITH_AES_128_GCM_SHA256
2b-2d cipher_suites[1] GREASE 0x5a5a
2d-2e compression_methods.length 
2e-2f compression_methods[0] null
2f-31 extensions.length 
31-33 extensions[0].extension_type supported_groups
33-35 extensions[0].supported_groups.length 
35-37 extensions[0].supported_groups.named_group_list.length 
37-39 extensions[0].supported_groups.named_group_list[0] x25519
39-3b extensions[1].extension_type 0x4444
3b-3d extensions[1].0x4444.length 
3d-3f extensions[1].0x4444 
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", &got, want)
	}
}

// Where a message's layout depends on the version, so do its fields.
func TestFieldsOfTLS13(t *testing.T) {
	for _, c := range []struct {
		m    Message
		want string
	}{
		{&Certificate{Chain: [][]byte{{0x30}}, EntryExtensions: []Extensions{{Order: []ExtensionType{ExtStatusRequest}, OCSPResponse: []byte{7}}}},
			`00-01 msg_type Certificate
01-04 length 
04-05 certificate_request_context.length 
05-05 certificate_request_context 
05-08 certificate_list.length 
08-0b certificate_list[0].cert_data.length 
0b-0c certificate_list[0].cert_data 
0c-0e certificate_list[0].extensions.length 
0e-10 certificate_list[0].extensions[0].extension_type status_request
10-12 certificate_list[0].extensions[0].status_request.length 
12-13 certificate_list[0].extensions[0].status_request.status_type ocsp
13-16 certificate_list[0].extensions[0].status_request.response.length 
16-17 certificate_list[0].extensions[0].status_request.response 
`},
		{&ServerHello{Version: TLS12, CipherSuite: TLS_AES_128_GCM_SHA256, Extensions: Extensions{
			Order: []ExtensionType{ExtKeyShare}, KeyShares: []KeyShare{{X25519MLKEM768, []byte{7}}}}},
			`00-01 msg_type ServerHello
01-04 length 
04-06 server_version TLS 1.2
06-26 random 
26-27 session_id.length 
27-27 session_id 
27-29 cipher_suite TLS_AES_128_GCM_SHA256
29-2a compression_method null
2a-2c extensions.length 
2c-2e extensions[0].extension_type key_share
2e-30 extensions[0].key_share.length 
30-32 extensions[0].key_share.server_share.group X25519MLKEM768
32-34 extensions[0].key_share.server_share.key_exchange.length 
34-35 extensions[0].key_share.server_share.key_exchange 
`},
		{&NewSessionTicket{Ticket: []byte("t"), Extensions: Extensions{Order: []ExtensionType{ExtEarlyData}}},
			`00-01 msg_type NewSessionTicket
01-04 length 
04-08 ticket_lifetime 
08-0c ticket_age_add 
0c-0d ticket_nonce.length 
0d-0d ticket_nonce 
0d-0f ticket.length 
0f-10 ticket 
10-12 extensions.length 
12-14 extensions[0].extension_type early_data
14-16 extensions[0].early_data.length 
16-1a extensions[0].early_data.max_early_data_size 
`},
		{&KeyUpdate{RequestUpdate: true}, "00-01 msg_type KeyUpdate\n01-04 length \n04-05 request_update update_requested\n"},
	} {
		fields, err := Fields(mustEncode(t, c.m, tls13Context), tls13Context)
		var got strings.Builder
		for _, f := range fields {
			fmt.Fprintf(&got, "%02x-%02x %s %s\n", f.Start, f.End, strings.TrimPrefix(f.Path, c.m.Type().String()+"."), f.Value)
		}
		if err != nil || got.String() != c.want {
			t.Errorf("%v, got\n%swant\n%s", err, &got, c.want)
		}
	}
}

// On a broken message, Fields gives what stands before the failure, and the failure that Decode gives.
func TestFieldsOfABrokenMessage(t *testing.T) {
	raw := framed(TypeClientKeyExchange, []byte{0, 9, 1, 2})
	fields, err := Fields(raw, rsaContext)
	_, want := Decode(raw, rsaContext)
	if err == nil || err.Error() != want.Error() {
		t.Errorf("got %v, Decode says %v", err, want)
	}
	if n := len(fields); n != 3 || fields[n-1].Path != "ClientKeyExchange.encrypted_pre_master_secret.length" {
		t.Errorf("got %v, want the header's two fields and the length", fields)
	}
}
