package server12

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
)

// awaitSignature: the private key, wherever it is, signs the ephemeral one. RFC 8422 §5.4, RFC 5246 §7.4.3.
type awaitSignature struct{ *handshake }

func (s awaitSignature) Question() want.Question { return s.signature }

func (s awaitSignature) Resume(d *hs.Desk) (hs.State, error) {
	signature, err := s.signature.Result()
	if err != nil {
		return nil, fault.New(fault.SigningFailed).Because(err)
	}
	s.ske.Signature = signature
	if err := d.Send(s.ske); err != nil {
		return nil, err
	}
	return s.helloDone(d)
}
