package server12

import (
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/keys12"
	"github.com/vitro-tls/vitro/want"
)

// awaitPremaster: the private key opens the premaster secret. Whether it did must show nowhere, or the server becomes
// an oracle that decrypts for strangers (Bleichenbacher, ROBOT, Marvin): a failure goes on with the random premaster
// until the client's Finished does not decrypt. RFC 5246 §7.4.7.1.
type awaitPremaster struct{ *handshake }

func (s awaitPremaster) Question() want.Question { return s.decrypted }

func (s awaitPremaster) Resume(d *hs.Desk) (hs.State, error) {
	decrypted, _ := s.decrypted.Result() // a failure has no bytes, and is chosen against like wrong ones
	premaster := keys12.ChoosePremaster(decrypted, &s.premaster, s.ClientHello.Version)
	clear(decrypted)
	d.Secret(event.LabelPremaster, &s.ClientHello.Random, premaster)
	return s.derive(d, premaster)
}
