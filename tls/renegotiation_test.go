package tls

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// A callback that panics in another handshake leaves a connection that is over for both halves, and no lock behind.
func TestRenegotiationPanics(t *testing.T) {
	a, b := net.Pipe()
	deadline := time.Now().Add(time.Minute) // so that a hang is a failure
	a.SetDeadline(deadline)
	b.SetDeadline(deadline)
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	sc.MaxVersion = VersionTLS12
	cc.Renegotiation = RenegotiateFreelyAsClient
	panics := false
	cc.Time = func() time.Time {
		if panics {
			panic("mine")
		}
		return testkit.Now
	}
	seen := new(learned)
	sc.SecretSink, sc.Tracer = seen, seen
	client, server := Client(a, cc), Server(b, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	request, err := seen.serverHalf(t).Seal(nil, wire.ContentHandshake, wire.TLS12, []byte{0, 0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan error, 1)
	go func() {
		b.Write(request)
		_, err := server.Read(make([]byte, 1))
		told <- err
	}()
	panics = true
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the caller does not see the panic")
			}
		}()
		client.Read(make([]byte, 1))
	}()
	panics = false
	if !client.write.mu.TryLock() {
		t.Fatal("whoever writes from now on waits for ever")
	}
	client.write.mu.Unlock()
	if _, err := client.Write([]byte("x")); !errors.Is(err, fault.InternalError) {
		t.Errorf("Write: %v", err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, fault.InternalError) {
		t.Errorf("Read: %v", err)
	}
	if err := <-told; !errors.Is(err, fault.Told(wire.AlertInternalError)) {
		t.Errorf("the peer was told %v", err)
	}
}
