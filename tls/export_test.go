package tls

import (
	"bytes"
	"crypto/sha256"
	std "crypto/tls"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/testkit"
)

// Exported keys are those of crypto/tls at the other end, in both versions and roles. RFC 5705, RFC 8446 §7.5.
func TestExportKeyingMaterial(t *testing.T) {
	leaf := testkit.Leaf(testkit.P256)
	for _, version := range []uint16{VersionTLS12, VersionTLS13} {
		for _, context := range [][]byte{nil, {}, []byte("context")} {
			c, s := tcp(t)
			server := std.Server(s, &std.Config{
				Time: testkit.Clock, MaxVersion: version,
				Certificates: []std.Certificate{{Certificate: leaf.Chain, PrivateKey: leaf.Key}},
			})
			served := make(chan error, 1)
			go func() { served <- server.Handshake() }()
			client := Client(c, clientConfig())
			if err := client.Handshake(); err != nil {
				t.Fatal(err)
			}
			if err := <-served; err != nil {
				t.Fatal(err)
			}
			theirs, ours := server.ConnectionState(), client.ConnectionState()
			want, err := theirs.ExportKeyingMaterial("EXPERIMENTAL-vitro", context, 77)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ours.ExportKeyingMaterial("EXPERIMENTAL-vitro", context, 77)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%x, context %q: %x, %v; crypto/tls exports %x", version, context, got, err, want)
			}
			if _, err := ours.ExportKeyingMaterial("master secret", context, 16); version == VersionTLS12 && err == nil {
				t.Error("the master secret's own label is exported")
			}
		}
	}
	var none ConnectionState
	if _, err := none.ExportKeyingMaterial("x", nil, 1); err == nil {
		t.Error("a connection without keys exports one")
	}
}

// Keys change under full duplex traffic, and no byte is lost or reordered.
func TestUpdateKeysUnderTraffic(t *testing.T) {
	client, server := connect(t)
	const total = 4 << 20
	data := make([]byte, total)
	testkit.Random(3).Read(data)
	done := make(chan [32]byte, 2)
	for _, p := range [][2]*Conn{{client, server}, {server, client}} {
		from, to := p[0], p[1]
		go func() {
			for rest := data; len(rest) > 0; {
				n := min(50_000, len(rest))
				if _, err := from.Write(rest[:n]); err != nil {
					t.Errorf("Write: %v", err)
					return
				}
				rest = rest[n:]
				if err := from.UpdateKeys(len(rest)%3 == 0); err != nil {
					t.Errorf("UpdateKeys: %v", err)
					return
				}
			}
		}()
		go func() {
			h := sha256.New()
			buf := make([]byte, 10_000)
			for n := 0; n < total; {
				r, err := to.Read(buf)
				if err != nil {
					t.Errorf("Read: %v", err)
					break
				}
				h.Write(buf[:r])
				n += r
			}
			done <- [32]byte(h.Sum(nil))
		}()
	}
	want := sha256.Sum256(data)
	for range 2 {
		if got := <-done; got != want {
			t.Error("what came is not what was sent")
		}
	}
	// TLS 1.2 has none.
	cc := clientConfig()
	cc.MaxVersion = VersionTLS12
	client, server = pair(t, cc, serverConfig(testkit.P256))
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	if client.UpdateKeys(true) == nil {
		t.Error("TLS 1.2 updates its keys")
	}
}

// RFC 8446 §4.6.3: whoever is silent while several requests for new keys come answers them with one KeyUpdate, in front
// of what it says next.
func TestRequestsForKeysGetOneAnswer(t *testing.T) {
	delay := answerDelay
	answerDelay = time.Hour
	defer func() { answerDelay = delay }()
	client, server, answers := countingAnswers(t)
	for range 5 {
		if err := client.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
	}
	exchangeByte(t, server, client)
	exchangeByte(t, client, server)
	if n := len(answers); n != 1 {
		t.Errorf("%d KeyUpdates in return for five", n)
	}
}

// Who asks for new keys gets an answer also from a peer that reads and has nothing to say.
func TestRequestForKeysIsAnsweredWhileIdle(t *testing.T) {
	client, server, answers := countingAnswers(t)
	go func() { _, _ = server.Read(make([]byte, 1)) }()
	go func() { _, _ = client.Read(make([]byte, 1)) }()
	for range 2 {
		if err := client.UpdateKeys(true); err != nil {
			t.Fatal(err)
		}
		<-answers
	}
}

// countingAnswers connects a client that counts the KeyUpdates that come.
func countingAnswers(t *testing.T) (client, server *Conn, answers chan struct{}) {
	t.Helper()
	answers = make(chan struct{}, 10)
	cc := clientConfig()
	cc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
		if u, ok := e.(event.KeysUpdated); ok && !u.Sent {
			answers <- struct{}{}
		}
	})
	client, server = pair(t, cc, serverConfig(testkit.P256))
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	return client, server, answers
}
