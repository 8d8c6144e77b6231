package suite

import (
	"crypto/ecdh"
	"fmt"
	"io"

	"github.com/vitro-tls/vitro/wire"
)

// PrivateShare is one side's ephemeral key in a key exchange.
type PrivateShare interface {
	Group() wire.NamedGroup
	// Public is what goes to the peer.
	Public() []byte
	// Shared is the secret that this key and the peer's public key make. It fails on a public key that is no
	// point of the group, or whose secret would be the same whatever our key is.
	Shared(peer []byte) ([]byte, error)
}

type group struct {
	id        wire.NamedGroup
	curve     ecdh.Curve
	scalarLen int
	topMask   byte // of the scalar's first byte, where the order is not a whole number of bytes
}

// groups is every group that Vitro has, best first.
var groups = []group{
	{wire.X25519, ecdh.X25519(), 32, 0xff},
	{wire.SecP256r1, ecdh.P256(), 32, 0xff},
	{wire.SecP384r1, ecdh.P384(), 48, 0xff},
	{wire.SecP521r1, ecdh.P521(), 66, 0x01},
}

// Groups returns every group, best first.
func Groups() []wire.NamedGroup {
	var list []wire.NamedGroup
	for _, g := range groups {
		list = append(list, g.id)
	}
	return list
}

// HasGroup reports whether Vitro has a group.
func HasGroup(id wire.NamedGroup) bool {
	for _, g := range groups {
		if g.id == id {
			return true
		}
	}
	return false
}

// NewShare makes an ephemeral key whose bytes come from random.
func NewShare(id wire.NamedGroup, random io.Reader) (PrivateShare, error) {
	for _, g := range groups {
		if g.id != id {
			continue
		}
		scalar := make([]byte, g.scalarLen)
		// A random scalar of the NIST groups is out of range with a probability far below one in 2^32 (P-521: one
		// in two hundred or so is not, hence the mask); the bound only ends a broken random source.
		for range 64 {
			if _, err := io.ReadFull(random, scalar); err != nil {
				return nil, fmt.Errorf("reading randomness: %w", err)
			}
			scalar[0] &= g.topMask
			key, err := g.curve.NewPrivateKey(scalar)
			if err == nil {
				return &ecdhShare{id, key}, nil
			}
		}
		return nil, fmt.Errorf("no valid scalar for %v in 64 tries: the random source is broken", id)
	}
	return nil, fmt.Errorf("no group %v", id)
}

type ecdhShare struct {
	id  wire.NamedGroup
	key *ecdh.PrivateKey
}

func (s *ecdhShare) Group() wire.NamedGroup { return s.id }
func (s *ecdhShare) Public() []byte         { return s.key.PublicKey().Bytes() }

// Shared checks the point as RFC 8422 §5.11 says: on the curve, and for X25519 not all zero; crypto/ecdh does both.
func (s *ecdhShare) Shared(peer []byte) ([]byte, error) {
	pub, err := s.key.Curve().NewPublicKey(peer)
	if err != nil {
		return nil, err
	}
	return s.key.ECDH(pub)
}
