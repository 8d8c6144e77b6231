package server13

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// asked is what a server has to know, when the second ClientHello comes, of the first and of its own request.
type asked struct {
	suite  *suite.Suite
	group  wire.NamedGroup // that the handshake goes on with
	share  bool            // a share for it was asked for: the first ClientHello had none
	first  []byte          // the hash of the first ClientHello
	alike  likeness
	cookie []byte // nil if none was given
}

// traits are what a second ClientHello has as the first had it. RFC 8446 §4.1.2.
var traits = [...]struct {
	name string
	of   func(*wire.ClientHello) []byte
}{
	{"legacy_version", func(ch *wire.ClientHello) []byte { return fmt.Append(nil, ch.Version) }},
	{"random", func(ch *wire.ClientHello) []byte { return ch.Random[:] }},
	{"legacy_session_id", func(ch *wire.ClientHello) []byte { return ch.SessionID }},
	{"cipher_suites", func(ch *wire.ClientHello) []byte { return codes(ch.CipherSuites) }},
	{"server_name", func(ch *wire.ClientHello) []byte { return []byte(ch.ServerName) }},
	{"supported_groups", func(ch *wire.ClientHello) []byte { return codes(ch.SupportedGroups) }},
	{"supported_versions", func(ch *wire.ClientHello) []byte { return codes(ch.SupportedVersions) }},
	{"signature_algorithms", func(ch *wire.ClientHello) []byte { return codes(ch.SignatureAlgorithms) }},
	{"signature_algorithms_cert", func(ch *wire.ClientHello) []byte { return codes(ch.SignatureAlgorithmsCert) }},
	{wire.ExtALPN.String(), func(ch *wire.ClientHello) []byte { return fmt.Appendf(nil, "%q", ch.ALPN) }},
	{keyShare, func(ch *wire.ClientHello) (b []byte) {
		for _, s := range ch.KeyShares {
			b = append(binary.BigEndian.AppendUint16(b, uint16(s.Group)), s.Public...)
		}
		return b
	}},
}

// keyShare changes if a share was asked for.
const keyShare = "key_share"

func codes[T ~uint16](list []T) []byte {
	b := make([]byte, 0, 2*len(list))
	for _, v := range list {
		b = binary.BigEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// likeness is a piece of the hash of each trait: enough to name the one that a client has changed. That nobody else has
// changed anything the transcript shows.
type likeness [len(traits)][traitLen]byte

const traitLen = 8

func likenessOf(ch *wire.ClientHello) (l likeness) {
	for i, t := range traits {
		sum := sha256.Sum256(t.of(ch))
		copy(l[i][:], sum[:])
	}
	return l
}

// check holds a second ClientHello against the first, and returns its share.
func (a *asked) check(ch *wire.ClientHello) (*wire.KeyShare, error) {
	alike := likenessOf(ch)
	for i, t := range traits {
		if alike[i] != a.alike[i] && !(a.share && t.name == keyShare) {
			return nil, fault.New(fault.ChangedAfterRetry).With(t.name)
		}
	}
	// RFC 8446 §4.1.2: early data goes with the first ClientHello only.
	if ch.Has(wire.ExtEarlyData) {
		return nil, fault.New(fault.ChangedAfterRetry).With("early_data")
	}
	// RFC 8446 §4.1.2, §4.2.8: exactly the share that was asked for.
	if a.share && len(ch.KeyShares) != 1 {
		return nil, a.badShare()
	}
	for i := range ch.KeyShares {
		if ch.KeyShares[i].Group == a.group {
			return &ch.KeyShares[i], nil
		}
	}
	return nil, a.badShare()
}

func (a *asked) badShare() error {
	return fault.New(fault.BadKeyShare).With("the second ClientHello has not exactly the share that was asked for, " + a.group.String())
}
