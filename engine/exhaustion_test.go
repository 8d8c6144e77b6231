package engine_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/flow"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// What one connection may hold, in bytes of the heap, whatever its peer does. The largest message of a handshake is a
// Certificate; it is joined in a buffer that grows.
const (
	idleBound      = 24 << 10                  // connected, and nothing under way
	recordBound    = idleBound + 20<<10        // a record that is not there yet
	keyBound       = 2*flow.MaxKey + idleBound // a message that is not there yet
	messageBound   = 2*flow.MaxMessage + idleBound
	handshakeBound = 2*flow.MaxCertificate + idleBound // the same, where a Certificate is waited for
	ticketsBound   = 1<<20 + idleBound                 // tickets whose caller does not take them
)

// exhausting is a peer that wants its victim to hold as much as it can.
type exhausting struct {
	name  string
	bound int64
	play  func(t *testing.T) *end
}

// tiny puts content into records of one byte.
func tiny(t wire.ContentType, content []byte) []byte {
	var out []byte
	for i := range content {
		out = append(out, byte(t), 3, 3, 0, 1, content[i])
	}
	return out
}

// unfinished is a message without its last byte.
func unfinished(k wire.HandshakeType, length int) []byte {
	return append([]byte{byte(k), byte(length >> 16), byte(length >> 8), byte(length)}, make([]byte, length-1)...)
}

func newServerOf(v wire.Version) func(*testing.T) *end {
	return func(t *testing.T) *end {
		sc := serverConfig13(testkit.P256)
		sc.MaxVersion = v
		return newServer(t, sc)
	}
}

// connectedAs is one end of a connection that has been idle since its handshake, and its peer.
func connectedAs(t *testing.T, v wire.Version, role fault.Role) (victim, peer *end) {
	cc, sc := clientConfig13(), serverConfig13(testkit.P256)
	cc.MinVersion, cc.MaxVersion, cc.ClientSessions = v, v, true
	client, server := newClient(t, cc), newServer(t, sc)
	client.answer = func(q want.Question) {
		if load, ok := q.(*want.LoadSession); ok {
			load.Answer(nil)
			return
		}
		answerNow(q)
	}
	mustShake(t, client, server)
	if role == fault.Client {
		return client, server
	}
	return server, client
}

// flood lets a peer say 256 KiB: something again and again, forty times at least, with data in between, so that it is not
// refused as talk without end. Nobody takes what the victim answers.
func flood(t *testing.T, victim, peer *end, say func() []byte) *end {
	t.Helper()
	var records []byte
	for n, said := 0, 0; n < 40 || said < 1<<18; n, said = n+1, said+len(records) {
		records = append(say(), sealed(t, peer, wire.ContentApplicationData, []byte{1})...)
		for rest := records; len(rest) > 0; {
			size, err := victim.RecordSize(rest)
			if err == nil {
				_, err = victim.Open(rest[:size])
			}
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[size:]
		}
	}
	return victim
}

// saying is a peer that always says the same.
func saying(t *testing.T, peer *end, ct wire.ContentType, content ...byte) func() []byte {
	return func() []byte { return sealed(t, peer, ct, content) }
}

func everyExhaustion() []exhausting {
	var list []exhausting
	add := func(name string, bound int64, play func(t *testing.T) *end) {
		list = append(list, exhausting{name, bound, play})
	}
	for _, v := range bothVersions {
		for _, role := range []fault.Role{fault.Client, fault.Server} {
			add(v.String()+" idle "+role.String(), idleBound, func(t *testing.T) *end {
				victim, _ := connectedAs(t, v, role)
				return victim
			})
		}
		add(v.String()+" a record without its end", recordBound, func(t *testing.T) *end {
			server := newServerOf(v)(t)
			server.take(t, record(wire.ContentHandshake, make([]byte, 1<<14))[:1<<14], 1<<20)
			return server
		})
		add(v.String()+" a ClientHello without its end, in records of one byte", messageBound, func(t *testing.T) *end {
			server := newServerOf(v)(t)
			server.take(t, tiny(wire.ContentHandshake, unfinished(wire.TypeClientHello, flow.MaxMessage)), 1<<20)
			return server
		})
	}
	add("TLS 1.2 a ClientKeyExchange without its end", keyBound, func(t *testing.T) *end {
		server := newServerOf(wire.TLS12)(t)
		server.take(t, helloOf(t, clientConfig(), nil), 1<<20)
		server.take(t, tiny(wire.ContentHandshake, unfinished(wire.TypeClientKeyExchange, flow.MaxKey)), 1<<20)
		return server
	})
	add("TLS 1.3 a KeyUpdate without its end", keyBound, func(t *testing.T) *end {
		victim, peer := connectedAs(t, wire.TLS13, fault.Server)
		for piece := range slices.Chunk(unfinished(wire.TypeKeyUpdate, flow.MaxKey), 100) {
			victim.take(t, sealed(t, peer, wire.ContentHandshake, piece), 1<<20)
		}
		return victim
	})
	add("TLS 1.2 a client's Certificate without its end", handshakeBound, func(t *testing.T) *end {
		sc := serverConfig(testkit.P256)
		sc.ClientAuth = engine.RequestClientCertificate
		server := newServer(t, sc)
		server.take(t, helloOf(t, clientConfig(), nil), 1<<20)
		for piece := range slices.Chunk(unfinished(wire.TypeCertificate, flow.MaxCertificate), 1<<14) {
			server.take(t, record(wire.ContentHandshake, piece), 1<<20)
		}
		return server
	})
	add("TLS 1.2 a server's Certificate without its end", handshakeBound, func(t *testing.T) *end {
		cc, sc := clientConfig(), serverConfig(testkit.P256)
		client := newClient(t, cc)
		flight := newServer(t, sc).take(t, client.step(t), 1<<20)
		client.take(t, flight[:5+int(flight[3])<<8+int(flight[4])], 1<<20)
		for piece := range slices.Chunk(unfinished(wire.TypeCertificate, flow.MaxCertificate), 1<<14) {
			client.take(t, record(wire.ContentHandshake, piece), 1<<20)
		}
		return client
	})
	add("TLS 1.3 KeyUpdates that ask for more", idleBound, func(t *testing.T) *end {
		victim, peer := connectedAs(t, wire.TLS13, fault.Server)
		return flood(t, victim, peer, func() []byte {
			if err := peer.UpdateKeys(true); err != nil {
				t.Fatal(err)
			}
			return peer.Output()
		})
	})
	for name, size := range map[string]int{"small": 100, "large": 32 << 10} {
		add("TLS 1.3 "+name+" tickets", ticketsBound, func(t *testing.T) *end {
			victim, peer := connectedAs(t, wire.TLS13, fault.Client)
			raw, err := wire.Encode(&wire.NewSessionTicket{Lifetime: 60, Ticket: make([]byte, size)}, wire.Context{Version: wire.TLS13})
			if err != nil {
				t.Fatal(err)
			}
			return flood(t, victim, peer, saying(t, peer, wire.ContentHandshake, raw...))
		})
	}
	add("TLS 1.2 HelloRequests", idleBound, func(t *testing.T) *end {
		victim, peer := connectedAs(t, wire.TLS12, fault.Client)
		return flood(t, victim, peer, saying(t, peer, wire.ContentHandshake, 0, 0, 0, 0))
	})
	add("TLS 1.2 ClientHellos", idleBound, func(t *testing.T) *end {
		victim, peer := connectedAs(t, wire.TLS12, fault.Server)
		return flood(t, victim, peer, saying(t, peer, wire.ContentHandshake, helloOf(t, clientConfig(), nil)[5:]...))
	})
	for _, v := range bothVersions {
		add(v.String()+" warnings between data", idleBound, func(t *testing.T) *end {
			victim, peer := connectedAs(t, v, fault.Server)
			return flood(t, victim, peer, saying(t, peer, wire.ContentAlert, byte(wire.LevelWarning), byte(wire.AlertUserCanceled)))
		})
		add(v.String()+" data in records of one byte", idleBound, func(t *testing.T) *end {
			victim, peer := connectedAs(t, v, fault.Server)
			return flood(t, victim, peer, saying(t, peer, wire.ContentApplicationData, 1))
		})
	}
	return list
}

// Whatever a peer sends, in whatever pieces, a connection holds no more than the bounds above.
func TestMemoryIsBounded(t *testing.T) {
	for _, c := range everyExhaustion() {
		t.Run(c.name, func(t *testing.T) {
			c.play(t) // what is made once
			const conns = 8
			victims := make([]*engine.Engine, conns)
			before := testkit.LiveHeap()
			for i := range victims {
				victim := c.play(t)
				if victim.err != nil {
					t.Fatalf("it is refused: %v", victim.err)
				}
				victims[i] = victim.Engine
			}
			each := (testkit.LiveHeap() - before) / conns
			t.Logf("%d bytes", each)
			if each > c.bound {
				t.Errorf("a connection holds %d bytes, at most %d", each, c.bound)
			}
			runtime.KeepAlive(victims)
		})
	}
}

// What is too long or too much is refused as soon as that is known: by a header, or by a count.
func TestTooMuchIsRefused(t *testing.T) {
	server, client := newServerOf(wire.TLS13), func(t *testing.T) *end {
		e := newClient(t, clientConfig13())
		e.step(t)
		return e
	}
	idle := func(t *testing.T) *end {
		victim, _ := connectedAs(t, wire.TLS12, fault.Server)
		return victim
	}
	many := func(ct wire.ContentType, content ...byte) []byte { return bytes.Repeat(record(ct, content), 10_000) }
	hello := func(t *testing.T) *end {
		e := newServerOf(wire.TLS13)(t)
		e.take(t, helloOf(t, clientConfig13(), nil), 1<<20)
		return e
	}
	for _, c := range []struct {
		name   string
		victim func(*testing.T) *end
		sent   []byte
		rule   *fault.Rule
	}{
		{"a record of 65,535 bytes", server, []byte{22, 3, 1, 255, 255}, fault.RecordOverflow},
		{"a record one byte too long", client, []byte{22, 3, 3, 64, 1}, fault.RecordOverflow},
		{"a message of 16,777,215 bytes", server, record(wire.ContentHandshake, []byte{1, 255, 255, 255}), fault.MessageTooLong},
		{"a Certificate of 16,777,215 bytes", client, record(wire.ContentHandshake, []byte{11, 255, 255, 255}), fault.MessageTooLong},
		{"a Certificate where none is waited for", server, record(wire.ContentHandshake, []byte{11, 4, 0, 0}), fault.UnexpectedMessage},
		{"a ServerKeyExchange of 16,385 bytes", client, record(wire.ContentHandshake, []byte{12, 0, 64, 1}), fault.MessageTooLong},
		{"a message of a type that there is not", server, record(wire.ContentHandshake, []byte{99, 0, 64, 0}), fault.UnexpectedMessage},
		{"empty records", server, many(wire.ContentHandshake), fault.TooManyEmptyRecords},
		{"warnings", client, many(wire.ContentAlert, 1, byte(wire.AlertUserCanceled)), fault.TooManyWarnings},
		{"HelloRequests", func(t *testing.T) *end {
			e := newClient(t, clientConfig())
			e.step(t)
			return e
		}, many(wire.ContentHandshake, 0, 0, 0, 0), fault.TooManyMessages},
		{"ChangeCipherSpecs behind a ClientHello", hello, many(wire.ContentChangeCipherSpec, 1), nil},
		{"an encrypted record too long", idle, []byte{23, 3, 3, 64 + 8, 1}, fault.RecordOverflow},
	} {
		t.Run(c.name, func(t *testing.T) {
			victim := c.victim(t)
			victim.take(t, c.sent, 1<<20)
			var found *fault.Error
			if !errors.As(victim.err, &found) || c.rule != nil && found.Rule != c.rule {
				t.Errorf("ends with %v", victim.err)
			}
		})
	}
}
