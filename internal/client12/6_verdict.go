package client12

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// awaitVerdict: is the server who it says it is? Then follows the client's whole answer: its certificate if it was
// asked for one, key exchange, change of keys, Finished. RFC 5246 §7.3, §7.4.6 to §7.4.9.
type awaitVerdict struct {
	waitServerHelloDone
	question *want.VerifyPeer
}

func (s awaitVerdict) Question() want.Question { return s.question }

func (s awaitVerdict) Resume(d *hs.Desk) (hs.State, error) {
	n, err := hello.TakeVerdict(d, s.Negotiated, s.question)
	if err != nil {
		return nil, err
	}
	s.Negotiated = n
	if s.request == nil {
		return s.exchange(d, hello.ClientChoice{})
	}
	if question := hello.AskClientCredential(d, s.request); question != nil {
		return awaitCredential{s, question}, nil
	}
	return s.introduce(d, nil)
}

// exchange: from ClientKeyExchange to the keys that it makes.
func (s awaitVerdict) exchange(d *hs.Desk, choice hello.ClientChoice) (hs.State, error) {
	premaster, kx, err := s.half.answer(d, s.Negotiated)
	if err != nil {
		return nil, err
	}
	if err := d.Send(kx); err != nil {
		return nil, err
	}
	keys, err := d.DeriveKeys12(s.Negotiated, premaster)
	clear(premaster)
	if err != nil {
		return nil, err
	}
	if choice.Credential != nil {
		return prove(d, s.Negotiated, keys, choice), nil
	}
	return conclude(d, s.Negotiated, keys)
}

// conclude has the client's last word of a full handshake, and waits for the server's.
func conclude(d *hs.Desk, n *hs.Negotiated, keys *hs.Keys12) (hs.State, error) {
	n, err := finish(d, n, keys)
	if err != nil {
		return nil, err
	}
	return serversEnd(n, keys), nil
}

// finish: from here on the client encrypts; its Finished is the first to travel so. RFC 5246 §7.4.9.
func finish(d *hs.Desk, n *hs.Negotiated, keys *hs.Keys12) (*hs.Negotiated, error) {
	if err := d.SendChangeCipherSpec(keys.ClientWrite); err != nil {
		return nil, err
	}
	finished := &wire.Finished{VerifyData: keys.Schedule.ClientFinished(d.Transcript.Sum())}
	if err := d.Send(finished); err != nil {
		return nil, err
	}
	return n.With(func(n *hs.Negotiated) { n.ClientFinished = finished.VerifyData }), nil
}
