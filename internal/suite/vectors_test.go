package suite

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vitro-tls/vitro/wire"
)

// bytesHex is a JSON string of hexadecimal digits.
type bytesHex []byte

func (b *bytesHex) UnmarshalText(text []byte) error {
	if len(text)%2 != 0 {
		text = append([]byte{'0'}, text...)
	}
	raw, err := hex.DecodeString(string(text))
	*b = raw
	return err
}

// vectorGroup is one group of Wycheproof's; G holds what its tests have in common, V one test.
type vectorGroup[G, V any] struct {
	Common G
	Tests  []V
}

// Verdict is what Wycheproof says of a test.
type verdict struct {
	TcID    int
	Comment string
	Result  string // valid, invalid, acceptable
	Flags   []string
}

// loadVectors reads a file of Wycheproof's vectors, or skips the test where there are none.
func loadVectors[G, V any](t *testing.T, name string) []vectorGroup[G, V] {
	t.Helper()
	dir := os.Getenv("VITRO_VECTORS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "vectors")
	}
	content, err := os.ReadFile(filepath.Join(dir, "wycheproof", name))
	if os.IsNotExist(err) {
		t.Skipf("no Wycheproof vectors: neither ../shared/vectors beside the repository nor VITRO_VECTORS has %s", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ TestGroups []json.RawMessage }
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	var groups []vectorGroup[G, V]
	for _, raw := range file.TestGroups {
		var g vectorGroup[G, V]
		if err := json.Unmarshal(raw, &g.Common); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &g); err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	return groups
}

type aeadCommon struct{ IVSize, KeySize, TagSize int }

type aeadVector struct {
	verdict
	Key, IV, AAD, Msg, CT, Tag bytesHex
}

// The ciphers of the table, with the nonce and tag lengths that TLS gives them.
func TestCiphersWycheproof(t *testing.T) {
	for _, c := range []struct {
		file    string
		ciphers []*Cipher
	}{
		{"aes_gcm_test.json", []*Cipher{aes128GCM, aes256GCM}},
		{"chacha20_poly1305_test.json", []*Cipher{chaCha20}},
		{"aes_ccm_test.json", []*Cipher{aes128CCM, aes256CCM, aes128CCM8, aes256CCM8}},
	} {
		t.Run(c.file, func(t *testing.T) {
			held := 0
			for _, g := range loadVectors[aeadCommon, aeadVector](t, c.file) {
				if g.Common.IVSize != 96 {
					continue
				}
				i := slices.IndexFunc(c.ciphers, func(c *Cipher) bool { return 8*c.KeyLen == g.Common.KeySize && 8*c.TagLen == g.Common.TagSize })
				if i < 0 {
					continue // AES-192, another tag
				}
				for _, v := range g.Tests {
					holdAEAD(t, c.ciphers[i], v)
					held++
				}
			}
			if held < 100 {
				t.Errorf("only %d vectors have the lengths of TLS: the file is not what it was", held)
			}
		})
	}
}

func holdAEAD(t *testing.T, c *Cipher, v aeadVector) {
	aead, err := c.New(v.Key)
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	if aead.NonceSize() != c.FixedIVLen+c.ExplicitNonceLen || aead.Overhead() != c.TagLen {
		t.Fatalf("%s: the AEAD has a nonce of %d and a tag of %d bytes, the table says otherwise", c.Name, aead.NonceSize(), aead.Overhead())
	}
	sealed := append(bytes.Clone(v.CT), v.Tag...)
	opened, err := aead.Open(nil, v.IV, sealed, v.AAD)
	if v.Result != "valid" {
		if err == nil {
			t.Errorf("%s, test %d (%s): a forgery opens", c.Name, v.TcID, v.Comment)
		}
		return
	}
	if err != nil || !bytes.Equal(opened, v.Msg) {
		t.Errorf("%s, test %d (%s): opened to %x, %v", c.Name, v.TcID, v.Comment, opened, err)
	}
	if got := aead.Seal(nil, v.IV, v.Msg, v.AAD); !bytes.Equal(got, sealed) {
		t.Errorf("%s, test %d (%s): sealed to %x, want %x", c.Name, v.TcID, v.Comment, got, sealed)
	}
}

type ecdhVector struct {
	verdict
	Public, Private, Shared bytesHex
}

// scalar brings a private key, written as a number, to the length of its group.
func scalar(private []byte, n int) []byte {
	private = bytes.TrimLeft(private, "\x00")
	return append(make([]byte, n-len(private)), private...)
}

func TestGroupsWycheproof(t *testing.T) {
	for _, c := range []struct {
		file  string
		group wire.NamedGroup
	}{
		{"x25519_test.json", wire.X25519},
		{"ecdh_secp256r1_ecpoint_test.json", wire.SecP256r1},
	} {
		t.Run(c.file, func(t *testing.T) {
			results := map[string]int{}
			for _, g := range loadVectors[struct{}, ecdhVector](t, c.file) {
				for _, v := range g.Tests {
					results[v.Result]++
					holdECDH(t, c.group, v)
				}
			}
			if results["valid"] < 200 || results["invalid"]+results["acceptable"] < 20 {
				t.Errorf("the file is not what it was: %v", results)
			}
		})
	}
}

func holdECDH(t *testing.T, group wire.NamedGroup, v ecdhVector) {
	private := []byte(v.Private)
	if group != wire.X25519 {
		private = scalar(private, 32)
	}
	share, err := NewShare(group, bytes.NewReader(private))
	if err != nil {
		t.Errorf("%v, test %d (%s): %v", group, v.TcID, v.Comment, err)
		return
	}
	if group == wire.X25519 {
		holdPublicX25519(t, share, private)
	}
	got, err := share.Shared(v.Public)
	want := v.Result == "valid"
	if v.Result == "acceptable" {
		// RFC 8422 §5.11: an all-zero secret is refused, and a point is uncompressed; the rest is as good as valid.
		want = !slices.Contains(v.Flags, "ZeroSharedSecret") && !slices.Contains(v.Flags, "CompressedPoint")
	}
	switch {
	case want && err != nil:
		t.Errorf("%v, test %d (%s): %v", group, v.TcID, v.Comment, err)
	case want && !bytes.Equal(got, v.Shared):
		t.Errorf("%v, test %d (%s): %x, want %x", group, v.TcID, v.Comment, got, v.Shared)
	case !want && err == nil:
		t.Errorf("%v, test %d (%s): a secret is made of a public key that is none: %x", group, v.TcID, v.Comment, got)
	}
}

// The public key of each private key that Wycheproof has a secret of: it is made in another way than secrets are.
func holdPublicX25519(t *testing.T, share PrivateShare, private []byte) {
	t.Helper()
	key, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if own, want := share.Public(), key.PublicKey().Bytes(); !bytes.Equal(own, want) {
		t.Errorf("the public key of %x is %x, want %x", private, own, want)
	}
}

type kemVector struct {
	verdict
	Seed, EK, C, K bytesHex
}

// The tests whose seed has another length than 64 bytes are left out: the seed is ours, and always has it.
func TestKEMWycheproof(t *testing.T) {
	for _, c := range []struct {
		file  string
		group wire.NamedGroup
	}{
		{"mlkem_768_test.json", wire.MLKEM768},
		{"mlkem_1024_test.json", wire.MLKEM1024},
	} {
		t.Run(c.file, func(t *testing.T) {
			results := map[string]int{}
			for _, g := range loadVectors[struct{}, kemVector](t, c.file) {
				for _, v := range g.Tests {
					if len(v.Seed) == 64 {
						results[v.Result]++
						holdKEM(t, c.group, v)
					}
				}
			}
			if results["valid"] < 150 || results["invalid"] < 20 {
				t.Errorf("the file is not what it was: %v", results)
			}
		})
	}
}

func holdKEM(t *testing.T, group wire.NamedGroup, v kemVector) {
	share, err := NewShare(group, bytes.NewReader(v.Seed))
	if err != nil {
		t.Errorf("%v, test %d (%s): %v", group, v.TcID, v.Comment, err)
		return
	}
	if !bytes.Equal(share.Public(), v.EK) {
		t.Errorf("%v, test %d (%s): the encapsulation key is another", group, v.TcID, v.Comment)
	}
	got, err := share.Shared(v.C)
	switch valid := v.Result == "valid"; {
	case valid && (err != nil || !bytes.Equal(got, v.K)):
		t.Errorf("%v, test %d (%s): %x, %v, want %x", group, v.TcID, v.Comment, got, err, v.K)
	case !valid && err == nil:
		t.Errorf("%v, test %d (%s): a secret is made of what is no ciphertext: %x", group, v.TcID, v.Comment, got)
	}
}
