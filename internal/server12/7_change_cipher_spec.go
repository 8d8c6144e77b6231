package server12

import (
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// waitChangeCipherSpec: from here on the client encrypts, its Finished first. RFC 5246 §7.1, §7.4.9.
type waitChangeCipherSpec struct{ *handshake }

func (waitChangeCipherSpec) Takes(*hs.Desk) hs.Types { return hs.Only(wire.TypeChangeCipherSpec) }

func (s waitChangeCipherSpec) Receive(d *hs.Desk, m wire.Message) (hs.State, error) {
	if _, err := hs.Expect[*wire.ChangeCipherSpec](d, m); err != nil {
		return nil, err
	}
	if err := d.ChangeReadKeys(s.keys.ClientWrite); err != nil {
		return nil, err
	}
	return waitFinished(s), nil
}
