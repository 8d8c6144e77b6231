package client12

import (
	"github.com/vitro-tls/vitro/internal/hello"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/want"
)

// awaitVerdict: is the server who it says it is? Then follows the client's whole answer: its certificate if it was
// asked for one, key exchange, change of keys, Finished. RFC 5246 §7.3, §7.4.6 to §7.4.9.
type awaitVerdict struct{ *handshake }

func (s awaitVerdict) Question() want.Question { return s.verdict }

func (s awaitVerdict) Resume(d *hs.Desk) (hs.State, error) {
	if _, err := hello.TakeVerdict(d, s.Negotiated, s.verdict); err != nil {
		return nil, err
	}
	if s.request == nil {
		return s.exchange(d)
	}
	if s.credential = hello.AskClientCredential(d, s.request); s.credential != nil {
		return awaitCredential(s), nil
	}
	return s.introduce(d)
}

// exchange: from ClientKeyExchange to the keys that it makes.
func (h *handshake) exchange(d *hs.Desk) (hs.State, error) {
	premaster, kx, err := h.half.answer(d, h.Negotiated)
	if err != nil {
		return nil, err
	}
	if err := d.Send(kx); err != nil {
		return nil, err
	}
	h.keys, err = d.DeriveKeys12(h.Negotiated, premaster)
	clear(premaster)
	if err != nil {
		return nil, err
	}
	if h.choice.Credential != nil {
		return h.prove(d), nil
	}
	return h.conclude(d)
}

// conclude has the client's last word of a full handshake, and waits for the server's.
func (h *handshake) conclude(d *hs.Desk) (hs.State, error) {
	if err := h.finish(d); err != nil {
		return nil, err
	}
	return h.serversEnd(), nil
}

// finish: from here on the client encrypts; its Finished is the first to travel so. RFC 5246 §7.4.9.
func (h *handshake) finish(d *hs.Desk) error {
	if err := d.SendChangeCipherSpec(h.keys.ClientWrite); err != nil {
		return err
	}
	verify := h.keys.Schedule.ClientFinished(d.Transcript.Sum())
	h.ClientFinished = (*hs.VerifyData)(verify)
	finished := d.Slots().Finished()
	finished.VerifyData = verify
	return d.Send(finished)
}
