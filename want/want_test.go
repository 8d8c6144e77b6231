package want

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

func asker() Asker { return Asker{Context: context.Background()} }

// questions is one question of each kind.
func questions(a Asker) []Question {
	return []Question{
		NewChooseConfig(a, nil), NewChooseCredential(a, nil, nil), NewSign(a, nil, 0, nil),
		NewDecryptPremaster(a, nil, nil), NewVerifyPeer(a, Peer{}),
	}
}

func isDone(q Question) bool {
	select {
	case <-q.Done():
		return true
	default:
		return false
	}
}

func TestAnswerOnce(t *testing.T) {
	notified := 0
	a := asker()
	a.Notify = func() { notified++ }
	q := NewSign(a, nil, wire.ED25519, []byte("message"))
	if isDone(q) || notified != 0 {
		t.Error("a new question is answered already")
	}
	if err := q.Answer([]byte("first")); err != nil {
		t.Fatal(err)
	}
	if !isDone(q) || notified != 1 {
		t.Errorf("after the answer: done %v, %d notifications", isDone(q), notified)
	}
	if err := q.Answer([]byte("second")); !errors.Is(err, ErrAnswered) {
		t.Errorf("the second answer: %v", err)
	}
	if err := q.Fail(io.EOF); !errors.Is(err, ErrAnswered) {
		t.Errorf("a failure after the answer: %v", err)
	}
	if got, err := q.Result(); string(got) != "first" || err != nil {
		t.Errorf("the result is %q, %v", got, err)
	}
	if notified != 1 {
		t.Errorf("refused answers notify: %d", notified)
	}
}

func TestFail(t *testing.T) {
	q := NewVerifyPeer(asker(), Peer{})
	if err := q.Fail(io.EOF); err != nil {
		t.Fatal(err)
	}
	if err := q.Answer(Verdict{}); !errors.Is(err, ErrAnswered) {
		t.Errorf("an answer after the failure: %v", err)
	}
	if _, err := q.Result(); err != io.EOF || !isDone(q) {
		t.Errorf("the result is %v, done %v", err, isDone(q))
	}
}

// A failure without a reason is a failure still.
func TestFailNil(t *testing.T) {
	q := NewChooseCredential(asker(), nil, nil)
	if err := q.Fail(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Result(); err == nil {
		t.Error("Fail(nil) became a success")
	}
}

// Many goroutines answer at once: one of them wins, and what it said is the result. The race detector watches.
func TestConcurrentAnswers(t *testing.T) {
	for range 100 {
		var notified, won atomic.Int32
		a := asker()
		a.Notify = func() { notified.Add(1) }
		q := NewDecryptPremaster(a, nil, nil)
		var group sync.WaitGroup
		var winner atomic.Int32
		for i := range 8 {
			group.Go(func() {
				err := q.Answer([]byte{byte(i)})
				if err == nil {
					won.Add(1)
					winner.Store(int32(i))
				} else if !errors.Is(err, ErrAnswered) {
					t.Error(err)
				}
			})
		}
		<-q.Done()
		group.Wait()
		got, err := q.Result()
		if won.Load() != 1 || notified.Load() != 1 || err != nil || len(got) != 1 || int32(got[0]) != winner.Load() {
			t.Fatalf("%d answers won, %d notifications, result %v, %v; the winner said %d",
				won.Load(), notified.Load(), got, err, winner.Load())
		}
	}
}

// Notify comes after the answer is stored and Done is closed: whoever is woken finds it.
func TestNotifyFindsTheAnswer(t *testing.T) {
	var q *Sign
	a := asker()
	a.Notify = func() {
		if got, err := q.Result(); string(got) != "answer" || err != nil || !isDone(q) {
			t.Errorf("woken, but the result is %q, %v", got, err)
		}
	}
	q = NewSign(a, nil, 0, nil)
	if err := q.Answer([]byte("answer")); err != nil {
		t.Fatal(err)
	}
}

// Every question carries the asker's context, works without a Notify, and has a name of its own.
func TestQuestions(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	names := map[string]bool{"NeedInput": true, "HaveOutput": true, "Ready": true, "Failed": true}
	for _, w := range []Want{NeedInput{}, HaveOutput{}, Ready{}, Failed{}} {
		if !names[w.Name()] {
			t.Errorf("%T is named %s", w, w.Name())
		}
	}
	for _, q := range questions(Asker{Context: ctx}) {
		if q.Context() != ctx {
			t.Errorf("%s has another context", q.Name())
		}
		if names[q.Name()] {
			t.Errorf("there are two %s", q.Name())
		}
		names[q.Name()] = true
		if err := q.Fail(io.EOF); err != nil || !isDone(q) {
			t.Errorf("%s: %v, done %v", q.Name(), err, isDone(q))
		}
	}
}

// selfSigned is a certificate of a key, as small as they come.
func selfSigned(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<32, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newECDSA(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var testRSA = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := testRSA()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// decryptOnly is a key that can decrypt and not sign, as an HSM may allow.
type decryptOnly struct{ key *rsa.PrivateKey }

func (d decryptOnly) Public() crypto.PublicKey { return d.key.Public() }
func (d decryptOnly) Decrypt(r io.Reader, msg []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	return d.key.Decrypt(r, msg, opts)
}

func TestNewCredential(t *testing.T) {
	ec, rsaKey := newECDSA(t), newRSA(t)
	ecCert, rsaCert := selfSigned(t, ec), selfSigned(t, rsaKey)
	only := []wire.SignatureScheme{wire.RSA_PKCS1_SHA256, wire.ECDSA_SECP256R1_SHA256}
	for _, c := range []struct {
		what            string
		cert            []byte
		key             crypto.PrivateKey
		narrowed        []wire.SignatureScheme
		signs, decrypts bool
		schemes         []wire.SignatureScheme
	}{
		{"an RSA key", rsaCert, rsaKey, nil, true, true, suite.SchemesFor(rsaKey.Public())},
		{"an ECDSA key", ecCert, ec, nil, true, false, suite.SchemesFor(ec.Public())},
		{"an RSA key, narrowed", rsaCert, rsaKey, only, true, true, only[:1]},
		{"an RSA key, narrowed by an empty list", rsaCert, rsaKey, only[:0], true, true, suite.SchemesFor(rsaKey.Public())},
		{"an RSA key, narrowed to what it cannot do", rsaCert, rsaKey, only[1:], true, true, nil},
		{"a key elsewhere", rsaCert, nil, nil, false, false, suite.SchemesFor(rsaKey.Public())},
		{"a key that decrypts only", rsaCert, decryptOnly{rsaKey}, nil, false, true, nil},
	} {
		got, err := NewCredential([][]byte{c.cert, []byte("an issuer")}, c.key, c.narrowed)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if (got.Signer != nil) != c.signs || (got.Decrypter != nil) != c.decrypts || !slices.Equal(got.Schemes, c.schemes) {
			t.Errorf("%s: signs %v, decrypts %v, schemes %v", c.what, got.Signer != nil, got.Decrypter != nil, got.Schemes)
		}
		if len(got.Chain) != 2 || got.Leaf == nil || got.Leaf.Subject.CommonName != "test" {
			t.Errorf("%s: chain of %d, leaf %v", c.what, len(got.Chain), got.Leaf)
		}
	}
}

func TestNewCredentialRefuses(t *testing.T) {
	ec, rsaKey := newECDSA(t), newRSA(t)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCert := selfSigned(t, rsaKey)
	for _, c := range []struct {
		what  string
		chain [][]byte
		key   crypto.PrivateKey
		want  string
	}{
		{"no chain", nil, ec, "needs a certificate"},
		{"an unparseable leaf", [][]byte{[]byte("not DER")}, ec, "want: the first certificate does not parse"},
		{"a key of another kind", [][]byte{rsaCert}, ec, "does not belong to the certificate"},
		{"another key of the same kind", [][]byte{selfSigned(t, newECDSA(t))}, ec, "does not belong to the certificate"},
		{"another key that only decrypts", [][]byte{rsaCert}, decryptOnly{other}, "does not belong to the certificate"},
		{"a public key", [][]byte{rsaCert}, rsaKey.Public(), "can neither sign nor decrypt"},
		{"what is no key", [][]byte{rsaCert}, "key.pem", "can neither sign nor decrypt"},
	} {
		got, err := NewCredential(c.chain, c.key, nil)
		if got != nil || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v; want an error that says %q", c.what, got, err, c.want)
		}
	}
}

// Run answers with the credential's own key; without one it fails, and answers all the same.
func TestRun(t *testing.T) {
	key := newRSA(t)
	full, err := NewCredential([][]byte{selfSigned(t, key)}, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := NewCredential(full.Chain, nil, nil)
	if err != nil {
		t.Fatal(err)
	}

	message := []byte("message")
	sign := NewSign(asker(), full, wire.RSA_PSS_RSAE_SHA256, message)
	if err := sign.Run(); err != nil {
		t.Fatal(err)
	}
	signature, err := sign.Result()
	if err != nil || suite.Verify(key.Public(), wire.RSA_PSS_RSAE_SHA256, message, signature) != nil {
		t.Errorf("the signature is not the key's: %v", err)
	}
	premaster := append([]byte{3, 3}, make([]byte, 46)...)
	sealed, err := suite.EncryptPremaster(&key.PublicKey, premaster)
	if err != nil {
		t.Fatal(err)
	}
	decrypt := NewDecryptPremaster(asker(), full, sealed)
	if err := decrypt.Run(); err != nil {
		t.Fatal(err)
	}
	if got, err := decrypt.Result(); err != nil || !slices.Equal(got, premaster) {
		t.Errorf("the premaster secret is %x, %v", got, err)
	}

	for _, w := range []interface {
		Question
		Run() error
	}{
		NewSign(asker(), elsewhere, wire.RSA_PSS_RSAE_SHA256, message),
		NewSign(asker(), full, wire.ED25519, message),
		NewDecryptPremaster(asker(), elsewhere, sealed),
		NewDecryptPremaster(asker(), full, sealed[1:]),
	} {
		if err := w.Run(); err != nil || !isDone(w) {
			t.Errorf("%s: %v, answered %v", w.Name(), err, isDone(w))
		}
		if err := w.Run(); !errors.Is(err, ErrAnswered) {
			t.Errorf("%s ran twice: %v", w.Name(), err)
		}
	}
}
