package keys12

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The PRF of RFC 5246 §5 gives what OpenSSL's TLS1-PRF gives.
func TestPRF(t *testing.T) {
	secret, seed := unhex(t, "9bbe436ba940f017b17652849a71db35"), unhex(t, "a0ba9f936cda311827a6f796ffd5198c")
	for h, want := range map[crypto.Hash]string{
		crypto.SHA256: "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66",
		crypto.SHA384: "dd88775cd827187b67a3f7652b5c13f715791cc46e0274a6d3fb16651103defc544cd8afb68369a219bb918b8b21ddb1764af0a70339e6dec085e574f655851ba692513203536bdfc3675e53768210f0a2389dd324311a440c7c30ef44b391d914c3b0c7",
	} {
		got := make([]byte, 100)
		prf(h, got, secret, "test label", seed[:5], seed[5:])
		if hex.EncodeToString(got) != want {
			t.Errorf("%v: %x, want %s", h, got, want)
		}
	}
}

func schedule(id wire.CipherSuite) (*Schedule, *wire.Random, *wire.Random) {
	client, server := wire.Random(bytes.Repeat([]byte{0xc1}, 32)), wire.Random(bytes.Repeat([]byte{0x5e}, 32))
	k := New(suite.ByID(id), bytes.Repeat([]byte{3}, 48), &client, &server)
	return &k, &client, &server
}

// RFC 5246 §8.1: the client's random first.
func TestMasterSecret(t *testing.T) {
	for id, want := range map[wire.CipherSuite]string{
		wire.TLS_RSA_WITH_AES_128_GCM_SHA256: "a01a944b503bb95753563190bddb26ff3bbde9f1399411334800a40eb72db4e64e1f0aba13263bbf1fa57e4db8078c38",
		wire.TLS_RSA_WITH_AES_256_GCM_SHA384: "32f6f40fb66021ae90e9460def74bc7276cf753bff319b2564207cad5fe2d0dbe35d0a1184c1c9409851aa5319673d2d",
	} {
		k, _, _ := schedule(id)
		if got := hex.EncodeToString(k.Master()); got != want {
			t.Errorf("%v: %s, want %s", id, got, want)
		}
	}
}

// RFC 5246 §6.3: the key block is cut into client MAC key, server MAC key, client key, server key, client IV, server IV, and expanded with the
// server's random first.
func TestKeyBlock(t *testing.T) {
	for _, s := range suite.All() {
		k, client, server := schedule(s.ID)
		block := make([]byte, 2*(s.Cipher.MACKeyLen()+s.Cipher.KeyLen+s.Cipher.FixedIVLen))
		prf(s.Hash, block, k.Master(), "key expansion", server[:], client[:])
		got := k.KeyBlock(client, server)
		if joined := bytes.Join([][]byte{got.ClientMAC, got.ServerMAC, got.ClientKey, got.ServerKey, got.ClientIV, got.ServerIV}, nil); !bytes.Equal(joined, block) {
			t.Errorf("%v: the parts are not the block", s.ID)
		}
		if len(got.ServerMAC) != s.Cipher.MACKeyLen() || len(got.ClientKey) != s.Cipher.KeyLen || len(got.ServerIV) != s.Cipher.FixedIVLen {
			t.Errorf("%v: a key of %d and an IV of %d bytes", s.ID, len(got.ClientKey), len(got.ServerIV))
		}
		key, space := got.ServerKey, got.space
		if got.Forget(); !bytes.Equal(key, make([]byte, len(key))) || *space != (blockSpace{}) {
			t.Errorf("%v: after Forget the keys are there still", s.ID)
		}
	}
}

// Both Finished differ, and differ with the transcript; the extended master secret differs from the classic one.
func TestSeparation(t *testing.T) {
	k, _, _ := schedule(wire.TLS_RSA_WITH_AES_128_GCM_SHA256)
	hash := make([]byte, 32)
	e := NewExtended(k.suite, bytes.Repeat([]byte{3}, 48), hash)
	if bytes.Equal(k.Master(), e.Master()) {
		t.Error("the extended master secret is the classic one")
	}
	if bytes.Equal(k.ClientFinished(hash), k.ServerFinished(hash)) {
		t.Error("both sides would send the same verify_data")
	}
	before := bytes.Clone(k.ClientFinished(hash))
	hash[0]++
	if bytes.Equal(before, k.ClientFinished(hash)) {
		t.Error("verify_data does not depend on the transcript")
	}
	if len(before) != wire.VerifyDataLen {
		t.Errorf("verify_data of %d bytes", len(before))
	}
}

// RFC 5246 §7.4.7.1: only 48 bytes with the offered version are used; everything else gives the random premaster.
func TestChoosePremaster(t *testing.T) {
	good := append([]byte{3, 3}, bytes.Repeat([]byte{7}, 46)...)
	with := func(major, minor byte) []byte { return append([]byte{major, minor}, good[2:]...) }
	for name, c := range map[string]struct {
		decrypted []byte
		used      bool
	}{
		"well formed":       {good, true},
		"nothing":           {nil, false},
		"47 bytes":          {good[:47], false},
		"49 bytes":          {append(with(3, 3), 0), false},
		"another major":     {with(2, 3), false},
		"another minor":     {with(3, 1), false},
		"both swapped bits": {with(3, 0), false},
	} {
		random := [48]byte(bytes.Repeat([]byte{9}, 48))
		got := ChoosePremaster(c.decrypted, &random, wire.TLS12)
		want := bytes.Repeat([]byte{9}, 48)
		if c.used {
			want = good
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: goes on with %x", name, got)
		}
	}
}

// RFC 5246 §6.3, §7.4.9: what a schedule makes is the PRF's, before and after it has been laid to rest; and resting keeps
// nothing of the master secret for whoever is lent the same memory next.
func TestRest(t *testing.T) {
	s := suite.ByID(wire.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)
	k := Resume(s, bytes.Repeat([]byte{7}, MasterLen))
	want := make([]byte, wire.VerifyDataLen)
	prf(s.Hash, want, k.Master(), "client finished", []byte("hash"))
	for range 2 {
		if got := k.ClientFinished([]byte("hash")); !bytes.Equal(got, want) {
			t.Errorf("verify_data is %x, want %x", got, want)
		}
		if k.Rest(); k.under != nil {
			t.Error("the schedule keeps what it has given back")
		}
	}
}
