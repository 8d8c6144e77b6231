package tls

import (
	"crypto/fips140"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/session"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/wire"
)

// Policies for Config.Policy.
const (
	// PolicyModern allows ECDHE with AES-GCM or ChaCha20-Poly1305. It is the default.
	PolicyModern = "modern"
	// PolicyCompatible adds ECDHE with the ciphers that older and smaller peers have: AES-CBC and AES-CCM. All of it
	// has forward secrecy.
	PolicyCompatible = "compatible"
	// PolicyLegacy adds RSA and DHE key exchange, for old devices, and AES-CCM with a tag of 8 bytes. RSA key exchange has
	// no forward secrecy: whoever gets the server's private key, even years later, reads every connection that was
	// recorded. DHE has it, but in a group that the server may have made up, and that a client can judge by its size only:
	// 2048 to 8192 bits. A server takes one of RFC 7919's.
	// Certificates may have RSA keys of 1024 bits under it.
	PolicyLegacy = "legacy"
)

// PolicyVariable is the environment variable whose value, if it is set, takes the place of the default policy. It
// never replaces Config.Policy or Config.CipherSuites: it is for the person with the old device who cannot change the
// program. An unknown value is an error, its use an event.
const PolicyVariable = "VITRO_POLICY"

// Config says how connections are made. Fields that crypto/tls has too have its meaning. A Config may serve any
// number of connections at once and must not be changed after its first use; Clone gives one that may.
type Config struct {
	// Rand is the source of randoms, premaster secrets and ephemeral keys; nil: the operating system's.
	Rand io.Reader
	// Time returns the current time; nil: time.Now.
	Time func() time.Time
	// Certificates are what a server shows, the first that suits the client: at least one, or GetCertificate. A client
	// shows the first that suits a server that asks for one.
	Certificates []Certificate
	// NameToCertificate maps names, *.example.com among them, to certificates, where there are several Certificates.
	//
	// Deprecated: among Certificates the one with the client's name is found without it.
	NameToCertificate map[string]*Certificate
	// GetCertificate chooses the certificate for a client that names a server, or for any where there are no Certificates;
	// nil, nil means: from NameToCertificate or Certificates. Called in the goroutine that runs the handshake.
	GetCertificate func(*ClientHelloInfo) (*Certificate, error)
	// GetClientCertificate chooses the certificate for a server that asks for one; a Certificate without a chain means
	// none, and nil, nil one from Certificates. Called in the goroutine that runs the handshake.
	GetClientCertificate func(*CertificateRequestInfo) (*Certificate, error)
	// GetConfigForClient chooses the configuration for a client; nil, nil means: this one.
	GetConfigForClient func(*ClientHelloInfo) (*Config, error)
	// VerifyPeerCertificate is called after the verification of the peer's chain, with the chain as sent, which at a server
	// may be empty, and, unless InsecureSkipVerify, the verified chains. An error ends the handshake.
	VerifyPeerCertificate func(rawCerts [][]byte, verifiedChains [][]*x509.Certificate) error
	// VerifyConnection is called after VerifyPeerCertificate, at a server even if no certificate came from the client.
	// An error ends the handshake.
	VerifyConnection func(ConnectionState) error
	// RootCAs are the roots that a client trusts; nil: the operating system's, or Mozilla's where there are none.
	RootCAs *x509.CertPool
	// ClientAuth says whether a server asks its client for a certificate, and what it does with it.
	ClientAuth ClientAuthType
	// ClientCAs are the roots that a server trusts for client certificates, and what it tells the client to choose by;
	// nil: as for RootCAs.
	ClientCAs *x509.CertPool
	// NextProtos are the application protocols, best first. Having none in common is an error.
	NextProtos []string
	// ServerName is the name that the server's certificate must have, and what goes into server_name.
	ServerName string
	// InsecureSkipVerify switches verification off: anyone could be at the other end. RFC 8446 §C.5.
	InsecureSkipVerify bool
	// CipherSuites are the allowed suites of TLS 1.2, best first; nil: those of the policy. What Vitro does not have is
	// passed over. It does not touch TLS 1.3, whose suites are all good; suites of TLS 1.3 in it narrow those.
	CipherSuites []uint16
	// PreferServerCipherSuites is ignored: the server's order counts.
	//
	// Deprecated: as in crypto/tls.
	PreferServerCipherSuites bool
	// CurvePreferences are the allowed groups, best first; nil: X25519MLKEM768, X25519, P-256, P-384, P-521 and the
	// other hybrids. TLS 1.2 has only the classical ones.
	CurvePreferences []CurveID
	// MinVersion and MaxVersion bound the version; 0: no bound. TLS 1.2 and TLS 1.3 are what there is.
	MinVersion, MaxVersion uint16
	// Renegotiation says whether a client of TLS 1.2 shakes hands again when its server asks for it; RenegotiateNever, the
	// default, declines. It needs a server that ties both handshakes together (RFC 5746) and stays who it is. A server
	// always declines.
	Renegotiation RenegotiationSupport
	// SessionTicketsDisabled switches tickets off: a client then resumes nothing, and a server only from its SessionStore.
	SessionTicketsDisabled bool
	// SessionTicketKey is the key of a server's tickets, 0 for keys that change by themselves.
	//
	// Deprecated: a key that never changes opens what it ever sealed; see SetSessionTicketKeys.
	SessionTicketKey [32]byte
	// UnwrapSession opens a server's ticket and WrapSession seals one, in place of DecryptTicket and EncryptTicket. What
	// WrapSession returns travels in the clear. nil, nil from UnwrapSession means a full handshake, an error of either
	// ends the handshake.
	UnwrapSession func(identity []byte, cs ConnectionState) (*SessionState, error)
	WrapSession   func(ConnectionState, *SessionState) ([]byte, error)
	// ClientSessionCache keeps a client's sessions; nil: none are resumed. Each is used once.
	ClientSessionCache ClientSessionCache
	// SessionStore keeps a server's sessions, by an ID that the client shows: in TLS 1.2 for clients without tickets (RFC
	// 5246 §7.3), and with SessionTicketsDisabled for all clients of both versions. Unlike tickets, sessions in a store can
	// be taken back, and nothing but the ID travels. nil: tickets only. [session.NewCache] is one in memory; one elsewhere
	// is shared by many servers. Get is waited for in the handshake, Put before Handshake returns.
	SessionStore session.Store
	// DynamicRecordSizingDisabled is ignored: records are always as large as they can be.
	DynamicRecordSizingDisabled bool
	// The four for Encrypted Client Hello, which Vitro does not have yet: set, they are an error, because who sets them
	// does not want to go without.
	EncryptedClientHelloConfigList      []byte
	EncryptedClientHelloRejectionVerify func(ConnectionState) error
	GetEncryptedClientHelloKeys         func(*ClientHelloInfo) ([]EncryptedClientHelloKey, error)
	EncryptedClientHelloKeys            []EncryptedClientHelloKey
	// KeyLogWriter receives the secrets of every connection in the NSS key log format, so that a program such as
	// Wireshark can decrypt them. It is for debugging: whoever reads it reads the traffic.
	KeyLogWriter io.Writer

	// What follows crypto/tls does not have.

	// Policy names the allowed suites: PolicyModern (the default), PolicyCompatible or PolicyLegacy.
	Policy string
	// SessionTickets is how many tickets a server gives after a handshake, 0 for one: a client uses each once and gets a
	// new one with every connection. Clients that open several connections at once have use for more.
	SessionTickets int
	// SessionLifetime is how long a session can be resumed after its full handshake, 0 for a day. Seven days are the
	// most. Resuming a session does not make it younger.
	SessionLifetime time.Duration
	// CertificateSchemes are the signature schemes that the certificates of a peer's chain may be signed with, best first;
	// nil: all that Vitro verifies. A peer with several chains chooses by them (RFC 8446 §4.2.3). Another chain is not
	// refused for it: that is VerifyPeerCertificate's to do.
	CertificateSchemes []SignatureScheme
	// RetryCookies says whether a server of TLS 1.3 keeps something between asking a client for a second ClientHello and
	// getting it. Its keys are those of the session tickets: servers that share them by SetSessionTicketKeys go on for
	// each other. With GetConfigForClient, this Config's keys count if it has cookies.
	RetryCookies RetryCookies
	// RecordSizeLimit asks the peer for records with no more than that many bytes, 64 to 16,384, for who has little memory;
	// 0: no wish (RFC 8449, RFC 6066 §4). A peer that does not know the extension sends what it likes.
	RecordSizeLimit int
	// StrictClose makes an end of the connection without close_notify an error (fault.Truncated) instead of io.EOF.
	StrictClose bool
	// RecordPadding says how many bytes of padding a record of TLS 1.3 with n bytes of plaintext gets, which hides its
	// length at the price of traffic; nil: none. It is called by many connections at once.
	RecordPadding func(n int) int
	// GREASE puts values into a client's lists that every server must ignore (RFC 8701).
	GREASE bool
	// Verifier says how the peer's certificates are judged beyond what crypto/tls looks at: the size of keys, stapled
	// OCSP responses, the timestamps of logs. Nil is the zero Verifier, which has the defaults, but where RootCAs or ClientCAs
	// are given RSA keys may have 1024 bits then, and key usage does not count. Its Roots count where those are nil. Under
	// PolicyLegacy, RSA keys may have 1024 bits unless it says otherwise.
	Verifier *trust.Verifier
	// Tracer receives the events of every connection; package explain has some.
	Tracer event.Tracer
	// SecretSink receives the secrets of every connection, beside KeyLogWriter.
	SecretSink event.SecretSink

	ticketKeys ticketKeys

	compiling sync.Mutex // for whoever compiles; handshakes do not meet here
	last      atomic.Pointer[compilation]
}

// compilation is what became of a Config. It is replaced, never changed.
type compilation struct {
	of       *Config // a copy by value, as old programs make, is another one
	from     settings
	policy   string // in force
	compiled *engine.Compiled
	err      error
}

// Clone returns a copy that may be changed. The receiver may be in use.
func (c *Config) Clone() *Config {
	if c == nil {
		return nil
	}
	clone := new(Config)
	from, to := reflect.ValueOf(c).Elem(), reflect.ValueOf(clone).Elem()
	for i := range from.NumField() {
		if from.Type().Field(i).IsExported() {
			to.Field(i).Set(from.Field(i))
		}
	}
	tickets, set := c.ticketKeys.get(c)
	clone.ticketKeys = ticketKeys{tickets: tickets, set: set, field: c.SessionTicketKey}
	return clone
}

func (c *Config) now() time.Time {
	if c.Time != nil {
		return c.Time()
	}
	return time.Now()
}

// compile checks the configuration once for all its connections, and again when a field has been set since.
func (c *Config) compile() (*engine.Compiled, error) {
	now := c.settings()
	last := c.last.Load()
	if !last.is(c, now) {
		c.compiling.Lock()
		defer c.compiling.Unlock()
		if last = c.last.Load(); !last.is(c, now) {
			last = c.compileNow(now)
			c.last.Store(last)
		}
	}
	return last.compiled, last.err
}

// served reports whether the Config, as it was the last time, could be compiled.
func (c *Config) served() bool {
	last := c.last.Load()
	return last != nil && last.of == c && last.err == nil
}

func (l *compilation) is(c *Config, from settings) bool {
	return l != nil && l.of == c && l.from == from
}

func (c *Config) compileNow(from settings) *compilation {
	out, err := c.engineConfig()
	made := &compilation{of: c, from: from, policy: out.Policy, err: err}
	if err == nil {
		made.compiled, made.err = engine.Compile(out)
	}
	return made
}

// policy is the one in force, once the Config has been compiled.
func (c *Config) policy() string {
	if last := c.last.Load(); last != nil {
		return last.policy
	}
	return ""
}

func (c *Config) engineConfig() (engine.Config, error) {
	if c.Rand != nil && fips140.Enforced() {
		return engine.Config{}, fault.New(fault.BadConfig).With("Rand: no source but the standard library's is approved under FIPS 140-3, which GODEBUG=fips140=only asks for")
	}
	if c.EncryptedClientHelloConfigList != nil || c.EncryptedClientHelloKeys != nil || c.GetEncryptedClientHelloKeys != nil {
		return engine.Config{}, fault.New(fault.BadConfig).With("Vitro does not have Encrypted Client Hello yet, and goes on without only where nobody asks for it")
	}
	out := engine.Config{
		Policy:          c.Policy,
		MinVersion:      wire.Version(c.MinVersion),
		MaxVersion:      wire.Version(c.MaxVersion),
		Protocols:       c.NextProtos,
		ServerName:      c.ServerName,
		AskConfig:       c.GetConfigForClient != nil,
		AskCredential:   c.GetCertificate != nil || c.GetClientCertificate != nil || c.NameToCertificate != nil,
		RecordSizeLimit: c.RecordSizeLimit,
		StrictClose:     c.StrictClose,
		GREASE:          c.GREASE,
		RecordPadding:   c.RecordPadding,
		ServerSessions:  !c.SessionTicketsDisabled,
		Renegotiation:   engine.Renegotiation(c.Renegotiation),
		ServerStore:     c.SessionStore != nil,
		ClientSessions:  c.ClientSessionCache != nil && !c.SessionTicketsDisabled,
		Tickets:         c.SessionTickets,
		SessionLifetime: c.SessionLifetime,
		SessionBinding:  c.sessionBinding(),
		Tracer:          c.Tracer,
		Secrets:         c.secrets(),
		Entropy:         hs.NewEntropy(c.Rand),
	}
	if c.Policy == "" && c.CipherSuites == nil {
		if p, ok := os.LookupEnv(PolicyVariable); ok {
			out.Policy, out.PolicyVariable = p, PolicyVariable
		}
	}
	if err := c.addCookies(&out); err != nil {
		return out, err
	}
	c.addSuites(&out)
	c.addClientAuth(&out)
	out.AnyServerKeyUsage, out.AnyClientKeyUsage = c.anyKeyUsage()
	if c.CertificateSchemes != nil {
		out.CertificateSchemes = convert[wire.SignatureScheme](c.CertificateSchemes)
	}
	for _, id := range c.CurvePreferences {
		out.Groups = append(out.Groups, wire.NamedGroup(id))
	}
	for i := range c.Certificates {
		credential, err := newCredential(&c.Certificates[i])
		if err != nil {
			return out, fault.New(fault.BadConfig).Because(err)
		}
		out.Credentials = append(out.Credentials, credential)
	}
	useAnyway(out.Policy, out.Credentials...)
	return out, nil
}

// addSuites passes over what Vitro does not have, as crypto/tls does: lists are written for many versions of it. Where
// nothing is left of TLS 1.2, that is not spoken.
func (c *Config) addSuites(out *engine.Config) {
	if c.CipherSuites == nil {
		return
	}
	out.CipherSuites = []wire.CipherSuite{}
	for _, id := range convert[wire.CipherSuite](c.CipherSuites) {
		switch s := suite.ByID(id); {
		case s == nil:
		case s.Version == wire.TLS13:
			out.CipherSuites13 = append(out.CipherSuites13, id)
		default:
			out.CipherSuites = append(out.CipherSuites, id)
		}
	}
	if len(out.CipherSuites) == 0 && (out.MaxVersion == 0 || out.MaxVersion >= wire.TLS13) {
		out.MinVersion = max(out.MinVersion, wire.TLS13)
	}
}

func convert[T, F ~uint16](list []F) []T {
	if len(list) == 0 {
		return nil
	}
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = T(v)
	}
	return out
}

func convert8(list []wire.PointFormat) []uint8 {
	if len(list) == 0 {
		return nil
	}
	out := make([]uint8, len(list))
	for i, v := range list {
		out[i] = uint8(v)
	}
	return out
}

// ConnectionState says what was agreed on. Fields that crypto/tls has too have its meaning.
type ConnectionState struct {
	Version                     uint16
	HandshakeComplete           bool
	DidResume                   bool // there was no certificate exchange: an earlier session was taken up
	CipherSuite                 uint16
	CurveID                     CurveID // 0 in RSA key exchange, and in DHE with a group that is not one of RFC 7919's
	NegotiatedProtocol          string
	NegotiatedProtocolIsMutual  bool // always true
	ServerName                  string
	PeerCertificates            []*x509.Certificate
	VerifiedChains              [][]*x509.Certificate
	SignedCertificateTimestamps [][]byte
	OCSPResponse                []byte
	// TLSUnique is the channel binding of TLS 1.2 (RFC 5929 §3), nil in TLS 1.3, and in a resumed connection without the
	// extended master secret.
	TLSUnique         []byte
	ECHAccepted       bool // always false: there is no Encrypted Client Hello yet
	HelloRetryRequest bool // TLS 1.3: the server asked for a second ClientHello

	// What follows crypto/tls does not have.

	// SignatureScheme is what the server signed its ephemeral key with, 0 in RSA key exchange.
	SignatureScheme SignatureScheme
	// ExtendedMasterSecret: the keys depend on the whole handshake (RFC 7627).
	ExtendedMasterSecret bool
	// EncryptThenMAC: records of an AES-CBC suite have their MAC over the ciphertext (RFC 7366). Without it padding and
	// MAC are checked in constant time.
	EncryptThenMAC bool

	export func(label string, context []byte, length int) ([]byte, error)
}

// ExportKeyingMaterial derives length bytes for another use of the connection's secrets, as both ends can. RFC 5705,
// RFC 8446 §7.5. In TLS 1.2 it needs the extended master secret.
func (s *ConnectionState) ExportKeyingMaterial(label string, context []byte, length int) ([]byte, error) {
	if s.export == nil {
		return nil, errors.New("tls: no keys to export before the handshake is done")
	}
	return s.export(label, context, length)
}
