package hello

import (
	"crypto/x509"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
)

// TakeCredential takes the answer to ChooseCredential: no answer of its own means as if nobody had been asked.
func TakeCredential(d *hs.Desk, question *want.ChooseCredential) ([]*want.Credential, error) {
	credential, err := question.Result()
	if err != nil {
		return nil, fault.New(fault.NoCredential).Because(err)
	}
	if credential == nil {
		return d.Config.Credentials, nil
	}
	if err := hs.CheckCredential(credential); err != nil {
		return nil, fault.New(fault.NoCredential).Because(err)
	}
	return []*want.Credential{credential}, nil
}

// MaySign: RFC 5246 §7.4.2, RFC 8446 §4.4.2.2: where a certificate says what its key is for, it must allow signatures.
func MaySign(leaf *x509.Certificate) bool {
	return leaf.KeyUsage == 0 || leaf.KeyUsage&x509.KeyUsageDigitalSignature != 0
}
