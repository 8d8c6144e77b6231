package interop

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
)

// What listens on the port does not speak TLS, or does not speak.

// stranger runs a case whose peer is none.
func stranger(t *testing.T, peer string, role fault.Role, f func(t *testing.T)) {
	t.Helper()
	twice(t, column{peer, role}.String(), func(t *testing.T) {
		t.Parallel()
		ran(t, 0, peer, role, "failure")
		f(t)
	})
}

func TestClientMeetsPlainHTTP(t *testing.T) {
	stranger(t, "net/http", fault.Client, func(t *testing.T) {
		// Go's own HTTP server takes our ClientHello for a bad request.
		listener := listen(t)
		server := &http.Server{ReadHeaderTimeout: limit}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
		err := mustFail(t, listener.Addr().String(), clientConfig())
		found := isRule(t, err, fault.PlainHTTPReply, fault.Client)
		if !strings.Contains(found.Hint(), "http://") {
			t.Errorf("the hint %q does not name the mend", found.Hint())
		}
	})
}

// Servers of other protocols speak first.
func TestClientMeetsBanner(t *testing.T) {
	for name, greeting := range map[string]string{
		"SSH":         "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
		"SMTP or FTP": "220 mail.elsewhere.test ESMTP Postfix\r\n",
		"POP3":        "+OK Dovecot ready.\r\n",
		"IMAP":        "* OK [CAPABILITY IMAP4rev1] ready\r\n",
	} {
		stranger(t, "a banner of "+name, fault.Client, func(t *testing.T) {
			err := mustFail(t, banner(t, greeting), clientConfig())
			isRule(t, err, fault.OtherProtocol, fault.Client)
			if !strings.Contains(err.Error(), name) {
				t.Errorf("the error does not name %s: %v", name, err)
			}
		})
	}
}

// banner is a server that says one thing, and reads what comes.
func banner(t *testing.T, says string) (addr string) {
	return stub(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, says)
		_, _ = io.Copy(io.Discard, conn)
	})
}

func stub(t *testing.T, serve func(net.Conn)) (addr string) {
	t.Helper()
	listener := listen(t)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		deadline(t, conn)
		serve(conn)
	}()
	return listener.Addr().String()
}

func TestClientMeetsHangUp(t *testing.T) {
	stranger(t, "a server that hangs up", fault.Client, func(t *testing.T) {
		addr := stub(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) })
		found := isRule(t, mustFail(t, addr, clientConfig()), fault.HangUp, fault.Client)
		if found.Step != fault.StepClientHello {
			t.Errorf("the error says that we reached %v, want %v", found.Step, fault.StepClientHello)
		}
	})
}

// A program that speaks no TLS waits for the other to begin, as TLS does.
func TestSilence(t *testing.T) {
	stranger(t, "a silent server", fault.Client, func(t *testing.T) {
		addr := stub(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		raw, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		conn := newClient(t, raw, clientConfig())
		defer conn.Close()
		fellSilent(t, conn, fault.Client)
	})
	stranger(t, "a silent client", fault.Server, func(t *testing.T) {
		listener := listen(t)
		raw, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn := newServer(t, accepted, serverConfig(t, testkit.RSA))
		defer conn.Close()
		fellSilent(t, conn, fault.Server)
	})
}

func fellSilent(t *testing.T, conn *tls.Conn, role fault.Role) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := conn.HandshakeContext(ctx)
	isRule(t, err, fault.Silence, role)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the error is no timeout: %v", err)
	}
}

// Whoever forgets the s of https is answered in the language that was spoken.
func TestServerMeetsPlainHTTP(t *testing.T) {
	failure(t, curl, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), answerPost)
		out := start(t, "curl", "--verbose", "--no-progress-meter", "--noproxy", "*", "http://"+server.addr+"/").wait()
		sees(t, out, `^< HTTP/1\.0 400 Bad Request`)
		sees(t, out, `HTTPS server`)
		isRule(t, server.refused(t), fault.PlainHTTPRequest, fault.Server)
	})
	failure(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), answerPost)
		response, err := http.Get("http://" + server.addr + "/")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("net/http got the status %s, want 400", response.Status)
		}
		isRule(t, server.refused(t), fault.PlainHTTPRequest, fault.Server)
	})
}
