package event

import (
	"crypto"
	"crypto/x509"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// Opened: the connection's TLS begins.
type Opened struct {
	ServerName string // client: the name that the certificate must have
	Policy     string // the named policy in force, "" where suites were listed one by one
	Suites     []wire.CipherSuite
}

// PolicyReplaced: an environment variable replaced the default policy.
type PolicyReplaced struct {
	Variable string
	Policy   string
}

// Record: a record crossed the wire.
type Record struct {
	Sent      bool
	Type      wire.ContentType // of what is inside
	Version   wire.Version
	Length    int  // bytes on the wire behind the header
	Protected bool // encrypted
}

// Message: a handshake message or a ChangeCipherSpec crossed the wire. Steps 1 to 4, 7 and 9 to 12 are of this kind.
type Message struct {
	Sent    bool
	Message wire.Message
}

// VersionChosen: the version of the connection is known.
type VersionChosen struct {
	Version wire.Version
	Ours    []wire.Version
	Theirs  []wire.Version // server: what the client listed; nil at the client, and where the client sent no list
	UpTo    wire.Version   // server: the newest that the client speaks, where it sent no list (RFC 5246 §E.1)
}

// SuiteReason says why the server passed over a cipher suite.
type SuiteReason uint8

const (
	SuiteTaken      SuiteReason = iota // it was chosen
	SuiteNotOffered                    // the client does not offer it
	SuiteNoKey                         // no certificate with this kind of key
	SuiteNoGroup                       // no group in common
	SuiteNoField                       // DHE: the client lists finite fields, and none of ours
	SuiteNoCurve                       // the client does not list the curve of our ECDSA certificate
	SuiteNoScheme                      // no signature scheme in common
	SuiteNoKeyUsage                    // the certificate's key usage forbids it
	SuiteLessLiked                     // it stands behind the one that was taken
)

// SuiteVerdict is one line of the server's deliberation.
type SuiteVerdict struct {
	Suite  wire.CipherSuite
	Reason SuiteReason
}

// SuiteChosen: the cipher suite of the connection is known. The server says how it went down its list; the client
// only knows what it offered.
type SuiteChosen struct {
	Suite      wire.CipherSuite
	Offered    []wire.CipherSuite // by the client
	Considered []SuiteVerdict     // server only, in the server's order of preference
}

// GroupChosen: the group of a key exchange is known.
type GroupChosen struct {
	Group     wire.NamedGroup   // 0 for a finite field that the server made up
	FieldBits int               // of a finite field's prime, in TLS 1.2
	Offered   []wire.NamedGroup // by the client
	Ours      []wire.NamedGroup // server only
}

// SchemeChosen: the server's signature scheme is known.
type SchemeChosen struct {
	Scheme  wire.SignatureScheme
	Offered []wire.SignatureScheme // by the client
}

// ProtocolChosen: the application protocol is known (ALPN).
type ProtocolChosen struct {
	Protocol string
	Offered  []string
	Ours     []string // server only
}

// CredentialChosen: the server chose the certificate that it shows.
type CredentialChosen struct {
	Leaf  *x509.Certificate
	Named bool // it has the name that the client asked for
	Of    int  // from how many
	// ChainUnlisted: a certificate of the chain is signed with a scheme that the client does not list (RFC 8446 §4.4.2.2)
	ChainUnlisted bool
}

// CheckKind is one of the things that verifying a peer consists of.
type CheckKind uint8

const (
	CheckLink       CheckKind = iota + 1 // a certificate is signed by the next one's key
	CheckRoot                            // the last one is a trusted root
	CheckDates                           // now lies within a certificate's validity
	CheckName                            // the leaf is for this host
	CheckUsage                           // the leaf may be used for this
	CheckKey                             // the keys of the chain are large enough
	CheckStaple                          // the CA says by stapled OCSP that the leaf is good
	CheckTimestamps                      // logs say that the leaf is public
)

func (k CheckKind) String() string {
	switch k {
	case CheckLink:
		return "link"
	case CheckRoot:
		return "root"
	case CheckDates:
		return "dates"
	case CheckName:
		return "name"
	case CheckUsage:
		return "usage"
	case CheckKey:
		return "key"
	case CheckStaple:
		return "staple"
	case CheckTimestamps:
		return "timestamps"
	}
	return "check"
}

// Check: one thing was checked about the peer's certificates.
type Check struct {
	What      CheckKind
	Passed    bool
	Index     int         // of the certificate in the chain, 0 the leaf
	Subject   string      // of that certificate
	Issuer    string      // CheckLink, CheckRoot; CheckStaple: who signed it, "" if it is of no use
	Algorithm string      // CheckLink: of the signature
	NotBefore time.Time   // CheckDates; CheckStaple: when the status was known
	NotAfter  time.Time   // CheckDates; CheckStaple: when there is a newer one, zero if it does not say
	Wanted    string      // CheckName: the host; CheckUsage: the usage; CheckKey: the least; CheckTimestamps: how many, "" for any
	Found     []string    // CheckName: the certificate's names; CheckUsage: its usages; CheckKey: the keys; CheckStaple: the status
	Roots     string      // CheckRoot: where the trusted roots came from
	Logs      []Timestamp // CheckTimestamps
}

// Timestamp is what a log says about a certificate: that it was there to be seen at that time. RFC 6962 §3.2.
type Timestamp struct {
	Log    string // its name on our list, or its ID in hexadecimal
	Time   time.Time
	Source string // where it came from: certificate, handshake, staple
	Flaw   string // why it does not count, "" if it does
}

// PeerVerified: step 5, the peer is who it says it is, or the caller chose not to ask.
type PeerVerified struct {
	Chain      []*x509.Certificate // the verified chain, leaf first, root last; as sent if Skipped
	ServerName string
	Skipped    bool // verification was switched off: anyone could be at the other end
	Resumed    bool // the certificates are those of the session that is resumed, verified anew
}

// PremasterGenerated: step 6, the client has made its secret. In ECDHE and DHE it is what both key shares make.
type PremasterGenerated struct {
	KeyExchange wire.KeyExchange
	Version     wire.Version    // RSA: the version inside, the one that the client offered first
	Group       wire.NamedGroup // ECDHE, DHE; 0 for a finite field that the server made up
	FieldBits   int             // DHE: of the prime
	Length      int             // bytes
}

// KeyStage says which keys were derived.
type KeyStage uint8

const (
	StageConnection  KeyStage = iota // TLS 1.2: the keys of the whole connection
	StageHandshake                   // TLS 1.3: the keys of the handshake (step 8)
	StageApplication                 // TLS 1.3: the keys of the application data
)

// KeysDerived: step 8, both sides have the same keys. Lengths are in bytes.
type KeysDerived struct {
	Version        wire.Version // 0 stands for TLS 1.2
	Stage          KeyStage
	Group          wire.NamedGroup // TLS 1.3
	KeyExchange    wire.KeyExchange
	Suite          wire.CipherSuite
	Cipher         string
	MAC            crypto.Hash // of the HMAC over records, in CBC; 0: the cipher authenticates by itself
	EncryptThenMAC bool        // CBC: the MAC is over the ciphertext (RFC 7366)
	Hash           crypto.Hash // of the PRF
	ExtendedMaster bool        // the master secret depends on the whole handshake (RFC 7627)
	Resumed        bool        // from an earlier session: its master secret (TLS 1.2), or its pre-shared key beside the key shares (TLS 1.3)
	MasterLen      int
	MACKeyLen      int // each way
	KeyLen         int // each way
	FixedIVLen     int // each way
	ClientRandom   wire.Random
	ServerRandom   wire.Random
}

// Finished: step 13, the handshake is done and application data flows.
type Finished struct {
	Version        wire.Version
	Suite          wire.CipherSuite
	Group          wire.NamedGroup      // 0 without one
	FieldBits      int                  // DHE: of the prime
	Scheme         wire.SignatureScheme // 0 without one
	Protocol       string
	ServerName     string
	ExtendedMaster bool
	Resumed        bool // a session of before was taken up
}

// RetryAsked: the server wants another ClientHello. RFC 8446 §4.1.4.
type RetryAsked struct {
	Group  wire.NamedGroup   // that it wants a key share for, 0 if none
	Cookie bool              // it wants a cookie back
	Shares []wire.NamedGroup // that the first ClientHello had key shares for
}

// CookieReturned: at a server, its cookie came back in a second ClientHello, and was good. RFC 8446 §4.2.2.
type CookieReturned struct {
	Age       time.Duration   // since it was given out
	Group     wire.NamedGroup // that a key share was asked for with it, 0 if none
	Elsewhere bool            // it was given out on another connection
}

// ResumptionReason says why a session was resumed, or why there is a full handshake.
type ResumptionReason uint8

const (
	ResumptionTaken         ResumptionReason = iota // it was resumed
	ResumptionDeclined                              // client: the server did not take it
	ResumptionUnknownTicket                         // server: the ticket does not open
	ResumptionExpired                               // it is too old, or from the future
	ResumptionOtherVersion                          // it belongs to a version that is not spoken here
	ResumptionOtherHash                             // it belongs to suites of another hash
	ResumptionOtherSuite                            // TLS 1.2: its suite is not one of both sides now
	ResumptionOtherName                             // it belongs to another server name
	ResumptionOtherProtocol                         // it spoke an application protocol that is not offered, or not chosen, now
	ResumptionOtherSettings                         // it was made under settings that are not in force now
	ResumptionNoMode                                // server: the client does not offer psk_dhe_ke
	ResumptionPeerRefused                           // the certificates in it are not, or no longer, good
	ResumptionUnusable                              // it lacks what resuming needs
	ResumptionOtherMaster                           // TLS 1.2: its master secret depends on less than a new one would (RFC 7627)
)

// Resumption: a session was there, and was resumed or not. RFC 5246 §7.3, RFC 5077, RFC 8446 §2.2.
type Resumption struct {
	Accepted bool
	Why      ResumptionReason
	// Version and Created are set where it was resumed: when the full handshake was in which the peer proved who it is.
	Version wire.Version
	Created time.Time
}

// Renegotiating: the server asked for another handshake on the same connection, and gets it. RFC 5246 §7.4.1.1.
type Renegotiating struct{}

// KeysUpdated: one direction goes on under new keys. RFC 8446 §4.6.3.
type KeysUpdated struct {
	Sent      bool // ours
	Requested bool // the other side is to do the same
}

// Alert: an alert crossed the wire.
type Alert struct {
	Sent  bool
	Alert wire.Alert
}

// Truncated: the connection ended without close_notify.
type Truncated struct{}

// Asked: the engine raised a want; Answered: its answer took effect.
type Asked struct{ Want string }

type Answered struct {
	Want   string
	Failed bool // never set for DecryptPremaster, whose failure nobody may see
}

// Failed: the connection failed; Err is a *fault.Error or a *fault.PeerAlert.
type Failed struct{ Err error }

func (Opened) Kind() string             { return "opened" }
func (PolicyReplaced) Kind() string     { return "policy_replaced" }
func (Record) Kind() string             { return "record" }
func (Message) Kind() string            { return "message" }
func (VersionChosen) Kind() string      { return "version_chosen" }
func (SuiteChosen) Kind() string        { return "suite_chosen" }
func (GroupChosen) Kind() string        { return "group_chosen" }
func (SchemeChosen) Kind() string       { return "scheme_chosen" }
func (ProtocolChosen) Kind() string     { return "protocol_chosen" }
func (CredentialChosen) Kind() string   { return "credential_chosen" }
func (Check) Kind() string              { return "check" }
func (PeerVerified) Kind() string       { return "peer_verified" }
func (PremasterGenerated) Kind() string { return "premaster_generated" }
func (KeysDerived) Kind() string        { return "keys_derived" }
func (Finished) Kind() string           { return "finished" }
func (RetryAsked) Kind() string         { return "retry_asked" }
func (CookieReturned) Kind() string     { return "cookie_returned" }
func (Resumption) Kind() string         { return "resumption" }
func (Renegotiating) Kind() string      { return "renegotiating" }
func (KeysUpdated) Kind() string        { return "keys_updated" }
func (Alert) Kind() string              { return "alert" }
func (Truncated) Kind() string          { return "truncated" }
func (Asked) Kind() string              { return "asked" }
func (Answered) Kind() string           { return "answered" }
func (Failed) Kind() string             { return "failed" }

// StepOf returns the step that a message is, seen from either side: 0 for one outside the story.
func StepOf(t wire.HandshakeType, sender fault.Role) fault.Step {
	switch {
	case t == wire.TypeClientHello:
		return fault.StepClientHello
	case t == wire.TypeServerHello:
		return fault.StepServerHello
	case t == wire.TypeCertificate && sender == fault.Server:
		return fault.StepServerCertificate
	case t == wire.TypeServerHelloDone:
		return fault.StepServerHelloDone
	case t == wire.TypeClientKeyExchange:
		return fault.StepClientKeyExchange
	case t == wire.TypeChangeCipherSpec && sender == fault.Client:
		return fault.StepClientChangeCipherSpec
	case t == wire.TypeFinished && sender == fault.Client:
		return fault.StepClientFinished
	case t == wire.TypeChangeCipherSpec:
		return fault.StepServerChangeCipherSpec
	case t == wire.TypeFinished:
		return fault.StepServerFinished
	}
	return 0
}
