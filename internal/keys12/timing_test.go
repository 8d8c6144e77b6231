package keys12

import (
	"crypto/rsa"
	"flag"
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

// TestTiming measures what other tests compare by its results: whether a server takes as long for a premaster that is
// well formed as for one that is not, from the ciphertext to what goes into the PRF. RFC 5246 §7.4.7.1.
func TestTiming(t *testing.T) {
	if *timingSamples == 0 {
		t.Skip("-timing says how many samples")
	}
	credential := testkit.Credential(testkit.RSA)
	key := credential.Leaf.PublicKey.(*rsa.PublicKey)
	good := ciphertexts(t, key, 2, wire.TLS12)
	var sink byte
	for name, bad := range map[string][][]byte{
		"another block type":       ciphertexts(t, key, 1, wire.TLS12),
		"another version":          ciphertexts(t, key, 2, wire.TLS10),
		"the same, as the control": ciphertexts(t, key, 2, wire.TLS12),
	} {
		classes := [2][][]byte{good, bad}
		var ciphertext []byte
		var random [suite.PremasterLen]byte
		found := testkit.Welch(*timingSamples,
			func(class int) { ciphertext = classes[class][rand.IntN(len(classes[class]))] },
			func() {
				premaster, _ := suite.DecryptPremaster(credential.Decrypter, ciphertext)
				sink ^= ChoosePremaster(premaster, &random, wire.TLS12)[2]
			})
		t.Logf("well formed and %s, 2·%d premasters: %v", name, *timingSamples, found)
		if found.Real() {
			t.Errorf("%s shows", name)
		}
	}
	_ = sink
}
