package engine_test

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	records "github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// secrets keeps what a SecretSink is told.
type secrets map[string][]byte

func (s secrets) Secret(label string, _, secret []byte) { s[label] = bytes.Clone(secret) }

// expandLabel: RFC 8446 §7.1, for SHA-256.
func expandLabel(t testing.TB, secret []byte, label string, n int) []byte {
	t.Helper()
	info := append([]byte{0, byte(n), byte(6 + len(label))}, "tls13 "+label...)
	out, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// forge lets a server with true keys say what it likes behind its ServerHello, and returns the client's answer.
func forge(t *testing.T, client *end, messages ...wire.Message) []byte {
	t.Helper()
	return forgeRaw(t, client, encoded(t, messages...)...)
}

func forgeRaw(t *testing.T, client *end, messages ...[]byte) []byte {
	t.Helper()
	sink := secrets{}
	sc := serverConfig13(testkit.P256)
	sc.CipherSuites13 = []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256}
	sc.Secrets = sink
	flight := newServer(t, sc).take(t, client.step(t), 1<<20)
	clear := flight[:5+int(flight[3])<<8+int(flight[4])]
	secret := sink["SERVER_HANDSHAKE_TRAFFIC_SECRET"]
	p, err := records.NewAEAD13(suite.ByID(wire.TLS_AES_128_GCM_SHA256).Cipher, expandLabel(t, secret, "key", 16), expandLabel(t, secret, "iv", 12))
	if err != nil {
		t.Fatal(err)
	}
	var half records.Half
	half.SetProtection(p)
	out := bytes.Clone(clear)
	for _, raw := range messages {
		if out, err = half.Seal(out, wire.ContentHandshake, wire.TLS12, raw); err != nil {
			t.Fatal(err)
		}
	}
	return client.take(t, out, 1<<20)
}

// What a server can do wrong once it has keys.
func TestClientRefusesForged13(t *testing.T) {
	ee := func(add ...wire.ExtensionType) *wire.EncryptedExtensions {
		m := new(wire.EncryptedExtensions)
		m.Order, m.ALPN = add, []string{"smtp"}
		return m
	}
	chain := testkit.Credential(testkit.P256).Chain
	cert := &wire.Certificate{Chain: chain, EntryExtensions: make([]wire.Extensions, len(chain))}
	request := func(context []byte, add ...wire.ExtensionType) *wire.CertificateRequest {
		m := &wire.CertificateRequest{RequestContext: context}
		m.Order, m.Extensions.SignatureAlgorithms, m.SignatureAlgorithmsCert = add, suite.Schemes13(), suite.Schemes13()
		return m
	}
	stapled := make([]wire.Extensions, len(chain))
	stapled[0].SCTs = [][]byte{{1}}
	stapled[0].Add(wire.ExtSCT)
	cases := []struct {
		name     string
		rule     *fault.Rule
		messages []wire.Message
	}{
		{"Certificate first", fault.UnexpectedMessage, []wire.Message{cert}},
		{"Finished at once", fault.UnexpectedMessage, []wire.Message{ee(), &wire.Finished{VerifyData: make([]byte, 32)}}},
		{"no CertificateVerify", fault.UnexpectedMessage, []wire.Message{ee(), cert, &wire.Finished{VerifyData: make([]byte, 32)}}},
		{"ServerHello again", fault.UnexpectedMessage, []wire.Message{&wire.ServerHello{}}},
		{"another protocol", fault.ProtocolNotOffered, []wire.Message{ee(wire.ExtALPN)}},
		{"an answer to no question", fault.ExtensionNotOffered, []wire.Message{ee(wire.ExtensionType(15))}},
		{"a context of a Certificate", fault.IllegalContext, []wire.Message{ee(), &wire.Certificate{RequestContext: []byte{1}, Chain: chain}}},
		{"an empty Certificate", fault.EmptyServerCertificate, []wire.Message{ee(), &wire.Certificate{}}},
		{"a context of a request", fault.IllegalContext, []wire.Message{ee(), request([]byte{1}, wire.ExtSignatureAlgorithms)}},
		{"a request without schemes", fault.MissingExtension, []wire.Message{ee(), request(nil, wire.ExtSignatureAlgsCert)}},
		{"two requests", fault.UnexpectedMessage, []wire.Message{ee(), request(nil, wire.ExtSignatureAlgorithms), request(nil, wire.ExtSignatureAlgorithms)}},
		{"a scheme of TLS 1.2", fault.WrongKeyType, []wire.Message{ee(), cert, &wire.CertificateVerify{Scheme: wire.RSA_PKCS1_SHA256, Signature: []byte{1}}}},
		{"a scheme of another curve", fault.WrongKeyType, []wire.Message{ee(), cert, &wire.CertificateVerify{Scheme: wire.ECDSA_SECP384R1_SHA384, Signature: []byte{1}}}},
		{"SHA-1", fault.SchemeNotOffered, []wire.Message{ee(), cert, &wire.CertificateVerify{Scheme: wire.ECDSA_SHA1, Signature: []byte{1}}}},
		{"a bad signature", fault.BadCertificateSignature, []wire.Message{ee(), cert, &wire.CertificateVerify{Scheme: wire.ECDSA_SECP256R1_SHA256, Signature: []byte{1}}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			cc := clientConfig13()
			cc.Protocols = []string{"http/1.1"}
			client := newClient(t, cc)
			out := forge(t, client, c.messages...)
			var found *fault.Error
			if !errors.As(client.err, &found) || found.Rule != c.rule {
				t.Fatalf("failed with %v, want the rule %s", client.err, c.rule.Name)
			}
			// RFC 8446 §D.4: a middlebox that takes this for TLS 1.2 wants to see ChangeCipherSpec before what is encrypted.
			alert, preceded := bytes.CutPrefix(out, record(wire.ContentChangeCipherSpec, []byte{1}))
			if !preceded || len(alert) == 0 || wire.ContentType(alert[0]) != wire.ContentApplicationData {
				t.Errorf("the server was told %x, want ChangeCipherSpec and an encrypted alert", out)
			}
			provoked(c.rule)
		})
	}
}

// A signature over another transcript is refused. RFC 8446 §4.4.3.
func TestWrongTranscript13(t *testing.T) {
	client, server := newClient(t, clientConfig13()), newServer(t, serverConfig13(testkit.P256))
	server.answer = func(q want.Question) {
		if s, ok := q.(*want.Sign); ok {
			sig, err := suite.Sign(s.Credential.Signer, s.Scheme, append(bytes.Clone(s.Message), 0))
			if err != nil {
				t.Fatal(err)
			}
			s.Answer(sig)
			return
		}
		answerNow(q)
	}
	client.take(t, server.take(t, client.step(t), 1<<20), 1<<20)
	var found *fault.Error
	if !errors.As(client.err, &found) || found.Rule != fault.BadCertificateSignature {
		t.Errorf("a signature over something else: %v", client.err)
	}
}
