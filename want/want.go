// Package want has the questions that the engine puts to its caller, and their answers.
//
// The engine does no I/O and holds no keys. Whatever it cannot know or do alone it asks for: [VerifyPeer], [Sign],
// [DecryptPremaster], [ChooseConfig], [ChooseCredential], and for sessions that can be resumed [LoadSession],
// [StoreSession], [OpenTicket], [SealTicket]. The rest of the sum says how the caller's loop goes on:
// [NeedInput], [HaveOutput], [Ready], [Failed].
//
// A question is answered once, by Answer or Fail, from any goroutine, now or later; the answer takes effect in the
// engine's next Step. Its Context is cancelled when the connection is aborted or closed, and an answer that comes
// after that is dropped.
package want

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Want is one of the types of this package.
type Want interface {
	// Name names the want for people and programs.
	Name() string
	want()
}

type state struct{}

func (state) want() {}

// NeedInput: feed bytes from the network.
type NeedInput struct{ state }

// HaveOutput: take Output and write it to the network.
type HaveOutput struct{ state }

// Ready: the handshake is done; Seal and Open carry application data.
type Ready struct{ state }

// Failed: the connection is over. Err is a *fault.Error or a *fault.PeerAlert.
type Failed struct {
	state
	Err error
}

func (NeedInput) Name() string  { return "NeedInput" }
func (HaveOutput) Name() string { return "HaveOutput" }
func (Ready) Name() string      { return "Ready" }
func (Failed) Name() string     { return "Failed" }

// Question is a want that has an answer.
type Question interface {
	Want
	// Context is cancelled when nobody needs the answer any more.
	Context() context.Context
	// Fail answers that there is no answer.
	Fail(error) error
	// Answered reports whether the question has been answered, and Done is closed when it is.
	Answered() bool
	Done() <-chan struct{}
}

// ErrAnswered is returned by the second answer to a question.
var ErrAnswered = errors.New("want: this question has been answered already")

// Asker is what a question knows of the engine that put it.
type Asker struct {
	Context context.Context
	Notify  func() // called after the answer is stored, from the answering goroutine; may be nil
}

type question[T any] struct {
	state
	asker Asker

	mu       sync.Mutex
	answered bool
	done     chan struct{} // made by Done: most are answered before anybody waits
	value    T
	err      error
}

func newQuestion[T any](a Asker) question[T] {
	return question[T]{asker: a}
}

func (q *question[T]) Context() context.Context { return q.asker.Context }

func (q *question[T]) Answered() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.answered
}

func (q *question[T]) Done() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.done == nil {
		q.done = make(chan struct{})
		if q.answered {
			close(q.done)
		}
	}
	return q.done
}

// Answer stores the answer. A second one is refused with ErrAnswered.
func (q *question[T]) Answer(v T) error { return q.store(v, nil) }

// Fail stores that there is no answer. A second one is refused with ErrAnswered.
func (q *question[T]) Fail(err error) error {
	if err == nil {
		err = errors.New("want: failed without a reason")
	}
	var none T
	return q.store(none, err)
}

func (q *question[T]) store(v T, err error) error {
	q.mu.Lock()
	if q.answered {
		q.mu.Unlock()
		return ErrAnswered
	}
	q.answered, q.value, q.err = true, v, err
	if q.done != nil {
		close(q.done)
	}
	q.mu.Unlock()
	if q.asker.Notify != nil {
		q.asker.Notify()
	}
	return nil
}

// Result returns the answer; it is for the engine, which calls it once Done is closed.
func (q *question[T]) Result() (T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.value, q.err
}

// Configuration is a compiled configuration: what engine.Compile returns.
type Configuration interface{ Configuration() }

// ChooseConfig asks a server's caller which configuration serves a client. A nil answer keeps the one in force. Whoever
// fails it, or ChooseCredential, with a *fault.Error of its own also says with which alert the connection ends.
type ChooseConfig struct {
	question[Configuration]
	Hello *wire.ClientHello
}

// ChooseCredential asks which certificate to show: a server's caller, or a client's whose server asks for one. A nil
// answer leaves the choice to the configuration; for a client, a Credential without a chain means to show none.
type ChooseCredential struct {
	question[*Credential]
	// Hello is what a server knows of the client, nil at a client.
	Hello *wire.ClientHello
	// Suites are those that client and configuration have in common, best first; nil at a client.
	Suites []wire.CipherSuite
	// Retried: Hello came in answer to a HelloRetryRequest.
	Retried bool
	// Request is what a client knows of the server's wishes, nil at a server.
	Request *CertificateRequest
}

// Sign asks for a signature over Message by the credential's key.
type Sign struct {
	question[[]byte]
	Credential *Credential
	Scheme     wire.SignatureScheme
	Message    []byte
}

// Run answers with the credential's own key, in this goroutine.
func (w *Sign) Run() error {
	if w.Credential.Signer == nil {
		return w.Fail(errors.New("the credential's key cannot sign"))
	}
	sig, err := suite.Sign(w.Credential.Signer, w.Scheme, w.Message)
	if err != nil {
		return w.Fail(err)
	}
	return w.Answer(sig)
}

// DecryptPremaster asks to decrypt the premaster secret of RSA key exchange. The answer is what PKCS #1 v1.5
// decryption gives, with the session key length 48. Fail and an answer of any other length are not told apart from a
// wrong premaster: RFC 5246 §7.4.7.1.
type DecryptPremaster struct {
	question[[]byte]
	Credential *Credential
	Ciphertext []byte
}

// Run answers with the credential's own key, in this goroutine.
func (w *DecryptPremaster) Run() error {
	if w.Credential.Decrypter == nil {
		return w.Fail(errors.New("the credential's key cannot decrypt"))
	}
	premaster, err := suite.DecryptPremaster(w.Credential.Decrypter, w.Ciphertext)
	if err != nil {
		return w.Fail(err)
	}
	return w.Answer(premaster)
}

// VerifyPeer asks whether the peer is to be trusted. In TLS 1.2 a client raises it at ServerHelloDone, when all that the
// server has to say of itself is there. A server raises it once its client has proven to hold the key of the
// certificate that it sent; where none came, with an empty chain, and only if the configuration says AskVerdict.
type VerifyPeer struct {
	question[Verdict]
	Peer
}

// Peer is what is known of the peer when it is verified.
type Peer struct {
	Chain        []*x509.Certificate // as sent, the peer's own first
	OCSPResponse []byte              // stapled, nil if none
	SCTs         [][]byte            // from the TLS extension
	// Verified are the chains that a session to resume was verified by, nil where it does not know them. Their signatures
	// are as good as they were; dates, names, roots and whatever else may change are not.
	Verified [][]*x509.Certificate
	State    ConnectionState // so far
	Now      time.Time       // as handed to the engine
	Watched  bool            // somebody listens: fill in Verdict.Checks
}

// Verdict is the answer to VerifyPeer.
type Verdict struct {
	// Err refuses the peer: a *fault.Error, or any error, which is then taken as fault.RejectedByCaller.
	Err error
	// Chains are the verified chains, leaf first.
	Chains [][]*x509.Certificate
	// Skipped: the caller chose not to verify.
	Skipped bool
	// Checks tell what was checked, for whoever watches.
	Checks []event.Check
}

// ConnectionState is what has been agreed on so far.
type ConnectionState struct {
	Version          wire.Version
	CipherSuite      wire.CipherSuite
	Group            wire.NamedGroup
	Scheme           wire.SignatureScheme
	ServerName       string
	Protocol         string // by ALPN
	ExtendedMaster   bool
	EncryptThenMAC   bool // RFC 7366; only ever in TLS 1.2, with CBC
	PeerCertificates []*x509.Certificate
	VerifiedChains   [][]*x509.Certificate
	OCSPResponse     []byte
	SCTs             [][]byte
	Complete         bool
	// Resumed: there was no certificate exchange; PeerCertificates are those of the session.
	Resumed bool
	// Retried: there was a HelloRetryRequest. RFC 8446 §4.1.4.
	Retried bool
	// Export derives a key for another use, nil before the handshake is done: RFC 5705 (TLS 1.2, where a nil context
	// is another than an empty one, and the extended master secret is required), RFC 8446 §7.5.
	Export func(label string, context []byte, length int) ([]byte, error)
	// ServerFinished and ClientFinished are the verify_data of both in TLS 1.2, for channel bindings (RFC 5929 §3); TLS 1.3
	// has Export for that (RFC 9266).
	ClientFinished, ServerFinished []byte
}

// NewChooseConfig and its siblings make questions; they are for the engine.
func NewChooseConfig(a Asker, hello *wire.ClientHello) *ChooseConfig {
	return &ChooseConfig{newQuestion[Configuration](a), hello}
}

func NewChooseCredential(a Asker, hello *wire.ClientHello, suites []wire.CipherSuite) *ChooseCredential {
	return &ChooseCredential{question: newQuestion[*Credential](a), Hello: hello, Suites: suites}
}

func NewSign(a Asker, c *Credential, s wire.SignatureScheme, message []byte) *Sign {
	return &Sign{newQuestion[[]byte](a), c, s, message}
}

func NewDecryptPremaster(a Asker, c *Credential, ciphertext []byte) *DecryptPremaster {
	return &DecryptPremaster{newQuestion[[]byte](a), c, ciphertext}
}

func NewVerifyPeer(a Asker, p Peer) *VerifyPeer { return &VerifyPeer{newQuestion[Verdict](a), p} }

func (*ChooseConfig) Name() string     { return "ChooseConfig" }
func (*ChooseCredential) Name() string { return "ChooseCredential" }
func (*Sign) Name() string             { return "Sign" }
func (*DecryptPremaster) Name() string { return "DecryptPremaster" }
func (*VerifyPeer) Name() string       { return "VerifyPeer" }

// Credential is a certificate chain with what its key can do. It is read by many connections at once and must not
// be changed after its first use.
type Credential struct {
	Chain     [][]byte          // DER, leaf first
	Leaf      *x509.Certificate // parsed Chain[0]
	Signer    crypto.Signer     // nil: signing is answered elsewhere, Schemes says what it can do
	Decrypter crypto.Decrypter  // nil: the key cannot serve RSA key exchange, unless decryption is answered elsewhere
	Schemes   []wire.SignatureScheme
	OCSP      []byte   // to staple, nil if none
	SCTs      [][]byte // to deliver in the TLS extension
	// ChainSchemes are those that the chain's certificates are signed with, each once, but for the self-signed ones, in
	// which nobody checks it; 0 stands for one that has no number. NewCredential fills it in. A peer that takes all of
	// them is preferred to be shown this chain; nil: it is shown it as if it did.
	ChainSchemes []wire.SignatureScheme
	// AnyKeyUsage lets the key do what the certificate's key usage does not list. A peer may refuse it for that.
	AnyKeyUsage bool
}

// MayBeUsed: where a certificate says what its key is for, it must allow what the handshake does with it. RFC 5246
// §7.4.2, RFC 8446 §4.4.2.2.
func (c *Credential) MayBeUsed(usage x509.KeyUsage) bool {
	return c.AnyKeyUsage || c.Leaf.KeyUsage == 0 || c.Leaf.KeyUsage&usage != 0
}

// NewCredential parses a chain's leaf and joins it with its private key, which must be a crypto.Signer, a
// crypto.Decrypter or both, or nil where every Sign and DecryptPremaster will be answered elsewhere. Schemes narrows
// what the key signs with; none means all that it can.
func NewCredential(chain [][]byte, key crypto.PrivateKey, schemes []wire.SignatureScheme) (*Credential, error) {
	if len(chain) == 0 {
		return nil, errors.New("want: a credential needs a certificate")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return nil, fmt.Errorf("want: the first certificate does not parse: %w", err)
	}
	c := &Credential{Chain: chain, Leaf: leaf, ChainSchemes: chainSchemes(chain)}
	c.Signer, _ = key.(crypto.Signer)
	c.Decrypter, _ = key.(crypto.Decrypter)
	public, ok := key.(interface{ Public() crypto.PublicKey }) // as both have
	if key != nil && c.Signer == nil && c.Decrypter == nil {
		return nil, errors.New("want: the private key can neither sign nor decrypt")
	}
	if ok && !samePublic(public.Public(), leaf.PublicKey) {
		return nil, errors.New("want: the private key does not belong to the certificate")
	}
	for _, s := range suite.SchemesFor(leaf.PublicKey) {
		if (key == nil || c.Signer != nil) && (len(schemes) == 0 || contains(schemes, s)) {
			c.Schemes = append(c.Schemes, s)
		}
	}
	return c, nil
}

// chainSchemes: RFC 8446 §4.2.3: a self-signed certificate is trusted for itself, whatever it is signed with. One that
// does not parse is signed with nothing that anybody lists.
func chainSchemes(chain [][]byte) []wire.SignatureScheme {
	var list []wire.SignatureScheme
	for _, der := range chain {
		var scheme wire.SignatureScheme
		if cert, err := x509.ParseCertificate(der); err == nil {
			if bytes.Equal(cert.RawIssuer, cert.RawSubject) {
				continue
			}
			scheme = suite.SchemeOfCertificate(cert)
		}
		if !contains(list, scheme) {
			list = append(list, scheme)
		}
	}
	return list
}

func samePublic(a, b crypto.PublicKey) bool {
	eq, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && eq.Equal(b)
}

func contains(list []wire.SignatureScheme, s wire.SignatureScheme) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}
