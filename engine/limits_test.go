package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// contents returns how many bytes of content and padding each record of an AEAD in b has.
func contents(b []byte, version wire.Version) (sizes []int) {
	overhead := 8 + 16
	if version == wire.TLS13 {
		overhead = 1 + 16
	}
	for len(b) > 0 {
		n := int(b[3])<<8 + int(b[4])
		sizes = append(sizes, n-overhead)
		b = b[5+n:]
	}
	return sizes
}

func limited(version wire.Version) (cc, sc engine.Config) {
	if version == wire.TLS13 {
		return clientConfig13(), serverConfig13(testkit.P256)
	}
	cc, sc = clientConfig(), serverConfig(testkit.P256)
	cc.CipherSuites = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}
	return cc, sc
}

// RFC 8449 §4: each side's records are no larger than the other has asked for, with padding; nobody is bound without the
// other's wish.
func TestRecordSizeLimit(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		for _, c := range []struct{ client, server, toClient, toServer int }{
			{64, 0, 64, 1 << 14}, {500, 100, 500, 100}, {0, 100, 1 << 14, 1 << 14}, {1 << 14, 1 << 14, 1 << 14, 1 << 14},
			{512, 0, 512, 1 << 14}, // one that max_fragment_length could say as well
		} {
			t.Run(fmt.Sprint(version, c), func(t *testing.T) {
				cc, sc := limited(version)
				cc.RecordSizeLimit, sc.RecordSizeLimit = c.client, c.server
				sc.RecordPadding = func(int) int { return 1 << 14 }
				client, server := newClient(t, cc), newServer(t, sc)
				mustShake(t, client, server)
				for _, way := range []struct {
					from, to *end
					most     int
				}{{server, client, c.toClient}, {client, server, c.toServer}} {
					data := bytes.Repeat([]byte{7}, 3<<14+1)
					sealed, err := way.from.Seal(nil, data)
					if err != nil {
						t.Fatal(err)
					}
					for i, n := range contents(sealed, version) {
						if n > way.most || i == 0 && n != way.most {
							t.Fatalf("record %d has %d bytes, at most %d", i, n, way.most)
						}
					}
					deliver(t, way.to, sealed, data)
				}
			})
		}
	}
}

// Handshake messages are cut as well, once they are encrypted.
func TestRecordSizeLimitInHandshake(t *testing.T) {
	cc, sc := limited(wire.TLS13)
	cc.RecordSizeLimit = 100
	client, server := newClient(t, cc), newServer(t, sc)
	flight := server.take(t, client.step(t), 1<<20)
	n := 5 + int(flight[3])<<8 + int(flight[4])
	for flight = flight[n:]; len(flight) > 0; flight = flight[n:] {
		n = 5 + int(flight[3])<<8 + int(flight[4])
		if wire.ContentType(flight[0]) == wire.ContentApplicationData && n > 5+17+100 {
			t.Errorf("a record of %d bytes", n)
		}
	}
}

// RFC 6066 §4: where a client knows the older extension only, both sides keep to its length, in the clear too.
func TestMaxFragmentLength(t *testing.T) {
	cc, sc := limited(wire.TLS12)
	cc.RecordSizeLimit = 512
	client, server := newClient(t, cc), newServer(t, sc)
	ch := split(t, client.step(t), wire.Context{})[0].(*wire.ClientHello)
	ch.Order = drop(ch.Order, wire.ExtRecordSizeLimit)
	out := server.take(t, frame(t, ch), 1<<20)
	records := 0
	for b := out; len(b) > 0; records++ {
		n := int(b[3])<<8 + int(b[4])
		if n > 512 {
			t.Errorf("a record of %d bytes", n)
		}
		b = b[5+n:]
	}
	sh := split(t, out, wire.Context{Version: wire.TLS12, KeyExchange: wire.KeyExchangeECDHE})[0].(*wire.ServerHello)
	if records < 2 || sh.MaxFragmentLength.Bytes() != 512 || sh.Has(wire.ExtRecordSizeLimit) {
		t.Errorf("%d records, ServerHello %+v", records, sh)
	}
	wantFault(t, server, fault.RecordOverflow, server.take(t, append([]byte{22, 3, 3, 2, 1}, make([]byte, 513)...), 1<<20))
}

// Who goes beyond what it was asked for is refused.
func TestRecordSizeLimitHeld(t *testing.T) {
	for _, version := range []wire.Version{wire.TLS12, wire.TLS13} {
		cc, sc := limited(version)
		cc.RecordSizeLimit, sc.RecordSizeLimit = 200, 200
		for toServer := range 2 {
			client, server := newClient(t, cc), newServer(t, sc)
			mustShake(t, client, server)
			way := struct{ from, to *end }{server, client}
			if toServer == 1 {
				way.from, way.to = client, server
			}
			way.from.Unlimited()
			sealed, err := way.from.Seal(nil, make([]byte, 201))
			if err != nil {
				t.Fatal(err)
			}
			n, err := way.to.RecordSize(sealed)
			if err == nil {
				_, err = way.to.Open(sealed[:n])
			}
			if !errors.Is(err, fault.RecordOverflow) {
				t.Errorf("%v: 201 bytes where 200 were asked for: %v", version, err)
			}
		}
	}
}

// What a server can do wrong about it. RFC 8449 §5, RFC 6066 §4.
func TestClientRefusesLimits(t *testing.T) {
	for name, c := range map[string]struct {
		rule   *fault.Rule
		change func(*wire.ServerHello)
	}{
		"both": {fault.MisplacedExtension, func(sh *wire.ServerHello) {
			sh.MaxFragmentLength = 1
			sh.Add(wire.ExtMaxFragmentLength)
		}},
		"another length": {fault.OtherFragmentLength, func(sh *wire.ServerHello) {
			sh.MaxFragmentLength = 2
			sh.Order = append(drop(sh.Order, wire.ExtRecordSizeLimit), wire.ExtMaxFragmentLength)
		}},
		"too small": {fault.IllegalValue, func(sh *wire.ServerHello) { sh.RecordSizeLimit = 63 }},
	} {
		t.Run(name, func(t *testing.T) {
			cc, sc := limited(wire.TLS12)
			cc.RecordSizeLimit = 512
			client, server := newClient(t, cc), newServer(t, sc)
			flight := server.take(t, client.step(t), 1<<20)
			n := 5 + int(flight[3])<<8 + int(flight[4])
			sh := split(t, flight[:n], wire.Context{})[0].(*wire.ServerHello)
			c.change(sh)
			wantFault(t, client, c.rule, client.take(t, frame(t, sh), 1<<20))
			provoked(c.rule)
		})
	}
}

// Records without content and warnings are counted apart: 32 and 4 in a row are let pass, and each one more is not.
func TestIdleRecords(t *testing.T) {
	empty, warning := record(wire.ContentHandshake, nil), record(wire.ContentAlert, []byte{byte(wire.LevelWarning), byte(wire.AlertUserCanceled)})
	for _, c := range []struct {
		empties, warnings int
		rule              *fault.Rule
	}{{32, 4, nil}, {33, 4, fault.TooManyEmptyRecords}, {32, 5, fault.TooManyWarnings}} {
		client := newClient(t, clientConfig())
		client.step(t)
		out := client.take(t, append(bytes.Repeat(warning, c.warnings), bytes.Repeat(empty, c.empties)...), 1<<20)
		if c.rule != nil {
			wantFault(t, client, c.rule, out)
		} else if client.err != nil {
			t.Errorf("%d empty records and %d warnings: %v", c.empties, c.warnings, client.err)
		}
	}
}
