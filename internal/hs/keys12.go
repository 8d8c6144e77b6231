package hs

import (
	"errors"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/keys12"
	"github.com/vitro-tls/vitro/internal/record"
	"github.com/vitro-tls/vitro/wire"
)

// Keys12 are the keys of a TLS 1.2 connection while its Finished messages are still to come.
type Keys12 struct {
	*exporter12
	ClientWrite, ServerWrite record.Protection
}

// exporter12 is what stays of them, with both Finished.
type exporter12 struct {
	Schedule       keys12.Schedule
	client, server wire.Random
}

// DeriveKeys12 makes the keys from the premaster secret, once ClientKeyExchange is in the transcript: by RFC 7627 §4, §5.1, §5.2
// where both sides have it, else by RFC 5246 §8.1; then RFC 5246 §6.3.
func (d *Desk) DeriveKeys12(n *Negotiated, premaster []byte) (*Keys12, error) {
	k := d.newKeys12(n)
	if n.ExtendedMaster {
		k.Schedule = keys12.NewExtended(n.Suite, premaster, d.Transcript.Sum())
	} else {
		k.Schedule = keys12.New(n.Suite, premaster, &k.client, &k.server)
	}
	return k, k.expand(d, n)
}

// ResumeKeys12 makes new keys from the master secret of the session that is resumed and the new randoms. RFC 5246 §F.1.4.
func (d *Desk) ResumeKeys12(n *Negotiated) (*Keys12, error) {
	k := d.newKeys12(n)
	k.Schedule = keys12.Resume(n.Suite, n.Session.Secret)
	return k, k.expand(d, n)
}

func (d *Desk) newKeys12(n *Negotiated) *Keys12 {
	d.keys12.exporter12 = &exporter12{client: n.ClientHello.Random, server: n.ServerHello.Random}
	return &d.keys12
}

func (k *Keys12) expand(d *Desk, n *Negotiated) error {
	d.Secret("CLIENT_RANDOM", &k.client, k.Schedule.Master())
	if err := k.protect(d, n); err != nil {
		return fault.New(fault.InternalError).Because(err)
	}
	Tell(d, fault.StepGenSecretKey, event.KeysDerived{
		KeyExchange:    n.Suite.KeyExchange,
		Suite:          n.Suite.ID,
		Cipher:         n.Suite.Cipher.Name,
		MAC:            n.Suite.Cipher.MAC,
		EncryptThenMAC: n.EncryptThenMAC,
		Hash:           n.Suite.Hash,
		ExtendedMaster: n.ExtendedMaster,
		Resumed:        n.Resumed,
		MasterLen:      keys12.MasterLen,
		MACKeyLen:      n.Suite.Cipher.MACKeyLen(),
		KeyLen:         n.Suite.Cipher.KeyLen,
		FixedIVLen:     n.Suite.Cipher.FixedIVLen,
		ClientRandom:   k.client,
		ServerRandom:   k.server,
	})
	return nil
}

// protect makes the protection of both directions.
func (k *Keys12) protect(d *Desk, n *Negotiated) (err error) {
	block := k.Schedule.KeyBlock(&k.client, &k.server)
	defer block.Forget()
	c := n.Suite.Cipher
	if !c.CBC() {
		k.ClientWrite, k.ServerWrite, err = record.NewAEADs12(c,
			[2][]byte{block.ClientKey, block.ServerKey}, [2][]byte{block.ClientIV, block.ServerIV})
		return err
	}
	k.ClientWrite, err = record.NewCBC12(c, block.ClientMAC, block.ClientKey, n.EncryptThenMAC, d.Config.Entropy)
	if err != nil {
		return err
	}
	k.ServerWrite, err = record.NewCBC12(c, block.ServerMAC, block.ServerKey, n.EncryptThenMAC, d.Config.Entropy)
	return err
}

// Rest ends what only the handshake needs of the keys, and returns the connection's exporter.
func (k *Keys12) Rest(n *Negotiated) Exporter {
	k.Schedule.Rest()
	if !n.ExtendedMaster {
		k.Schedule.Forget()
	}
	return k.Exporter(n)
}

// Exporter is that of the connection, Rest or not. RFC 5705 §4.
func (k *Keys12) Exporter(n *Negotiated) Exporter {
	if !n.ExtendedMaster {
		return refusingExporter{errNoExtendedMaster}
	}
	return k.exporter12
}

var errNoExtendedMaster = errors.New("without the extended master secret (RFC 7627 §5.4) two connections could share an exported key")

// Export derives a key for another use. RFC 5705 §4.
func (k *exporter12) Export(label string, context []byte, length int) ([]byte, error) {
	return k.Schedule.Export(label, context, length, &k.client, &k.server)
}

type refusingExporter struct{ reason error }

func (e refusingExporter) Export(string, []byte, int) ([]byte, error) { return nil, e.reason }
