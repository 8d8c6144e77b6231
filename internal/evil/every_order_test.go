package evil

import (
	"math/rand/v2"
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

var everyKind12 = []wire.HandshakeType{
	wire.TypeHelloRequest, wire.TypeClientHello, wire.TypeServerHello, wire.TypeNewSessionTicket,
	wire.TypeEncryptedExtensions, wire.TypeCertificate, wire.TypeServerKeyExchange, wire.TypeCertificateRequest,
	wire.TypeServerHelloDone, wire.TypeCertificateVerify, wire.TypeClientKeyExchange, wire.TypeFinished,
	wire.TypeCertificateStatus, wire.TypeKeyUpdate, wire.TypeChangeCipherSpec, kindData,
}

// place is one in the order of a peer's messages.
type place struct {
	kind     wire.HandshakeType
	optional bool
}

func must(k wire.HandshakeType) place { return place{k, false} }
func may(k wire.HandshakeType) place  { return place{k, true} }

// script is what a peer of a victim says in one kind of handshake, and may say behind it.
type script struct {
	name      string
	kind      Kind
	victim    fault.Role
	places    []place
	anonymous bool // the insider has no certificate
	declines  bool // it takes up no session
	renews    bool // it gives a new ticket for the one it takes
	quiet     bool // it says no HelloRequest, which is tried in every place elsewhere
}

// orders13 is a full handshake of TLS 1.3. RFC 8446 §2, Figures 1 and 2.
var orders13 = map[fault.Role][]place{
	fault.Client: {may(kindRetry), must(wire.TypeServerHello), must(wire.TypeEncryptedExtensions), may(wire.TypeCertificateRequest),
		must(wire.TypeCertificate), must(wire.TypeCertificateVerify), must(wire.TypeFinished)},
	fault.Server: {may(kindRetry), must(wire.TypeClientHello), must(wire.TypeFinished)},
}

var insiderKind = Kind{Name: "insider", Version: wire.TLS13, Suite: wire.TLS_AES_128_GCM_SHA256, Key: testkit.P256, Retry: true}

// scripts are all that an RFC allows, by what was agreed on in the hellos.
func scripts() []script {
	known, asked, resumed := insiderKind, insiderKind, insiderKind
	known.Client, asked.Asks = true, true
	resumed.Name, resumed.Ticket, resumed.Resumed = "insider-resumed", true, true
	retry, ch, sh := may(kindRetry), must(wire.TypeClientHello), must(wire.TypeServerHello)
	certificate, verify := must(wire.TypeCertificate), must(wire.TypeCertificateVerify)
	change, finished := must(wire.TypeChangeCipherSpec), must(wire.TypeFinished)
	list := []script{
		{name: "1.3", kind: insiderKind, victim: fault.Client, places: orders13[fault.Client]},
		{name: "1.3", kind: insiderKind, victim: fault.Server, places: orders13[fault.Server]},
		// RFC 8446 §4.4.3: a certificate is followed by its proof, an empty one by none.
		{name: "1.3 known", kind: known, victim: fault.Server, places: []place{retry, ch, certificate, verify, finished}},
		{name: "1.3 anonymous", kind: asked, victim: fault.Server, places: []place{retry, ch, certificate, finished}, anonymous: true},
		// RFC 8446 §2.2, Figure 3; a server that declines has to say who it is.
		{name: "1.3 resumed", kind: resumed, victim: fault.Client, places: []place{retry, sh, must(wire.TypeEncryptedExtensions), finished}},
		{name: "1.3 resumed", kind: resumed, victim: fault.Server, places: orders13[fault.Server]},
		{name: "1.3 declined", kind: resumed, victim: fault.Client, places: orders13[fault.Client], declines: true},
	}

	full := Kind{Name: "insider12-ticket", Version: wire.TLS12, Suite: wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, Key: testkit.P256, Ticket: true}
	ticket, byID, newID, known12, asked12 := full, full, full, full, full
	ticket.Name, ticket.Resumed = "insider12-resumed", true
	newID.Name, newID.Ticket, newID.ByID = "insider12-ID", false, true
	byID = newID
	byID.Name, byID.Resumed = "insider12-ID-resumed", true
	known12.Client, asked12.Asks = true, true
	// RFC 5246 §7.3, Figure 1; RFC 6066 §8: a staple may come; RFC 5077 §3.3: a ticket comes if it was announced.
	flight := []place{sh, certificate, may(wire.TypeCertificateStatus), must(wire.TypeServerKeyExchange),
		may(wire.TypeCertificateRequest), must(wire.TypeServerHelloDone)}
	end, given := []place{change, finished}, must(wire.TypeNewSessionTicket)
	kx := must(wire.TypeClientKeyExchange)
	withTicket := slices.Concat(flight, []place{given}, end)
	return append(list,
		script{name: "1.2 ticket", kind: full, victim: fault.Client, places: withTicket},
		script{name: "1.2 ticket", kind: full, victim: fault.Server, places: []place{ch, kx, change, finished}},
		script{name: "1.2 known", kind: known12, victim: fault.Client, places: withTicket, quiet: true},
		script{name: "1.2 known", kind: known12, victim: fault.Server, places: []place{ch, certificate, kx, verify, change, finished}},
		script{name: "1.2 anonymous", kind: asked12, victim: fault.Server, places: []place{ch, certificate, kx, change, finished}, anonymous: true},
		// RFC 5246 §7.3, Figure 2: whoever takes up a session says nothing else of who it is.
		script{name: "1.2 resumed by ticket", kind: ticket, victim: fault.Client, places: slices.Concat([]place{sh}, end)},
		script{name: "1.2 resumed by ticket", kind: ticket, victim: fault.Server, places: slices.Concat([]place{ch}, end)},
		script{name: "1.2 resumed and renewed", kind: ticket, victim: fault.Client, places: slices.Concat([]place{sh, given}, end), renews: true},
		script{name: "1.2 ticket declined", kind: ticket, victim: fault.Client, places: withTicket, declines: true, quiet: true},
		script{name: "1.2 ID", kind: newID, victim: fault.Server, places: []place{ch, kx, change, finished}},
		script{name: "1.2 resumed by ID", kind: byID, victim: fault.Client, places: slices.Concat([]place{sh}, end)},
		script{name: "1.2 resumed by ID", kind: byID, victim: fault.Server, places: slices.Concat([]place{ch}, end)},
		script{name: "1.2 ID declined", kind: byID, victim: fault.Client, places: slices.Concat(flight, end), declines: true, quiet: true},
	)
}

func (s script) tls13() bool { return s.kind.Version == wire.TLS13 }

func (s script) kinds() []wire.HandshakeType {
	if s.tls13() {
		return everyKind
	}
	return everyKind12
}

// after is what the peer may say once the handshake is done. RFC 8446 §4.6; RFC 5746 §4.5: a wish to renegotiate is
// declined, and the connection goes on.
func (s script) after() []wire.HandshakeType {
	client := s.victim == fault.Client
	switch {
	case s.tls13() && client:
		return []wire.HandshakeType{wire.TypeNewSessionTicket, wire.TypeKeyUpdate, kindData}
	case s.tls13():
		return []wire.HandshakeType{wire.TypeKeyUpdate, kindData}
	case client:
		return []wire.HandshakeType{wire.TypeHelloRequest, kindData}
	}
	return []wire.HandshakeType{wire.TypeClientHello, kindData}
}

// passedOver: what means nothing in the middle of a handshake.
func (s script) passedOver(k wire.HandshakeType, next int) bool {
	switch k {
	case wire.TypeChangeCipherSpec: // RFC 8446 §5: from the first hello on, up to Finished, it is dropped
		return s.tls13() && next > 0
	case wire.TypeHelloRequest: // RFC 5246 §7.4.1.1: as long as this may still become a handshake of TLS 1.2
		return s.victim == fault.Client && (!s.tls13() || next == 0)
	}
	return false
}

// allows says whether a peer of the victim may say all that, and whether the handshake is done then.
func (s script) allows(said []wire.HandshakeType) (allowed, done bool) {
	next := 0
	for _, k := range said {
		switch done := next == len(s.places); {
		case done && !slices.Contains(s.after(), k):
			return false, true
		case done || s.passedOver(k, next):
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

// talker is an insider of either version.
type talker interface {
	Say(wire.HandshakeType) error
}

// play says all that to a fresh victim.
func (s script) play(t testing.TB, said []wire.HandshakeType) *Play {
	t.Helper()
	var peer talker
	var play func() *Play
	if s.tls13() {
		p, err := NewInsider(s.kind, s.victim)
		if err != nil {
			t.Fatal(err)
		}
		p.Anonymous, p.Declines = s.anonymous, s.declines
		peer, play = p, func() *Play { return &Play{Victim: p.Victim, Heard: p.Heard} }
	} else {
		p, err := NewInsider12(s.kind, s.victim)
		if err != nil {
			t.Fatal(err)
		}
		p.Anonymous, p.Declines, p.Renews = s.anonymous, s.declines, s.renews
		peer, play = p, func() *Play { return &Play{Victim: p.Victim, Heard: p.Heard} }
	}
	for i, k := range said {
		if v := play().Victim; v.Err != nil {
			t.Fatalf("%v failed early: %v", said[:i], v.Err)
		}
		if err := peer.Say(k); err != nil {
			t.Fatalf("%v: %v", said[:i+1], err)
		}
	}
	return play()
}

// outOfOrder are the rules about a message in the wrong place, which is all that is wrong with an insider's.
var outOfOrder = []*fault.Rule{fault.UnexpectedMessage, fault.EarlyApplicationData}

// refusal is by which rules the last of a sequence may be refused, where all before it was allowed.
func (s script) refusal(said []wire.HandshakeType) []*fault.Rule {
	before, last := said[:len(said)-1], said[len(said)-1]
	_, done := s.allows(before)
	hello := func(k wire.HandshakeType) bool { return k != wire.TypeHelloRequest }
	switch {
	case !slices.ContainsFunc(before, hello): // without a version it is decoded as one of TLS 1.2
		return slices.Concat(outOfOrder, []*fault.Rule{fault.DecodeError})
	case !s.tls13():
		return outOfOrder
	case last == wire.TypeChangeCipherSpec && done:
		return []*fault.Rule{fault.UnprotectedRecord}
	case last == kindRetry: // a ClientHello again, and again without the share
		return slices.Concat(outOfOrder, []*fault.Rule{fault.BadKeyShare})
	}
	return outOfOrder
}

// judge plays a sequence and holds its end against the script. It reports whether the victim still stands.
func (s script) judge(t *testing.T, said []wire.HandshakeType) (stands, done bool) {
	t.Helper()
	allowed, done := s.allows(said)
	p := s.play(t, said)
	v := p.Victim
	switch {
	case v.Ready != done:
		t.Errorf("%v: ready is %v, want %v; %v", said, v.Ready, done, v.Err)
	case allowed != (v.Err == nil):
		t.Errorf("%v: ends with %v; allowed: %v", said, v.Err, allowed)
	case !allowed:
		if err := p.Judge(); err != nil {
			t.Errorf("%v: %v", said, err)
		}
		if rules := s.refusal(said); !slices.Contains(rules, p.Rule()) {
			t.Errorf("%v: ends with %v, want %s", said, v.Err, names(rules))
		}
	case done && v.State().Resumed != (s.kind.Resumed && !s.declines):
		t.Errorf("%v: resumed is %v", said, v.State().Resumed)
	default:
		return true, done
	}
	return false, done
}

// tried counts sequences, and those that led to a connection.
type tried struct{ all, completed int }

// try plays a sequence, and every longer one if the victim still stands. A HelloRequest and a ChangeCipherSpec that are
// passed over come once at most, and one message after the handshake.
func (s script) try(t *testing.T, said []wire.HandshakeType, count *tried) {
	t.Helper()
	count.all++
	stands, done := s.judge(t, said)
	if !stands {
		return
	}
	if done {
		count.completed++
		if _, before := s.allows(said[:len(said)-1]); before {
			return
		}
	}
	for _, k := range s.kinds() {
		if k == wire.TypeHelloRequest && (s.quiet || testing.Short()) || k == kindRetry && testing.Short() {
			continue
		}
		once := k == wire.TypeHelloRequest || k == wire.TypeChangeCipherSpec
		if once && !done && slices.Contains(said, k) {
			continue
		}
		s.try(t, append(slices.Clone(said), k), count)
	}
}

// wander plays a long sequence, by chance: what is allowed, up to the first that is not.
func (s script) wander(t *testing.T, random *rand.Rand) {
	t.Helper()
	var said []wire.HandshakeType
	for len(said) < 40 {
		k := s.kinds()[random.IntN(len(s.kinds()))]
		next := append(slices.Clone(said), k)
		if allowed, _ := s.allows(next); !allowed && random.IntN(300) > 0 {
			continue
		} else if said = next; !allowed {
			break
		}
	}
	s.judge(t, said)
}

// RFC 5246 §7.3, RFC 8446 §4: only the order of the standard leads to a connection. Every sequence of messages is tried,
// up to the first that is refused, by a peer that knows all secrets and whose signatures and Finished are right, whatever
// was left out, doubled or put in another place. Among them are the attacks of this class: a server that leaves out its
// certificate, its key exchange or its ChangeCipherSpec (SMACK, CVE-2014-6593), a client that leaves out its
// CertificateVerify (CVE-2015-0205), a key exchange that the suite does not have (FREAK, CVE-2015-0204), an early
// ChangeCipherSpec (CVE-2014-0224), and a server that takes up a session and shows a certificate, or does neither.
func TestOnlyTheOrderOfTheRFC(t *testing.T) {
	for _, s := range scripts() {
		t.Run(s.name+"/"+s.victim.String(), func(t *testing.T) {
			t.Parallel()
			var count tried
			s.try(t, nil, &count)
			if count.completed == 0 {
				t.Error("no sequence led to a connection")
			}
			t.Logf("%d sequences, of which %d led to a connection", count.all, count.completed)
		})
	}
}

// What is long is tried by chance: 40 messages, of which no more than the last is out of order.
func TestLongOrders(t *testing.T) {
	for i, s := range scripts() {
		t.Run(s.name+"/"+s.victim.String(), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(uint64(i), 5))
			for range 50 {
				s.wander(t, random)
			}
		})
	}
}
