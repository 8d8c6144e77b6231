package engine_test

import (
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
