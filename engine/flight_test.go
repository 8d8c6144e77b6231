package engine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// handshakeOf is the content of the plaintext handshake records in b.
func handshakeOf(b []byte) (content []byte) {
	for len(b) > 0 {
		n := 5 + int(b[3])<<8 + int(b[4])
		if wire.ContentType(b[0]) == wire.ContentHandshake {
			content = append(content, b[5:n]...)
		}
		b = b[n:]
	}
	return content
}

// RFC 5246 §7.3: whoever has said the last message of a flight waits for the answer. Even a part of another message, in the
// same record, was made without knowing it.
func TestNothingBehindFlight(t *testing.T) {
	part := []byte{byte(wire.TypeNewSessionTicket)}
	t.Run("ServerHelloDone", func(t *testing.T) {
		client, server := newClient(t, clientConfig()), newServer(t, serverConfig(testkit.RSA))
		flight := handshakeOf(server.take(t, client.step(t), 1<<20))
		wantFault(t, client, fault.MessageBehindFlight, client.take(t, record(wire.ContentHandshake, append(flight, part...)), 1<<20))
	})
	t.Run("HelloRetryRequest", func(t *testing.T) {
		sc := serverConfig13(testkit.P256)
		sc.Groups = []wire.NamedGroup{wire.SecP384r1}
		client, server := newClient(t, clientConfig13()), newServer(t, sc)
		retry := handshakeOf(server.take(t, client.step(t), 1<<20))
		wantFault(t, client, fault.MessageBehindFlight, client.take(t, record(wire.ContentHandshake, append(retry, part...)), 1<<20))
	})
	t.Run("a ClientHello of TLS 1.3", func(t *testing.T) {
		sc := serverConfig13(testkit.P256)
		sc.Groups = []wire.NamedGroup{wire.SecP384r1}
		server := newServer(t, sc)
		hello := helloOf(t, clientConfig13(), nil)[5:]
		wantFault(t, server, fault.MessageBehindFlight, server.take(t, record(wire.ContentHandshake, append(hello, part...)), 1<<20))
	})
	t.Run("HelloRequest", func(t *testing.T) {
		r := newRenegotiator(t, nil)
		out, err := r.half.Seal(nil, wire.ContentHandshake, wire.TLS12, make([]byte, 5))
		r.must(err)
		r.client.take(t, out, 1<<20)
		if !errors.Is(r.client.err, fault.MessageBehindFlight) {
			t.Errorf("the client failed with %v", r.client.err)
		}
	})
	provoked(fault.MessageBehindFlight)
}

// Tickets are no empty records: a server that gives one has not used up what it may send of the other.
func TestTicketsAreNoEmptyRecords(t *testing.T) {
	r := newResumer()
	client, server := r.ends(t)
	mustShake(t, client, server)
	ticket := server.Output()
	if len(ticket) == 0 {
		ticket = server.step(t)
	}
	client.take(t, ticket, 1<<20)
	for range 32 {
		client.take(t, sealed(t, server, wire.ContentApplicationData, nil), 1<<20)
	}
	if client.err != nil {
		t.Errorf("a ticket and 32 empty records: %v", client.err)
	}
	send(t, server, client, []byte("data"))
}

// RFC 6066 §3: a server that resumes says nothing of the name; RFC 8446 has the client name it again all the same.
func TestResumedServerIsSilentOnTheName(t *testing.T) {
	r := newResumer()
	r.first(t)
	r.ends(t)
	var carried []wire.ExtensionType
	r.cc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
		if m, ok := e.(event.Message); ok {
			if ee, ok := m.Message.(*wire.EncryptedExtensions); ok {
				carried = ee.Order
			}
		}
	})
	client, server := newClient(t, r.cc), newServer(t, r.sc)
	client.answer, server.answer = r.answer(fault.Client), r.answer(fault.Server)
	mustShake(t, client, server)
	if !client.State().Resumed || slices.Contains(carried, wire.ExtServerName) {
		t.Errorf("resumed %v, EncryptedExtensions: %v", client.State().Resumed, carried)
	}
	if !bytes.Contains(client.sent, []byte(testkit.Host)) {
		t.Error("the client does not name the server")
	}
}
