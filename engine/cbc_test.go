package engine_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// RFC 7366 §2.1: encrypt_then_mac is offered by a client that has CBC to offer, and by no other.
func TestWhoOffersEncryptThenMAC(t *testing.T) {
	for policy, want := range map[string]bool{"modern": false, "compatible": true, "legacy": true} {
		for _, newest := range []wire.Version{wire.TLS12, wire.TLS13} {
			cc := clientConfig()
			cc.Policy, cc.MaxVersion = policy, newest
			ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello)
			if got := ch.Has(wire.ExtEncryptThenMAC); got != want {
				t.Errorf("policy %s up to %v: offered %v, want %v", policy, newest, got, want)
			}
		}
	}
	cc := clientConfig()
	cc.Policy, cc.MinVersion, cc.MaxVersion = "legacy", wire.TLS13, 0
	if ch := split(t, newClient(t, cc).step(t), wire.Context{})[0].(*wire.ClientHello); ch.Has(wire.ExtEncryptThenMAC) {
		t.Error("a client of TLS 1.3 alone offers encrypt_then_mac")
	}
}

// RFC 7366 §3: a server answers it with CBC, where the client offered it, and with nothing else; and a client does not
// let pass that a server answers it with an AEAD.
func TestWhoAnswersEncryptThenMAC(t *testing.T) {
	const cbc, aead = wire.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
	for _, c := range []struct {
		suite         wire.CipherSuite
		offered, want bool
	}{{cbc, true, true}, {cbc, false, false}, {aead, true, false}} {
		cc, sc := clientConfig(), serverConfig(testkit.RSA)
		cc.CipherSuites, sc.CipherSuites = []wire.CipherSuite{cbc, aead}, []wire.CipherSuite{c.suite}
		client, server := newClient(t, cc), newServer(t, sc)
		hello := client.step(t)
		if !c.offered {
			ch := split(t, hello, wire.Context{})[0].(*wire.ClientHello)
			ch.Order = slices.DeleteFunc(ch.Order, func(x wire.ExtensionType) bool { return x == wire.ExtEncryptThenMAC })
			hello = frame(t, ch)
		}
		flight := server.take(t, hello, 1<<20)
		first := 5 + int(flight[3])<<8 + int(flight[4])
		sh := split(t, flight[:first], wire.Context{})[0].(*wire.ServerHello)
		if got := sh.Has(wire.ExtEncryptThenMAC); got != c.want || sh.CipherSuite != c.suite {
			t.Errorf("%v, offered %v: %v with encrypt_then_mac %v, want %v", c.suite, c.offered, sh.CipherSuite, got, c.want)
		}
		if c.suite == aead {
			sh.Add(wire.ExtEncryptThenMAC)
			wantFault(t, client, fault.UselessEncryptThenMAC, client.take(t, frame(t, sh), 1<<20))
			provoked(fault.UselessEncryptThenMAC)
		}
	}
}

// What is told of the keys says how records are protected: cipher, MAC and its place.
func TestKeysTellOfTheMAC(t *testing.T) {
	for id, want := range map[wire.CipherSuite]event.KeysDerived{
		wire.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA:    {Cipher: "AES-128-CBC", MAC: 3, MACKeyLen: 20, KeyLen: 16, EncryptThenMAC: true},
		wire.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: {Cipher: "AES-256-CBC", MAC: 6, MACKeyLen: 48, KeyLen: 32, EncryptThenMAC: true},
		wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: {Cipher: "AES-128-GCM", KeyLen: 16},
	} {
		cc, sc := clientConfig(), serverConfig(testkit.RSA)
		cc.CipherSuites = []wire.CipherSuite{id}
		told := 0
		sc.Tracer = event.TracerFunc(func(_ event.Meta, e event.Event) {
			if k, is := e.(event.KeysDerived); is {
				told++
				if k.Cipher != want.Cipher || k.MAC != want.MAC || k.MACKeyLen != want.MACKeyLen || k.KeyLen != want.KeyLen || k.EncryptThenMAC != want.EncryptThenMAC {
					t.Errorf("%v: told %+v, want %+v", id, k, want)
				}
			}
		})
		cc.Tracer = sc.Tracer
		mustShake(t, newClient(t, cc), newServer(t, sc))
		if told != 2 {
			t.Errorf("%v: told %d times, want once at each end", id, told)
		}
	}
}

// Any byte of a record with CBC that was changed on the way ends the connection with bad_record_mac, whichever it is:
// IV, content, padding or MAC.
func TestChangedCBCRecords(t *testing.T) {
	for _, id := range []wire.CipherSuite{wire.TLS_RSA_WITH_AES_128_CBC_SHA, wire.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384} {
		for _, at := range []int{5, 20, 21, 36, 37, 60, -49, -48, -33, -17, -16, -1} {
			cc := clientConfig()
			cc.CipherSuites = []wire.CipherSuite{id}
			client, server := newClient(t, cc), newServer(t, serverConfig(testkit.RSA))
			mustShake(t, client, server)
			rec, err := client.Seal(nil, bytes.Repeat([]byte{7}, 100))
			if err != nil {
				t.Fatal(err)
			}
			i := (at + len(rec)) % len(rec)
			rec[i] ^= 0x40
			if _, err := server.Open(rec); !errors.Is(err, fault.BadRecordMAC) {
				t.Errorf("%v: with byte %d of %d changed: %v", id, i, len(rec), err)
			}
			if out := server.step(t); !errors.Is(server.err, fault.BadRecordMAC) || len(out) == 0 {
				t.Errorf("%v: with byte %d of %d changed the server goes on: %v", id, i, len(rec), server.err)
			}
		}
	}
}
