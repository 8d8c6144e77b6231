// Package hello builds ClientHellos. It stands below the versions, because a ClientHello is sent before the version
// is known.
package hello

import (
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/wire"
)

// First builds the ClientHello that opens a connection. RFC 5246 §7.4.1.2.
func First(c *hs.Compiled) (*wire.ClientHello, error) {
	m := &wire.ClientHello{
		Version:            wire.TLS12,
		CipherSuites:       c.CipherSuites,
		CompressionMethods: []wire.CompressionMethod{wire.CompressionNull},
	}
	// RFC 5246 §7.4.1.2: 32 bytes from a secure generator. The time that once stood in the first four tells
	// strangers our clock and is left out.
	if err := c.Entropy.Bytes(m.Random[:]); err != nil {
		return nil, fault.New(fault.EntropyFailed).Because(err)
	}
	x := &m.Extensions
	if c.SNI != "" {
		x.ServerName = c.SNI
		x.Add(wire.ExtServerName)
	}
	x.Add(wire.ExtExtendedMasterSecret)
	if c.HasECDHE {
		x.SupportedGroups = c.Groups
		x.Add(wire.ExtSupportedGroups)
		x.PointFormats = []wire.PointFormat{wire.PointUncompressed}
		x.Add(wire.ExtPointFormats)
	}
	if len(c.Protocols) > 0 {
		x.ALPN = c.Protocols
		x.Add(wire.ExtALPN)
	}
	x.StatusRequest = wire.StatusOCSP
	x.Add(wire.ExtStatusRequest)
	x.SignatureAlgorithms = c.SignatureSchemes
	x.Add(wire.ExtSignatureAlgorithms)
	x.Add(wire.ExtSCT)
	// RFC 5746 §3.4: empty in a first handshake. Last, because some old servers refuse a hello that ends with an
	// extension without a body.
	x.Add(wire.ExtRenegotiationInfo)
	return m, nil
}
