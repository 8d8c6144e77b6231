package interop

import (
	std "crypto/tls"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// goPeer is Go's crypto/tls, in this process.
type goPeer struct{}

func (*goPeer) name() string          { return "crypto/tls" }
func (*goPeer) find() (string, error) { return runtime.Version(), nil }

// crypto/tls keeps the signature scheme to itself.
func (*goPeer) tells(fault.Role) tells { return tells{group: true} }

func (*goPeer) lacks(c cell) string {
	all := append(std.CipherSuites(), std.InsecureCipherSuites()...)
	if !slices.ContainsFunc(all, func(s *std.CipherSuite) bool { return s.ID == uint16(c.suite.ID) }) {
		return fmt.Sprintf("crypto/tls of %s does not have %v", runtime.Version(), c.suite.ID)
	}
	if c.group != 0 && !slices.Contains(suite.Groups(), c.group) && !slices.Contains(goHybrids, std.CurveID(c.group)) {
		return fmt.Sprintf("crypto/tls of %s does not have %v", runtime.Version(), c.group)
	}
	return ""
}

var goHybrids = []std.CurveID{std.X25519MLKEM768, std.SecP256r1MLKEM768, std.SecP384r1MLKEM1024}

func (*goPeer) config(c cell) *std.Config {
	config := &std.Config{
		Time:         testkit.Clock,
		RootCAs:      testkit.PKI().Roots,
		ServerName:   testkit.Host,
		CipherSuites: []uint16{uint16(c.suite.ID)},
	}
	if c.group != 0 {
		config.CurvePreferences = []std.CurveID{std.CurveID(c.group)}
	}
	return config
}

func goReport(s std.ConnectionState) report {
	return report{version: wire.Version(s.Version), suite: wire.CipherSuite(s.CipherSuite), group: wire.NamedGroup(s.CurveID)}
}

func (p *goPeer) client(t *testing.T, c cell, addr string, request []byte) visit {
	t.Helper()
	conn := goDial(t, addr, p.config(c))
	if err := conn.Handshake(); err != nil {
		t.Errorf("crypto/tls: %v", err)
		return visit{}
	}
	if _, err := conn.Write(request); err != nil {
		t.Errorf("crypto/tls, writing: %v", err)
	}
	// io.EOF, and not io.ErrUnexpectedEOF, says that close_notify came.
	out, err := io.ReadAll(conn)
	if err != nil {
		t.Errorf("crypto/tls, reading: %v", err)
	}
	return visit{goReport(conn.ConnectionState()), string(out)}
}

func goDial(t *testing.T, addr string, config *std.Config) *std.Conn {
	t.Helper()
	raw, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	deadline(t, raw)
	return std.Client(raw, config)
}

type goServer struct {
	at     string
	result chan goServed
}

type goServed struct {
	state std.ConnectionState
	err   error
}

func (p *goPeer) server(t *testing.T, c cell) host {
	t.Helper()
	config := p.config(c)
	leaf := testkit.Leaf(c.kind)
	cert := std.Certificate{Certificate: leaf.Chain, PrivateKey: leaf.Key}
	if c.scheme != 0 {
		cert.SupportedSignatureAlgorithms = []std.SignatureScheme{std.SignatureScheme(c.scheme)}
	}
	config.Certificates = []std.Certificate{cert}
	return goServe(t, config)
}

// goServe starts a server of crypto/tls for one connection and one POST.
func goServe(t *testing.T, config *std.Config) *goServer {
	t.Helper()
	return goServeEach(t, 1, config)
}

// goServeEach is goServe for n connections, one after the other.
func goServeEach(t *testing.T, n int, config *std.Config) *goServer {
	t.Helper()
	listener := listen(t)
	s := &goServer{listener.Addr().String(), make(chan goServed, n)}
	go func() {
		for range n {
			raw, err := listener.Accept()
			if err != nil {
				s.result <- goServed{err: err}
				return
			}
			s.result <- goServeConn(t, raw, config)
		}
	}()
	return s
}

func goServeConn(t *testing.T, raw net.Conn, config *std.Config) goServed {
	defer raw.Close()
	deadline(t, raw)
	conn := std.Server(raw, config)
	err := conn.Handshake()
	if err == nil {
		_, err = serveHTTP(conn)
	}
	conn.Close()
	return goServed{conn.ConnectionState(), err}
}

func (s *goServer) addr() string { return s.at }

func (s *goServer) talk(t *testing.T, conn net.Conn, data []byte) {
	t.Helper()
	talkHTTP(t, conn, data)
}

func (s *goServer) report(t *testing.T) report {
	t.Helper()
	got := <-s.result
	if got.err != nil {
		t.Errorf("crypto/tls: %v", got.err)
	}
	return goReport(got.state)
}

// goFail shakes hands in vain and returns the error. The connection is closed, so that nobody waits for its end.
func goFail(t *testing.T, addr string, config *std.Config) error {
	t.Helper()
	conn := goDial(t, addr, config)
	defer conn.Close()
	err := conn.Handshake()
	if err == nil {
		t.Fatal("the handshake of crypto/tls succeeded")
	}
	return err
}
