package keys12

import (
	"crypto"
	crand "crypto/rand"
	"crypto/rsa"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/internal/testkit"
	"github.com/vitro-tls/vitro/wire"
)

var timingSamples = flag.Int("timing", 0, "how many samples of each class TestTiming takes; 0 leaves it out. It wants a quiet machine")

// ciphertexts are many of one block type: 2 is that of RFC 8017 §7.2.1, which is what a client sends.
func ciphertexts(t *testing.T, key *rsa.PublicKey, blockType byte, version wire.Version) (list [][]byte) {
	t.Helper()
	for range 64 {
		block := make([]byte, key.Size())
		for i := range block {
			block[i] = 1 + byte(rand.IntN(255))
		}
		block[0], block[1], block[len(block)-suite.PremasterLen-1] = 0, blockType, 0
		block[len(block)-suite.PremasterLen], block[len(block)-suite.PremasterLen+1] = byte(version>>8), byte(version)
		list = append(list, testkit.RawRSA(key, block))
	}
	return list
}

// arrival is a ClientKeyExchange at a server: from the ciphertext to the keys. RFC 5246 §7.4.7.1, §8.1.
type arrival struct {
	key            crypto.Decrypter
	ciphertext     []byte
	random         [suite.PremasterLen]byte
	client, server wire.Random
	sink           byte
}

func (a *arrival) keys(premaster []byte) {
	k := New(suite.ByID(wire.TLS_RSA_WITH_AES_128_GCM_SHA256), premaster, &a.client, &a.server)
	a.sink ^= k.KeyBlock(&a.client, &a.server).ClientKey[0]
}

func (a *arrival) handle() {
	premaster, _ := suite.DecryptPremaster(a.key, a.ciphertext)
	a.keys(ChoosePremaster(premaster, &a.random, wire.TLS12))
}

// handleNaively is Bleichenbacher's oracle: a server that stops where the padding or the version is wrong, and sends its
// alert. What shows is the work that it does not do, the PRF.
func (a *arrival) handleNaively() {
	premaster, err := a.key.Decrypt(nil, a.ciphertext, nil) // PKCS #1 v1.5 where nothing else is asked for; without a length it tells
	if err != nil || len(premaster) != suite.PremasterLen || wire.Version(premaster[0])<<8|wire.Version(premaster[1]) != wire.TLS12 {
		return
	}
	a.keys(premaster)
}

// TestTiming measures what other tests compare by its results: whether a server takes as long for a premaster that is
// well formed as for one that is not. An RSA operation's own variance hides less with a small key.
func TestTiming(t *testing.T) {
	if *timingSamples == 0 {
		t.Skip("-timing says how many samples")
	}
	for _, bits := range []int{1024, 2048} {
		t.Run(fmt.Sprintf("RSA-%d", bits), func(t *testing.T) { timeOf(t, bits) })
	}
}

func timeOf(t *testing.T, bits int) {
	key, err := rsa.GenerateKey(crand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	good := ciphertexts(t, &key.PublicKey, 2, wire.TLS12)
	a := &arrival{key: key}
	measure := func(name string, bad [][]byte, handle func()) testkit.Compared {
		classes := [2][][]byte{good, bad}
		found := testkit.Welch(*timingSamples,
			func(class int) { a.ciphertext = classes[class][rand.IntN(len(classes[class]))] }, handle)
		t.Logf("well formed and %s, 2·%d premasters: %v", name, *timingSamples, found)
		return found
	}
	badBlock := ciphertexts(t, &key.PublicKey, 1, wire.TLS12)
	for name, bad := range map[string][][]byte{
		"another block type":             badBlock,
		"another version":                ciphertexts(t, &key.PublicKey, 2, wire.TLS10),
		"well formed, other ciphertexts": ciphertexts(t, &key.PublicKey, 2, wire.TLS12),
	} {
		if measure(name, bad, a.handle).Real() {
			t.Errorf("%s shows", name)
		}
	}
	if !measure("another block type, handled naively", badBlock, a.handleNaively).Real() {
		t.Error("a server that tells does not show: nothing would")
	}
}
