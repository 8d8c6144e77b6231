package differential

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

// flight is what a server says to a client. Its ServerHello is the same for both; what depends on the client, its session
// ID and the signature over its random, is made for each.
type flight struct {
	name  string
	hello []byte // a ServerHello, with zeros for the session ID
	suite wire.CipherSuite
}

// sidAt is where a ServerHello has its session ID: behind header, version, random and length.
const sidAt = wire.HandshakeHeaderLen + 2 + 32 + 1

func encoded(m wire.Message, context wire.Context) []byte {
	raw, err := wire.Encode(m, context)
	if err != nil {
		panic(err) // what is encoded here depends on nobody
	}
	return raw
}

func flights() []flight {
	hello12 := func(s wire.CipherSuite) []byte {
		sh := &wire.ServerHello{Version: wire.TLS12, Random: wire.Random{7}, CipherSuite: s}
		sh.ALPN = []string{"h2"}
		sh.Order = []wire.ExtensionType{wire.ExtExtendedMasterSecret, wire.ExtRenegotiationInfo, wire.ExtALPN}
		return encoded(sh, wire.Context{})
	}
	hello13 := func(change func(*wire.ServerHello)) []byte {
		sh := &wire.ServerHello{Version: wire.TLS12, Random: wire.Random{7}, CipherSuite: wire.TLS_AES_128_GCM_SHA256, SessionID: make([]byte, 32)}
		sh.SupportedVersions = []wire.Version{wire.TLS13}
		sh.KeyShares = []wire.KeyShare{{Group: wire.X25519, Public: append([]byte{9}, make([]byte, 31)...)}}
		sh.Order = []wire.ExtensionType{wire.ExtSupportedVersions, wire.ExtKeyShare}
		if change != nil {
			change(sh)
		}
		return encoded(sh, wire.Context{})
	}
	return []flight{
		{"TLS 1.2 RSA", hello12(wire.TLS_RSA_WITH_AES_128_GCM_SHA256), wire.TLS_RSA_WITH_AES_128_GCM_SHA256},
		{"TLS 1.2 ECDHE", hello12(wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
		{"TLS 1.3", hello13(nil), 0},
		{"TLS 1.3 retry", hello13(func(sh *wire.ServerHello) {
			sh.Random, sh.SelectedGroup = wire.HelloRetryRequestRandom, wire.SecP384r1
		}), 0},
	}
}

// to is the flight for a client that has said this.
func (f flight) to(said, hello []byte) []byte {
	raw := bytes.Clone(hello)
	list := messages(plaintext(said))
	if len(list) == 0 {
		return nil
	}
	ch := list[0].(*wire.ClientHello)
	if f.suite == 0 && len(raw) >= sidAt+len(ch.SessionID) {
		for i, b := range ch.SessionID {
			raw[sidAt+i] ^= b
		}
	}
	if f.suite == 0 {
		return framed(raw)
	}
	credential := testkit.Credential(testkit.RSA)
	out := slices.Concat(raw, encoded(&wire.Certificate{Chain: credential.Chain}, wire.Context{}))
	if f.suite == wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 {
		ske := &wire.ServerKeyExchange{KeyExchange: wire.KeyExchangeECDHE, Group: wire.X25519, Public: append([]byte{9}, make([]byte, 31)...),
			Scheme: wire.RSA_PSS_RSAE_SHA256}
		var random [32]byte
		copy(random[:], raw[min(len(raw), wire.HandshakeHeaderLen+2):])
		var err error
		ske.Signature, err = suite.Sign(credential.Signer, ske.Scheme, slices.Concat(ch.Random[:], random[:], ske.Params()))
		if err != nil {
			panic(err)
		}
		out = append(out, encoded(ske, wire.Context{KeyExchange: wire.KeyExchangeECDHE})...)
	}
	return framed(append(out, encoded(new(wire.ServerHelloDone), wire.Context{})...))
}

// holdClients says the same to both clients, and returns by which reason they differ, "" where they agree.
func (f flight) holdClients(t *testing.T, what string, hello []byte, change func([]byte), passes func(ours outcome) bool) string {
	t.Helper()
	reply := func(said []byte) []byte {
		b := f.to(said, hello)
		if change != nil {
			change(b)
		}
		return b
	}
	ours, theirs := vitroClient(reply), stdClient(reply)
	if ours.same(theirs) {
		return ""
	}
	for _, d := range clientDifferences {
		if d.is(hello, ours, theirs) {
			return d.why
		}
	}
	if passes(ours) {
		return "not listed"
	}
	t.Errorf("%s: Vitro: %v; crypto/tls: %v\n%x", what, ours, theirs, hello)
	return "none"
}

// The same ServerHello, with what has to follow it, and with every byte changed, comes to the same at both clients.
func TestClientsAgree(t *testing.T) {
	for _, f := range flights() {
		t.Run(f.name, func(t *testing.T) {
			count := map[string]int{}
			if count[f.holdClients(t, "as it is", f.hello, nil, never)]++; count[""] != 1 {
				t.Fatal("they do not agree on what is right")
			}
			for i := wire.HandshakeHeaderLen; i < len(f.hello); i++ {
				for _, bits := range []byte{1, 0x80} {
					changed := bytes.Clone(f.hello)
					changed[i] ^= bits
					count[f.holdClients(t, fmtPlace(i, bits), changed, nil, never)]++
				}
			}
			for why, n := range count {
				t.Logf("%d: %s", n, why)
			}
		})
	}
}

// A certificate that is not well-formed, and whatever else follows a ServerHello in the clear.
func TestClientsAgreeOnTheRest(t *testing.T) {
	f := flights()[0]
	count := map[string]int{}
	for i := 5 + len(f.hello); i < 5+len(f.hello)+1800; i += 13 {
		count[f.holdClients(t, fmt.Sprintf("byte %d of the flight", i), f.hello, func(b []byte) {
			if i < len(b) {
				b[i] ^= 1
			}
		}, never)]++
	}
	for why, n := range count {
		t.Logf("%d: %s", n, why)
	}
}

// FuzzClient looks for ServerHellos of which the clients make different things.
func FuzzClient(f *testing.F) {
	for i, flight := range flights() {
		f.Add(byte(i), flight.hello)
	}
	f.Fuzz(func(t *testing.T, kind byte, hello []byte) {
		if len(hello) < wire.HandshakeHeaderLen || len(hello) > 1<<13 {
			return
		}
		hello = bytes.Clone(hello)
		n := len(hello) - wire.HandshakeHeaderLen
		hello[0], hello[1], hello[2], hello[3] = byte(wire.TypeServerHello), 0, byte(n>>8), byte(n)
		flights()[int(kind)%len(flights())].holdClients(t, "a hello", hello, nil, unlessStrict)
	})
}
