package tls

import (
	"bytes"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	std "crypto/tls"
)

// FromStd makes a Config of one of crypto/tls's, for what others hand out: autocert and certmagic, a library's defaults.
// It is converted once; changes to c after that are not seen. nil gives nil. What crypto/tls keeps to itself cannot be
// carried over:
//
//   - keys set by its SetSessionTicketKeys: set them again here;
//   - WrapSession, UnwrapSession: sessions are sealed as without them;
//   - the sessions in its ClientSessionCache: in its place comes an empty one of this package's, in memory;
//   - the Context of what GetClientCertificate is called with, which is nil there;
//   - ExportKeyingMaterial in the ConnectionState of its callbacks, which returns an error there.
func FromStd(c *std.Config) *Config {
	if c == nil {
		return nil
	}
	out := &Config{
		Rand: c.Rand, Time: c.Time,
		Certificates: c.Certificates, NameToCertificate: c.NameToCertificate, //lint:ignore SA1019 it is theirs to use
		VerifyPeerCertificate: c.VerifyPeerCertificate,
		RootCAs:               c.RootCAs, NextProtos: c.NextProtos, ServerName: c.ServerName,
		ClientAuth: c.ClientAuth, ClientCAs: c.ClientCAs, InsecureSkipVerify: c.InsecureSkipVerify,
		CipherSuites: c.CipherSuites, CurvePreferences: c.CurvePreferences, MinVersion: c.MinVersion, MaxVersion: c.MaxVersion,
		PreferServerCipherSuites: c.PreferServerCipherSuites, //lint:ignore SA1019 it is theirs to use
		SessionTicketsDisabled:   c.SessionTicketsDisabled,
		SessionTicketKey:         c.SessionTicketKey, //lint:ignore SA1019 it is theirs to use
		Renegotiation:            c.Renegotiation, DynamicRecordSizingDisabled: c.DynamicRecordSizingDisabled,
		KeyLogWriter:                   c.KeyLogWriter,
		EncryptedClientHelloConfigList: c.EncryptedClientHelloConfigList, EncryptedClientHelloKeys: c.EncryptedClientHelloKeys,
	}
	if c.ClientSessionCache != nil {
		out.ClientSessionCache = NewLRUClientSessionCache(0)
	}
	out.adapt(c)
	return out
}

// adapt carries the callbacks over.
func (out *Config) adapt(c *std.Config) {
	if c.GetCertificate != nil {
		out.GetCertificate = adaptHello(c, c.GetCertificate)
	}
	if c.GetConfigForClient != nil {
		var last atomic.Pointer[conversion]
		out.GetConfigForClient = adaptHello(c, func(i *std.ClientHelloInfo) (*Config, error) {
			chosen, err := c.GetConfigForClient(i)
			if chosen == nil || err != nil {
				return nil, err
			}
			return convertOnce(&last, chosen), nil
		})
	}
	if c.GetEncryptedClientHelloKeys != nil {
		out.GetEncryptedClientHelloKeys = adaptHello(c, c.GetEncryptedClientHelloKeys)
	}
	if c.GetClientCertificate != nil {
		out.GetClientCertificate = func(i *CertificateRequestInfo) (*Certificate, error) {
			return c.GetClientCertificate(&std.CertificateRequestInfo{
				AcceptableCAs: i.AcceptableCAs, SignatureSchemes: i.SignatureSchemes, Version: i.Version,
			})
		}
	}
	if c.VerifyConnection != nil {
		out.VerifyConnection = func(s ConnectionState) error { return c.VerifyConnection(s.Std()) }
	}
	if c.EncryptedClientHelloRejectionVerify != nil {
		out.EncryptedClientHelloRejectionVerify = func(s ConnectionState) error { return c.EncryptedClientHelloRejectionVerify(s.Std()) }
	}
}

// conversion remembers the last Config that a callback returned: most return the same one again and again, which is
// compiled once then.
type conversion struct {
	from *std.Config
	to   *Config
}

func convertOnce(last *atomic.Pointer[conversion], c *std.Config) *Config {
	if known := last.Load(); known != nil && known.from == c {
		return known.to
	}
	fresh := &conversion{c, FromStd(c)}
	last.Store(fresh)
	return fresh.to
}

// AdaptGetCertificate makes a GetCertificate of one for crypto/tls, such as autocert's and certmagic's. What the callback
// gets is whole, Context and SupportsCertificate included; that goes by a zero Config.
func AdaptGetCertificate(get func(*std.ClientHelloInfo) (*std.Certificate, error)) func(*ClientHelloInfo) (*Certificate, error) {
	return adaptHello(new(std.Config), get)
}

// adaptHello makes a callback of one for crypto/tls, whose ClientHelloInfo only crypto/tls can fill in: it reads the
// ClientHello as a server with the given Config, and is stopped when it asks that server's callback.
func adaptHello[T any](config *std.Config, get func(*std.ClientHelloInfo) (T, error)) func(*ClientHelloInfo) (T, error) {
	return func(i *ClientHelloInfo) (T, error) {
		if i.raw == nil {
			return get(i.plainStd())
		}
		var (
			chosen T
			err    = errors.New("tls: crypto/tls cannot read this ClientHello")
		)
		reader := config.Clone()
		reader.EncryptedClientHelloKeys, reader.GetEncryptedClientHelloKeys = nil, nil
		reader.GetConfigForClient = func(theirs *std.ClientHelloInfo) (*std.Config, error) {
			theirs.Conn, theirs.HelloRetryRequest = i.Conn, i.HelloRetryRequest
			chosen, err = get(theirs)
			return nil, errEnough
		}
		// What becomes of it is in err.
		_ = std.Server(&recorded{in: *bytes.NewReader(records(i.raw))}, reader).HandshakeContext(i.ctx)
		return chosen, err
	}
}

var errEnough = errors.New("tls: the ClientHello has been read")

// plainStd has what the fields have, for a ClientHelloInfo that a program has made.
func (i *ClientHelloInfo) plainStd() *std.ClientHelloInfo {
	return &std.ClientHelloInfo{
		CipherSuites: i.CipherSuites, ServerName: i.ServerName, SupportedCurves: i.SupportedCurves,
		SupportedPoints: i.SupportedPoints, SignatureSchemes: i.SignatureSchemes, SupportedProtos: i.SupportedProtos,
		SupportedVersions: i.SupportedVersions, Extensions: i.Extensions, Conn: i.Conn, HelloRetryRequest: i.HelloRetryRequest,
	}
}

// maxFragment is what a record holds. RFC 8446 §5.1.
const maxFragment = 1 << 14

// records puts a handshake message into plaintext records.
func records(message []byte) []byte {
	var out []byte
	for len(message) > 0 {
		n := min(len(message), maxFragment)
		out = append(out, 22, 3, 1, byte(n>>8), byte(n))
		out = append(out, message[:n]...)
		message = message[n:]
	}
	return out
}

// recorded is a connection on which one side has said all that it will say, and nobody listens.
type recorded struct{ in bytes.Reader }

func (r *recorded) Read(b []byte) (int, error)     { return r.in.Read(b) }
func (*recorded) Write(b []byte) (int, error)      { return len(b), nil }
func (*recorded) Close() error                     { return nil }
func (*recorded) LocalAddr() net.Addr              { return nowhere{} }
func (*recorded) RemoteAddr() net.Addr             { return nowhere{} }
func (*recorded) SetDeadline(time.Time) error      { return nil }
func (*recorded) SetReadDeadline(time.Time) error  { return nil }
func (*recorded) SetWriteDeadline(time.Time) error { return nil }

type nowhere struct{}

func (nowhere) Network() string { return "recorded" }
func (nowhere) String() string  { return "recorded" }

// Std returns the same in crypto/tls's form, for what takes only that. Its ExportKeyingMaterial returns an error, whose
// words are crypto/tls's and not the reason: only crypto/tls could give it keys.
func (s *ConnectionState) Std() std.ConnectionState {
	out := withoutKeys()
	out.Version, out.HandshakeComplete, out.DidResume = s.Version, s.HandshakeComplete, s.DidResume
	out.CipherSuite, out.CurveID, out.HelloRetryRequest = s.CipherSuite, s.CurveID, s.HelloRetryRequest
	out.NegotiatedProtocol, out.NegotiatedProtocolIsMutual = s.NegotiatedProtocol, s.NegotiatedProtocolIsMutual //lint:ignore SA1019 as in crypto/tls
	out.ServerName, out.PeerCertificates, out.VerifiedChains = s.ServerName, s.PeerCertificates, s.VerifiedChains
	out.SignedCertificateTimestamps, out.OCSPResponse = s.SignedCertificateTimestamps, s.OCSPResponse
	out.TLSUnique, out.ECHAccepted = s.TLSUnique, s.ECHAccepted
	return out
}

// withoutKeys is a state that refuses to export keys, as that of a connection that may renegotiate does. An empty one
// would call a function that is not there.
var withoutKeys = sync.OnceValue(func() std.ConnectionState {
	return std.Client(nil, &std.Config{Renegotiation: std.RenegotiateOnceAsClient}).ConnectionState()
})
