package server12

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
)

// awaitCredential: which certificate does this client get to see?
type awaitCredential struct {
	*hs.Negotiated
	question *want.ChooseCredential
}

func (s awaitCredential) Question() want.Question { return s.question }

func (s awaitCredential) Resume(d *hs.Desk) (hs.State, error) {
	credential, err := s.question.Result()
	if err != nil {
		return nil, fault.New(fault.NoCredential).Because(err)
	}
	// No answer of its own means: as if nobody had been asked.
	if credential == nil {
		if len(d.Config.Credentials) == 0 {
			return nil, fault.New(fault.NoCredential)
		}
		return answer(d, s.Negotiated, d.Config.Credentials)
	}
	if err := hs.CheckCredential(credential); err != nil {
		return nil, fault.New(fault.NoCredential).Because(err)
	}
	return answer(d, s.Negotiated, []*want.Credential{credential})
}
