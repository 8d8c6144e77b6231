package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// TestMain: the program starts itself as the process with the key, and here it is this one.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "--kms") {
		main()
		return
	}
	os.Exit(m.Run())
}

// The program as it is run: two processes, both ways, both versions of TLS.
func TestGreeting(t *testing.T) {
	for _, way := range [][]string{nil, {"--blocking"}} {
		t.Run(strings.Join(append(way, "server"), " "), func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			root := t.TempDir() + "/root.pem"
			read, write := io.Pipe()
			done := make(chan error, 1)
			go func() {
				done <- run(ctx, append(way, "--listen", "127.0.0.1:0", "--root", root), nil, nil, write)
				write.Close()
			}()
			lines := bufio.NewScanner(read)
			if !lines.Scan() {
				t.Fatal(<-done)
			}
			addr, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "greeting on "), ",")
			roots, err := pki.LoadPool(root)
			if err != nil {
				t.Fatal(err)
			}
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				if got, err := visit(addr, &tls.Config{RootCAs: roots, MaxVersion: version}); err != nil || got != greeting {
					t.Errorf("%s: %q, %v", tls.VersionName(version), got, err)
				}
			}
			cancel()
			for lines.Scan() {
				t.Errorf("the server complains: %s", lines.Text())
			}
			if err := <-done; err != nil {
				t.Errorf("Ctrl-C: %v", err)
			}
		})
	}
}

func visit(addr string, config *tls.Config) (string, error) {
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	said, err := io.ReadAll(conn)
	return string(said), err
}

// serve runs a lateServer in this process, with the vault behind a real HTTP server.
func serve(t *testing.T, vault *vault) (addr string, roots *x509.CertPool, failed chan error) {
	t.Helper()
	kms := httptest.NewServer(vault)
	t.Cleanup(kms.Close)
	key, err := connect(t.Context(), kms.URL, vault.token)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	context.AfterFunc(ctx, func() { listener.Close() })
	done := make(chan error, 1)
	failed = make(chan error, 100)
	go func() { done <- serveLate(ctx, listener, key, func(_ net.Addr, err error) { failed <- err }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	root, err := x509.ParseCertificate(key.root)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(root)
	return listener.Addr().String(), roots, failed
}

func testVault(t *testing.T) *vault {
	t.Helper()
	vault, err := newVault("let me in")
	if err != nil {
		t.Fatal(err)
	}
	return vault
}

// While a signature is on its way, the loop hears others, and hears that a client has gone: then nobody waits for it.
func TestLoopDoesNotWaitForTheKey(t *testing.T) {
	vault := testVault(t)
	asked, release := make(chan bool), make(chan bool)
	vault.before = func(r *http.Request) {
		asked <- true
		<-release
	}
	addr, roots, failed := serve(t, vault)
	var group sync.WaitGroup
	group.Go(func() {
		if got, err := visit(addr, &tls.Config{RootCAs: roots}); err != nil || got != greeting {
			t.Errorf("the client whose signature takes time hears %q, %v", got, err)
		}
	})
	<-asked
	// The second one gives up, and the server says so while the first one's signature is still on its way.
	ctx, cancel := context.WithCancel(t.Context())
	network, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	hello := &firstWrite{Conn: network, done: cancel}
	err = tls.Client(hello, &tls.Config{RootCAs: roots, ServerName: "localhost"}).HandshakeContext(ctx)
	if !errors.Is(err, fault.Cancelled) {
		t.Errorf("a client that gives up fails with %v", err)
	}
	network.Close()
	if err := <-failed; !errors.Is(err, fault.HangUp) && !errors.Is(err, fault.Told(wire.AlertUserCanceled)) && !errors.Is(err, fault.ConnectionBroken) {
		t.Errorf("the server says of a client that has gone: %v", err)
	}
	close(release)
	group.Wait()
}

// firstWrite tells when a ClientHello is out.
type firstWrite struct {
	net.Conn
	done func()
}

func (f *firstWrite) Write(b []byte) (int, error) {
	n, err := f.Conn.Write(b)
	f.done()
	return n, err
}

// What gathers while a request is under way goes out as one.
func TestQuestionsGather(t *testing.T) {
	vault := testVault(t)
	kms := httptest.NewServer(vault)
	defer kms.Close()
	key, err := connect(t.Context(), kms.URL, vault.token)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newLateServer(t.Context(), key, func(net.Addr, error) {})
	if err != nil {
		t.Fatal(err)
	}
	requests := 0
	vault.before = func(*http.Request) { requests++ }
	gone, leave := context.WithCancel(t.Context())
	leave()
	s.queue(question(gone, "of a client that has gone"))
	var questions []*want.Sign
	for i := range 20 {
		questions = append(questions, question(t.Context(), strconv.Itoa(i)))
		s.queue(questions[i])
	}
	s.answer(s.gathered())
	s.answer(s.gathered()) // nothing is left
	if requests != 1 {
		t.Errorf("20 questions went out as %d requests, want one", requests)
	}
	for i, w := range questions {
		signature, err := w.Result()
		digest := sha256.Sum256(w.Message)
		if err != nil || !ecdsa.VerifyASN1(key.public.(*ecdsa.PublicKey), digest[:], signature) {
			t.Errorf("question %d is answered with %x, %v", i, signature, err)
		}
	}
}

func question(ctx context.Context, message string) *want.Sign {
	return want.NewSign(want.Asker{Context: ctx}, nil, wire.ECDSA_SECP256R1_SHA256, []byte(message))
}

// A key that cannot be reached fails the handshake: the client is told no more than that, the server's log has the cause.
func TestKeyOutOfReach(t *testing.T) {
	vault := testVault(t)
	vault.before = func(*http.Request) { panic(http.ErrAbortHandler) }
	addr, roots, failed := serve(t, vault)
	if _, err := visit(addr, &tls.Config{RootCAs: roots}); !errors.Is(err, fault.Told(wire.AlertInternalError)) {
		t.Errorf("the client fails with %v, want the alert internal_error", err)
	}
	if err := <-failed; !errors.Is(err, fault.SigningFailed) || !errors.Is(err, io.EOF) {
		t.Errorf("the log has: %v, want fault.SigningFailed because of io.EOF", err)
	}
}

// Nobody gets a signature who does not know the token.
func TestStrangersGetNoSignature(t *testing.T) {
	vault := testVault(t)
	kms := httptest.NewServer(vault)
	defer kms.Close()
	if _, err := connect(t.Context(), kms.URL, "open sesame"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a stranger: %v, want 401", err)
	}
	vault.token = ""
	if _, err := connect(t.Context(), kms.URL, ""); err == nil {
		t.Error("without a token everyone is let in")
	}
}
