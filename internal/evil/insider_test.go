package evil

import (
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// variant is a handshake of an insider's: with a retry, with a client's certificate.
type variant struct{ retry, client bool }

func (v variant) kind() Kind {
	k := insiderKind
	k.Client = v.client
	return k
}

// honest13 is what an insider says where nothing is wrong.
func honest13(victim fault.Role, v variant) []wire.HandshakeType {
	var said []wire.HandshakeType
	for _, p := range orders13[victim] {
		if v.client && victim == fault.Server && p.kind == wire.TypeFinished {
			said = append(said, wire.TypeCertificate, wire.TypeCertificateVerify)
		}
		if !p.optional || v.retry && p.kind == kindRetry || v.client && p.kind == wire.TypeCertificateRequest {
			said = append(said, p.kind)
		}
	}
	return said
}

// alteredInsider plays the honest order with one message altered, and all that follows in accord with it.
func alteredInsider(t testing.TB, victim fault.Role, v variant, at int, alter func([]byte) []byte) *Play {
	t.Helper()
	p, err := NewInsider(v.kind(), victim)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range honest13(victim, v) {
		p.Alter = nil
		if i == at {
			p.Alter = alter
		}
		if p.Victim.Err != nil || p.Victim.Ready {
			break
		}
		if err := p.Say(k); err != nil {
			t.Fatal(err)
		}
	}
	play := &Play{Victim: p.Victim, Heard: p.Heard}
	if err := play.end(); err != nil {
		t.Fatal(err)
	}
	return play
}

// What an insider changes in a message is in its transcript too: no signature and no Finished finds it. What a field may
// not say must then be refused for what it says, and what it may say makes another handshake.
func TestFlippedByInsider(t *testing.T) {
	var s summary
	t.Run("roles", func(t *testing.T) {
		for _, victim := range roles {
			for name, v := range map[string]variant{"plain": {}, "retry": {retry: true}, "client": {client: true}} {
				t.Run(victim.String()+"/"+name, func(t *testing.T) {
					t.Parallel()
					flipAll(t, victim, v, &s)
				})
			}
		}
	})
	s.log(t)
}

func flipAll(t *testing.T, victim fault.Role, v variant, s *summary) {
	if p := alteredInsider(t, victim, v, -1, nil); !p.Victim.Ready {
		t.Fatalf("with nothing altered: %v", p.Victim.Err)
	}
	for i, k := range honest13(victim, v) {
		n := 0
		alteredInsider(t, victim, v, i, func(raw []byte) []byte {
			n = len(raw)
			return raw
		})
		for _, place := range places(n) {
			if leftOut(place) {
				continue
			}
			for _, bits := range []byte{1, 0x80} {
				p := alteredInsider(t, victim, v, i, func(raw []byte) []byte {
					raw = slices.Clone(raw)
					raw[min(place, len(raw)-1)] ^= bits
					return raw
				})
				if err := p.Judge(); err != nil {
					t.Errorf("%v, byte %d ^%#x: %v", k, place, bits, err)
				}
				result := "connected"
				if r := p.Rule(); r != nil {
					result = r.Name
				}
				// Nothing but their one true content is right in these.
				if k == wire.TypeEncryptedExtensions || k == wire.TypeFinished || k == wire.TypeCertificateVerify {
					if p.Victim.Ready {
						t.Errorf("%v, byte %d ^%#x: connected", k, place, bits)
					}
				}
				s.add("flip in "+k.String(), result)
			}
		}
	}
}
