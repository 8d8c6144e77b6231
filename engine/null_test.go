package engine_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/asn1"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// digestInfo is what a signature of PKCS #1 v1.5 is over. RFC 8017 §9.2.
type digestInfo struct {
	Algorithm struct {
		Name       asn1.ObjectIdentifier
		Parameters asn1.RawValue `asn1:"optional"`
	}
	Digest []byte
}

// RFC 5246 §4.7: a DigestInfo that names its hash without the parameter NULL is accepted too, and with nothing else in its
// place.
func TestSignatureWithoutNull(t *testing.T) {
	for i, scheme := range []wire.SignatureScheme{wire.RSA_PKCS1_SHA256, wire.RSA_PKCS1_SHA384, wire.RSA_PKCS1_SHA512} {
		hash := []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}[i]
		for name, c := range map[string]struct {
			change func(*digestInfo)
			taken  bool
		}{
			"no parameters": {func(*digestInfo) {}, true},
			"NULL":          {func(d *digestInfo) { d.Algorithm.Parameters = asn1.NullRawValue }, true},
			"an empty string for parameters": {func(d *digestInfo) {
				d.Algorithm.Parameters = asn1.RawValue{Tag: asn1.TagOctetString}
			}, false},
			"the digest of something else": {func(d *digestInfo) { d.Digest[0]++ }, false},
			"the name of another hash":     {func(d *digestInfo) { d.Algorithm.Name[8]++ }, false},
		} {
			t.Run(scheme.String()+" "+name, func(t *testing.T) {
				cc := clientConfig()
				cc.SignatureSchemes = []wire.SignatureScheme{scheme}
				cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
				client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
				server.answer = func(q want.Question) {
					sign, ok := q.(*want.Sign)
					if !ok {
						answerNow(q)
						return
					}
					h := hash.New()
					h.Write(sign.Message)
					info := digestInfo{Digest: h.Sum(nil)}
					info.Algorithm.Name = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, i + 1}
					c.change(&info)
					der, err := asn1.Marshal(info)
					if err != nil {
						t.Fatal(err)
					}
					signature, err := rsa.SignPKCS1v15(nil, sign.Credential.Signer.(*rsa.PrivateKey), 0, der)
					if err != nil {
						t.Fatal(err)
					}
					sign.Answer(signature)
				}
				if c.taken {
					mustShake(t, client, server)
					return
				}
				out := client.take(t, server.take(t, client.step(t), 1<<20), 1<<20)
				wantFault(t, client, fault.BadKeyExchangeSignature, out)
			})
		}
	}
}
