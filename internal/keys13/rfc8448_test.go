package keys13

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// trace is one handshake of RFC 8448; testdata/rfc8448/README.md says what its lines are.
type trace struct {
	*testing.T
	suite    *suite.Suite
	messages [][]byte

	shares    map[string]suite.PrivateShare // by side, the latest
	early     *Early
	handshake *Handshake
	master    *Master
	traffic   map[string]*Traffic // by label
	resumed   []byte
	bound     []byte // the hash that the binder is over
}

// Every value that RFC 8448 says of the key schedule, byte for byte, in all of its handshakes. The secrets are made
// from the private keys and messages; the hashes that the RFC shows have to be those of the messages.
func TestRFC8448(t *testing.T) {
	for _, name := range []string{"simple", "resumed", "hello_retry", "client_auth", "compatibility"} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(filepath.Join("testdata", "rfc8448", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			tr := &trace{T: t, suite: suite.ByID(wire.TLS_AES_128_GCM_SHA256)}
			tr.shares, tr.traffic = map[string]suite.PrivateShare{}, map[string]*Traffic{}
			held := map[string]int{}
			for line := range strings.Lines(string(content)) {
				word := strings.Fields(line)
				held[word[0]]++
				tr.hold(word)
			}
			if held["extract"] != 3 || held["derive"] < 6 || held["finished"] != 2 || held["keys"] < 4 {
				t.Errorf("the trace is not what it was: %v", held)
			}
		})
	}
}

func (tr *trace) hold(word []string) {
	tr.Helper()
	switch word[0] {
	case "share":
		tr.share(word[1], word[2], unhex(tr, word[3]), unhex(tr, word[4]))
	case "extract":
		tr.extract(word[1], unhex(tr, word[2]), unhex(tr, word[3]))
	case "derive":
		tr.derive(strings.ReplaceAll(word[1], "_", " "), unhex(tr, word[2]), unhex(tr, word[3]))
	case "message":
		tr.message(unhex(tr, word[2]))
	case "binder":
		tr.bound = unhex(tr, word[1])
		key := tr.early.BinderKey(false)
		tr.same("binder key", key.use(), unhex(tr, word[2]))
		tr.same("binder", key.Binder(nil, tr.bound), unhex(tr, word[3]))
	case "keys":
		key, iv := make([]byte, tr.suite.Cipher.KeyLen), make([]byte, tr.suite.Cipher.NonceLen())
		tr.trafficOf(word[1]).Keys(key, iv)
		tr.same("key", key, unhex(tr, word[2]))
		tr.same("IV", iv, unhex(tr, word[3]))
	case "finished":
		tr.same("verify_data", tr.trafficOf(word[2]).Finished(nil, tr.transcript()), unhex(tr, word[3]))
	case "resumption":
		tr.same("resumption master secret", tr.resumed, unhex(tr, word[1]))
		tr.same("PSK", ResumptionPSK(tr.suite, tr.resumed, unhex(tr, word[2])), unhex(tr, word[3]))
	case "record": // internal/record holds these
	default:
		tr.Fatalf("a line of an unknown kind: %v", word)
	}
}

func (tr *trace) same(what string, got, want []byte) {
	tr.Helper()
	if !bytes.Equal(got, want) {
		tr.Errorf("%s: %x, want %x", what, got, want)
	}
}

func (tr *trace) share(side, group string, private, public []byte) {
	id := map[string]wire.NamedGroup{"x25519": wire.X25519, "secp256r1": wire.SecP256r1}[group]
	share, err := suite.NewShare(id, bytes.NewReader(private))
	if err != nil {
		tr.Fatal(err)
	}
	tr.same(side+"'s public key", share.Public(), public)
	tr.shares[side] = share
}

// message keeps the transcript. RFC 8446 §4.4.1: once the server has asked for another ClientHello, a message_hash
// stands for the first one.
func (tr *trace) message(m []byte) {
	// RFC 8446 §4.2.11.2: the binders, here one with the lengths of it and of the list, are at the very end.
	if m[0] == 1 && tr.bound != nil {
		h := tr.suite.Hash.New()
		h.Write(m[:len(m)-35])
		tr.same("hash without the binders", h.Sum(nil), tr.bound)
	}
	retry := unhex(tr, "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
	if m[0] == 2 && bytes.Equal(m[6:38], retry) {
		hash := tr.transcript()
		tr.messages = [][]byte{append([]byte{254, 0, 0, byte(len(hash))}, hash...)}
	}
	tr.messages = append(tr.messages, m)
}

func (tr *trace) transcript() []byte {
	h := tr.suite.Hash.New()
	for _, m := range tr.messages {
		h.Write(m)
	}
	return h.Sum(nil)
}

func (tr *trace) extract(name string, ikm, want []byte) {
	zeroes := bytes.Equal(ikm, make([]byte, 32))
	switch name {
	case "early":
		if zeroes {
			ikm = nil
		}
		tr.early = NewEarly(tr.suite, ikm)
		tr.same("early secret", tr.early.use(), want)
	case "handshake":
		shared, err := tr.shares["client"].Shared(tr.shares["server"].Public())
		if err != nil {
			tr.Fatal(err)
		}
		tr.same("shared secret", shared, ikm)
		tr.handshake = tr.early.Handshake(shared)
		tr.same("handshake secret", tr.handshake.use(), want)
	case "master":
		if !zeroes {
			tr.Errorf("the master secret is extracted from %x", ikm)
		}
		tr.master = tr.handshake.Master()
		tr.same("master secret", tr.master.use(), want)
	}
}

func (tr *trace) derive(label string, hash, want []byte) {
	tr.same("transcript hash for "+label, tr.transcript(), hash)
	var got []byte
	switch label {
	case "e exp master":
		got = tr.early.EarlyExporter(hash)
	case "exp master":
		got = tr.master.Exporter(hash).Secret()
	case "res master":
		got = tr.master.Resumption(hash)
		tr.resumed = got
	default:
		tr.traffic[label] = tr.newTraffic(label, hash)
		got = tr.traffic[label].Secret()
	}
	tr.same(label, got, want)
}

func (tr *trace) newTraffic(label string, hash []byte) *Traffic {
	switch label {
	case "c e traffic":
		return tr.early.ClientEarlyTraffic(hash)
	case "c hs traffic":
		return tr.handshake.ClientTraffic(hash)
	case "s hs traffic":
		return tr.handshake.ServerTraffic(hash)
	case "c ap traffic":
		return tr.master.ClientTraffic(hash)
	case "s ap traffic":
		return tr.master.ServerTraffic(hash)
	}
	tr.Fatalf("an unknown label: %s", label)
	return nil
}

// trafficOf finds the traffic secret that a line names by its value.
func (tr *trace) trafficOf(value string) *Traffic {
	tr.Helper()
	for _, t := range tr.traffic {
		if hex.EncodeToString(t.Secret()) == value {
			return t
		}
	}
	tr.Fatalf("no traffic secret is %s", value)
	return nil
}
