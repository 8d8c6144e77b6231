package engine_test

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// An encrypted record carries an alert, messages or data; ChangeCipherSpec travels in the clear only, and other types do
// not exist. RFC 8446 §5, §5.2. (internal/evil tries them in front of every message of the handshake.)
func TestInnerContentType(t *testing.T) {
	for ct, rule := range map[wire.ContentType]*fault.Rule{
		wire.ContentChangeCipherSpec: fault.UnexpectedMessage, 1: fault.UnknownContentType, 24: fault.UnknownContentType, 255: fault.UnknownContentType,
	} {
		client, server := connected13(t)
		wantSealedFault(t, server, client, rule, server.take(t, sealed(t, client, ct, []byte{1}), 1<<20))
	}
}

// What is no ChangeCipherSpec is not dropped like one. RFC 8446 §5 has an alert of its own for it.
func TestMeaninglessChangeCipherSpec13(t *testing.T) {
	for _, content := range [][]byte{{0}, {2}, {1, 1}} {
		client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
		server.take(t, append(client.step(t), record(wire.ContentChangeCipherSpec, content)...), 1<<20)
		if !errors.Is(server.err, fault.UnexpectedMessage) {
			t.Errorf("%x: %v", content, server.err)
		}
	}
}

// aged is a flight of records that say another version: encrypted ones are sealed anew, for what they say is authenticated. The
// first seq records under secret are behind us.
func aged(t *testing.T, flight, secret []byte, seq byte) []byte {
	t.Helper()
	types, _, contents := recordsOf(flight)
	var out []byte
	for i, content := range contents {
		header := []byte{byte(types[i]), 0x7f, byte(i), byte(len(content) >> 8), byte(len(content))}
		if types[i] == wire.ContentApplicationData {
			block, err := aes.NewCipher(expandLabel(t, secret, "key", 16))
			if err != nil {
				t.Fatal(err)
			}
			aead, err := cipher.NewGCM(block)
			if err != nil {
				t.Fatal(err)
			}
			nonce := expandLabel(t, secret, "iv", 12)
			nonce[11] ^= seq
			seq++
			honest := []byte{header[0], 3, 3, header[3], header[4]}
			plaintext, err := aead.Open(nil, nonce, content, honest)
			if err != nil {
				t.Fatal(err)
			}
			content = aead.Seal(nil, nonce, plaintext, header)
		}
		out = append(append(out, header...), content...)
	}
	return out
}

// RFC 8446 §5.1, §D: what a record says of its version means nothing, major version included: neither within a hello, nor once
// TLS 1.3 is agreed on, in the clear or encrypted.
func TestRecordVersionIsIgnored13(t *testing.T) {
	sink := secrets{}
	cc := clientConfig13()
	cc.CipherSuites13, cc.Secrets = []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256}, sink
	client, server := newClient(t, cc), newServer(t, serverConfig13(testkit.P256))
	// inTwo is a message whose second half is in a record of another version.
	inTwo := func(message []byte) []byte {
		second := record(wire.ContentHandshake, message[50:])
		second[1], second[2] = 0, 99
		return append(record(wire.ContentHandshake, message[:50]), second...)
	}
	flight := server.take(t, inTwo(client.step(t)[5:]), 1<<20)
	if server.err != nil {
		t.Fatal(server.err)
	}
	_, rest := firstMessage(t, flight)
	hello := flight[5 : len(flight)-len(rest)]
	client.take(t, inTwo(hello), 1<<20)
	last := client.take(t, aged(t, rest, sink["SERVER_HANDSHAKE_TRAFFIC_SECRET"], 0), 1<<20)
	server.take(t, aged(t, last, sink["CLIENT_HANDSHAKE_TRAFFIC_SECRET"], 0), 1<<20)
	if !client.ready || !server.ready {
		t.Fatalf("the handshake does not end: client %v, server %v", client.err, server.err)
	}
	data := []byte("data")
	deliver(t, server, aged(t, sealed(t, client, wire.ContentApplicationData, data), sink["CLIENT_TRAFFIC_SECRET_0"], 0), data)
	deliver(t, client, aged(t, sealed(t, server, wire.ContentApplicationData, data), sink["SERVER_TRAFFIC_SECRET_0"], 0), data)
}
