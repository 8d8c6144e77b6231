package differential

import (
	std "crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// suites are those of TLS 1.2 that both have, in the order that crypto/tls prefers them in. Its list for TLS 1.3 cannot be
// changed.
var suites = []uint16{
	std.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, std.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	std.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, std.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	std.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, std.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	std.TLS_RSA_WITH_AES_128_GCM_SHA256, std.TLS_RSA_WITH_AES_256_GCM_SHA384,
}

var groups = []std.CurveID{std.X25519, std.CurveP256, std.CurveP384}

// line is a network on which one side has said all that it will say. It is used by one goroutine.
type line struct {
	in    []byte
	reply func(said []byte) []byte // what comes once something has been said; nil for nothing
	said  []byte
}

func (l *line) Read(b []byte) (int, error) {
	if len(l.in) == 0 && l.reply != nil {
		l.in, l.reply = l.reply(l.said), nil
	}
	if len(l.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b, l.in)
	l.in = l.in[n:]
	return n, nil
}

func (l *line) Write(b []byte) (int, error)      { l.said = append(l.said, b...); return len(b), nil }
func (l *line) Close() error                     { return nil }
func (l *line) LocalAddr() net.Addr              { return new(net.TCPAddr) }
func (l *line) RemoteAddr() net.Addr             { return new(net.TCPAddr) }
func (l *line) SetDeadline(time.Time) error      { return nil }
func (l *line) SetReadDeadline(time.Time) error  { return nil }
func (l *line) SetWriteDeadline(time.Time) error { return nil }

// outcome is what an end makes of what it is told.
type outcome struct {
	Alert    string // "" if it went on
	Version  wire.Version
	Suite    wire.CipherSuite
	Group    wire.NamedGroup
	Retry    bool
	Resumed  bool
	Protocol string
	why      error // of an alert
}

func (o outcome) String() string {
	if o.Alert != "" {
		return fmt.Sprintf("%s (%v)", o.Alert, o.why)
	}
	return fmt.Sprintf("%v %v %v retry=%v resumed=%v protocol=%q", o.Version, o.Suite, o.Group, o.Retry, o.Resumed, o.Protocol)
}

func (o outcome) same(p outcome) bool {
	o.why, p.why = nil, nil
	return o == p
}

// strict makes the fuzz targets fail for every difference that is not listed. Without it only a panic or a hang fails them:
// random bytes find a new difference every day, and whether it matters is for somebody to judge.
var strict = flag.Bool("strict", false, "fuzzing fails for every difference that is not listed")

func unlessStrict(outcome) bool { return !*strict }

// records takes a stream apart.
func records(b []byte) (list [][]byte) {
	for len(b) >= 5 {
		n := min(5+int(b[3])<<8+int(b[4]), len(b))
		list, b = append(list, b[:n]), b[n:]
	}
	return list
}

// alertIn is the name of the first alert in the clear, "" for none.
func alertIn(said []byte) string {
	for _, r := range records(said) {
		if r[0] == byte(wire.ContentAlert) && len(r) == 7 {
			return wire.AlertDescription(r[6]).String()
		}
	}
	return ""
}

// plaintext is what an end has said in messages in the clear, up to its ChangeCipherSpec.
func plaintext(said []byte) (content []byte) {
	for _, r := range records(said) {
		switch wire.ContentType(r[0]) {
		case wire.ContentChangeCipherSpec:
			return content
		case wire.ContentHandshake:
			content = append(content, r[5:]...)
		}
	}
	return content
}

// messages decodes as many as there are.
func messages(content []byte) (list []wire.Message) {
	context := wire.Context{}
	for len(content) >= wire.HandshakeHeaderLen {
		n := wire.HandshakeHeaderLen + int(content[1])<<16 + int(content[2])<<8 + int(content[3])
		if n > len(content) {
			return list
		}
		m, err := wire.Decode(content[:n], context)
		if err != nil {
			return list
		}
		if sh, ok := m.(*wire.ServerHello); ok {
			context = wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE}
			if !sh.Has(wire.ExtSupportedVersions) && strings.HasPrefix(sh.CipherSuite.String(), "TLS_RSA_") {
				context.KeyExchange = wire.KeyExchangeRSA
			}
		}
		list, content = append(list, m), content[n:]
	}
	return list
}

// framed puts messages into records of the largest size.
func framed(content []byte) (out []byte) {
	for {
		n := min(len(content), 1<<14)
		out = append(append(out, byte(wire.ContentHandshake), 3, 3, byte(n>>8), byte(n)), content[:n]...)
		if content = content[n:]; len(content) == 0 {
			return out
		}
	}
}

// served is what a server made of a hello.
func served(said []byte, why error) outcome {
	o := outcome{Alert: alertIn(said)}
	if o.Alert != "" {
		o.why = why
		return o
	}
	list := messages(plaintext(said))
	certified := slices.ContainsFunc(list, func(m wire.Message) bool { return m.Type() == wire.TypeCertificate })
	for _, m := range list {
		switch m := m.(type) {
		case *wire.ServerHello:
			o.Version, o.Suite, o.Retry = m.Version, m.CipherSuite, o.Retry || m.IsHelloRetryRequest()
			if m.Has(wire.ExtSupportedVersions) {
				o.Version = m.SupportedVersions[0]
			}
			if o.Group = m.SelectedGroup; len(m.KeyShares) > 0 {
				o.Group = m.KeyShares[0].Group
			}
			o.Resumed = m.Has(wire.ExtPreSharedKey) || o.Version == wire.TLS12 && !certified
			if m.Has(wire.ExtALPN) {
				o.Protocol = m.ALPN[0]
			}
		case *wire.ServerKeyExchange:
			o.Group = m.Group
		}
	}
	return o
}

var protocols = []string{"h2", "http/1.1"}

func vitroConfig() *tls.Config {
	config := &tls.Config{Time: testkit.Clock, CipherSuites: suites, CurvePreferences: groups, NextProtos: protocols}
	for _, kind := range []testkit.Kind{testkit.P256, testkit.RSA} {
		c := testkit.Leaf(kind)
		config.Certificates = append(config.Certificates, tls.Certificate{Certificate: c.Chain, PrivateKey: c.Key, Leaf: c.Leaf})
	}
	return config
}

func stdConfig() *std.Config {
	config := &std.Config{Time: testkit.Clock, CipherSuites: suites, CurvePreferences: groups, NextProtos: protocols}
	for _, kind := range []testkit.Kind{testkit.P256, testkit.RSA} {
		c := testkit.Leaf(kind)
		config.Certificates = append(config.Certificates, std.Certificate{Certificate: c.Chain, PrivateKey: c.Key, Leaf: c.Leaf})
	}
	return config
}

// vitroServer and stdServer are told a hello. Both know the sessions that the recorded tickets stand for.
func vitroServer(hello []byte, known []acquaintance) outcome {
	l, config := &line{in: framed(hello)}, vitroConfig()
	config.UnwrapSession = func(ticket []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
		for _, a := range known {
			if string(ticket) == a.ticket {
				return tls.ParseSessionState(a.ours)
			}
		}
		return nil, nil
	}
	err := tls.Server(l, config).Handshake()
	return served(l.said, err)
}

func stdServer(hello []byte, known []acquaintance) outcome {
	l, config := &line{in: framed(hello)}, stdConfig()
	config.UnwrapSession = func(ticket []byte, _ std.ConnectionState) (*std.SessionState, error) {
		for _, a := range known {
			if string(ticket) == a.ticket {
				return std.ParseSessionState(a.theirs)
			}
		}
		return nil, nil
	}
	err := std.Server(l, config).Handshake()
	return served(l.said, err)
}

func fmtPlace(i int, bits byte) string { return fmt.Sprintf("byte %d ^%#x", i, bits) }

// clientSaid is what a client made of a flight: where it went on, it has said more, or waits.
func clientSaid(l *line, why error) outcome {
	return outcome{Alert: alertIn(l.said), why: why}
}

func vitroClient(reply func(hello []byte) []byte) outcome {
	l := &line{reply: reply}
	err := tls.Client(l, &tls.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host,
		CipherSuites: suites, CurvePreferences: groups, NextProtos: protocols}).Handshake()
	return clientSaid(l, err)
}

func stdClient(reply func(hello []byte) []byte) outcome {
	l := &line{reply: reply}
	err := std.Client(l, &std.Config{Time: testkit.Clock, RootCAs: testkit.PKI().Roots, ServerName: testkit.Host,
		CipherSuites: suites, CurvePreferences: groups, NextProtos: protocols}).Handshake()
	return clientSaid(l, err)
}
