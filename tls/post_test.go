package tls

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// sink keeps the secrets of one connection.
type sink struct{ sync.Map }

func (s *sink) Secret(label string, _, secret []byte) { s.Store(label, bytes.Clone(secret)) }

// expandLabel13 is HKDF-Expand-Label for SHA-256, without a context. RFC 8446 §7.1.
func expandLabel13(t *testing.T, secret []byte, label string, n int) []byte {
	t.Helper()
	info := append([]byte{0, byte(n), byte(6 + len(label))}, "tls13 "+label...)
	out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// half13 protects what a server says under a traffic secret.
func half13(t *testing.T, secret []byte) *record.Half {
	t.Helper()
	c := suite.ByID(wire.TLS_AES_128_GCM_SHA256).Cipher
	p, err := record.NewAEAD13(c, expandLabel13(t, secret, "key", 16), expandLabel13(t, secret, "iv", 12))
	if err != nil {
		t.Fatal(err)
	}
	half := new(record.Half)
	half.SetProtection(p)
	return half
}

// A ticket and a KeyUpdate that wants an answer, in one record: the client answers, stores the session and reads on. Where
// a Write is stuck, the answer waits for it, and the Read for nothing. RFC 8446 §4.6.1, §4.6.3.
func TestTicketBesideKeyUpdate(t *testing.T) {
	for name, stuck := range map[string]bool{"alone": false, "while a Write is stuck": true} {
		t.Run(name, func(t *testing.T) {
			a, b := net.Pipe()
			deadline := time.Now().Add(time.Minute) // so that a hang is a failure
			a.SetDeadline(deadline)
			b.SetDeadline(deadline)
			cc, sc := resumingConfigs()
			seen := new(sink)
			sc.SecretSink, sc.SessionTicketsDisabled, sc.CipherSuites = seen, true, []uint16{uint16(wire.TLS_AES_128_GCM_SHA256)}
			client, server := Client(a, cc), Server(b, sc)
			if cerr, serr := both(client, server); cerr != nil || serr != nil {
				t.Fatal(cerr, serr)
			}
			written := make(chan error, 1)
			if stuck {
				held := &gate{Conn: a, begun: make(chan struct{})}
				client.conn = held
				go func() { _, err := client.Write([]byte("a request")); written <- err }()
				<-held.begun
			}

			value, _ := seen.Load("SERVER_TRAFFIC_SECRET_0")
			secret := value.([]byte)
			var messages []byte
			for _, m := range []wire.Message{
				&wire.NewSessionTicket{Lifetime: 100, Nonce: []byte{1}, Ticket: []byte("a ticket")},
				&wire.KeyUpdate{RequestUpdate: true},
			} {
				raw, err := wire.Encode(m, wire.Context{Version: wire.TLS13})
				if err != nil {
					t.Fatal(err)
				}
				messages = append(messages, raw...)
			}
			out, err := half13(t, secret).Seal(nil, wire.ContentHandshake, wire.TLS12, messages)
			if err == nil {
				out, err = half13(t, expandLabel13(t, secret, "traffic upd", 32)).Seal(out, wire.ContentApplicationData, wire.TLS12, []byte("a reply"))
			}
			if err != nil {
				t.Fatal(err)
			}
			go b.Write(out)
			if !stuck { // the answer has to get out
				go server.Read(make([]byte, 100))
			}
			read := make(chan string, 1)
			go func() {
				buf := make([]byte, 100)
				n, err := client.Read(buf)
				read <- string(buf[:n])
				if err != nil {
					t.Error(err)
				}
			}()
			select {
			case got := <-read:
				if got != "a reply" {
					t.Errorf("read %q", got)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("Read goes in circles")
			}
			if stuck {
				buf := make([]byte, 100)
				if n, err := server.Read(buf); err != nil || string(buf[:n]) != "a request" {
					t.Fatalf("the server read %q, %v", buf[:n], err)
				}
				go server.Read(buf) // the answer, and then the close
				if err := <-written; err != nil {
					t.Error(err)
				}
				return
			}
			if s, ok := cc.ClientSessionCache.Get(testkit.Host); !ok || string(s.session.Ticket) != "a ticket" {
				t.Error("the session is not stored")
			}
		})
	}
}
