package evil

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

var insider12Kinds = []Kind{
	{Name: "insider12", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Key: testkit.P256,
		Stapled: true, Client: true, Ticket: true},
	{Name: "insider12-resumed", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Key: testkit.P256,
		Ticket: true, Resumed: true},
}

// alteredInsider12 plays the honest order with one message altered, and all that follows in accord with it. It returns
// what the insider says where nothing is wrong, too.
func alteredInsider12(t testing.TB, k Kind, victim fault.Role, at int, alter func([]byte) []byte) (*Play, []wire.HandshakeType) {
	t.Helper()
	p, err := NewInsider12(k, victim)
	if err != nil {
		t.Fatal(err)
	}
	script := p.Script()
	for i, said := range script {
		p.Alter = nil
		if i == at {
			p.Alter = alter
		}
		if p.Victim.Err != nil || p.Victim.Ready {
			break
		}
		if err := p.Say(said); err != nil {
			t.Fatal(err)
		}
	}
	play := &Play{Victim: p.Victim, Heard: p.Heard}
	if err := play.end(); err != nil {
		t.Fatal(err)
	}
	return play, script
}

// What an insider changes in a message of TLS 1.2 is under its signatures and in its Finished. What a field may not say
// must then be refused for what it says, and what it may say makes another handshake: another random, another session
// ID or ticket, other certificates of a chain that nobody here verifies, another public key.
func TestFlippedByInsider12(t *testing.T) {
	var s summary
	t.Run("roles", func(t *testing.T) {
		for _, k := range insider12Kinds {
			for _, victim := range roles {
				t.Run(k.Name+"/"+victim.String(), func(t *testing.T) {
					t.Parallel()
					flipAll12(t, k, victim, &s)
				})
			}
		}
	})
	s.log(t)
}

func flipAll12(t *testing.T, k Kind, victim fault.Role, s *summary) {
	honest, script := alteredInsider12(t, k, victim, -1, nil)
	if !honest.Victim.Ready || honest.Victim.State().Resumed != k.Resumed {
		t.Fatalf("with nothing altered: ready %v, %v", honest.Victim.Ready, honest.Victim.Err)
	}
	for i, said := range script {
		n := 0
		alteredInsider12(t, k, victim, i, func(raw []byte) []byte {
			n = len(raw)
			return raw
		})
		for _, place := range places(n) {
			if leftOut(place) {
				continue
			}
			for _, bits := range []byte{1, 0x40, 0x80} {
				p, _ := alteredInsider12(t, k, victim, i, func(raw []byte) []byte {
					raw = slices.Clone(raw)
					raw[min(place, len(raw)-1)] ^= bits
					return raw
				})
				what := fmt.Sprintf("%v, byte %d ^%#x", said, place, bits)
				if err := p.Judge(); err != nil {
					t.Errorf("%s: %v", what, err)
				}
				result := "connected"
				if r := p.Rule(); r != nil {
					result = r.Name
				}
				if p.Victim.Ready && !mayVary12(said, place) {
					t.Errorf("%s: connected", what)
				}
				s.add("flip in "+said.String(), result)
			}
		}
	}
}

// mayVary12 reports whether a byte of a message may be another one, as long as both ends know of it.
func mayVary12(t wire.HandshakeType, place int) bool {
	const header = wire.HandshakeHeaderLen
	switch t {
	case wire.TypeServerHelloDone, wire.TypeCertificateVerify, wire.TypeFinished:
		return false // nothing but their one true content is right in these
	case wire.TypeServerKeyExchange:
		return place >= header+4 && place < header+4+32 // X25519 takes any 32 bytes, which are signed anew
	case wire.TypeClientKeyExchange:
		return place > header
	case wire.TypeServerHello:
		return place >= header+2 // not the version; RFC 5246 §E.1: a client may name a newer one
	}
	return place >= header
}
