package hello

import (
	"slices"

	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// grease puts reserved values in front of every list, drawn anew for each connection. RFC 8701 §3.1.
func (o *Offer) grease(c *hs.Compiled) error {
	var random [5]byte
	if err := c.Draw(random[:]); err != nil {
		return err
	}
	value := func(i int) uint16 {
		b := uint16(random[i]&0xf0 | 0x0a)
		return b<<8 | b
	}
	m := o.Hello
	m.CipherSuites = slices.Insert(slices.Clone(m.CipherSuites), 0, wire.CipherSuite(value(0)))
	m.Order = slices.Insert(m.Order, 0, wire.ExtensionType(value(1)))
	m.Opaque = append(m.Opaque, wire.OpaqueExtension{Type: wire.ExtensionType(value(1))})
	group := wire.NamedGroup(value(2))
	if len(m.SupportedGroups) > 0 {
		m.SupportedGroups = slices.Insert(slices.Clone(m.SupportedGroups), 0, group)
	}
	if len(m.KeyShares) > 0 {
		m.KeyShares = slices.Insert(m.KeyShares, 0, wire.KeyShare{Group: group, Public: []byte{0}})
	}
	if len(m.SupportedVersions) > 0 {
		m.SupportedVersions = slices.Insert(slices.Clone(m.SupportedVersions), 0, wire.Version(value(3)))
	}
	m.SignatureAlgorithms = slices.Insert(slices.Clone(m.SignatureAlgorithms), 0, wire.SignatureScheme(value(4)))
	if m.Has(wire.ExtSignatureAlgsCert) {
		m.SignatureAlgorithmsCert = slices.Insert(slices.Clone(m.SignatureAlgorithmsCert), 0, wire.SignatureScheme(value(4)))
	}
	return nil
}
