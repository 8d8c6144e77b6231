package engine_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// resumer is a client and a server that meet again and again. The tickets are the sessions in the clear.
type resumer struct {
	cc, sc   engine.Config
	stored   []*want.Session
	load     *want.Session
	reasons  map[fault.Role][]event.ResumptionReason
	verified map[fault.Role]int
	open     func([]byte) *want.Session
	byID     map[string]*want.Session // the server's store
}

func newResumer() *resumer {
	r := &resumer{cc: clientConfig13(), sc: serverConfig13(testkit.P256), byID: map[string]*want.Session{}}
	r.cc.ClientSessions, r.sc.ServerSessions = true, true
	r.open = func(ticket []byte) *want.Session {
		s, err := want.UnmarshalSession(ticket)
		if err != nil {
			return nil
		}
		return s
	}
	return r
}

func (r *resumer) reason(role fault.Role) event.Tracer {
	return event.TracerFunc(func(_ event.Meta, e event.Event) {
		if e, ok := e.(event.Resumption); ok {
			r.reasons[role] = append(r.reasons[role], e.Why)
			if e.Accepted != (e.Why == event.ResumptionTaken) {
				panic("a resumption is told as accepted and refused")
			}
		}
	})
}

func (r *resumer) answer(role fault.Role) func(want.Question) {
	return func(q want.Question) {
		switch q := q.(type) {
		case *want.LoadSession:
			if role == fault.Server {
				q.Answer(r.byID[string(q.ID)])
				return
			}
			q.Answer(r.load)
		case *want.StoreSession:
			if role == fault.Server {
				r.byID[string(q.ID)] = q.Session
				q.Answer(struct{}{})
				return
			}
			r.stored = append(r.stored, q.Session)
			q.Answer(struct{}{})
		case *want.OpenTicket:
			q.Answer(r.open(q.Ticket))
		case *want.SealTicket:
			ticket, err := q.Session.Marshal()
			if err != nil {
				panic(err)
			}
			q.Answer(ticket)
		case *want.VerifyPeer:
			r.verified[role]++
			if role == fault.Server {
				q.Answer(want.Verdict{})
				return
			}
			answerNow(q)
		default:
			answerNow(q)
		}
	}
}

func (r *resumer) ends(t testing.TB) (client, server *end) {
	r.stored, r.reasons, r.verified = nil, map[fault.Role][]event.ResumptionReason{}, map[fault.Role]int{}
	r.cc.Tracer, r.sc.Tracer = r.reason(fault.Client), r.reason(fault.Server)
	client, server = newClient(t, r.cc), newServer(t, r.sc)
	client.answer, server.answer = r.answer(fault.Client), r.answer(fault.Server)
	return client, server
}

// meet makes a connection on which data flows both ways, and returns both ends.
func (r *resumer) meet(t testing.TB) (client, server *end) {
	t.Helper()
	client, server = r.ends(t)
	mustShake(t, client, server)
	send(t, client, server, []byte("request"))
	send(t, server, client, []byte("answer"))
	client.step(t) // StoreSession
	return client, server
}

// first makes a full handshake, and loads what it stored for the next connection.
func (r *resumer) first(t testing.TB) {
	t.Helper()
	if client, _ := r.meet(t); client.State().Resumed {
		t.Fatal("the first connection is resumed")
	}
	if len(r.stored) == 0 {
		t.Fatal("no session to store")
	}
	r.load = r.stored[0]
}

// The second connection does without certificate and signature, asks about the server all the same, and leaves a
// session for the third. RFC 8446 §2.2.
func TestResume(t *testing.T) {
	for _, id := range []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256, wire.TLS_AES_256_GCM_SHA384, wire.TLS_CHACHA20_POLY1305_SHA256} {
		t.Run(id.String(), func(t *testing.T) {
			r := newResumer()
			r.cc.CipherSuites13 = []wire.CipherSuite{id}
			r.cc.Protocols, r.sc.Protocols = []string{"h2", "http/1.1"}, []string{"http/1.1"}
			r.first(t)
			created := r.load.Created
			for range 3 {
				client, server := r.meet(t)
				cs, ss := client.State(), server.State()
				if !cs.Resumed || !ss.Resumed || cs.Scheme != 0 || cs.Protocol != "http/1.1" || len(cs.PeerCertificates) == 0 || len(cs.VerifiedChains) == 0 {
					t.Fatalf("client: %+v; server: %+v", cs, ss)
				}
				if contains(server.asked, "Sign") || r.verified[fault.Client] != 1 {
					t.Errorf("the server was asked %v, the client verified %d times", server.asked, r.verified[fault.Client])
				}
				if len(r.stored) != 1 || bytes.Equal(r.stored[0].Secret, r.load.Secret) || !r.stored[0].Created.Equal(created) {
					t.Fatalf("%d new sessions", len(r.stored))
				}
				if !slices.Equal(r.reasons[fault.Client], []event.ResumptionReason{event.ResumptionTaken}) || !slices.Equal(r.reasons[fault.Server], r.reasons[fault.Client]) {
					t.Errorf("told: %v", r.reasons)
				}
				r.load = r.stored[0]
			}
		})
	}
}

// After a HelloRetryRequest the binder covers that too, and pre_shared_key stays last. RFC 8446 §4.2.11.2.
func TestResumeAfterRetry(t *testing.T) {
	r := newResumer()
	r.first(t)
	r.sc.Groups = []wire.NamedGroup{wire.SecP384r1}
	client, server := r.meet(t)
	if !client.State().Resumed || !server.State().Resumed || client.State().Group != wire.SecP384r1 {
		t.Errorf("%+v", client.State())
	}
	t.Run("another hash", func(t *testing.T) {
		r.sc.CipherSuites13 = []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384}
		client, _ := r.meet(t)
		if client.State().Resumed || !slices.Contains(r.reasons[fault.Client], event.ResumptionOtherHash) {
			t.Errorf("resumed; told: %v", r.reasons)
		}
	})
}

// What stands against a session leads to a full handshake, and both ends say why.
func TestNotResumed(t *testing.T) {
	none := event.ResumptionReason(255)
	for name, c := range map[string]struct {
		change         func(*resumer)
		client, server event.ResumptionReason
	}{
		"expired at the client":   {func(r *resumer) { r.load.Issued = r.load.Issued.Add(-25 * time.Hour) }, event.ResumptionExpired, none},
		"from the future":         {func(r *resumer) { r.load.Issued = r.load.Issued.Add(time.Hour) }, event.ResumptionExpired, none},
		"older than seven days":   {func(r *resumer) { r.load.Created = r.load.Created.Add(-8 * 24 * time.Hour) }, event.ResumptionExpired, none},
		"another name":            {func(r *resumer) { r.cc.ServerName = "localhost" }, event.ResumptionOtherName, none},
		"other settings":          {func(r *resumer) { r.cc.SessionBinding = "other" }, event.ResumptionOtherSettings, none},
		"a protocol of before":    {func(r *resumer) { r.load.Protocol = "h2" }, event.ResumptionOtherProtocol, none},
		"TLS 1.2":                 {func(r *resumer) { r.load.Version = wire.TLS12 }, event.ResumptionOtherVersion, none},
		"a secret cut short":      {func(r *resumer) { r.load.Secret = r.load.Secret[1:] }, event.ResumptionUnusable, none},
		"no ticket":               {func(r *resumer) { r.load.Ticket = nil }, event.ResumptionUnusable, none},
		"a ticket beyond measure": {func(r *resumer) { r.load.Ticket = make([]byte, 1<<16) }, event.ResumptionUnusable, none},
		"no suite of that hash":   {func(r *resumer) { r.cc.CipherSuites13 = []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384} }, event.ResumptionOtherHash, none},
		"a certificate too old": {func(r *resumer) {
			r.load.PeerCertificates = testkit.Parse(testkit.Flawed(testkit.Expired, testkit.P256).Chain)
		}, event.ResumptionPeerRefused, none},
		"garbage for a ticket":     {func(r *resumer) { r.load.Ticket = []byte("garbage") }, event.ResumptionDeclined, event.ResumptionUnknownTicket},
		"a server without tickets": {func(r *resumer) { r.sc.ServerSessions = false }, event.ResumptionDeclined, none},
		"expired at the server": {func(r *resumer) {
			open := r.open
			r.open = func(b []byte) *want.Session {
				s := open(b)
				s.Lifetime = 0
				return s
			}
		}, event.ResumptionDeclined, event.ResumptionExpired},
		"other settings at the server": {func(r *resumer) { r.sc.SessionBinding = "other" }, event.ResumptionDeclined, event.ResumptionOtherSettings},
		"the server's other hash":      {func(r *resumer) { r.sc.CipherSuites13 = []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384} }, event.ResumptionDeclined, event.ResumptionOtherHash},
		"a server of TLS 1.2": {func(r *resumer) {
			r.cc.MinVersion, r.sc.MaxVersion = 0, wire.TLS12
		}, event.ResumptionDeclined, none},
		"the same name, another at the server": {func(r *resumer) {
			open := r.open
			r.open = func(b []byte) *want.Session {
				s := open(b)
				s.ServerName = "other.test"
				return s
			}
		}, event.ResumptionDeclined, event.ResumptionOtherName},
	} {
		t.Run(name, func(t *testing.T) {
			r := newResumer()
			r.first(t)
			c.change(r)
			client, server := r.meet(t)
			if client.State().Resumed || server.State().Resumed {
				t.Error("resumed")
			}
			for role, wanted := range map[fault.Role]event.ResumptionReason{fault.Client: c.client, fault.Server: c.server} {
				if got := r.reasons[role]; wanted == none && len(got) != 0 || wanted != none && !slices.Equal(got, []event.ResumptionReason{wanted}) {
					t.Errorf("the %v tells %v, want %v", role, got, wanted)
				}
			}
		})
	}
}

// A session belongs to the application that it was made for: with another protocol there is a full handshake.
func TestResumeWithOtherProtocol(t *testing.T) {
	for name, newResumer := range resumers {
		t.Run(name, func(t *testing.T) {
			r := newResumer()
			r.cc.Protocols, r.sc.Protocols = []string{"h2", "http/1.1"}, []string{"http/1.1"}
			r.first(t)
			r.sc.Protocols = []string{"h2"}
			client, _ := r.meet(t)
			if client.State().Resumed || client.State().Protocol != "h2" || !slices.Contains(r.reasons[fault.Server], event.ResumptionOtherProtocol) {
				t.Errorf("%+v, told %v", client.State(), r.reasons)
			}
		})
	}
}

// Failed answers cost a full handshake, and no more.
func TestSessionAnswersFail(t *testing.T) {
	for _, name := range []string{"LoadSession", "OpenTicket", "SealTicket", "StoreSession"} {
		t.Run(name, func(t *testing.T) {
			r := newResumer()
			r.first(t)
			client, server := r.ends(t)
			for _, e := range []*end{client, server} {
				answer := e.answer
				e.answer = func(q want.Question) {
					if q.Name() == name {
						q.Fail(errors.New("the store is on fire"))
						return
					}
					answer(q)
				}
			}
			mustShake(t, client, server)
			send(t, server, client, []byte("data"))
			client.step(t)
			if !contains(append(client.asked, server.asked...), name) && name != "StoreSession" {
				t.Errorf("asked %v, %v", client.asked, server.asked)
			}
			if early := name == "LoadSession" || name == "OpenTicket"; client.State().Resumed == early {
				t.Errorf("resumed: %v", client.State().Resumed)
			}
		})
	}
}

// A ticket that takes long to seal holds nobody up: data flows both ways, and the ticket follows.
func TestTicketSealedLate(t *testing.T) {
	r := newResumer()
	client, server := r.ends(t)
	flight := client.take(t, server.take(t, client.step(t), 1<<20), 1<<20)
	var seal *want.SealTicket
	for seal == nil {
		n := server.Feed(flight)
		flight = flight[n:]
		switch w := server.Step(testkit.Now).(type) {
		case *want.SealTicket:
			seal = w
		case want.NeedInput:
			if n == 0 {
				t.Fatal("it waits for more than the client has said")
			}
		default:
			t.Fatalf("it says %s", w.Name())
		}
	}
	if got := server.Step(testkit.Now).Name(); got != "Ready" {
		t.Fatalf("the second Step says %s", got)
	}
	send(t, client, server, []byte("early"))
	send(t, server, client, []byte("early"))
	client.step(t)
	if len(r.stored) != 0 {
		t.Fatal("a ticket came before it was sealed")
	}
	if err := seal.Answer([]byte("ticket")); err != nil {
		t.Fatal(err)
	}
	if got := server.Step(testkit.Now).Name(); got != "Ready" || server.HasOutput() {
		t.Fatalf("the Step after the answer says %s; a ticket alone goes out: %v", got, server.HasOutput())
	}
	send(t, server, client, []byte("later"))
	if client.step(t); len(r.stored) != 1 || string(r.stored[0].Ticket) != "ticket" {
		t.Errorf("%d sessions came with the next data", len(r.stored))
	}
}

// A session that is refused at the server because of its client's certificates leads to a full handshake.
func TestOldPeerRefused(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		r := newResumer()
		r.sc.ClientAuth = engine.RequestClientCertificate
		r.first(t)
		open := r.open
		r.open = func(b []byte) *want.Session {
			s := open(b)
			s.PeerCertificates = []*x509.Certificate{testkit.Leaf(testkit.P256).Leaf}
			return s
		}
		client, server := r.ends(t)
		answer := server.answer
		server.answer = func(q want.Question) {
			if v, ok := q.(*want.VerifyPeer); ok && refuse {
				v.Answer(want.Verdict{Err: errors.New("not any more")})
				return
			}
			answer(q)
		}
		mustShake(t, client, server)
		if !contains(server.asked, "VerifyPeer") || server.State().Resumed == refuse {
			t.Errorf("refused: %v, resumed: %v, asked: %v", refuse, server.State().Resumed, server.asked)
		}
	}
}

// A session without a client's certificate is not taken up by a server that wants one, nor one with it by a server that
// asks for none.
func TestSessionsFitClientAuth(t *testing.T) {
	for _, c := range []struct {
		mode    engine.ClientAuth
		known   bool
		resumed bool
	}{
		{engine.NoClientCertificate, false, true}, {engine.NoClientCertificate, true, false},
		{engine.RequestClientCertificate, false, true}, {engine.RequestClientCertificate, true, true},
		{engine.RequireClientCertificate, false, false}, {engine.RequireClientCertificate, true, true},
	} {
		r := newResumer()
		r.cc.Credentials = []*want.Credential{testkit.Credential(testkit.P256)}
		r.first(t)
		r.sc.ClientAuth = c.mode
		open := r.open
		r.open = func(b []byte) *want.Session {
			s := open(b)
			if c.known {
				s.PeerCertificates = []*x509.Certificate{testkit.Leaf(testkit.P256).Leaf}
			}
			return s
		}
		client, server := r.ends(t)
		answer := server.answer
		server.answer = func(q want.Question) {
			if v, ok := q.(*want.VerifyPeer); ok {
				v.Answer(want.Verdict{Skipped: true})
				return
			}
			answer(q)
		}
		mustShake(t, client, server)
		if got := server.State().Resumed; got != c.resumed {
			t.Errorf("mode %v, client known %v: resumed %v", c.mode, c.known, got)
		}
	}
}

// Several tickets are several sessions, each with a secret of its own.
func TestTickets(t *testing.T) {
	r := newResumer()
	r.sc.Tickets = 3
	r.first(t)
	if len(r.stored) != 3 || bytes.Equal(r.stored[0].Secret, r.stored[1].Secret) || r.stored[0].AgeAdd == r.stored[1].AgeAdd {
		t.Fatalf("%d sessions", len(r.stored))
	}
	for _, s := range r.stored {
		r.load = s
		if client, _ := r.meet(t); !client.State().Resumed {
			t.Error("one of them does not resume")
		}
	}
}

// A resumed session is not made younger: its tickets end when the first would have.
func TestLifetimeIsNotExtended(t *testing.T) {
	r := newResumer()
	r.sc.SessionLifetime = time.Hour
	r.first(t)
	open := r.open
	r.open = func(b []byte) *want.Session {
		s := open(b)
		s.Created = s.Created.Add(-40 * time.Minute)
		return s
	}
	if r.meet(t); len(r.stored) != 1 || r.stored[0].Lifetime != 20*time.Minute {
		t.Errorf("40 minutes after the full handshake: %d sessions", len(r.stored))
	}
}

// A clock that has gone back a little does not make a session older than it may become, nor its ticket one that we would
// not take ourselves.
func TestLifetimeAfterClockWentBack(t *testing.T) {
	r := newResumer()
	r.sc.SessionLifetime = want.MaxSessionLifetime
	r.first(t)
	open := r.open
	r.open = func(b []byte) *want.Session {
		s := open(b)
		s.Created, s.Issued = s.Created.Add(30*time.Second), s.Issued.Add(30*time.Second)
		return s
	}
	if r.meet(t); len(r.stored) != 1 {
		t.Fatalf("%d sessions", len(r.stored))
	}
	if s := open(r.stored[0].Ticket); s == nil || s.Lifetime > r.sc.SessionLifetime {
		t.Errorf("half a minute before the full handshake the ticket has the session %+v", s)
	}
}

// A ticket that makes a message or a ClientHello larger than others take is not given: the next connection would fail.
func TestTicketTooLarge(t *testing.T) {
	r := newResumer()
	client, server := r.ends(t)
	answer := server.answer
	server.answer = func(q want.Question) {
		if q, ok := q.(*want.SealTicket); ok {
			q.Answer(make([]byte, 1<<16-1))
			return
		}
		answer(q)
	}
	mustShake(t, client, server)
	send(t, server, client, []byte("answer"))
	if client.step(t); len(r.stored) != 0 {
		t.Error("a ticket that nobody can show was given")
	}
}

// What a client can do wrong when it resumes.
func TestServerRefusesResumption(t *testing.T) {
	for _, c := range []struct {
		name   string
		rule   *fault.Rule
		change func(*wire.ClientHello)
	}{
		{"a wrong binder", fault.WrongBinder, func(ch *wire.ClientHello) { ch.PSKBinders[0][5]++ }},
		{"a binder of another length", fault.WrongBinder, func(ch *wire.ClientHello) { ch.PSKBinders[0] = append(ch.PSKBinders[0], 0) }},
		{"something else changed", fault.WrongBinder, func(ch *wire.ClientHello) { ch.SessionID[0]++ }},
		{"psk_ke without groups and shares", fault.NoCommonPSKMode, func(ch *wire.ClientHello) {
			ch.PSKModes = []wire.PSKMode{wire.PSKModeKE}
			ch.Order = drop(drop(ch.Order, wire.ExtSupportedGroups), wire.ExtKeyShare)
		}},
		{"psk_ke with groups without shares", fault.MissingExtension, func(ch *wire.ClientHello) {
			ch.PSKModes = []wire.PSKMode{wire.PSKModeKE}
			ch.Order = drop(ch.Order, wire.ExtKeyShare)
		}},
		{"psk_dhe_ke without groups and shares", fault.MissingExtension, func(ch *wire.ClientHello) {
			ch.Order = drop(drop(ch.Order, wire.ExtSupportedGroups), wire.ExtKeyShare)
		}},
		{"no modes", fault.MissingExtension, func(ch *wire.ClientHello) { ch.Order = drop(ch.Order, wire.ExtPSKModes) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newResumer()
			r.first(t)
			client, server := r.ends(t)
			ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
			c.change(ch)
			out := server.take(t, frame(t, ch), 1<<20)
			wantFault(t, server, c.rule, out)
			provoked(c.rule)
		})
	}
	t.Run("psk_ke only", func(t *testing.T) {
		r := newResumer()
		r.first(t)
		client, server := r.ends(t)
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.PSKModes = []wire.PSKMode{wire.PSKModeKE}
		server.take(t, frame(t, ch), 1<<20)
		if server.err != nil || !slices.Equal(r.reasons[fault.Server], []event.ResumptionReason{event.ResumptionNoMode}) {
			t.Errorf("%v; told %v", server.err, r.reasons)
		}
	})
	t.Run("the second of two tickets", func(t *testing.T) {
		r := newResumer()
		r.first(t)
		client, server := r.ends(t)
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.PSKIdentities = append([]wire.PSKIdentity{{Identity: []byte("garbage")}}, ch.PSKIdentities...)
		ch.PSKBinders = append([][]byte{make([]byte, 32)}, ch.PSKBinders...)
		out := server.take(t, frame(t, ch), 1<<20)
		wantFault(t, server, fault.WrongBinder, out) // it was found, and the proof is for another hello
	})
}

// What a server can do wrong when it resumes. RFC 8446 §4.2.11.
func TestClientRefusesResumption(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*wire.ServerHello)
	}{
		{"a ticket that was not shown", func(sh *wire.ServerHello) { sh.SelectedIdentity = 1 }},
		{"a suite of another hash", func(sh *wire.ServerHello) { sh.CipherSuite = wire.TLS_AES_256_GCM_SHA384 }},
		{"no key exchange", func(sh *wire.ServerHello) { sh.Order = drop(sh.Order, wire.ExtKeyShare) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newResumer()
			r.first(t)
			client, server := r.ends(t)
			flight := server.take(t, client.step(t), 1<<20)
			n := 5 + int(flight[3])<<8 + int(flight[4])
			sh := split(t, flight[:n], wire.Context{})[0].(*wire.ServerHello)
			if !sh.Has(wire.ExtPreSharedKey) {
				t.Fatal("the server does not resume")
			}
			c.change(sh)
			out := client.take(t, frame(t, sh), 1<<20)
			wantFault(t, client, fault.PSKNotOffered, out)
			provoked(fault.PSKNotOffered)
		})
	}
}

// A server without the session's secret gets nowhere: its Finished proves nothing.
func TestResumeWithWrongSecret(t *testing.T) {
	r := newResumer()
	r.first(t)
	load := *r.load
	load.Secret = bytes.Clone(load.Secret)
	load.Secret[0]++
	r.load = &load
	client, server := r.ends(t)
	shake(t, client, server, 1<<20)
	if !errors.Is(server.err, fault.WrongBinder) || client.err == nil {
		t.Errorf("server: %v; client: %v", server.err, client.err)
	}
}

// A ticket of no lifetime is thrown away, and one of years is cut to seven days. RFC 8446 §4.6.1.
func TestTicketLifetimes(t *testing.T) {
	for seconds, kept := range map[uint32]time.Duration{0: 0, 60: time.Minute, 1 << 31: want.MaxSessionLifetime} {
		r := newResumer()
		r.sc.ServerSessions = false
		client, server := r.ends(t)
		mustShake(t, client, server)
		raw, err := wire.Encode(&wire.NewSessionTicket{Lifetime: seconds, Ticket: []byte("ticket")}, wire.Context{Version: wire.TLS13})
		if err != nil {
			t.Fatal(err)
		}
		client.take(t, sealed(t, server, wire.ContentHandshake, raw), 1<<20)
		client.step(t)
		if kept == 0 && len(r.stored) != 0 || kept != 0 && (len(r.stored) != 1 || r.stored[0].Lifetime != kept) {
			t.Errorf("a lifetime of %d seconds: %d sessions", seconds, len(r.stored))
		}
	}
}

// Who is not asked to store keeps a bounded number of tickets.
func TestTicketFlood(t *testing.T) {
	r := newResumer()
	client, server := r.ends(t)
	mustShake(t, client, server)
	raw, err := wire.Encode(&wire.NewSessionTicket{Lifetime: 60, Ticket: []byte("ticket")}, wire.Context{Version: wire.TLS13})
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		b := sealed(t, server, wire.ContentHandshake, raw)
		for len(b) > 0 {
			n, err := client.RecordSize(b)
			if err == nil {
				_, err = client.Open(b[:n])
			}
			if err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
		send(t, server, client, []byte("data"))
	}
	if client.step(t); len(r.stored) == 0 || len(r.stored) > 16 {
		t.Errorf("%d sessions were kept to be stored", len(r.stored))
	}
}
