package evil

import (
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

var everyKind = []wire.HandshakeType{
	wire.TypeHelloRequest, wire.TypeClientHello, wire.TypeServerHello, kindRetry, wire.TypeNewSessionTicket,
	wire.TypeEndOfEarlyData, wire.TypeEncryptedExtensions, wire.TypeCertificate, wire.TypeCertificateRequest,
	wire.TypeServerHelloDone, wire.TypeCertificateVerify, wire.TypeFinished, wire.TypeKeyUpdate,
	wire.TypeChangeCipherSpec, kindData,
}

// place is one in the order of a peer's messages.
type place struct {
	kind     wire.HandshakeType
	optional bool
}

// script is what a peer says in a handshake of TLS 1.3, and may say behind it. RFC 8446 §2, Figures 1 and 2, §4.6.
type script struct {
	places []place
	after  []wire.HandshakeType
}

var scripts = map[fault.Role]script{
	fault.Client: {[]place{{kindRetry, true}, {wire.TypeServerHello, false}, {wire.TypeEncryptedExtensions, false},
		{wire.TypeCertificateRequest, true}, {wire.TypeCertificate, false}, {wire.TypeCertificateVerify, false},
		{wire.TypeFinished, false}}, []wire.HandshakeType{wire.TypeNewSessionTicket, wire.TypeKeyUpdate, kindData}},
	fault.Server: {[]place{{kindRetry, true}, {wire.TypeClientHello, false}, {wire.TypeFinished, false}},
		[]wire.HandshakeType{wire.TypeKeyUpdate, kindData}},
}

// allows says whether a peer of this victim may say all that, and whether the handshake is done then.
func (s script) allows(victim fault.Role, said []wire.HandshakeType) (allowed, done bool) {
	next := 0
	for _, k := range said {
		switch done := next == len(s.places); {
		case done && !slices.Contains(s.after, k):
			return false, true
		case done:
			continue
		// RFC 8446 §5: from the first hello on, up to Finished, it is dropped.
		case k == wire.TypeChangeCipherSpec && next > 0:
			continue
		// RFC 5246 §7.4.1.1: as long as this may still become a handshake of TLS 1.2.
		case k == wire.TypeHelloRequest && next == 0 && victim == fault.Client:
			continue
		}
		for next < len(s.places)-1 && s.places[next].kind != k && s.places[next].optional {
			next++
		}
		if s.places[next].kind != k {
			return false, false
		}
		next++
	}
	return true, next == len(s.places)
}

var insiderKind = Kind{Name: "insider", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256, Retry: true}

func insider(t testing.TB, victim fault.Role, said []wire.HandshakeType) *Insider {
	t.Helper()
	p, err := NewInsider(insiderKind, victim)
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range said {
		if p.Victim.Err != nil {
			t.Fatalf("%v failed early: %v", said[:i], p.Victim.Err)
		}
		if err := p.Say(k); err != nil {
			t.Fatalf("%v: %v", said[:i+1], err)
		}
	}
	return p
}

// outOfOrder are the rules about a message in the wrong place, which is all that is wrong with an insider's.
var outOfOrder = []*fault.Rule{fault.UnexpectedMessage, fault.EarlyApplicationData}

// refusal is by which rules the last of a sequence may be refused, where all before it was allowed.
func (s script) refusal(victim fault.Role, said []wire.HandshakeType) []*fault.Rule {
	before, last := said[:len(said)-1], said[len(said)-1]
	_, done := s.allows(victim, before)
	hello := func(k wire.HandshakeType) bool { return k != wire.TypeHelloRequest }
	switch {
	case !slices.ContainsFunc(before, hello): // without a version it is decoded as one of TLS 1.2
		return slices.Concat(outOfOrder, []*fault.Rule{fault.DecodeError})
	case last == wire.TypeChangeCipherSpec && done:
		return []*fault.Rule{fault.UnprotectedRecord}
	case last == kindRetry: // a ClientHello again, and again without the share
		return slices.Concat(outOfOrder, []*fault.Rule{fault.BadKeyShare})
	}
	return outOfOrder
}

// tried counts sequences, and those that led to a connection.
type tried struct{ all, completed int }

// try plays a sequence, and every longer one if the victim still stands. A HelloRequest and a ChangeCipherSpec come once
// at most, and one message after the handshake.
func (s script) try(t *testing.T, victim fault.Role, said []wire.HandshakeType, count *tried) {
	t.Helper()
	count.all++
	allowed, done := s.allows(victim, said)
	p := insider(t, victim, said)
	play := &Play{Victim: p.Victim, Heard: p.Heard}
	v := p.Victim
	switch {
	case v.Ready != done:
		t.Errorf("%v: ready is %v, want %v; %v", said, v.Ready, done, v.Err)
		return
	case allowed != (v.Err == nil):
		t.Errorf("%v: ends with %v; allowed: %v", said, v.Err, allowed)
		return
	case !allowed:
		if err := play.Judge(); err != nil {
			t.Errorf("%v: %v", said, err)
		}
		if rules := s.refusal(victim, said); !slices.Contains(rules, play.Rule()) {
			t.Errorf("%v: ends with %v, want %s", said, v.Err, names(rules))
		}
		return
	}
	if done {
		count.completed++
		if _, before := s.allows(victim, said[:len(said)-1]); before {
			return
		}
	}
	for _, k := range everyKind {
		if testing.Short() && (k == kindRetry || k == wire.TypeHelloRequest) {
			continue
		}
		once := k == wire.TypeHelloRequest || k == wire.TypeChangeCipherSpec
		if once && !done && slices.Contains(said, k) {
			continue
		}
		s.try(t, victim, append(slices.Clone(said), k), count)
	}
}

// RFC 8446 §4: only the order of the standard leads to a connection. Every sequence of messages is tried, up to the first
// that is refused, by a peer whose signatures and Finished are right, whatever was left out, doubled or put in another
// place.
func TestOnlyTheOrderOfTheRFC13(t *testing.T) {
	for _, victim := range roles {
		t.Run(victim.String(), func(t *testing.T) {
			t.Parallel()
			var count tried
			scripts[victim].try(t, victim, nil, &count)
			if count.completed == 0 {
				t.Error("no sequence led to a connection")
			}
			t.Logf("%d sequences, of which %d led to a connection", count.all, count.completed)
		})
	}
}

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
	for _, p := range scripts[victim].places {
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
