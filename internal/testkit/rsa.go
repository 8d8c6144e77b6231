package testkit

import (
	"crypto/rsa"
	"math/big"
)

// RawRSA encrypts a block without padding it, for peers whose padding is wrong.
func RawRSA(key *rsa.PublicKey, block []byte) []byte {
	c := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(key.E)), key.N)
	return c.FillBytes(make([]byte, key.Size()))
}
