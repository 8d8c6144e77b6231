package server12

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
)

// awaitCredential: which certificate does this client get to see?
type awaitCredential struct{ *handshake }

func (s awaitCredential) Question() want.Question { return s.credential }

func (s awaitCredential) Resume(d *hs.Desk) (hs.State, error) {
	credentials, err := hello.TakeCredential(d, s.credential)
	if err != nil {
		return nil, err
	}
	return s.answer(d, credentials)
}
