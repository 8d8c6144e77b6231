package hs

import (
	"crypto/rand"
	"crypto/rsa"
	"io"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// Entropy is every random operation of a handshake. Go's primitives draw their own randomness, so recording the
// bytes that are drawn is not enough to play a handshake back; recording the results of this interface is.
type Entropy interface {
	// Bytes fills b.
	Bytes(b []byte) error
	// KeyShare makes an ephemeral key.
	KeyShare(wire.NamedGroup) (suite.PrivateShare, error)
	// FieldShare makes an ephemeral key of a finite field, which may be one that only the server's message describes.
	FieldShare(*suite.Field) (suite.PrivateShare, error)
	// Encapsulate is the server's half of a key exchange of TLS 1.3: what goes to the peer, and the shared secret.
	Encapsulate(g wire.NamedGroup, peer []byte) (public, shared []byte, err error)
	// EncryptPremaster encrypts a premaster secret.
	EncryptPremaster(*rsa.PublicKey, []byte) ([]byte, error)
}

// NewEntropy draws from a reader, nil for the operating system's. What Go's own primitives draw for PKCS #1 padding
// comes from the operating system in any case.
func NewEntropy(r io.Reader) Entropy {
	if r == nil {
		r = rand.Reader
	}
	return entropy{r}
}

type entropy struct{ io.Reader }

func (e entropy) Bytes(b []byte) error {
	_, err := io.ReadFull(e.Reader, b)
	return err
}

func (e entropy) KeyShare(g wire.NamedGroup) (suite.PrivateShare, error) {
	return suite.NewShare(g, e.Reader)
}

func (e entropy) FieldShare(f *suite.Field) (suite.PrivateShare, error) { return f.NewShare(e.Reader) }

func (e entropy) Encapsulate(g wire.NamedGroup, peer []byte) (public, shared []byte, err error) {
	return suite.Encapsulate(g, peer, e.Reader)
}

func (entropy) EncryptPremaster(pub *rsa.PublicKey, premaster []byte) ([]byte, error) {
	return suite.EncryptPremaster(pub, premaster)
}
