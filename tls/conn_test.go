package tls

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

func serverConfig(kinds ...testkit.Kind) *Config {
	c := &Config{Policy: PolicyLegacy, Time: testkit.Clock}
	for _, k := range kinds {
		leaf := testkit.Leaf(k)
		c.Certificates = append(c.Certificates, Certificate{Certificate: leaf.Chain, PrivateKey: leaf.Key})
	}
	return c
}

func clientConfig() *Config {
	return &Config{ServerName: testkit.Host, RootCAs: testkit.PKI().Roots, Time: testkit.Clock}
}

// tcp returns both ends of a connection over loopback.
func tcp(t testing.TB) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// pair returns both ends of a TLS connection whose handshake has not run.
func pair(t testing.TB, cc, sc *Config) (client, server *Conn) {
	t.Helper()
	c, s := tcp(t)
	deadline := time.Now().Add(time.Minute) // so that a hang is a failure
	c.SetDeadline(deadline)
	s.SetDeadline(deadline)
	return Client(c, cc), Server(s, sc)
}

// both runs both handshakes.
func both(client, server *Conn) (cerr, serr error) {
	done := make(chan error)
	go func() { done <- server.Handshake() }()
	cerr = client.Handshake()
	return cerr, <-done
}

func connect(t testing.TB) (client, server *Conn) {
	t.Helper()
	client, server = pair(t, clientConfig(), serverConfig(testkit.P256))
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatalf("client: %v; server: %v", cerr, serr)
	}
	return client, server
}

// Both directions carry data at once, in pieces of all sizes, and lose nothing.
func TestFullDuplex(t *testing.T) {
	client, server := connect(t)
	data := make([]byte, 3<<20)
	testkit.Random(1).Read(data)
	var wg sync.WaitGroup
	copyOut := func(to *Conn, step int) {
		defer wg.Done()
		for rest := data; len(rest) > 0; {
			n := min(step, len(rest))
			if w, err := to.Write(rest[:n]); err != nil || w != n {
				t.Errorf("Write: %d of %d, %v", w, n, err)
				return
			}
			rest = rest[n:]
		}
		if err := to.CloseWrite(); err != nil {
			t.Errorf("CloseWrite: %v", err)
		}
	}
	copyIn := func(from *Conn, step int) {
		defer wg.Done()
		var got bytes.Buffer
		_, err := io.CopyBuffer(struct{ io.Writer }{&got}, struct{ io.Reader }{from}, make([]byte, step))
		if err != nil || !bytes.Equal(got.Bytes(), data) {
			t.Errorf("read %d bytes of %d, %v", got.Len(), len(data), err)
		}
	}
	wg.Add(4)
	go copyOut(client, 100_000)
	go copyOut(server, 777)
	go copyIn(client, 13)
	go copyIn(server, 1<<16)
	wg.Wait()
	if _, err := client.Write([]byte("x")); err == nil {
		t.Error("Write works after CloseWrite")
	}
}

// What was agreed on is told as crypto/tls tells it.
func TestConnectionState(t *testing.T) {
	cc, sc := clientConfig(), serverConfig(testkit.P256)
	cc.NextProtos, sc.NextProtos = []string{"a", "b"}, []string{"b"}
	client, server := pair(t, cc, sc)
	if s := client.ConnectionState(); s.HandshakeComplete || s.Version != 0 {
		t.Errorf("before the handshake: %+v", s)
	}
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	for _, s := range []ConnectionState{client.ConnectionState(), server.ConnectionState()} {
		if !s.HandshakeComplete || s.Version != VersionTLS13 || s.CipherSuite != uint16(wire.TLS_AES_128_GCM_SHA256) ||
			s.CurveID != CurveID(wire.X25519MLKEM768) || s.NegotiatedProtocol != "b" || s.ServerName != testkit.Host {
			t.Errorf("after the handshake: %+v", s)
		}
	}
	if len(client.ConnectionState().VerifiedChains) == 0 || client.VerifyHostname("localhost") != nil || client.VerifyHostname("nowhere.test") == nil {
		t.Error("the verified names are wrong")
	}
}

// Every want answered from another goroutine, late; the rest as before.
func TestLateAnswers(t *testing.T) {
	for _, policy := range []uint16{uint16(wire.TLS_RSA_WITH_AES_128_GCM_SHA256), uint16(wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)} {
		cc, sc := clientConfig(), serverConfig(testkit.RSA)
		cc.CipherSuites = []uint16{policy}
		sc.GetCertificate = func(*ClientHelloInfo) (*Certificate, error) { return nil, nil }
		inner := sc.Clone()
		sc.GetConfigForClient = func(*ClientHelloInfo) (*Config, error) { return inner, nil }
		client, server := pair(t, cc, sc)
		var mu sync.Mutex
		var late []string
		for _, c := range []*Conn{client, server} {
			c.answerLate = func(q want.Question, answer func()) {
				mu.Lock()
				late = append(late, q.Name())
				mu.Unlock()
				go func() {
					runtime.Gosched()
					answer()
				}()
			}
		}
		if cerr, serr := both(client, server); cerr != nil || serr != nil {
			t.Fatal(cerr, serr)
		}
		if len(late) != 4 {
			t.Errorf("asked were %v", late)
		}
		exchange(t, client, server)
	}
}

func exchange(t *testing.T, client, server *Conn) {
	t.Helper()
	go client.Write([]byte("ping"))
	buf := make([]byte, 10)
	if n, err := server.Read(buf); err != nil || string(buf[:n]) != "ping" {
		t.Fatalf("the server read %q, %v", buf[:n], err)
	}
	go server.Write([]byte("pong"))
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "pong" {
		t.Fatalf("the client read %q, %v", buf[:n], err)
	}
}

// The callbacks of crypto/tls are called, and what they say counts.
func TestCallbacks(t *testing.T) {
	refusal := errors.New("not today")
	var called []string
	cases := map[string]struct {
		set        func(cc, sc *Config)
		cerr, serr *fault.Rule
	}{
		"all agree": {func(cc, sc *Config) {
			cc.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
				called = append(called, fmt.Sprint("peer ", len(raw), len(chains)))
				return nil
			}
			cc.VerifyConnection = func(s ConnectionState) error {
				called = append(called, fmt.Sprint("connection ", len(s.VerifiedChains), s.HandshakeComplete))
				return nil
			}
			leaf := testkit.Leaf(testkit.RSA)
			sc.GetCertificate = func(i *ClientHelloInfo) (*Certificate, error) {
				called = append(called, "certificate "+i.ServerName)
				if i.Context().Err() != nil || i.Conn == nil || len(i.CipherSuites) == 0 || len(i.SupportedVersions) == 0 {
					t.Errorf("GetCertificate knows %+v", i)
				}
				return &Certificate{Certificate: leaf.Chain, PrivateKey: leaf.Key}, nil
			}
		}, nil, nil},
		"peer refused": {func(cc, _ *Config) {
			cc.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return refusal }
		}, fault.RejectedByCaller, nil},
		"connection refused": {func(cc, _ *Config) { cc.VerifyConnection = func(ConnectionState) error { return refusal } }, fault.RejectedByCaller, nil},
		"no certificate": {func(_, sc *Config) {
			sc.GetCertificate = func(*ClientHelloInfo) (*Certificate, error) { return nil, refusal }
		}, nil, fault.NoCredential},
		"no configuration": {func(_, sc *Config) {
			sc.GetConfigForClient = func(*ClientHelloInfo) (*Config, error) { return nil, refusal }
		}, nil, fault.ConfigRefused},
		"a bad configuration": {func(_, sc *Config) {
			sc.GetConfigForClient = func(*ClientHelloInfo) (*Config, error) { return &Config{Policy: "?"}, nil }
		}, nil, fault.ConfigRefused},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cc, sc := clientConfig(), serverConfig(testkit.RSA)
			c.set(cc, sc)
			client, server := pair(t, cc, sc)
			cerr, serr := both(client, server)
			if c.cerr != nil && (!errors.Is(cerr, c.cerr) || !errors.Is(cerr, refusal) || !errors.Is(serr, fault.Told(c.cerr.Alert))) {
				t.Errorf("client: %v; server: %v", cerr, serr)
			}
			if c.serr != nil && (!errors.Is(serr, c.serr) || !errors.Is(cerr, fault.Told(c.serr.Alert))) {
				t.Errorf("client: %v; server: %v", cerr, serr)
			}
			if c.cerr == nil && c.serr == nil && (cerr != nil || serr != nil) {
				t.Errorf("client: %v; server: %v", cerr, serr)
			}
		})
	}
	if got := fmt.Sprint(called); got != "[certificate vitro.test peer 2 1 connection 1 false]" {
		t.Errorf("called were %s", got)
	}
}

// A panic or Goexit in a callback reaches the goroutine that called, and the connection is of no more use.
func TestCallbackPanics(t *testing.T) {
	for name, misbehave := range map[string]func(){"panic": func() { panic("mine") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			cc := clientConfig()
			cc.VerifyConnection = func(ConnectionState) error { misbehave(); return nil }
			client, server := pair(t, cc, serverConfig(testkit.RSA))
			served := make(chan error, 1)
			go func() { served <- server.Handshake() }()
			reached := make(chan any)
			go func() {
				returned := false
				defer func() {
					v := recover()
					if returned {
						v = "Handshake returned"
					}
					reached <- v
				}()
				client.Handshake()
				returned = true
			}()
			if v := <-reached; name == "panic" && v != "mine" || name == "Goexit" && v != nil {
				t.Errorf("the caller saw %v", v)
			}
			if err := client.Handshake(); !errors.Is(err, fault.InternalError) {
				t.Errorf("the connection goes on: %v", err)
			}
			if err := <-served; !errors.Is(err, fault.Told(wire.AlertInternalError)) {
				t.Errorf("the peer was told %v", err)
			}
			client.Close()
		})
	}
}

// A fatal alert reaches the peer, though more of the peer's bytes were on their way when the connection was closed.
func TestAlertSurvivesClose(t *testing.T) {
	c, s := tcp(t)
	server := Server(s, serverConfig(testkit.RSA))
	// A hello that is refused, with a flood behind it that nobody reads.
	hello := []byte{22, 3, 1, 0, 4, 99, 0, 0, 0}
	if _, err := c.Write(append(hello, make([]byte, 100_000)...)); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		if err := server.Handshake(); !errors.Is(err, fault.UnexpectedMessage) {
			t.Errorf("the server failed with %v", err)
		}
		server.Close()
	}()
	got, err := io.ReadAll(c)
	if want := []byte{21, 3, 1, 0, 2, 2, 10}; !bytes.Equal(got, want) || err != nil {
		t.Errorf("the client got %x, %v; want the alert %x and an end", got, err, want)
	}
	c.Close()
	<-closed
}

// Close interrupts a handshake, a Read and a Write that are going on.
func TestCloseInterrupts(t *testing.T) {
	t.Run("handshake", func(t *testing.T) {
		c, _ := tcp(t)
		client := Client(c, clientConfig())
		done := make(chan error)
		go func() { done <- client.Handshake() }()
		client.Close()
		if err := <-done; err == nil {
			t.Error("the handshake was completed with nobody")
		}
	})
	t.Run("read", func(t *testing.T) {
		client, _ := connect(t)
		done := make(chan error)
		go func() { _, err := client.Read(make([]byte, 1)); done <- err }()
		client.Close()
		if err := <-done; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read says %v", err)
		}
	})
	t.Run("write", func(t *testing.T) {
		client, _ := connect(t)
		done := make(chan error)
		started := make(chan struct{})
		go func() {
			_, err := client.Write([]byte("x"))
			close(started)
			for err == nil {
				_, err = client.Write(make([]byte, 1<<20)) // nobody reads: it gets stuck
			}
			done <- err
		}()
		<-started
		client.Close()
		if err := <-done; err == nil {
			t.Error("Write goes on after Close")
		}
	})
	t.Run("twice", func(t *testing.T) {
		client, _ := connect(t)
		if err := client.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := client.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close again: %v", err)
		}
	})
}

// A context ends a handshake: cancelled it says so, at its deadline the peer was silent. One that ends afterwards
// does nothing.
func TestHandshakeContext(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		c, peer := tcp(t)
		ctx, cancel := context.WithCancel(context.Background())
		client := Client(c, clientConfig())
		go func() {
			peer.Read(make([]byte, 1)) // the hello is out
			cancel()
		}()
		if err := client.HandshakeContext(ctx); !errors.Is(err, fault.Cancelled) || !errors.Is(err, context.Canceled) {
			t.Errorf("failed with %v", err)
		}
	})
	t.Run("silence", func(t *testing.T) {
		c, _ := tcp(t)
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		err := Client(c, clientConfig()).HandshakeContext(ctx)
		var found *fault.Error
		if !errors.As(err, &found) || found.Rule != fault.Silence || found.Step != fault.StepClientHello || !found.Timeout() {
			t.Errorf("failed with %v", err)
		}
	})
	t.Run("deadline", func(t *testing.T) {
		c, _ := tcp(t)
		c.SetReadDeadline(time.Now().Add(-time.Second))
		if err := Client(c, clientConfig()).Handshake(); !errors.Is(err, fault.Silence) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("failed with %v", err)
		}
	})
	t.Run("hang up", func(t *testing.T) {
		c, peer := tcp(t)
		client := Client(c, clientConfig())
		go func() {
			peer.Read(make([]byte, 1<<10))
			peer.(*net.TCPConn).CloseWrite()
		}()
		if err := client.Handshake(); !errors.Is(err, fault.HangUp) {
			t.Errorf("failed with %v", err)
		}
	})
	t.Run("afterwards", func(t *testing.T) {
		client, server := pair(t, clientConfig(), serverConfig(testkit.RSA))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- server.Handshake() }()
		if err := client.HandshakeContext(ctx); err != nil {
			t.Fatal(err)
		}
		<-done
		cancel()
		exchange(t, client, server)
	})
}

// A Read that has timed out may be tried again and has lost nothing, wherever in a record it was.
func TestReadAfterTimeout(t *testing.T) {
	client, server := connect(t)
	raw := server.NetConn()
	server.write.mu.Lock()
	rec, err := server.engine.Seal(nil, []byte("patience"))
	server.write.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range rec[:len(rec)-1] {
		client.SetReadDeadline(time.Now().Add(-time.Second))
		if _, err := client.Read(make([]byte, 100)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("Read says %v", err)
		}
		raw.Write([]byte{b})
	}
	client.SetReadDeadline(time.Time{})
	raw.Write(rec[len(rec)-1:])
	buf := make([]byte, 100)
	if n, err := client.Read(buf); err != nil || string(buf[:n]) != "patience" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}

// The environment replaces the default policy, and only that.
func TestPolicyVariable(t *testing.T) {
	rsa := uint16(wire.TLS_RSA_WITH_AES_128_GCM_SHA256)
	for _, c := range []struct {
		name, variable string
		config         *Config
		rsa            bool
		err            *fault.Rule
	}{
		{"unset", "", &Config{}, false, nil},
		{"legacy", "legacy", &Config{}, true, nil},
		{"modern", "modern", &Config{}, false, nil},
		{"unknown", "whatever", &Config{}, false, fault.BadConfig},
		{"an explicit policy stays", "legacy", &Config{Policy: PolicyModern}, false, nil},
		{"an explicit list stays", "whatever", &Config{CipherSuites: []uint16{rsa}}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv(PolicyVariable, c.variable)
			if c.variable == "" {
				os.Unsetenv(PolicyVariable)
			}
			compiled, err := c.config.compile()
			if c.err != nil {
				if !errors.Is(err, c.err) {
					t.Errorf("compiles to %v, %v", compiled, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			has := false
			for _, s := range compiled.CipherSuites {
				has = has || uint16(s) == rsa
			}
			if has != c.rsa {
				t.Errorf("RSA key exchange: %v", has)
			}
		})
	}
}

// unheardConn notes that it was read from.
type unheardConn struct {
	net.Conn
	asked bool
}

func (c *unheardConn) Read(b []byte) (int, error) {
	c.asked = true
	return c.Conn.Read(b)
}

// What cannot work is said before a byte is sent, or waited for.
func TestConfigErrors(t *testing.T) {
	if _, err := Listen("tcp", "127.0.0.1:0", &Config{}); !errors.Is(err, fault.BadConfig) {
		t.Errorf("a server without a certificate: %v", err)
	}
	if _, err := Listen("tcp", "127.0.0.1:0", &Config{Certificates: []Certificate{{}}}); !errors.Is(err, fault.BadConfig) {
		t.Errorf("a server with an empty certificate: %v", err)
	}
	c, _ := tcp(t)
	if err := Client(c, &Config{}).Handshake(); !errors.Is(err, fault.BadConfig) {
		t.Errorf("a client without a name: %v", err)
	}
	if err := Client(c, &Config{ServerName: "x", MinVersion: VersionTLS13, MaxVersion: VersionTLS12}).Handshake(); !errors.Is(err, fault.BadConfig) {
		t.Errorf("a client that wants no version: %v", err)
	}
	silent, _ := tcp(t)
	unread := &unheardConn{Conn: silent}
	unread.SetDeadline(time.Now().Add(time.Second))
	unfit := &Config{Certificates: serverConfig(testkit.P256).Certificates, MinVersion: VersionTLS13, MaxVersion: VersionTLS12}
	if err := Server(unread, unfit).Handshake(); !errors.Is(err, fault.BadConfig) || unread.asked {
		t.Errorf("a server that wants no version, its client asked first: %v: %v", unread.asked, err)
	}
}

// An end without close_notify reads as io.EOF, or as an error where that is asked for.
func TestStrictClose(t *testing.T) {
	for _, strict := range []bool{false, true} {
		cc := clientConfig()
		cc.StrictClose = strict
		client, server := pair(t, cc, serverConfig(testkit.RSA))
		if cerr, serr := both(client, server); cerr != nil || serr != nil {
			t.Fatal(cerr, serr)
		}
		server.NetConn().Close()
		_, err := client.Read(make([]byte, 1))
		if strict && !errors.Is(err, fault.Truncated) || !strict && err != io.EOF {
			t.Errorf("strict %v: %v", strict, err)
		}
	}
}

// The key log has the line that Wireshark needs.
func TestKeyLog(t *testing.T) {
	var a, b bytes.Buffer
	cc, sc := clientConfig(), serverConfig(testkit.RSA)
	cc.KeyLogWriter, sc.KeyLogWriter = &a, &b
	cc.MaxVersion = VersionTLS12
	client, server := pair(t, cc, sc)
	if cerr, serr := both(client, server); cerr != nil || serr != nil {
		t.Fatal(cerr, serr)
	}
	if a.String() != b.String() || !bytes.HasPrefix(a.Bytes(), []byte("CLIENT_RANDOM ")) || a.Len() != 14+64+1+96+1 {
		t.Errorf("the client logs %q, the server %q", a.String(), b.String())
	}
}

// Dial uses the address's host where no name is given, and its errors leave no connection behind.
func TestDialAndListen(t *testing.T) {
	l, err := Listen("tcp", "127.0.0.1:0", serverConfig(testkit.RSA))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	config := &Config{RootCAs: testkit.PKI().Roots, Time: testkit.Clock}
	for name, dial := range map[string]func() (net.Conn, error){
		"Dial":   func() (net.Conn, error) { return Dial("tcp", l.Addr().String(), config) },
		"Dialer": func() (net.Conn, error) { return (&Dialer{Config: config}).Dial("tcp", l.Addr().String()) },
		"DialWithDialer": func() (net.Conn, error) {
			return DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", l.Addr().String(), config)
		},
	} {
		c, err := dial()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := c.Write([]byte("echo")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4)
		if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "echo" {
			t.Errorf("%s: %q, %v", name, buf, err)
		}
		if s := c.(*Conn).ConnectionState(); s.ServerName != "127.0.0.1" {
			t.Errorf("%s: the name is %q", name, s.ServerName)
		}
		c.Close()
	}
	if _, err := (&Dialer{Config: &Config{ServerName: "nowhere.test", RootCAs: config.RootCAs, Time: testkit.Clock}}).Dial("tcp", l.Addr().String()); !errors.Is(err, fault.WrongHost) {
		t.Errorf("another name: %v", err)
	}
	if _, err := Dial("tcp", "no port", config); err == nil {
		t.Error("an address without a port is dialled")
	}
}
