package interop

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// Vitro's own ends.

// text returns data that goes through any terminal unchanged, the same for the same seed, in lines of 64.
func text(seed uint64, size int) []byte {
	random := make([]byte, size/2+1)
	if _, err := io.ReadFull(testkit.Random(seed), random); err != nil {
		panic(err)
	}
	out := fmt.Appendf(nil, "%x", random)[:size]
	for i := 63; i < size; i += 64 {
		out[i] = '\n'
	}
	out[size-1] = '\n'
	return out
}

// post is the request that clients of others send.
func post(data []byte) []byte {
	return append(fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		testkit.Host, len(data)), data...)
}

// reply is what a server of ours, or one of Go's, answers to data: proof that it arrived, and as much again.
func reply(data []byte) []byte {
	return append(fmt.Appendf(nil, "received %x\n", sha256.Sum256(data)), text(uint64(len(data)), max(len(data), 64))...)
}

// serveHTTP answers one POST.
func serveHTTP(conn net.Conn) (body []byte, err error) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if body, err = io.ReadAll(request.Body); err != nil {
		return nil, fmt.Errorf("reading the request's body: %w", err)
	}
	answer := reply(body)
	// Without a length the answer ends with the connection, so that its reader has to wait for close_notify.
	head := []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n")
	_, err = conn.Write(append(head, answer...))
	return body, err
}

// certificate gives a test's certificate the form of a Config.
func certificate(t testing.TB, c *pki.Certificate) tls.Certificate {
	t.Helper()
	return tls.Certificate{Certificate: c.Chain, PrivateKey: c.Key, Leaf: c.Leaf}
}

// served is what became of a connection to our server.
type served struct {
	state tls.ConnectionState
	body  []byte
	err   error
}

// station is a server of ours.
type station struct {
	addr   string
	result chan served
}

// serve starts a server of ours for one connection; handle speaks after the handshake.
func serve(t testing.TB, config *tls.Config, handle func(*tls.Conn) ([]byte, error)) *station {
	t.Helper()
	return serveEach(t, 1, config, handle)
}

// serveEach is serve for n connections, one after the other.
func serveEach(t testing.TB, n int, config *tls.Config, handle func(*tls.Conn) ([]byte, error)) *station {
	t.Helper()
	listener := listen(t)
	s := &station{addr: listener.Addr().String(), result: make(chan served, n)}
	go func() {
		for range n {
			raw, err := listener.Accept()
			if err != nil {
				s.result <- served{err: err}
				return
			}
			s.result <- serveConn(t, raw, config, handle)
		}
	}()
	return s
}

func serveConn(t testing.TB, raw net.Conn, config *tls.Config, handle func(*tls.Conn) ([]byte, error)) served {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn := newServer(t, raw, config)
	defer context.AfterFunc(ctx, func() { raw.Close() })()
	defer conn.Close()
	if err := conn.HandshakeContext(ctx); err != nil {
		return served{err: err}
	}
	body, err := handle(conn)
	return served{conn.ConnectionState(), body, err}
}

// done waits for the next connection's end, but not for a visitor that never comes.
func (s *station) done() served {
	select {
	case r := <-s.result:
		return r
	case <-time.After(2 * limit):
		return served{err: errors.New("nobody came")}
	}
}

func answerPost(conn *tls.Conn) ([]byte, error) { return serveHTTP(conn) }

// listen listens on loopback until the test ends.
func listen(t testing.TB) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// dial visits a server of others and shakes hands; conn is nil where err is not.
func dial(t testing.TB, addr string, config *tls.Config) (*tls.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatalf("%s: %v", addr, err)
	}
	t.Cleanup(func() { raw.Close() })
	context.AfterFunc(ctx, func() { raw.Close() })
	conn := newClient(t, raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// mustDial is dial where the handshake has to succeed.
func mustDial(t testing.TB, addr string, config *tls.Config) *tls.Conn {
	t.Helper()
	conn, err := dial(t, addr, config)
	if err != nil {
		t.Fatalf("handshake: %v", err)
	}
	return conn
}

// stateOf is our own account of a connection.
func stateOf(s tls.ConnectionState) report {
	return report{wire.Version(s.Version), wire.CipherSuite(s.CipherSuite), wire.NamedGroup(s.CurveID), wire.SignatureScheme(s.SignatureScheme), s.EncryptThenMAC}
}

// exchange writes data and reads as much as want from conn at the same time, and checks that it is that.
func exchange(t *testing.T, conn net.Conn, data, want []byte) {
	t.Helper()
	written := make(chan error, 1)
	go func() {
		var err error
		if len(data) > 0 {
			_, err = conn.Write(data)
		}
		written <- err
	}()
	got := make([]byte, len(want))
	n, err := io.ReadFull(conn, got)
	if err != nil {
		t.Errorf("reading the answer: %v after %d of %d bytes", err, n, len(want))
	} else if !bytes.Equal(got, want) {
		t.Errorf("the answer of %d bytes is not the right one; it begins with %.80q, want %.80q", n, got, want)
	}
	if err := <-written; err != nil {
		t.Errorf("writing: %v", err)
	}
}

// ends asserts that nothing but the peer's close_notify is left to read, where the Config is strict, and closes.
func ends(t *testing.T, conn net.Conn) {
	t.Helper()
	rest, err := io.ReadAll(conn)
	if err != nil || len(rest) > 0 {
		t.Errorf("reading to the end brought %.80q and %v, want nothing more", rest, err)
	}
	closes(t, conn)
}

func closes(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.Close(); err != nil {
		t.Errorf("closing: %v", err)
	}
}

// isRule asserts that err is what we found, by its rule and role.
func isRule(t *testing.T, err error, rule *fault.Rule, role fault.Role) *fault.Error {
	t.Helper()
	var found *fault.Error
	if !errors.As(err, &found) {
		t.Fatalf("got the error %v, want our own of the rule %s", err, rule.Name)
	}
	if found.Rule != rule {
		t.Errorf("got the rule %s (%v), want %s", found.Rule.Name, err, rule.Name)
	}
	if found.Role != role {
		t.Errorf("the error says that we are the %v, we are the %v: %v", found.Role, role, err)
	}
	return found
}

// isAlert asserts that err is what the peer told us.
func isAlert(t *testing.T, err error, alert wire.AlertDescription) *fault.PeerAlert {
	t.Helper()
	var told *fault.PeerAlert
	if !errors.As(err, &told) {
		t.Fatalf("got the error %v, want the peer's alert %v", err, alert)
	}
	if told.Alert.Description != alert {
		t.Errorf("got the alert %v (%v), want %v", told.Alert.Description, err, alert)
	}
	return told
}

// talkHTTP posts data to a server that answers with reply and closes.
func talkHTTP(t *testing.T, conn net.Conn, data []byte) {
	t.Helper()
	if _, err := conn.Write(post(data)); err != nil {
		t.Errorf("writing: %v", err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("reading the response: %v", err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("reading the response's body: %v", err)
	}
	if !bytes.Equal(body, reply(data)) {
		t.Errorf("the response's body of %d bytes is not the right one", len(body))
	}
	ends(t, conn)
}

// deadline bounds a connection that is not ours.
func deadline(t testing.TB, conn net.Conn) {
	if err := conn.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Error(err)
	}
}

// get asks a server of others for its page.
func get(t *testing.T, conn net.Conn) string {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		t.Errorf("writing: %v", err)
	}
	page, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("reading: %v", err)
	}
	closes(t, conn)
	return string(page)
}

func pemOf(ca *pki.CA) []byte { return pki.EncodeCertificates(ca.Certificate.Raw) }
