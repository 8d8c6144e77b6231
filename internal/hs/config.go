package hs

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// Config says how connections are to be made. It is compiled once and serves any number of them; the zero value is
// a client's default.
type Config struct {
	// Policy names which suites are allowed: modern (the default), compatible or legacy. It counts only where CipherSuites is nil.
	Policy string
	// PolicyVariable names the environment variable that Policy came from, for the event that tells of it.
	PolicyVariable string
	// MinVersion and MaxVersion bound the version; 0: no bound.
	MinVersion, MaxVersion wire.Version
	// CipherSuites are the allowed suites of TLS 1.2, best first; nil: those of the policy.
	CipherSuites []wire.CipherSuite
	// CipherSuites13 are the allowed suites of TLS 1.3, best first; nil: those of the policy, or of modern where CipherSuites
	// are listed.
	CipherSuites13 []wire.CipherSuite
	// Groups are the allowed groups, best first; nil: all, the finite fields only beside suites with DHE. A list without
	// a finite field leaves DHE what it has by default.
	Groups []wire.NamedGroup
	// KeyShares are the groups that a client sends shares for with its first hello, some of Groups; nil: the first of them,
	// and beside a hybrid its classical half; none, but not nil: no share, so that the server has to ask for one.
	KeyShares []wire.NamedGroup
	// SignatureSchemes are the signature schemes that a peer may sign a handshake with, best first; nil: all.
	SignatureSchemes []wire.SignatureScheme
	// SigningSchemes are those that we sign with, best first; nil: those of SignatureSchemes.
	SigningSchemes []wire.SignatureScheme
	// CertificateSchemes are the signature schemes that the certificates of a peer's chain may be signed with, best first;
	// nil: all that Vitro verifies, which are those of SignatureSchemes where that is nil too. The peer chooses its chain
	// by them (RFC 8446 §4.2.3); what is not among them is refused only by who answers VerifyPeer.
	CertificateSchemes []wire.SignatureScheme
	// Protocols are the application protocols for ALPN, best first.
	Protocols []string
	// ServerName is the host that a client wants; it goes into server_name unless it is an IP address.
	ServerName string
	// Credentials are what a server shows, the first that suits a client, and a client to a server that asks.
	Credentials []*want.Credential
	// AskConfig and AskCredential make a server raise ChooseConfig and ChooseCredential for every connection, and
	// AskCredential a client whose server asks for a certificate.
	AskConfig, AskCredential bool
	// AskVerdict makes a server raise VerifyPeer even if no certificate came from the client.
	AskVerdict bool
	// ClientAuth says whether a server asks its client for a certificate, ClientCAs the names (DER) of the CAs that it
	// tells the client to choose by.
	ClientAuth ClientAuth
	ClientCAs  [][]byte
	// Renegotiation says whether a client of TLS 1.2 shakes hands again when its server asks for it.
	Renegotiation Renegotiation
	// RequireRenegotiationInfo makes a client refuse a server of TLS 1.2 that does not know RFC 5746: where nothing ties
	// handshakes together, someone may have begun the connection before us, and the server would take what we say for a
	// continuation. Some old servers that never renegotiate are refused with them.
	RequireRenegotiationInfo bool
	// ClientSessions makes a client raise LoadSession and StoreSession, ServerSessions a server OpenTicket and SealTicket.
	ClientSessions, ServerSessions bool
	// ServerStore makes a server raise LoadSession and StoreSession: with ServerSessions for clients that know session IDs
	// only (TLS 1.2), else for all; a ticket of TLS 1.3 is an ID then.
	ServerStore bool
	// Tickets is how many a server gives after a handshake. 0: one, which is what a client needs that uses each once and
	// gets a new one with every connection; more are for clients that open several connections at once.
	Tickets int
	// SessionLifetime is how long a server's sessions can be resumed, from their full handshake on. 0: a day; seven days
	// are the most (RFC 8446 §4.6.1). Until it ends, whoever gets hold of a ticket's key can read what it resumed.
	SessionLifetime time.Duration
	// SessionBinding names the settings that a session depends on: it resumes only under the same, and at a client only
	// with the same Credentials.
	SessionBinding string
	// Cookies makes a server of TLS 1.3 keep nothing between its HelloRetryRequest and the second ClientHello: what it has
	// to know again goes to the client as a cookie, and may come back on another connection, to another server with the
	// same keys. nil: it keeps that little, and gives no cookie. Who answers ChooseConfig changes the settings, not the
	// keys: those of the configuration that the server was made with come first. RFC 8446 §4.2.2.
	Cookies CookieKeys
	// AlwaysRetry makes a server ask every client of TLS 1.3 to come again with a cookie, also one that has sent all that
	// is needed. It costs a round trip; whoever cannot be reached costs no key exchange and no signature.
	AlwaysRetry bool
	// GREASE puts values into a client's lists that every server must ignore (RFC 8701), so that those which do not
	// are found before new values are needed.
	GREASE bool
	// RecordPadding says how many bytes of padding a record of TLS 1.3 with n bytes of plaintext gets, which hides its
	// length; nil: none. What does not fit into the record is left out. RFC 8446 §5.4.
	RecordPadding func(n int) int
	// RecordSizeLimit asks the peer for records of no more content than that, in bytes, for who has little memory: 64 to
	// 16,384; 0: no wish. A peer may not know the extension. RFC 8449 §4.
	RecordSizeLimit int
	// AnyServerKeyUsage and AnyClientKeyUsage take a peer's certificate whose key usage does not list what the handshake
	// does with its key.
	AnyServerKeyUsage, AnyClientKeyUsage bool
	// StrictClose makes an end without close_notify an error.
	StrictClose bool
	// Tracer receives events, nil for none.
	Tracer event.Tracer
	// Secrets receives secrets, nil for none.
	Secrets event.SecretSink
	// Entropy is the source of randomness, nil for the operating system's.
	Entropy Entropy
}

// Compiled is a Config with everything worked out that can be known before a connection. It is read-only.
type Compiled struct {
	Config
	Versions []wire.Version // best first
	Suites   []*suite.Suite // of TLS 1.2
	Suites13 []*suite.Suite
	// noAES and noAES13 are the same in the order for clients without AES in hardware; nil where the caller gave the order.
	noAES, noAES13 []*suite.Suite
	Offer          []wire.CipherSuite // what a ClientHello lists: those of every version
	Groups12       []wire.NamedGroup  // those of Groups that ECDHE in TLS 1.2 has
	Fields12       []wire.NamedGroup  // those that DHE in TLS 1.2 has
	SNI            string             // what goes into server_name, "" for nothing
	HasECDHE       bool               // in any version
	HasDHE         bool
	HasCBC         bool
	// SchemesCert is what signature_algorithms_cert says, nil where signature_algorithms says it already.
	SchemesCert []wire.SignatureScheme
	PolicySet   string // the policy in force, "" where suites were listed

	clientBinding string
	Again         *Compiled // for another handshake on a connection, nil where there is none
	names         nameIndex // of Credentials, nil where they are few
}

// Configuration marks a Compiled as the answer to want.ChooseConfig.
func (*Compiled) Configuration() {}

func badConfig(format string, args ...any) error {
	return fault.New(fault.BadConfig).With(fmt.Sprintf(format, args...))
}

// Compile checks a configuration and works out what can be known before a connection. The Config may be changed
// afterwards, but not what its slices and pointers lead to.
func Compile(c Config) (*Compiled, error) {
	out := &Compiled{Config: c}
	if out.Entropy == nil {
		out.Entropy = NewEntropy(nil)
	}
	if err := out.compileVersions(); err != nil {
		return nil, err
	}
	if err := out.compileSuites(); err != nil {
		return nil, err
	}
	if err := out.compileLists(); err != nil {
		return nil, err
	}
	if err := out.compileSessions(); err != nil {
		return nil, err
	}
	for _, cred := range c.Credentials {
		if err := CheckCredential(cred); err != nil {
			return nil, err
		}
	}
	out.names = newNameIndex(c.Credentials)
	out.compileClientBinding()
	if err := out.compileAgain(); err != nil {
		return nil, err
	}
	// RFC 8446 §4.1.4: a HelloRetryRequest that asks for no change is an error.
	if c.AlwaysRetry && c.Cookies == nil {
		return nil, badConfig("every client is to come again, with a cookie for which there are no keys")
	}
	if err := checkClientAuth(&c); err != nil {
		return nil, err
	}
	if n := c.RecordSizeLimit; n != 0 && (n < wire.MinRecordSizeLimit || n > record.MaxPlaintext) {
		return nil, badConfig("a record size limit of %d bytes: %d to %d", n, wire.MinRecordSizeLimit, record.MaxPlaintext)
	}
	if out.SNI = sni(c.ServerName); !validSNI(out.SNI, c.ServerName) {
		return nil, badConfig("server name %q: no host can have it", c.ServerName)
	}
	return out, nil
}

// notApproved names what FIPS 140-3 has no place for.
func notApproved(format string, args ...any) error {
	return badConfig("%s: not approved under FIPS 140-3, which GODEBUG=fips140 asks for", fmt.Sprintf(format, args...))
}

func badPolicy(c Config) error {
	from := ""
	if c.PolicyVariable != "" {
		from = " in the environment variable " + c.PolicyVariable
	}
	return badConfig("unknown policy %q%s; there are: %s", c.Policy, from, strings.Join(suite.Policies(), ", "))
}

// ourVersions is what Vitro speaks, best first.
var ourVersions = []wire.Version{wire.TLS13, wire.TLS12}

func (c *Compiled) compileVersions() error {
	for _, v := range ourVersions {
		if v >= c.MinVersion && (c.MaxVersion == 0 || v <= c.MaxVersion) {
			c.Versions = append(c.Versions, v)
		}
	}
	if len(c.Versions) == 0 {
		return badConfig("no version between %v and %v; Vitro speaks TLS 1.2 and TLS 1.3", c.MinVersion, c.MaxVersion)
	}
	return nil
}

// Draw fills b with random bytes.
func (c *Compiled) Draw(b []byte) error {
	if err := c.Entropy.Bytes(b); err != nil {
		return fault.New(fault.EntropyFailed).Because(err)
	}
	return nil
}

// Speaks reports whether a version is allowed.
func (c *Compiled) Speaks(v wire.Version) bool { return slices.Contains(c.Versions, v) }

func (c *Compiled) compileSuites() error {
	named := map[wire.Version]bool{wire.TLS12: c.CipherSuites != nil, wire.TLS13: c.CipherSuites13 != nil}
	given := c.CipherSuites
	if given == nil {
		if c.PolicySet = c.Policy; c.Policy == "" {
			c.PolicySet = suite.PolicyModern
		}
		var known bool
		if given, known = suite.Policy(c.PolicySet); !known {
			return badPolicy(c.Config)
		}
	}
	given13 := c.CipherSuites13
	if given13 == nil {
		given13 = suite.Policy13(cmp.Or(c.PolicySet, suite.PolicyModern))
	}
	c.CipherSuites, c.CipherSuites13 = nil, nil
	for _, v := range c.Versions {
		list, suites, given := &c.CipherSuites, &c.Suites, given
		if v == wire.TLS13 {
			list, suites, given = &c.CipherSuites13, &c.Suites13, given13
		}
		for _, id := range given {
			s := suite.ByID(id)
			if s == nil || s.Version != v {
				return badConfig("cipher suite %v: Vitro does not have it for %v", id, v)
			}
			if suite.OnlyApproved() && !s.Approved() {
				if named[v] {
					return notApproved("cipher suite %v", id)
				}
				continue
			}
			*list, *suites = append(*list, id), append(*suites, s)
			c.HasECDHE = c.HasECDHE || s.KeyExchange == wire.KeyExchangeECDHE || v == wire.TLS13
			c.HasDHE = c.HasDHE || s.KeyExchange == wire.KeyExchangeDHE
			c.HasCBC = c.HasCBC || s.Cipher.CBC()
		}
		if len(*suites) == 0 {
			return badConfig("no cipher suite for %v", v)
		}
		c.Offer = append(c.Offer, *list...)
	}
	if !named[wire.TLS12] {
		c.noAES = suite.ChaCha20First(c.Suites)
	}
	if !named[wire.TLS13] {
		c.noAES13 = suite.ChaCha20First(c.Suites13)
	}
	return nil
}

func (c *Compiled) compileLists() error {
	if err := c.compileGroups(); err != nil {
		return err
	}
	if c.Speaks(wire.TLS13) {
		if err := c.compileKeyShares(); err != nil {
			return err
		}
	}
	all := suite.Schemes() // RFC 5246 §7.4.1.4.1: none of them is anonymous
	if c.SignatureSchemes == nil {
		c.SignatureSchemes = all
	}
	if c.SigningSchemes == nil {
		c.SigningSchemes = c.SignatureSchemes
	}
	for _, list := range [][]wire.SignatureScheme{c.SignatureSchemes, c.SigningSchemes} {
		for _, s := range list {
			if !slices.Contains(all, s) {
				return badConfig("signature scheme %v: Vitro does not have it", s)
			}
		}
	}
	if err := c.compileCertificateSchemes(all); err != nil {
		return err
	}
	total := 0
	for _, p := range c.Protocols {
		// RFC 7301 §3.1: a name has 1 to 255 bytes.
		if len(p) < 1 || len(p) > 255 {
			return badConfig("application protocol %q: 1 to 255 bytes", p)
		}
		total += 1 + len(p)
	}
	if total > 16<<10 {
		return badConfig("application protocols of %d bytes in all: too many for a ClientHello", total)
	}
	return nil
}

func (c *Compiled) compileGroups() error {
	if c.Groups == nil {
		c.Groups = c.ourGroups()
		if suite.OnlyApproved() {
			c.Groups = slices.DeleteFunc(c.Groups, func(g wire.NamedGroup) bool { return !suite.ApprovedGroup(g) })
		}
	}
	classical := suite.Groups()
	for _, g := range c.Groups {
		switch {
		case !suite.HasGroup(g):
			return badConfig("group %v: Vitro does not have it", g)
		case suite.OnlyApproved() && !suite.ApprovedGroup(g):
			return notApproved("group %v", g)
		case slices.Contains(classical, g):
			c.Groups12 = append(c.Groups12, g)
		case suite.FieldByID(g) != nil:
			c.Fields12 = append(c.Fields12, g)
		}
	}
	usable := c.Groups
	if !c.Speaks(wire.TLS13) {
		usable = c.Groups12
		c.Groups = c.groups12()
	}
	if c.HasECDHE && len(usable) == 0 {
		return badConfig("ECDHE suites without a group")
	}
	// A list without a finite field says nothing of finite fields: so RFC 7919 §4 reads a client's, and so do we read a
	// list of curves that was made without DHE in mind.
	if len(c.Fields12) == 0 {
		c.Fields12 = suite.FieldGroups()
	}
	return nil
}

// groups12 are those that a suite of ours has a use for.
func (c *Compiled) groups12() []wire.NamedGroup {
	return slices.DeleteFunc(slices.Clone(c.Groups), func(g wire.NamedGroup) bool {
		return !(c.HasECDHE && slices.Contains(c.Groups12, g)) && !(c.HasDHE && slices.Contains(c.Fields12, g))
	})
}

// ourGroups is the default. RFC 7919 §3: a client that offers DHE says which finite fields it has, so that servers which
// understand that take one of them. The others send what they have, and it is taken if it is large enough (§3.1).
func (c *Compiled) ourGroups() []wire.NamedGroup {
	list := suite.Groups()
	if c.Speaks(wire.TLS13) {
		list = suite.Groups13()
	}
	if c.HasDHE {
		list = append(list, suite.FieldGroups()...)
	}
	return list
}

// CheckCredential refuses a credential that no handshake could use.
func CheckCredential(c *want.Credential) error {
	if c == nil || len(c.Chain) == 0 || c.Leaf == nil {
		return badConfig("a credential without a certificate")
	}
	if suite.OnlyApproved() && !suite.ApprovedKey(c.Leaf.PublicKey) {
		return notApproved("the key of the certificate for %q", c.Leaf.Subject.CommonName)
	}
	switch suite.AuthOf(c.Leaf.PublicKey) {
	case suite.AuthRSA:
		if bits := c.Leaf.PublicKey.(*rsa.PublicKey).N.BitLen(); bits > suite.MaxRSABits {
			return fault.New(fault.RSAKeyTooLarge).With(fmt.Sprintf("%d bits", bits))
		}
	case suite.AuthECDSA:
	default:
		return badConfig("a certificate with a %T key: TLS has no use for it", c.Leaf.PublicKey)
	}
	return nil
}

// sni returns what a client puts into server_name. RFC 6066 §3: a DNS name without its trailing dot, never an address.
func sni(name string) string {
	if isAddress(bare(name)) {
		return ""
	}
	return strings.TrimSuffix(name, ".")
}

// bare strips what an address may wear in a URL or on this machine only: brackets and a zone.
func bare(name string) string {
	host, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]"), "%")
	return host
}

// validSNI refuses what no server could make anything of: RFC 6066 §3 takes a host name, RFC 1035 §2.3.4 bounds it.
func validSNI(sni, name string) bool {
	control := func(r rune) bool { return r <= ' ' || r == 0x7f }
	return len(sni) <= 255 && !strings.ContainsFunc(sni, control) && (name == "" || sni != "" || isAddress(bare(name)))
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
