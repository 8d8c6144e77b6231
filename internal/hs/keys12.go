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
	Schedule                 *keys12.Schedule
	ClientWrite, ServerWrite record.Protection
}

// DeriveKeys12 makes the keys from the premaster secret, once ClientKeyExchange is in the transcript: by RFC 7627 §4, §5.1, §5.2
// where both sides have it, else by RFC 5246 §8.1; then RFC 5246 §6.3.
func (d *Desk) DeriveKeys12(n *Negotiated, premaster []byte) (*Keys12, error) {
	client, server := &n.ClientHello.Random, &n.ServerHello.Random
	if n.ExtendedMaster {
		return d.expandKeys12(n, keys12.NewExtended(n.Suite, premaster, d.Transcript.Sum()))
	}
	return d.expandKeys12(n, keys12.New(n.Suite, premaster, client, server))
}

// ResumeKeys12 makes new keys from the master secret of the session that is resumed and the new randoms. RFC 5246 §F.1.4.
func (d *Desk) ResumeKeys12(n *Negotiated) (*Keys12, error) {
	return d.expandKeys12(n, keys12.Resume(n.Suite, n.Session.Secret))
}

func (d *Desk) expandKeys12(n *Negotiated, schedule *keys12.Schedule) (*Keys12, error) {
	client, server := &n.ClientHello.Random, &n.ServerHello.Random
	d.Secret("CLIENT_RANDOM", client, schedule.Master())

	block := schedule.KeyBlock(client, server)
	clientWrite, err := d.protection12(n, block.ClientMAC, block.ClientKey, block.ClientIV)
	if err != nil {
		return nil, err
	}
	serverWrite, err := d.protection12(n, block.ServerMAC, block.ServerKey, block.ServerIV)
	if err != nil {
		return nil, err
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
		ClientRandom:   *client,
		ServerRandom:   *server,
	})
	return &Keys12{schedule, clientWrite, serverWrite}, nil
}

// protection12 makes the protection of one direction.
func (d *Desk) protection12(n *Negotiated, macKey, key, iv []byte) (record.Protection, error) {
	c := n.Suite.Cipher
	var p record.Protection
	var err error
	if c.CBC() {
		p, err = record.NewCBC12(c, macKey, key, n.EncryptThenMAC, d.Config.Entropy)
	} else {
		p, err = record.NewAEAD12(c, key, iv)
	}
	if err != nil {
		return nil, fault.New(fault.InternalError).Because(err)
	}
	return p, nil
}

// exporter12 derives keys for other uses. RFC 5705 §4.
type exporter12 struct {
	schedule       *keys12.Schedule
	client, server wire.Random
}

var errNoExtendedMaster = errors.New("without the extended master secret (RFC 7627 §5.4) two connections could share an exported key")

// NewExporter12 makes a connection's exporter.
func NewExporter12(n *Negotiated, s *keys12.Schedule) Exporter {
	if !n.ExtendedMaster {
		return refusingExporter{errNoExtendedMaster}
	}
	return &exporter12{s, n.ClientHello.Random, n.ServerHello.Random}
}

func (e *exporter12) Export(label string, context []byte, length int) ([]byte, error) {
	return e.schedule.Export(label, context, length, &e.client, &e.server)
}

type refusingExporter struct{ reason error }

func (e refusingExporter) Export(string, []byte, int) ([]byte, error) { return nil, e.reason }
