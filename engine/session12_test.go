package engine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// resumers are the ways in which a session is kept.
var resumers = map[string]func() *resumer{
	"TLS 1.3 ticket":     newResumer,
	"TLS 1.3 store":      func() *resumer { return newResumer().fromStore() },
	"TLS 1.2 ticket":     newResumer12,
	"TLS 1.2 session ID": func() *resumer { return newResumer12().fromStore() },
}

func newResumer12() *resumer {
	r := newResumer()
	r.cc.MinVersion, r.cc.MaxVersion, r.sc.MaxVersion = 0, wire.TLS12, wire.TLS12
	return r
}

func (r *resumer) fromStore() *resumer {
	r.sc.ServerSessions, r.sc.ServerStore = false, true
	return r
}

// RFC 5246 §7.3, Figure 2: with a ticket or a session ID the second handshake has no certificate, no key exchange and no
// signature; the caller is asked about the server all the same.
func TestResume12(t *testing.T) {
	for _, name := range []string{"TLS 1.2 ticket", "TLS 1.2 session ID"} {
		for id, kind := range map[wire.CipherSuite]testkit.Kind{
			wire.TLS_RSA_WITH_AES_128_GCM_SHA256:       testkit.RSA,
			wire.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: testkit.RSA,
			wire.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: testkit.RSA,
		} {
			t.Run(name+" "+id.String(), func(t *testing.T) {
				r := resumers[name]()
				r.cc.CipherSuites, r.sc.Credentials = []wire.CipherSuite{id}, []*want.Credential{testkit.Credential(kind)}
				r.first(t)
				first := r.load
				if byID := len(first.ID) > 0; byID != r.sc.ServerStore || byID == (len(first.Ticket) > 0) {
					t.Fatalf("the session has an ID of %d bytes and a ticket of %d", len(first.ID), len(first.Ticket))
				}
				for range 3 {
					client, server := r.meet(t)
					cs, ss := client.State(), server.State()
					if !cs.Resumed || !ss.Resumed || cs.CipherSuite != id || ss.CipherSuite != id || len(cs.PeerCertificates) == 0 || len(cs.VerifiedChains) == 0 {
						t.Fatalf("client: %+v; server: %+v", cs, ss)
					}
					// RFC 7366 §3: agreed on anew, since no session carries it.
					if cbc := suite.ByID(id).Cipher.CBC(); cs.EncryptThenMAC != cbc || ss.EncryptThenMAC != cbc {
						t.Errorf("encrypt-then-MAC: client %v, server %v, want %v", cs.EncryptThenMAC, ss.EncryptThenMAC, cbc)
					}
					if contains(server.asked, "Sign") || contains(server.asked, "DecryptPremaster") || contains(server.asked, "SealTicket") || r.verified[fault.Client] != 1 {
						t.Errorf("the server was asked %v, the client verified %d times", server.asked, r.verified[fault.Client])
					}
					if !bytes.Equal(cs.ServerFinished, ss.ServerFinished) || !bytes.Equal(cs.ClientFinished, ss.ClientFinished) || len(cs.ClientFinished) == 0 {
						t.Error("the ends disagree on the Finished messages")
					}
					if len(r.stored) != 1 || !r.stored[0].Issued.Equal(first.Issued) || !r.stored[0].Created.Equal(first.Created) {
						t.Fatalf("%d sessions are stored again", len(r.stored))
					}
					r.load = r.stored[0]
				}
			})
		}
	}
}

// A client of both versions resumes a session of TLS 1.2 with a server that has nothing newer, and offers it in vain to
// one that has.
func TestResume12FromBothVersions(t *testing.T) {
	for _, name := range []string{"TLS 1.2 ticket", "TLS 1.2 session ID"} {
		r := resumers[name]()
		r.cc.MaxVersion = 0
		r.first(t)
		if client, _ := r.meet(t); !client.State().Resumed {
			t.Errorf("%s: not resumed, told %v", name, r.reasons)
		}
		r.load = r.stored[0]
		r.sc.MaxVersion = 0
		client, _ := r.meet(t)
		if client.State().Resumed || client.State().Version != wire.TLS13 || !slices.Contains(r.reasons[fault.Client], event.ResumptionDeclined) {
			t.Errorf("%s: %+v, told %v", name, client.State(), r.reasons)
		}
	}
}

// What stands against a session of TLS 1.2 leads to a full handshake, and both ends say why.
func TestNotResumed12(t *testing.T) {
	none := event.ResumptionReason(255)
	atServer := func(change func(*want.Session)) func(*resumer) {
		return func(r *resumer) {
			open := r.open
			r.open = func(b []byte) *want.Session {
				s := open(b)
				change(s)
				return s
			}
			for _, s := range r.byID {
				change(s)
			}
		}
	}
	for name, c := range map[string]struct {
		change         func(*resumer)
		client, server event.ResumptionReason
	}{
		"expired at the client":    {func(r *resumer) { r.load.Issued = r.load.Issued.Add(-25 * time.Hour) }, event.ResumptionExpired, none},
		"another name":             {func(r *resumer) { r.cc.ServerName = "localhost" }, event.ResumptionOtherName, none},
		"other settings":           {func(r *resumer) { r.cc.SessionBinding = "other" }, event.ResumptionOtherSettings, none},
		"a master secret too long": {func(r *resumer) { r.load.Secret = append(bytes.Clone(r.load.Secret), 0) }, event.ResumptionUnusable, none},
		"neither ticket nor ID":    {func(r *resumer) { r.load.Ticket, r.load.ID = nil, nil }, event.ResumptionUnusable, none},
		"an ID too long":           {func(r *resumer) { r.load.Ticket, r.load.ID = nil, make([]byte, 33) }, event.ResumptionUnusable, none},
		"a suite that is not allowed": {func(r *resumer) {
			r.cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}
		}, event.ResumptionOtherSuite, none},
		"no extended master secret": {func(r *resumer) { r.load.ExtendedMaster = false }, event.ResumptionOtherMaster, none},
		"TLS 1.3 only":              {func(r *resumer) { r.cc.MinVersion, r.cc.MaxVersion, r.sc.MaxVersion = wire.TLS13, 0, 0 }, event.ResumptionOtherVersion, none},

		"a server that keeps none": {func(r *resumer) { r.sc.ServerSessions, r.sc.ServerStore = false, false }, event.ResumptionDeclined, none},
		"unknown at the server":    {func(r *resumer) { r.open = func([]byte) *want.Session { return nil }; clear(r.byID) }, event.ResumptionDeclined, event.ResumptionUnknownTicket},
		"expired at the server":    {atServer(func(s *want.Session) { s.Lifetime = 0 }), event.ResumptionDeclined, event.ResumptionExpired},
		"a session of TLS 1.3": {func(r *resumer) {
			r.sc.MaxVersion = 0
			atServer(func(s *want.Session) {
				s.Version, s.Suite, s.Secret = wire.TLS13, wire.TLS_AES_128_GCM_SHA256, s.Secret[:32]
			})(r)
		}, event.ResumptionDeclined, event.ResumptionOtherVersion},
		"a server without its suite": {func(r *resumer) {
			r.sc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256}
		}, event.ResumptionDeclined, event.ResumptionOtherSuite},
		"the old master secret at the server": {atServer(func(s *want.Session) { s.ExtendedMaster = false }), event.ResumptionDeclined, event.ResumptionOtherMaster},
		"a client that must introduce itself": {func(r *resumer) { r.sc.ClientAuth, r.cc.Credentials = engine.RequireClientCertificate, nil }, none, event.ResumptionOtherSettings},
	} {
		for _, way := range []string{"TLS 1.2 ticket", "TLS 1.2 session ID"} {
			t.Run(way+" "+name, func(t *testing.T) {
				r := resumers[way]()
				r.first(t)
				c.change(r)
				client, server := r.ends(t)
				shake(t, client, server, 1<<20)
				if client.State().Resumed || server.State().Resumed {
					t.Error("resumed")
				}
				if c.client == none && c.server == event.ResumptionOtherSettings {
					return // the full handshake fails: the client has no certificate
				}
				if !client.ready || !server.ready {
					t.Fatalf("client: %v; server: %v", client.err, server.err)
				}
				for role, wanted := range map[fault.Role]event.ResumptionReason{fault.Client: c.client, fault.Server: c.server} {
					if got := r.reasons[role]; wanted == none && len(got) != 0 || wanted != none && !slices.Equal(got, []event.ResumptionReason{wanted}) {
						t.Errorf("the %v tells %v, want %v", role, got, wanted)
					}
				}
			})
		}
	}
}

// RFC 7627 §5.3: a session never loses the extended master secret; RFC 5246 §7.4.1.3: nor changes its suite.
func TestResumptionKeepsWhatWasAgreed(t *testing.T) {
	hello := func(t *testing.T, r *resumer) (*end, *end, *wire.ClientHello) {
		r.first(t)
		client, server := r.ends(t)
		return client, server, split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
	}
	for _, way := range []string{"TLS 1.2 ticket", "TLS 1.2 session ID"} {
		t.Run(way+": the client drops the extended master secret", func(t *testing.T) {
			_, server, ch := hello(t, resumers[way]())
			ch.Order = drop(ch.Order, wire.ExtExtendedMasterSecret)
			wantFault(t, server, fault.ExtendedMasterDropped, server.take(t, frame(t, ch), 1<<20))
			provoked(fault.ExtendedMasterDropped)
		})
		for name, c := range map[string]struct {
			rule   *fault.Rule
			change func(*wire.ServerHello)
		}{
			"the server drops the extended master secret": {fault.ExtendedMasterDropped, func(sh *wire.ServerHello) { sh.Order = drop(sh.Order, wire.ExtExtendedMasterSecret) }},
			"the server changes the suite":                {fault.ResumedOtherSuite, func(sh *wire.ServerHello) { sh.CipherSuite = wire.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 }},
		} {
			t.Run(way+": "+name, func(t *testing.T) {
				r := resumers[way]()
				r.first(t)
				client, server := r.ends(t)
				flight := server.take(t, client.step(t), 1<<20)
				n := 5 + int(flight[3])<<8 + int(flight[4])
				sh := split(t, flight[:n], wire.Context{})[0].(*wire.ServerHello)
				c.change(sh)
				wantFault(t, client, c.rule, client.take(t, frame(t, sh), 1<<20))
				provoked(c.rule)
			})
		}
	}
}

// A server whose master secret is another cannot finish, nor a client.
func TestResume12WithWrongSecret(t *testing.T) {
	for _, way := range []string{"TLS 1.2 ticket", "TLS 1.2 session ID"} {
		r := resumers[way]()
		r.first(t)
		load := *r.load
		load.Secret = bytes.Clone(load.Secret)
		load.Secret[0]++
		r.load = &load
		client, server := r.ends(t)
		shake(t, client, server, 1<<20)
		if !errors.Is(client.err, fault.BadRecordMAC) || client.ready || server.ready {
			t.Errorf("%s: client: %v; server: %v", way, client.err, server.err)
		}
	}
}

// Answers that fail cost a ticket or a full handshake, and no more. RFC 5077 §3.3: a ticket that was announced comes
// empty.
func TestSessionAnswersFail12(t *testing.T) {
	for way, names := range map[string][]string{
		"TLS 1.2 ticket":     {"LoadSession", "OpenTicket", "SealTicket", "StoreSession"},
		"TLS 1.2 session ID": {"LoadSession", "StoreSession"},
		"TLS 1.3 store":      {"LoadSession", "StoreSession"},
	} {
		for _, name := range names {
			t.Run(way+" "+name, func(t *testing.T) {
				r := resumers[way]()
				if name != "SealTicket" {
					r.first(t)
				}
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
				if client.step(t); name == "SealTicket" && len(r.stored) != 0 {
					t.Error("a ticket was stored that could not be sealed")
				}
				if !contains(append(client.asked, server.asked...), name) {
					t.Errorf("asked %v, %v", client.asked, server.asked)
				}
				if client.State().Resumed == (name != "StoreSession") {
					t.Errorf("resumed: %v", client.State().Resumed)
				}
			})
		}
	}
}

// Old clients have neither tickets nor the extended master secret; a server with a store resumes with them all the same,
// as RFC 7627 §5.4 lets it, and exports no keys.
func TestOldClientResumesByID(t *testing.T) {
	r := newResumer12()
	r.sc.ServerStore = true // beside tickets
	old := func() (server *end, sh *wire.ServerHello) {
		client, server := r.ends(t)
		ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
		ch.Order = drop(drop(ch.Order, wire.ExtExtendedMasterSecret), wire.ExtSessionTicket)
		if r.load != nil {
			ch.SessionID = r.load.ID
		}
		out := server.take(t, frame(t, ch), 1<<20)
		if server.err != nil {
			t.Fatal(server.err)
		}
		n := 5 + int(out[3])<<8 + int(out[4])
		return server, split(t, out[:n], wire.Context{})[0].(*wire.ServerHello)
	}
	_, sh := old()
	if len(sh.SessionID) == 0 || sh.Has(wire.ExtSessionTicket) {
		t.Fatalf("a client without tickets gets the ID %x, extensions %v", sh.SessionID, sh.Order)
	}
	r.byID[string(sh.SessionID)] = &want.Session{
		Version: wire.TLS12, Suite: sh.CipherSuite, Secret: make([]byte, 48), ServerName: testkit.Host,
		Created: testkit.Now, Issued: testkit.Now, Lifetime: time.Hour,
	}
	r.load = &want.Session{ID: sh.SessionID}
	if _, again := old(); !bytes.Equal(again.SessionID, sh.SessionID) {
		t.Errorf("the ID %x is answered with %x, told %v", sh.SessionID, again.SessionID, r.reasons)
	}
}

// A ServerHello that resumes says nothing of name, staple or SCTs. RFC 6066 §3, §8.
func TestResumedServerHello(t *testing.T) {
	r := newResumer12()
	credential := *testkit.Credential(testkit.P256)
	credential.OCSP, credential.SCTs = []byte("staple"), [][]byte{[]byte("sct")}
	r.sc.Credentials = []*want.Credential{&credential}
	r.first(t)
	client, server := r.ends(t)
	flight := server.take(t, client.step(t), 1<<20)
	n := 5 + int(flight[3])<<8 + int(flight[4])
	sh := split(t, flight[:n], wire.Context{})[0].(*wire.ServerHello)
	for _, x := range []wire.ExtensionType{wire.ExtServerName, wire.ExtStatusRequest, wire.ExtSCT, wire.ExtSessionTicket} {
		if sh.Has(x) {
			t.Errorf("it has %v", x)
		}
	}
	client.take(t, flight, 1<<20)
	if s := client.State(); string(s.OCSPResponse) != "staple" || len(s.SCTs) != 1 {
		t.Errorf("what the first handshake brought is gone: %q, %q", s.OCSPResponse, s.SCTs)
	}
}
