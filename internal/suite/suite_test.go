package suite

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// A suite's name says what it is made of; the table has to agree with it.
func TestSuitesAreWhatTheirNamesSay(t *testing.T) {
	seen := map[wire.CipherSuite]bool{}
	for _, s := range All() {
		kx, rest, ok := strings.Cut(strings.TrimPrefix(s.ID.String(), "TLS_"), "_WITH_")
		if !ok || seen[s.ID] {
			t.Errorf("%v: no name, or there twice", s.ID)
			continue
		}
		seen[s.ID] = true
		wantKx, wantAuth := wire.KeyExchangeECDHE, AuthRSA
		switch kx {
		case "RSA":
			wantKx = wire.KeyExchangeRSA
		case "DHE_RSA":
			wantKx = wire.KeyExchangeDHE
		case "ECDHE_ECDSA":
			wantAuth = AuthECDSA
		case "ECDHE_RSA":
		default:
			t.Errorf("%v: a key exchange that this test does not know", s.ID)
		}
		if s.Version != wire.TLS12 || s.KeyExchange != wantKx || s.Auth != wantAuth {
			t.Errorf("%v: %v, key exchange %v, authentication %v", s.ID, s.Version, s.KeyExchange, s.Auth)
		}
		holdCipherAndHash(t, s, rest)
	}
	if ByID(wire.TLS_EMPTY_RENEGOTIATION_INFO_SCSV) != nil || ByID(0x0a0a) != nil {
		t.Error("ByID finds suites that are none")
	}
}

func holdCipherAndHash(t *testing.T, s *Suite, name string) {
	t.Helper()
	cipher, hash := name, "SHA256" // RFC 6655 §3: what CCM goes without saying
	if i := strings.LastIndex(name, "_SHA"); i >= 0 {
		cipher, hash = name[:i], name[i+1:]
	}
	// RFC 5246 §6.2.3.1, §5: with CBC the name's hash is the MAC's; that of the PRF is SHA-256 or better.
	if strings.HasSuffix(cipher, "_CBC") {
		mac := map[string]string{"SHA": "SHA1", "SHA256": "SHA256", "SHA384": "SHA384"}[hash]
		if got := strings.ReplaceAll(s.Cipher.MAC.String(), "-", ""); got != mac || !s.Cipher.CBC() || !s.Cipher.MAC.Available() {
			t.Errorf("%v: MAC %v", s.ID, s.Cipher.MAC)
		}
		if hash == "SHA" {
			hash = "SHA256"
		}
	} else if s.Cipher.CBC() || s.Cipher.MACKeyLen() != 0 {
		t.Errorf("%v: an AEAD with a MAC beside it", s.ID)
	}
	if got := strings.ReplaceAll(strings.ToUpper(s.Cipher.Name), "-", "_"); got != cipher {
		t.Errorf("%v: cipher %s", s.ID, s.Cipher.Name)
	}
	if got := strings.ReplaceAll(s.Hash.String(), "-", ""); got != hash || !s.Hash.Available() {
		t.Errorf("%v: hash %v, available %v", s.ID, s.Hash, s.Hash.Available())
	}
	if ByID(s.ID) != s {
		t.Errorf("ByID(%v) is another suite", s.ID)
	}
}

// RFC 8446 §B.4: a suite of TLS 1.3 names an AEAD and a hash, and nothing else.
func TestSuites13AreWhatTheirNamesSay(t *testing.T) {
	var names []string
	for _, s := range All13() {
		if s.Version != wire.TLS13 || s.KeyExchange != 0 || s.Auth != 0 || s.Auth.String() != "" {
			t.Errorf("%v: %v, key exchange %v, authentication %q", s.ID, s.Version, s.KeyExchange, s.Auth)
		}
		holdCipherAndHash(t, s, strings.TrimPrefix(s.ID.String(), "TLS_"))
		names = append(names, s.ID.String())
	}
	if want := "TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256 " +
		"TLS_AES_128_CCM_SHA256 TLS_AES_128_CCM_8_SHA256"; strings.Join(names, " ") != want {
		t.Errorf("the suites are %v", names)
	}
	for _, s := range All() {
		if slices.Contains(names, s.ID.String()) {
			t.Errorf("%v is among the suites of TLS 1.2", s.ID)
		}
	}
}

// RFC 8446 §5.5: both AES-GCM stop long before the sequence number does, at 2^24.5.
func TestMaxRecords(t *testing.T) {
	for _, c := range []*Cipher{aes128GCM, aes256GCM} {
		if n := float64(c.MaxRecords); math.Abs(math.Log2(n)-24.5) > 1e-6 || n*n > 1<<49 {
			t.Errorf("%s: %d records", c.Name, c.MaxRecords)
		}
	}
	// RFC 9147 §4.5.3.
	for _, c := range []*Cipher{aes128CCM, aes256CCM, aes128CCM8, aes256CCM8} {
		if c.MaxRecords != 1<<23 {
			t.Errorf("%s: %d records", c.Name, c.MaxRecords)
		}
	}
	if chaCha20.MaxRecords != math.MaxUint64 {
		t.Errorf("ChaCha20-Poly1305: %d records", chaCha20.MaxRecords)
	}
}

// RFC 5288 §3, RFC 7905 §2, RFC 6655 §3, §4: the lengths, and that the AEAD takes them.
func TestCipherLengths(t *testing.T) {
	for _, c := range []struct {
		cipher                       *Cipher
		key, fixed, explicit, growth int
	}{
		{aes128GCM, 16, 4, 8, 24}, {aes256GCM, 32, 4, 8, 24}, {chaCha20, 32, 12, 0, 16},
		{aes128CCM, 16, 4, 8, 24}, {aes256CCM, 32, 4, 8, 24}, {aes128CCM8, 16, 4, 8, 16}, {aes256CCM8, 32, 4, 8, 16},
	} {
		if c.cipher.KeyLen != c.key || c.cipher.FixedIVLen != c.fixed || c.cipher.ExplicitNonceLen != c.explicit || c.cipher.Overhead() != c.growth || c.cipher.NonceLen() != 12 {
			t.Errorf("%s: %+v, want %+v", c.cipher.Name, *c.cipher, c)
		}
		if _, err := c.cipher.New(make([]byte, c.key)); err != nil {
			t.Errorf("%s: %v", c.cipher.Name, err)
		}
		if _, err := c.cipher.New(make([]byte, c.key-1)); err == nil {
			t.Errorf("%s takes a key that is too short", c.cipher.Name)
		}
	}
}

// RFC 5246 §C, RFC 5289 §3.1: the lengths of the ciphers with CBC; their IVs come with the records.
func TestCBCLengths(t *testing.T) {
	for _, c := range []struct {
		cipher   *Cipher
		key, mac int
	}{
		{aes128CBCSHA1, 16, 20}, {aes256CBCSHA1, 32, 20}, {aes128CBCSHA256, 16, 32}, {aes256CBCSHA256, 32, 32}, {aes256CBCSHA384, 32, 48},
	} {
		if c.cipher.KeyLen != c.key || c.cipher.MACKeyLen() != c.mac || c.cipher.FixedIVLen != 0 {
			t.Errorf("%s with %v: keys of %d and %d bytes, an IV of %d", c.cipher.Name, c.cipher.MAC, c.cipher.KeyLen, c.cipher.MACKeyLen(), c.cipher.FixedIVLen)
		}
		if _, err := c.cipher.NewBlock(make([]byte, c.key)); err != nil {
			t.Errorf("%s: %v", c.cipher.Name, err)
		}
	}
}

// All returns a copy: nobody can change what the suites are for everyone.
func TestAllIsACopy(t *testing.T) {
	All()[0], All13()[0] = nil, nil
	if All()[0] == nil || All13()[0] == nil {
		t.Error("the table was changed through All")
	}
}

func TestGroups(t *testing.T) {
	// The length of the public value: RFC 7748 §6.1, and an uncompressed point as in RFC 8422 §5.4.1.
	lengths := map[wire.NamedGroup]int{wire.X25519: 32, wire.SecP256r1: 65, wire.SecP384r1: 97, wire.SecP521r1: 133}
	for _, id := range Groups() {
		a, err := NewShare(id, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		b, err := NewShare(id, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		ours, err1 := a.Shared(b.Public())
		theirs, err2 := b.Shared(a.Public())
		if err1 != nil || err2 != nil || !bytes.Equal(ours, theirs) {
			t.Errorf("%v: %x and %x, %v, %v", id, ours, theirs, err1, err2)
		}
		if a.Group() != id || !HasGroup(id) || len(a.Public()) != lengths[id] {
			t.Errorf("%v: group %v, a public value of %d bytes, want %d", id, a.Group(), len(a.Public()), lengths[id])
		}
		for _, bad := range [][]byte{nil, {}, a.Public()[1:], append(a.Public(), 0), make([]byte, lengths[id])} {
			if secret, err := b.Shared(bad); err == nil {
				t.Errorf("%v: a public value of %d bytes that is none makes the secret %x", id, len(bad), secret)
			}
		}
	}
}

// The bytes of a share come from the random source and nowhere else, so that a recording plays back.
func TestSharesRepeat(t *testing.T) {
	for _, id := range Groups13() {
		var random bytes.Buffer
		first, err := NewShare(id, io.TeeReader(rand.Reader, &random))
		if err != nil {
			t.Fatal(err)
		}
		second, err := NewShare(id, &random)
		if err != nil || !bytes.Equal(first.Public(), second.Public()) {
			t.Errorf("%v: the same bytes make another key (%v)", id, err)
		}
		if random.Len() != 0 {
			t.Errorf("%v: %d bytes were read and not used", id, random.Len())
		}
	}
}

type constant byte

func (c constant) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(c)
	}
	return len(b), nil
}

// A broken random source ends in an error, not in a loop or a panic.
func TestBrokenRandomness(t *testing.T) {
	broken := errors.New("no randomness")
	for _, id := range Groups13() {
		if _, err := NewShare(id, io.MultiReader(io.LimitReader(rand.Reader, 5), errorReader{broken})); !errors.Is(err, broken) {
			t.Errorf("%v: %v, want %v", id, err, broken)
		}
	}
	for _, id := range []wire.NamedGroup{wire.SecP256r1, wire.SecP384r1, wire.SecP521r1} {
		for _, value := range []constant{0, 0xff} { // zero, and more than the order
			if _, err := NewShare(id, value); err == nil || !strings.Contains(err.Error(), "random source is broken") {
				t.Errorf("%v made a key of bytes 0x%02x: %v", id, byte(value), err)
			}
		}
	}
	if _, err := NewShare(0x0a0a, rand.Reader); fmt.Sprint(err) != "no group GREASE 0x0a0a" {
		t.Errorf("got %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }
