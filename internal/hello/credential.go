package hello

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
)

// TakeCredential takes the answer to ChooseCredential: no answer of its own means as if nobody had been asked.
func TakeCredential(d *hs.Desk, question *want.ChooseCredential) ([]*want.Credential, error) {
	credential, err := question.Result()
	if err != nil {
		return nil, Refusal(err, fault.NoCredential)
	}
	if credential == nil {
		return d.Config.Credentials, nil
	}
	if err := hs.CheckCredential(credential); err != nil {
		return nil, fault.New(fault.NoCredential).Because(err)
	}
	return []*want.Credential{credential}, nil
}
