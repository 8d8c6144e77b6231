package interop

import (
	"bufio"
	std "crypto/tls"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// Vitro does not renegotiate, and says so with a warning (RFC 5246 §7.2.2, RFC 5746 §4.5): whether the connection
// lives on is the peer's to decide.

// s_client ends the connection when its wish is not met, and tells why.
func TestServerRefusesRenegotiation(t *testing.T) {
	noPeer(t, goTLS, fault.Server, "no client of crypto/tls begins to renegotiate")
	noPeer(t, curl, fault.Server, "curl does not renegotiate by itself")
	feature(t, openSSL, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), echoLines)
		client := sClientByHand(t, server.addr)
		client.input("before\n")
		client.await(regexp.MustCompile(`(?m)^before$`))
		client.input("R\n")
		out := client.wait()
		sees(t, out, `^RENEGOTIATING$`)
		sees(t, out, `no renegotiation`)
		got := server.done()
		isAlert(t, got.err, wire.AlertHandshakeFailure)
		if string(got.body) != "before\n" {
			t.Errorf("our server got %q, want the line before", got.body)
		}
	})
	// gnutls-cli asks at once after its handshake, and again and again until it trips over itself. Ours stands.
	feature(t, gnuTLS, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), echoLines)
		client := gnuTLSClient(t, server.addr, "--rehandshake")
		out := client.wait()
		sees(t, out, `^- Description: `)
		sawAlert(t, out, wire.AlertNoRenegotiation)
		if err := server.done().err; err != nil && !errors.As(err, new(*fault.PeerAlert)) {
			t.Errorf("our server ended the connection itself: %v", err)
		}
	})
}

// echoLines answers every line with itself, to the connection's end.
func echoLines(conn *tls.Conn) ([]byte, error) {
	var got []byte
	for r := bufio.NewReader(conn); ; {
		line, err := r.ReadBytes('\n')
		got = append(got, line...)
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		if _, err := conn.Write(line); err != nil {
			return got, err
		}
	}
}

// What the server sends after its HelloRequest arrives; whether it goes on is its own decision.
func TestClientRefusesRenegotiation(t *testing.T) {
	noPeer(t, goTLS, fault.Client, "no server of crypto/tls asks to renegotiate")
	// s_server takes the warning for a reason to end the connection. That it asked for a certificate in the handshake
	// that went well is not that reason.
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := startSServer(t, testkit.Leaf(testkit.RSA), "-trace", "-verify", "1")
		conn := mustDial(t, server.addr(), clientConfig())
		if _, err := io.WriteString(conn, "before\n"); err != nil {
			t.Fatal(err)
		}
		server.await(regexp.MustCompile(`(?m)^before$`))
		server.input("r\n")
		_, err := conn.Read(make([]byte, 1))
		server.await(regexp.MustCompile(`Level=warning\(1\), description=no renegotiation\(100\)`))
		told := isAlert(t, err, wire.AlertHandshakeFailure)
		if !strings.Contains(told.Hint(), "renegotiate") || told.Step != fault.StepFinish {
			t.Errorf("the error does not tell of renegotiation after the handshake: %v", err)
		}
		if errors.Is(err, fault.ClientCertificateWanted) {
			t.Errorf("the error blames the client certificate, which the server could do without: %v", err)
		}
	})
	// gnutls-serv sends HelloRequest and goes on to answer the command that made it do so.
	feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := echoer(t)
		watch := &watcher{}
		config := clientConfig()
		config.Tracer = watch
		conn := mustDial(t, server.addr(), config)
		exchange(t, conn, []byte("**REHANDSHAKE**\n"), []byte("Successfully executed command\n"))
		closes(t, conn)
		if !watch.saw("HelloRequest received") || !watch.saw("no_renegotiation sent") {
			t.Errorf("there was no HelloRequest, or no answer to it: %q", watch.list)
		}
	})
}

// A client that is set to it renegotiates when the server asks, and data flows under the new keys. RFC 5746 §3.5.
func TestClientRenegotiates(t *testing.T) {
	noPeer(t, goTLS, fault.Client, "no server of crypto/tls asks to renegotiate")
	willing := func() (*tls.Config, *watcher) {
		config, watch := clientConfig(), new(watcher)
		config.Renegotiation, config.Tracer = tls.RenegotiateFreelyAsClient, watch
		return config, watch
	}
	feature(t, openSSL, fault.Client, func(t *testing.T) {
		server := startSServer(t, testkit.Leaf(testkit.RSA))
		config, _ := willing()
		asked := make(chan struct{}, 3)
		config.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
			if _, ok := e.(event.Renegotiating); ok {
				asked <- struct{}{}
			}
		})
		conn := mustDial(t, server.addr(), config)
		for _, line := range []string{"one", "two", "three"} {
			if _, err := io.WriteString(conn, line+"\n"); err != nil {
				t.Fatal(err)
			}
			server.await(regexp.MustCompile(`(?m)^` + line + `$`))
			server.input("r\n") // s_server drops what else it reads with it
			go func() {
				<-asked
				server.input("answer " + line + "\n")
			}()
			exchange(t, conn, nil, []byte("answer "+line+"\n"))
		}
	})
	feature(t, gnuTLS, fault.Client, func(t *testing.T) {
		server := startGnuTLSServer(t, testkit.Leaf(testkit.RSA), "--echo")
		config, watch := willing()
		conn := mustDial(t, server.addr(), config)
		exchange(t, conn, []byte("**REHANDSHAKE**\n"), []byte("Successfully executed command\n"))
		exchange(t, conn, []byte("after\n"), []byte("after\n"))
		closes(t, conn)
		if !watch.saw("HelloRequest received") || watch.saw("no_renegotiation sent") || watch.count("Finished received") != 2 {
			t.Errorf("there was no second handshake: %q", watch.list)
		}
	})
}

// crypto/tls, as a client, renegotiates when it is asked, but no end of Vitro's asks; so it only must not be refused
// for being able to.
func TestServerAcceptsClientThatCouldRenegotiate(t *testing.T) {
	feature(t, goTLS, fault.Server, func(t *testing.T) {
		server := serve(t, serverConfig(t, testkit.RSA), answerPost)
		config := goConfig()
		config.Renegotiation = std.RenegotiateFreelyAsClient
		talkHTTP(t, goDial(t, server.addr, config), greeting)
		server.servedGreeting(t)
	})
}
