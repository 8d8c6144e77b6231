package suite

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
)

// Go deprecates PKCS #1 v1.5 encryption, and rightly. RSA key exchange (RFC 5246 §7.4.7.1) is made of it, so the two
// calls live here, and only here, and the second never says whether it succeeded.

// PremasterLen is the length of the premaster secret in RSA key exchange. RFC 5246 §7.4.7.1.
const PremasterLen = 48

// MaxRSABits bounds the keys that we compute with: a larger one costs its holder nothing and us seconds.
const MaxRSABits = 8192

// EncryptPremaster encrypts the premaster secret, whose length RFC 5246 §7.3 asks for, under the server's public key.
func EncryptPremaster(pub *rsa.PublicKey, premaster []byte) ([]byte, error) {
	return rsa.EncryptPKCS1v15(rand.Reader, pub, premaster) //lint:ignore SA1019 RFC 5246 §7.4.7.1 has no other padding
}

var errNoPremaster = errors.New("no premaster secret")

// DecryptPremaster decrypts a premaster secret. A padding failure gives 48 random bytes without an error and in the
// same time. A ciphertext of the wrong length, or not below the modulus, is no RSA ciphertext at all; its private-key
// operation is done all the same, on another one, so that it takes as long.
//
// The caller treats an error as one more wrong premaster: RFC 5246 §7.4.7.1 allows no one to tell them apart.
func DecryptPremaster(key crypto.Decrypter, ciphertext []byte) ([]byte, error) {
	pub, ok := key.Public().(*rsa.PublicKey)
	if !ok {
		return nil, errNoPremaster
	}
	wellFormed := len(ciphertext) == pub.Size() && bytes.Compare(ciphertext, pub.N.FillBytes(make([]byte, pub.Size()))) < 0
	if !wellFormed {
		ciphertext = make([]byte, pub.Size())
		ciphertext[len(ciphertext)-1] = 2
	}
	//lint:ignore SA1019 RFC 5246 §7.4.7.1 has no other padding
	premaster, err := key.Decrypt(rand.Reader, ciphertext, &rsa.PKCS1v15DecryptOptions{SessionKeyLen: PremasterLen})
	if err != nil || !wellFormed {
		return nil, errNoPremaster
	}
	return premaster, nil
}
