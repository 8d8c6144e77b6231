package suite

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"sync"
	"testing"
)

var testRSA = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })

func newRSA(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func testPremaster() []byte {
	premaster := bytes.Repeat([]byte{7}, PremasterLen)
	premaster[0], premaster[1] = 3, 3
	return premaster
}

func TestPremasterRoundTrip(t *testing.T) {
	key := testRSA()
	sealed, err := EncryptPremaster(&key.PublicKey, testPremaster())
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecryptPremaster(key, sealed)
	if err != nil || !bytes.Equal(got, testPremaster()) {
		t.Errorf("got %x, %v", got, err)
	}
	again, err := EncryptPremaster(&key.PublicKey, testPremaster())
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("two encryptions are equal (%v): the padding is not random", err)
	}
}

// padded is an encryption of bytes that need not be a right padding.
func padded(key *rsa.PrivateKey, em []byte) []byte {
	c := new(big.Int).Exp(new(big.Int).SetBytes(em), big.NewInt(int64(key.E)), key.N)
	return c.FillBytes(make([]byte, key.Size()))
}

// paddings are the published ways to be wrong, and the right one with a message of a wrong length.
func paddings(size int) map[string][]byte {
	with := func(change func(em []byte)) []byte {
		em := bytes.Repeat([]byte{0xff}, size)
		em[0], em[1] = 0, 2
		em[size-PremasterLen-1] = 0
		copy(em[size-PremasterLen:], testPremaster())
		change(em)
		return em
	}
	end := size - PremasterLen - 1
	return map[string][]byte{
		"first byte not 0":            with(func(em []byte) { em[0] = 1 }),
		"block type 1":                with(func(em []byte) { em[1] = 1 }),
		"block type 0":                with(func(em []byte) { em[1] = 0 }),
		"a zero at the padding's 1st": with(func(em []byte) { em[2] = 0 }),
		"a zero at the padding's 8th": with(func(em []byte) { em[9] = 0 }),
		"no end of the padding":       with(func(em []byte) { em[end] = 1 }),
		"no zero at all":              with(func(em []byte) { copy(em[end:], bytes.Repeat([]byte{1}, PremasterLen+1)) }),
		"a premaster of 47 bytes":     with(func(em []byte) { em[end], em[end+1] = 9, 0 }),
		"a premaster of 49 bytes":     with(func(em []byte) { em[end-1], em[end] = 0, 9 }),
		"an empty premaster":          with(func(em []byte) { copy(em[end:], bytes.Repeat([]byte{1}, PremasterLen+1)); em[size-1] = 0 }),
		"all zero":                    make([]byte, size),
	}
}

// RFC 5246 §7.4.7.1: what does not decrypt to a premaster secret gives a random one, without a word.
func TestWrongPaddingGivesARandomPremaster(t *testing.T) {
	key := testRSA()
	for name, em := range paddings(key.Size()) {
		sealed := padded(key, em)
		first, err := DecryptPremaster(key, sealed)
		if err != nil || len(first) != PremasterLen {
			t.Errorf("%s: %d bytes, %v; want %d bytes and no error", name, len(first), err, PremasterLen)
			continue
		}
		second, err := DecryptPremaster(key, sealed)
		if err != nil || bytes.Equal(first, second) {
			t.Errorf("%s: twice the same premaster secret (%v): it is not random", name, err)
		}
		if bytes.Equal(first, em[len(em)-PremasterLen:]) {
			t.Errorf("%s: the end of a wrongly padded plaintext was taken for the premaster secret", name)
		}
	}
}

// counting is a decrypter that tells how often its private key was used, and on how many bytes.
type counting struct {
	crypto.Decrypter
	n, length int
}

func (c *counting) Decrypt(random io.Reader, msg []byte, opts crypto.DecrypterOpts) ([]byte, error) {
	c.n++
	c.length = len(msg)
	return c.Decrypter.Decrypt(random, msg, opts)
}

// What is no ciphertext of this key costs one private-key operation as well, and all failures are the same one.
func TestMalformedCiphertexts(t *testing.T) {
	key := testRSA()
	size := key.Size()
	sealed, err := EncryptPremaster(&key.PublicKey, testPremaster())
	if err != nil {
		t.Fatal(err)
	}
	modulus := key.N.FillBytes(make([]byte, size))
	above := new(big.Int).Add(key.N, new(big.Int).SetBytes(sealed))
	cases := map[string][]byte{
		"empty":                   {},
		"nil":                     nil,
		"one byte":                {1},
		"a byte short":            sealed[:size-1],
		"a byte long":             append(bytes.Clone(sealed), 0),
		"a leading zero too many": append([]byte{0}, sealed...),
		"64 KiB":                  make([]byte, 1<<16-1),
		"the modulus":             modulus,
		"all ones":                bytes.Repeat([]byte{0xff}, size),
	}
	if above.BitLen() <= 8*size { // where it fits, the same residue
		cases["the ciphertext plus the modulus"] = above.FillBytes(make([]byte, size))
	}
	for name, ciphertext := range cases {
		counted := &counting{Decrypter: key}
		got, err := DecryptPremaster(counted, ciphertext)
		if got != nil || err != errNoPremaster {
			t.Errorf("%s: %d bytes, %v; want none and %v", name, len(got), err, errNoPremaster)
		}
		if counted.n != 1 || counted.length != size {
			t.Errorf("%s: the private key was used %d times, on %d bytes; a right ciphertext uses it once, on %d",
				name, counted.n, counted.length, size)
		}
	}
}

type failing struct{ crypto.Decrypter }

func (failing) Decrypt(io.Reader, []byte, crypto.DecrypterOpts) ([]byte, error) {
	return nil, errors.New("the HSM is on fire")
}

// What a decrypter says of its failure goes no further.
func TestDecrypterFailureIsNotTold(t *testing.T) {
	key := testRSA()
	if got, err := DecryptPremaster(failing{key}, make([]byte, key.Size())); got != nil || err != errNoPremaster {
		t.Errorf("got %x, %v", got, err)
	}
}

type ecdsaDecrypter struct{ *ecdsa.PrivateKey }

func (ecdsaDecrypter) Decrypt(io.Reader, []byte, crypto.DecrypterOpts) ([]byte, error) {
	return testPremaster(), nil
}

func TestOnlyRSADecrypts(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecryptPremaster(ecdsaDecrypter{key}, make([]byte, 256)); got != nil || err == nil {
		t.Errorf("an ECDSA key decrypted to %x", got)
	}
}

// The shortest keys that Go computes with have room for a premaster secret.
func TestSmallRSAKeys(t *testing.T) {
	key := newRSA(1024)
	sealed, err := EncryptPremaster(&key.PublicKey, testPremaster())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecryptPremaster(key, sealed); err != nil || !bytes.Equal(got, testPremaster()) {
		t.Errorf("1024 bits: %x, %v", got, err)
	}
}

type rsaCommon struct{ PrivateKeyPkcs8 bytesHex }

type rsaVector struct {
	verdict
	Msg, CT bytesHex
}

// Wycheproof's messages are of all lengths but 48, so that every one of its ciphertexts, the valid ones too, is a
// wrong premaster secret: 48 random bytes, or the one error where it is no ciphertext.
func TestPremasterWycheproof(t *testing.T) {
	held := 0
	for _, g := range loadVectors[rsaCommon, rsaVector](t, "rsa_pkcs1_2048_test.json") {
		parsed, err := x509.ParsePKCS8PrivateKey(g.Common.PrivateKeyPkcs8)
		if err != nil {
			t.Fatal(err)
		}
		key := parsed.(*rsa.PrivateKey)
		for _, v := range g.Tests {
			held++
			got, err := DecryptPremaster(key, v.CT)
			if len(v.CT) != key.Size() || new(big.Int).SetBytes(v.CT).Cmp(key.N) >= 0 {
				if got != nil || err != errNoPremaster {
					t.Errorf("test %d (%s): %x, %v; it is no ciphertext of this key", v.TcID, v.Comment, got, err)
				}
				continue
			}
			if err != nil || len(got) != PremasterLen {
				t.Errorf("test %d (%s): %d bytes, %v; want %d bytes and no error", v.TcID, v.Comment, len(got), err, PremasterLen)
			}
			again, _ := DecryptPremaster(key, v.CT)
			if len(v.Msg) != PremasterLen && bytes.Equal(got, again) {
				t.Errorf("test %d (%s): twice the same premaster secret out of a message of %d bytes", v.TcID, v.Comment, len(v.Msg))
			}
		}
	}
	if held < 60 {
		t.Errorf("only %d vectors: the file is not what it was", held)
	}
}
