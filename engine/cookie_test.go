package engine_test

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
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

// cookieKey seals with AES-GCM under one key; the nonce comes first.
type cookieKey [16]byte

func (k cookieKey) aead() cipher.AEAD {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (k cookieKey) SealCookie(_ time.Time, random *[32]byte, plain []byte) ([]byte, error) {
	return k.aead().Seal(slices.Clone(random[:12]), random[:12], plain, nil), nil
}

func (k cookieKey) OpenCookie(_ time.Time, cookie []byte) ([]byte, bool) {
	if len(cookie) < 12 {
		return nil, false
	}
	plain, err := k.aead().Open(nil, cookie[:12], cookie[12:], nil)
	return plain, err == nil
}

// cookieServer keeps nothing of a first ClientHello. Without a share for P-384 a client has to come again in any case.
func cookieServer(always bool) engine.Config {
	c := serverConfig13(testkit.P256)
	c.Cookies, c.AlwaysRetry = cookieKey{1}, always
	if !always {
		c.Groups = []wire.NamedGroup{wire.SecP384r1}
	}
	return c
}

// cookieEvents notes what is told of retries and cookies.
type cookieEvents struct {
	asked    []event.RetryAsked
	returned []event.CookieReturned
}

func (l *cookieEvents) Event(_ event.Meta, e event.Event) {
	switch e := e.(type) {
	case event.RetryAsked:
		l.asked = append(l.asked, e)
	case event.CookieReturned:
		l.returned = append(l.returned, e)
	}
}

// secondHello runs a handshake up to the second ClientHello, which it returns with the HelloRetryRequest.
func secondHello(t testing.TB, client, server *end) (hrr *wire.ServerHello, second []byte) {
	t.Helper()
	flight := server.take(t, client.step(t), 1<<20)
	if server.err != nil || len(flight) == 0 {
		t.Fatal(server.err)
	}
	hrr, ok := split(t, flight[:5+int(flight[3])<<8+int(flight[4])], wire.Context{})[0].(*wire.ServerHello)
	if !ok || !hrr.IsHelloRetryRequest() {
		t.Fatal("the server asked for no second ClientHello")
	}
	second = client.take(t, flight, 1<<20)
	if client.err != nil {
		t.Fatal(client.err)
	}
	return hrr, second
}

// finish runs a handshake to its end behind what the client has sent already.
func finish(t testing.TB, client, server *end, sent []byte) {
	t.Helper()
	for range 10 {
		if len(sent) == 0 {
			break
		}
		sent = client.take(t, server.take(t, sent, 1<<20), 1<<20)
	}
	if client.err != nil || server.err != nil || !client.ready || !server.ready {
		t.Fatalf("the handshake failed:\nclient: %v\nserver: %v", client.err, server.err)
	}
}

// RFC 8446 §4.2.2: the first ClientHello goes to one server, the second with its cookie to another that knows nothing
// but the keys, or to the same on the same connection.
func TestCookie(t *testing.T) {
	for _, always := range []bool{false, true} {
		for _, id := range []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256, wire.TLS_AES_256_GCM_SHA384} {
			for _, elsewhere := range []bool{false, true} {
				t.Run(fmt.Sprintf("always %v, %v, elsewhere %v", always, id, elsewhere), func(t *testing.T) {
					asked, returned := &cookieEvents{}, &cookieEvents{}
					sc, sc2 := cookieServer(always), cookieServer(always)
					sc.Tracer, sc2.Tracer = asked, returned
					sc.CipherSuites13, sc2.CipherSuites13 = []wire.CipherSuite{id}, []wire.CipherSuite{id}
					client, server := newClient(t, clientConfig13()), newServer(t, sc)
					hrr, second := secondHello(t, client, server)
					if !hrr.Has(wire.ExtCookie) || hrr.Has(wire.ExtKeyShare) == always {
						t.Errorf("the HelloRetryRequest has %v", hrr.Order)
					}
					if elsewhere {
						server = newServer(t, sc2)
					} else {
						returned = asked
					}
					finish(t, client, server, second)
					send(t, client, server, []byte("request"))
					send(t, server, client, []byte("answer"))
					group := wire.SecP384r1
					if always {
						group = wire.X25519MLKEM768
					}
					if cs, ss := client.State(), server.State(); cs.Group != group || ss.Group != group || ss.CipherSuite != id {
						t.Errorf("agreed on %v and %v, want %v and %v", ss.Group, ss.CipherSuite, group, id)
					}
					if always {
						group = 0 // none was asked for
					}
					if len(asked.asked) != 1 || !asked.asked[0].Cookie || asked.asked[0].Group != group || len(asked.asked[0].Shares) != 2 {
						t.Errorf("told when it was given: %+v", asked.asked)
					}
					if want := (event.CookieReturned{Group: group, Elsewhere: elsewhere}); !slices.Equal(returned.returned, []event.CookieReturned{want}) {
						t.Errorf("told when it came back: %+v, want %+v", returned.returned, want)
					}
				})
			}
		}
	}
}

// A server without keys for cookies gives none, and asks nobody who has sent all.
func TestNoCookie(t *testing.T) {
	sc := cookieServer(false)
	sc.Cookies = nil
	client, server := newClient(t, clientConfig13()), newServer(t, sc)
	hrr, second := secondHello(t, client, server)
	if hrr.Has(wire.ExtCookie) {
		t.Error("the HelloRetryRequest has a cookie")
	}
	finish(t, client, server, second)
}

// What a client lists to be ignored (RFC 8701 §3) does not make its second ClientHello another.
func TestCookieAndGREASE(t *testing.T) {
	for _, always := range []bool{false, true} {
		cc := clientConfig13()
		cc.GREASE, cc.CertificateSchemes = true, onlyECDSA
		client := newClient(t, cc)
		_, second := secondHello(t, client, newServer(t, cookieServer(always)))
		finish(t, client, newServer(t, cookieServer(always)), second)
	}
}

// A session is taken up after a retry elsewhere: the binder covers the HelloRetryRequest that the second server never
// sent. RFC 8446 §4.2.11.2.
func TestCookieAndTicket(t *testing.T) {
	r := newResumer()
	r.first(t)
	r.sc.Groups, r.sc.Cookies = []wire.NamedGroup{wire.SecP384r1}, cookieKey{1}
	client, server := r.ends(t)
	_, second := secondHello(t, client, server)
	_, server = r.ends(t)
	finish(t, client, server, second)
	if !client.State().Resumed || !server.State().Resumed {
		t.Error("it was not resumed")
	}
}

// The configuration that is chosen for a client may have keys that the next connection does not find again: those of
// the server's own come first.
func TestCookieOfTheFirstConfig(t *testing.T) {
	keys := byte(1)
	serve := func() *end {
		keys++ // never the same again
		sc, other := cookieServer(false), cookieServer(false)
		sc.AskConfig, other.Cookies = true, cookieKey{keys}
		server := newServer(t, sc)
		server.answer = func(q want.Question) {
			if q, ok := q.(*want.ChooseConfig); ok {
				q.Answer(compile(t, other))
				return
			}
			answerNow(q)
		}
		return server
	}
	client := newClient(t, clientConfig13())
	_, second := secondHello(t, client, serve())
	finish(t, client, serve(), second)
	t.Run("without any", func(t *testing.T) {
		sc := serverConfig13(testkit.P256)
		sc.AskConfig = true
		server, chosen := newServer(t, sc), compile(t, cookieServer(true))
		server.answer = func(q want.Question) {
			if q, ok := q.(*want.ChooseConfig); ok {
				q.Answer(chosen)
				return
			}
			answerNow(q)
		}
		client := newClient(t, clientConfig13())
		hrr, second := secondHello(t, client, server)
		if !hrr.Has(wire.ExtCookie) {
			t.Error("the chosen configuration gives no cookie")
		}
		finish(t, client, server, second)
	})
}

// What a client can do wrong with a cookie, on the connection that it got it on and on another.
func TestCookieRefused(t *testing.T) {
	type settings = func(*engine.Config)
	cases := []struct {
		name   string
		always bool
		rule   *fault.Rule
		change func(*wire.ClientHello)
		config settings // of the server that the cookie comes back to, on another connection
	}{
		{"made up", false, fault.BadCookie, func(ch *wire.ClientHello) { ch.Cookie = []byte("cookie") }, nil},
		{"one bit changed", false, fault.BadCookie, func(ch *wire.ClientHello) { ch.Cookie[20] ^= 1 }, nil},
		{"cut short", false, fault.BadCookie, func(ch *wire.ClientHello) { ch.Cookie = ch.Cookie[:40] }, nil},
		{"of another key", false, fault.BadCookie, nil, func(c *engine.Config) { c.Cookies = cookieKey{2} }},
		{"another suite is allowed", false, fault.BadCookie, nil, func(c *engine.Config) { c.CipherSuites13 = []wire.CipherSuite{wire.TLS_CHACHA20_POLY1305_SHA256} }},
		{"another group is allowed", false, fault.BadCookie, nil, func(c *engine.Config) { c.Groups = []wire.NamedGroup{wire.X25519} }},
		{"another random", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.Random[0]++ }, nil},
		{"another version field", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.Version = wire.TLS11 }, nil},
		{"another session ID", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.SessionID = nil }, nil},
		{"fewer suites", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.CipherSuites = ch.CipherSuites[:1] }, nil},
		{"another name", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.ServerName = "other.test" }, nil},
		{"fewer groups", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.SupportedGroups = []wire.NamedGroup{wire.SecP384r1} }, nil},
		{"more versions", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) {
			ch.SupportedVersions = append(ch.SupportedVersions, wire.TLS12)
		}, nil},
		{"fewer schemes", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.SignatureAlgorithms = ch.SignatureAlgorithms[:3] }, nil},
		{"schemes for certificates", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) {
			if !ch.Has(wire.ExtSignatureAlgsCert) {
				ch.Order = slices.Insert(ch.Order, 0, wire.ExtSignatureAlgsCert)
			}
			ch.SignatureAlgorithmsCert = []wire.SignatureScheme{wire.ED25519}
		}, nil},
		{"another protocol", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) {
			ch.ALPN = []string{"h3"}
			ch.Order = slices.Insert(ch.Order, 0, wire.ExtALPN)
		}, nil},
		{"early data", false, fault.ChangedAfterRetry, func(ch *wire.ClientHello) {
			ch.Order = slices.Insert(ch.Order, 0, wire.ExtEarlyData)
		}, nil},
		{"another share, and none was asked for", true, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.KeyShares[1].Public[0] ^= 1 }, nil},
		{"a share less", true, fault.ChangedAfterRetry, func(ch *wire.ClientHello) { ch.KeyShares = ch.KeyShares[:1] }, nil},
		{"a share of another group than asked for", false, fault.BadKeyShare, func(ch *wire.ClientHello) { ch.KeyShares[0].Group = wire.SecP256r1 }, nil},
	}
	for _, c := range cases {
		for _, elsewhere := range []bool{false, true} {
			if c.config != nil && !elsewhere {
				continue
			}
			t.Run(fmt.Sprintf("%s, elsewhere %v", c.name, elsewhere), func(t *testing.T) {
				client, server := newClient(t, clientConfig13()), newServer(t, cookieServer(c.always))
				_, second := secondHello(t, client, server)
				ch := split(t, second[6:], wire.Context{})[0].(*wire.ClientHello)
				if c.change != nil {
					c.change(ch)
				}
				if elsewhere {
					sc := cookieServer(c.always)
					if c.config != nil {
						c.config(&sc)
					}
					server = newServer(t, sc)
				}
				wantFault(t, server, c.rule, server.take(t, frame(t, ch), 1<<20))
				provoked(c.rule)
			})
		}
	}
	// RFC 8446 §4.2.2: who was given a cookie brings it back. On another connection its second ClientHello is a first.
	t.Run("none", func(t *testing.T) {
		client, server := newClient(t, clientConfig13()), newServer(t, cookieServer(true))
		_, second := secondHello(t, client, server)
		ch := split(t, second[6:], wire.Context{})[0].(*wire.ClientHello)
		ch.Order = drop(ch.Order, wire.ExtCookie)
		wantFault(t, server, fault.MissingExtension, server.take(t, frame(t, ch), 1<<20))
		server = newServer(t, cookieServer(true))
		if out := server.take(t, frame(t, ch), 1<<20); server.err != nil || len(out) == 0 {
			t.Errorf("as a first ClientHello it fails with %v", server.err)
		}
	})
}

// What the right key has sealed, and is no cookie, is refused: another format, too little, too much.
func TestCookieOfSomethingElse(t *testing.T) {
	client, server := newClient(t, clientConfig13()), newServer(t, cookieServer(false))
	_, second := secondHello(t, client, server)
	ch := split(t, second[6:], wire.Context{})[0].(*wire.ClientHello)
	good, ok := cookieKey{1}.OpenCookie(testkit.Now, ch.Cookie)
	if !ok {
		t.Fatal("the cookie does not open")
	}
	bad := map[string][]byte{"more": append(slices.Clone(good), 0), "format": append([]byte{2}, good[1:]...), "empty": {},
		"a suite of TLS 1.2": slices.Concat(good[:9], []byte{0xc0, 0x2b}, good[11:]), "no suite": slices.Concat(good[:9], []byte{0, 0}, good[11:]),
		"neither asked nor not": slices.Concat(good[:13], []byte{2}, good[14:])}
	for n := range good {
		bad[fmt.Sprintf("%d bytes", n)] = good[:n]
	}
	for name, plain := range bad {
		var random [32]byte
		ch.Cookie, _ = cookieKey{1}.SealCookie(testkit.Now, &random, plain)
		server := newServer(t, cookieServer(false))
		out := server.take(t, frame(t, ch), 1<<20)
		t.Run(name, func(t *testing.T) { wantFault(t, server, fault.BadCookie, out) })
	}
}

// RFC 8446 §D.4: the ChangeCipherSpec in front of a second ClientHello means nothing to a server that has not seen the
// first. Others take none there, and none takes them without end.
func TestChangeCipherSpecBeforeCookie(t *testing.T) {
	ccs := record(wire.ContentChangeCipherSpec, []byte{1})
	server := newServer(t, cookieServer(true))
	server.take(t, slices.Repeat(ccs, 40), 1<<20)
	wantFault(t, server, fault.TooManyEmptyRecords, server.sent)
	server = newServer(t, cookieServer(true))
	wantFault(t, server, fault.MalformedChangeCipherSpec, server.take(t, record(wire.ContentChangeCipherSpec, []byte{2}), 1<<20))
	server = newServer(t, serverConfig13(testkit.P256))
	wantFault(t, server, fault.UnexpectedMessage, server.take(t, ccs, 1<<20))
}

// A cookie is good for a minute, and servers' clocks may differ by as much.
func TestStaleCookie(t *testing.T) {
	for age, good := range map[time.Duration]bool{
		time.Minute: true, -time.Minute: true, time.Minute + time.Second: false, -time.Minute - time.Second: false,
	} {
		t.Run(age.String(), func(t *testing.T) {
			client, first := newClient(t, clientConfig13()), newServer(t, cookieServer(true))
			first.Feed(client.step(t))
			if w, ok := first.Step(testkit.Now.Add(-age)).(want.HaveOutput); !ok {
				t.Fatalf("the server wants %T", w)
			}
			second := client.take(t, first.Output(), 1<<20)
			server := newServer(t, cookieServer(true))
			if good {
				finish(t, client, server, second)
				return
			}
			wantFault(t, server, fault.StaleCookie, server.take(t, second, 1<<20))
			provoked(fault.StaleCookie)
		})
	}
}

// A handshake does not go on where no cookie can be made.
func TestCookieNotSealed(t *testing.T) {
	sc := cookieServer(true)
	sc.Cookies = noCookies{}
	client, server := newClient(t, clientConfig13()), newServer(t, sc)
	wantFault(t, server, fault.InternalError, server.take(t, client.step(t), 1<<20))
}

type noCookies struct{ engine.CookieKeys }

func (noCookies) SealCookie(time.Time, *[32]byte, []byte) ([]byte, error) { return nil, nil }
