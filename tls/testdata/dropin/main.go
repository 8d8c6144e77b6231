// Command dropin is a program for crypto/tls that prints what a program can see of it. It is built twice, the second time
// with only its import changed, and must print the same.
package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"time"
)

func main() {
	for _, s := range []struct {
		name string
		run  func()
	}{
		{"state", connectionStates}, {"errors of verification", verification}, {"errors of the network", network},
		{"what is not TLS", notTLS}, {"closing", closing}, {"deadlines", deadlines}, {"ALPN", alpn},
		{"client certificates", clientCertificates}, {"callbacks", callbacks}, {"choice of certificates", selection},
		{"configurations", configurations}, {"names", names}, {"key log", keyLog}, {"sessions", sessions},
	} {
		fmt.Println("#", s.name)
		s.run()
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var (
	caKey  = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	ca     = certify(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, caKey, "ca")
	roots  = pool(ca)
	leaf   = issue("server.test", "localhost")
	now    = time.Now()
	serial int64
)

func pool(c *x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c)
	return p
}

// certify makes a certificate, by itself where there is no issuer.
func certify(c, by *x509.Certificate, key crypto.Signer, name string) *x509.Certificate {
	serial++
	c.SerialNumber, c.Subject = big.NewInt(serial), pkix.Name{CommonName: name}
	if c.NotAfter.IsZero() {
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	}
	if by == nil {
		by = c
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, by, key.Public(), caKey))))
}

func issueFor(key crypto.Signer, notAfter time.Time, names ...string) tls.Certificate {
	template := &x509.Certificate{
		DNSNames: names, KeyUsage: x509.KeyUsageDigitalSignature, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: notAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	return tls.Certificate{Certificate: [][]byte{certify(template, ca, key, names[0]).Raw}, PrivateKey: key}
}

func issue(names ...string) tls.Certificate {
	return issueFor(must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), time.Now().Add(time.Hour), names...)
}

func clientConfig() *tls.Config { return &tls.Config{RootCAs: roots, ServerName: "server.test"} }
func serverConfig() *tls.Config { return &tls.Config{Certificates: []tls.Certificate{leaf}} }

// kept keeps connections from being closed because nobody has them any more.
var kept []net.Conn

// tcp is a connection with buffers, so that nobody waits for the other to read.
func tcp() (client, server net.Conn) {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	defer l.Close()
	client = must(net.Dial("tcp", l.Addr().String()))
	server = must(l.Accept())
	kept = append(kept, client, server)
	return client, server
}

func connect(client, server *tls.Config) (c, s *tls.Conn, cerr, serr error) {
	a, b := tcp()
	c, s = tls.Client(a, client), tls.Server(b, server)
	done := make(chan error)
	go func() { done <- s.Handshake() }()
	cerr = c.Handshake()
	if cerr != nil {
		c.Close()
	} else if c.ConnectionState().Version == tls.VersionTLS13 {
		// What the server finds out comes after the client is done.
		defer func() {
			if serr != nil {
				_, cerr = c.Read(make([]byte, 1))
			}
		}()
	}
	serr = <-done
	if serr != nil {
		s.Close()
	}
	return c, s, cerr, serr
}

// kinds tells what programs look for in an error.
func kinds(err error) string {
	if err == nil {
		return "none"
	}
	var (
		netErr       net.Error
		op           *net.OpError
		verification *tls.CertificateVerificationError
		header       tls.RecordHeaderError
		unknown      x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
	)
	out := "error"
	add := func(is bool, what string) {
		if is {
			out += " " + what
		}
	}
	add(errors.Is(err, io.EOF), "EOF")
	add(errors.Is(err, io.ErrUnexpectedEOF), "unexpected EOF")
	add(errors.Is(err, net.ErrClosed), "closed")
	add(errors.Is(err, os.ErrDeadlineExceeded), "deadline")
	add(errors.Is(err, context.Canceled), "cancelled")
	add(errors.Is(err, context.DeadlineExceeded), "context's deadline")
	add(errors.Is(err, errOurs), "ours")
	add(errors.As(err, &netErr) && netErr.Timeout(), "timeout")
	if errors.As(err, &op) {
		add(true, "op "+op.Op)
	}
	if errors.As(err, &verification) {
		add(true, fmt.Sprint("verification of ", len(verification.UnverifiedCertificates)))
	}
	if errors.As(err, &header) {
		add(true, fmt.Sprintf("header %q conn %v", header.RecordHeader[:], header.Conn != nil))
	}
	add(errors.As(err, &unknown), "unknown authority")
	add(errors.As(err, &host), "host "+host.Host)
	if errors.As(err, &invalid) {
		add(true, fmt.Sprint("invalid ", invalid.Reason))
	}
	return out
}

var errOurs = errors.New("ours")

func connectionStates() {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, retry := range []bool{false, true} {
			cc, sc := clientConfig(), serverConfig()
			cc.MaxVersion, cc.NextProtos, sc.NextProtos = version, []string{"a", "b"}, []string{"b"}
			// The certificate's curve stands in the list too, or Vitro would not show it in TLS 1.2.
			cc.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP384, tls.CurveP256}
			if retry {
				sc.CurvePreferences = []tls.CurveID{tls.CurveP384}
			}
			c, s, cerr, serr := connect(cc, sc)
			fmt.Println(cerr, serr)
			var both [2]tls.ConnectionState
			for i, conn := range []*tls.Conn{c, s} {
				state := conn.ConnectionState()
				both[i] = state
				fmt.Println(tls.VersionName(state.Version), state.HandshakeComplete, state.DidResume, state.CurveID,
					tls.CipherSuiteName(state.CipherSuite), state.NegotiatedProtocol, state.NegotiatedProtocolIsMutual,
					state.ServerName, len(state.PeerCertificates), len(state.VerifiedChains), len(state.TLSUnique),
					state.ECHAccepted, state.HelloRetryRequest, state.SignedCertificateTimestamps, state.OCSPResponse)
			}
			one, err := both[0].ExportKeyingMaterial("EXPORTER-x", []byte("c"), 20)
			two, _ := both[1].ExportKeyingMaterial("EXPORTER-x", []byte("c"), 20)
			fmt.Println(bytes.Equal(one, two), len(one), err, bytes.Equal(both[0].TLSUnique, both[1].TLSUnique))
			fmt.Println(c.VerifyHostname("localhost"), kinds(c.VerifyHostname("elsewhere.test")), s.VerifyHostname("server.test") != nil)
			fmt.Println(len(c.OCSPResponse()), c.NetConn() != nil, c.RemoteAddr().Network())
			fmt.Println(c.Close(), s.Close())
		}
	}
	var none tls.ConnectionState
	fmt.Println(tls.Client(nil, clientConfig()).ConnectionState().HandshakeComplete, none.Version)
}

func verification() {
	other := clientConfig()
	other.ServerName = "other.test"
	distrusting := clientConfig()
	distrusting.RootCAs = x509.NewCertPool()
	later := clientConfig()
	later.Time = func() time.Time { return time.Now().Add(24 * time.Hour) }
	careless := &tls.Config{InsecureSkipVerify: true}
	for _, cc := range []*tls.Config{other, distrusting, later, careless} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			cc := cc.Clone()
			cc.MaxVersion = version
			c, _, cerr, serr := connect(cc, serverConfig())
			fmt.Println(kinds(cerr), kinds(serr), kinds(c.Handshake()) == kinds(cerr), c.ConnectionState().HandshakeComplete)
		}
	}
	a, _ := tcp()
	fmt.Println(kinds(tls.Client(a, new(tls.Config)).Handshake()))
}

func network() {
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	addr := l.Addr().String()
	_, err := tls.DialWithDialer(&net.Dialer{Timeout: 100 * time.Millisecond}, "tcp", addr, clientConfig())
	fmt.Println("silent server:", kinds(err))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	conn, err := (&tls.Dialer{Config: clientConfig()}).DialContext(ctx, "tcp", addr)
	cancel()
	fmt.Println("with a context:", conn == nil, kinds(err))
	l.Close()
	_, err = tls.Dial("tcp", addr, clientConfig())
	fmt.Println("nobody there:", kinds(err))
	_, err = tls.Dial("tcp", "no port", nil)
	fmt.Println("no port:", err != nil)

	a, b := tcp()
	go func() {
		// What is not read would make the close a reset.
		b.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, b)
		b.Close()
	}()
	fmt.Println("server hangs up:", kinds(tls.Client(a, clientConfig()).Handshake()))
	a, b = tcp()
	go a.Close()
	fmt.Println("client hangs up:", kinds(tls.Server(b, serverConfig()).Handshake()))
	a, b = tcp()
	a.Write([]byte{22, 3, 1, 0, 200, 1})
	a.Close()
	fmt.Println("client hangs up within a record:", kinds(tls.Server(b, serverConfig()).Handshake()))

	a, _ = tcp()
	ctx, cancel = context.WithCancel(context.Background())
	cancel()
	fmt.Println("cancelled:", kinds(tls.Client(a, clientConfig()).HandshakeContext(ctx)))
	a, _ = tcp()
	a.SetDeadline(time.Now().Add(50 * time.Millisecond))
	fmt.Println("deadline:", kinds(tls.Client(a, clientConfig()).Handshake()))
}

func notTLS() {
	for _, first := range []string{"GET / HTTP/1.1\r\n\r\n", "\x00\x01\x02\x03\x04\x05"} {
		a, b := tcp()
		a.Write([]byte(first))
		s := tls.Server(b, serverConfig())
		err := s.Handshake()
		fmt.Println(kinds(err))
		var header tls.RecordHeaderError
		if !errors.As(err, &header) {
			continue
		}
		fmt.Println(header.Conn == b)
		// As a server that sends people to the right door.
		io.WriteString(header.Conn, "see over there")
		header.Conn.Close()
		answer, err := io.ReadAll(a)
		fmt.Println(string(answer), err != nil)
	}
	a, b := tcp()
	b.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	fmt.Println(kinds(tls.Client(a, clientConfig()).Handshake()))
}

func closing() {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cc := clientConfig()
		cc.MaxVersion = version
		c, s, _, _ := connect(cc, serverConfig())
		fmt.Println(c.CloseWrite())
		n, err := s.Read(make([]byte, 1))
		fmt.Println(n, err)
		_, err = c.Write([]byte("x"))
		fmt.Println("write after CloseWrite:", err != nil)
		n, err = s.Write([]byte("still"))
		fmt.Println(n, err)
		n, err = io.ReadFull(c, make([]byte, 5))
		fmt.Println(n, err)
		fmt.Println(s.Close())
		n, err = c.Read(make([]byte, 1))
		fmt.Println(n, err == io.EOF)
		_, err = s.Read(make([]byte, 1))
		fmt.Println("read after Close:", kinds(err) != "none")
		_, err = s.Write(make([]byte, 1))
		fmt.Println("write after Close:", kinds(err))
		fmt.Println("second Close:", kinds(s.Close()))

		c, s, _, _ = connect(cc, serverConfig())
		go c.Close()
		_, err = c.Read(make([]byte, 1))
		fmt.Println("closed under a Read:", kinds(err) != "none")
		n, err = s.Read(nil)
		fmt.Println("empty Read:", n, err)
		n, err = s.Write(nil)
		fmt.Println("empty Write:", n, err)
	}
	a, _ := tcp()
	c := tls.Client(a, clientConfig())
	fmt.Println(c.CloseWrite() != nil, c.VerifyHostname("server.test") != nil, c.Close())
	fmt.Println(kinds(c.Handshake()) != "none")
}

func deadlines() {
	c, s, _, _ := connect(clientConfig(), serverConfig())
	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err := c.Read(make([]byte, 1))
	fmt.Println("read:", kinds(err))
	c.SetReadDeadline(time.Time{})
	go s.Write([]byte("y"))
	n, err := c.Read(make([]byte, 1))
	fmt.Println("read again:", n, err)

	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	for err = nil; err == nil; {
		_, err = c.Write(make([]byte, 1<<20))
	}
	fmt.Println("write:", kinds(err))
	c.SetWriteDeadline(time.Time{})
	_, err = c.Write([]byte("x"))
	fmt.Println("write again:", kinds(err))
}

func alpn() {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, protos := range [][2][]string{{{"h2"}, {"x"}}, {{"h2"}, nil}, {nil, {"h2"}}, {{"a", "b"}, {"b", "a"}}} {
			cc, sc := clientConfig(), serverConfig()
			cc.MaxVersion, cc.NextProtos, sc.NextProtos = version, protos[0], protos[1]
			c, s, cerr, serr := connect(cc, sc)
			fmt.Println(kinds(cerr), kinds(serr), c.ConnectionState().NegotiatedProtocol, s.ConnectionState().NegotiatedProtocol)
		}
	}
}

func clientCertificates() {
	self := issue("client.test")
	foreign := tls.Certificate{Certificate: [][]byte{certify(&x509.Certificate{}, nil, caKey, "nobody").Raw}, PrivateKey: caKey}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for mode := tls.NoClientCert; mode <= tls.RequireAndVerifyClientCert; mode++ {
			for _, shown := range [][]tls.Certificate{nil, {self}, {foreign}} {
				cc, sc := clientConfig(), serverConfig()
				cc.MaxVersion, cc.Certificates = version, shown
				cc.GetClientCertificate = nil
				sc.ClientAuth, sc.ClientCAs = mode, roots
				called := "not called"
				sc.VerifyPeerCertificate = func(raw [][]byte, chains [][]*x509.Certificate) error {
					called = fmt.Sprint("called with ", len(raw), " ", len(chains))
					return nil
				}
				_, s, cerr, serr := connect(cc, sc)
				state := s.ConnectionState()
				fmt.Println(mode, len(shown), kinds(cerr), kinds(serr), len(state.PeerCertificates), len(state.VerifiedChains), called)
			}
		}
		cc, sc := clientConfig(), serverConfig()
		cc.MaxVersion, sc.ClientAuth, sc.ClientCAs = version, tls.RequireAndVerifyClientCert, roots
		cc.GetClientCertificate = func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			fmt.Println(tls.VersionName(i.Version), len(i.AcceptableCAs), i.SupportsCertificate(&self), i.SupportsCertificate(&foreign) != nil, i.Context().Err())
			return &self, nil
		}
		_, _, cerr, serr := connect(cc, sc)
		fmt.Println(kinds(cerr), kinds(serr))
	}
}

func callbacks() {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		refuse := func(tls.ConnectionState) error { return errOurs }
		for _, change := range []func(c, s *tls.Config){
			func(c, s *tls.Config) { c.VerifyConnection = refuse },
			func(c, s *tls.Config) { s.VerifyConnection = refuse },
			func(c, s *tls.Config) {
				c.VerifyPeerCertificate = func([][]byte, [][]*x509.Certificate) error { return errOurs }
			},
			func(c, s *tls.Config) {
				s.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errOurs }
			},
			func(c, s *tls.Config) {
				s.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errOurs }
			},
			func(c, s *tls.Config) {
				s.GetConfigForClient = func(i *tls.ClientHelloInfo) (*tls.Config, error) {
					fmt.Println(i.ServerName, i.SupportedProtos, tls.VersionName(i.SupportedVersions[0]), i.SupportedCurves, i.SupportedPoints,
						i.SupportsCertificate(&leaf), i.Conn != nil, i.Context().Err(), i.HelloRetryRequest)
					other := serverConfig()
					other.NextProtos = []string{"p"}
					return other, nil
				}
			},
			func(c, s *tls.Config) {
				c.VerifyConnection = func(state tls.ConnectionState) error {
					fmt.Println(tls.VersionName(state.Version), state.HandshakeComplete, state.NegotiatedProtocol, state.ServerName,
						len(state.PeerCertificates), len(state.VerifiedChains))
					return nil
				}
			},
		} {
			cc, sc := clientConfig(), serverConfig()
			cc.MaxVersion, cc.NextProtos = version, []string{"p"}
			cc.CurvePreferences = []tls.CurveID{tls.X25519, tls.CurveP256}
			change(cc, sc)
			c, _, cerr, serr := connect(cc, sc)
			fmt.Println(kinds(cerr), kinds(serr), c.ConnectionState().NegotiatedProtocol)
		}
	}
}

func selection() {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	one, two, three := issue("one.test"), issue("two.test", "*.wild.test"), issueFor(rsaKey, time.Now().Add(time.Hour), "one.test")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, name := range []string{"one.test", "two.test", "a.wild.test", "A.WILD.test", "nowhere.test", ""} {
			for _, kind := range []string{"list", "map", "callback", "callback alone"} {
				sc := &tls.Config{Certificates: []tls.Certificate{one, two, three}}
				called := 0
				switch kind {
				case "map":
					sc.BuildNameToCertificate()
				case "callback":
					sc.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { called++; return nil, nil }
				case "callback alone":
					sc.Certificates = nil
					sc.GetCertificate = func(i *tls.ClientHelloInfo) (*tls.Certificate, error) {
						called++
						for _, c := range []tls.Certificate{one, two} {
							if i.SupportsCertificate(&c) == nil {
								return &c, nil
							}
						}
						return &three, nil
					}
				}
				cc := &tls.Config{InsecureSkipVerify: true, ServerName: name, MaxVersion: version}
				c, _, cerr, serr := connect(cc, sc)
				fmt.Println(name, kind, kinds(cerr), kinds(serr), called, c.ConnectionState().PeerCertificates[0].DNSNames)
			}
		}
	}
	hello := &tls.ClientHelloInfo{ServerName: "two.test", SupportedVersions: []uint16{tls.VersionTLS13}, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}}
	fmt.Println(hello.SupportsCertificate(&one) != nil, hello.SupportsCertificate(&two), hello.SupportsCertificate(&three) != nil)
	hello = &tls.ClientHelloInfo{SupportedVersions: []uint16{tls.VersionTLS12}, SignatureSchemes: []tls.SignatureScheme{tls.PSSWithSHA256},
		CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}, SupportedCurves: []tls.CurveID{tls.CurveP256}, SupportedPoints: []uint8{0}}
	fmt.Println(hello.SupportsCertificate(&one) != nil, hello.SupportsCertificate(&three))
}

func configurations() {
	_, err := tls.Listen("tcp", "127.0.0.1:0", new(tls.Config))
	fmt.Println("without a certificate:", err != nil)
	a, b := tcp()
	go tls.Client(a, clientConfig()).Handshake()
	fmt.Println(kinds(tls.Server(b, new(tls.Config)).Handshake()))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, suites := range [][]uint16{
			{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}, {tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256},
			{0xfafa}, {tls.TLS_AES_128_GCM_SHA256}, {},
		} {
			cc, sc := clientConfig(), serverConfig()
			cc.CipherSuites, sc.MaxVersion = suites, version
			c, _, cerr, serr := connect(cc, sc)
			state := c.ConnectionState()
			fmt.Println(suites, kinds(cerr), kinds(serr), tls.VersionName(state.Version), version == tls.VersionTLS13 || state.CipherSuite == 0 || state.CipherSuite == suites[len(suites)-1])
		}
	}
	cc := clientConfig()
	cc.MinVersion, cc.MaxVersion = tls.VersionTLS13, tls.VersionTLS12
	_, _, cerr, _ := connect(cc, serverConfig())
	fmt.Println(kinds(cerr))
	cc = clientConfig()
	cc.MinVersion = tls.VersionTLS13
	sc := serverConfig()
	sc.MaxVersion = tls.VersionTLS12
	_, _, cerr, serr := connect(cc, sc)
	fmt.Println(kinds(cerr), kinds(serr))
	cc = clientConfig()
	cc.MinVersion, cc.Renegotiation, cc.DynamicRecordSizingDisabled, cc.PreferServerCipherSuites = tls.VersionTLS10, tls.RenegotiateFreelyAsClient, true, true
	_, _, cerr, serr = connect(cc.Clone(), serverConfig())
	fmt.Println(kinds(cerr), kinds(serr))
	var none *tls.Config
	fmt.Println(none.Clone() == nil)
}

func names() {
	for _, id := range []uint16{0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x1301, 0xc02f, 0x0005, 0xfafa} {
		fmt.Println(tls.VersionName(id), tls.CipherSuiteName(id))
	}
	fmt.Println(tls.X25519MLKEM768, tls.CurveP256, tls.PSSWithSHA256, tls.Ed25519, tls.RequireAnyClientCert, tls.AlertError(40))
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		switch s.ID {
		case tls.TLS_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_RSA_WITH_AES_128_GCM_SHA256:
			fmt.Println(s.ID, s.Name, s.SupportedVersions, s.Insecure)
		}
	}
	key := must(x509.MarshalECPrivateKey(leaf.PrivateKey.(*ecdsa.PrivateKey)))
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Certificate[0]})
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	fmt.Println(pair.Leaf != nil, err)
	_, err = tls.X509KeyPair(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), keyPEM)
	fmt.Println(err)
	_, err = tls.LoadX509KeyPair("no such file", "nor this")
	fmt.Println(errors.Is(err, os.ErrNotExist))
}

func keyLog() {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var log bytes.Buffer
		cc := clientConfig()
		cc.MaxVersion, cc.KeyLogWriter = version, &log
		connect(cc, serverConfig())
		for line := range bytes.Lines(log.Bytes()) {
			label, rest, _ := bytes.Cut(line, []byte(" "))
			if string(label) == "EXPORTER_SECRET" {
				continue
			}
			fmt.Println(string(label), len(rest))
		}
	}
}
