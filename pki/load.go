package pki

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"os"
)

// LoadCertificates reads the certificates in a PEM file, in their order.
func LoadCertificates(file string) ([]*x509.Certificate, error) {
	return load(file, DecodeCertificates)
}

// LoadKey reads the private key in a PEM file.
func LoadKey(file string) (crypto.Signer, error) {
	return load(file, DecodeKey)
}

// LoadPool reads the trusted roots in a PEM file.
func LoadPool(file string) (*x509.CertPool, error) {
	certs, err := LoadCertificates(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool, nil
}

func load[T any](file string, parse func([]byte) (T, error)) (T, error) {
	var none T
	text, err := os.ReadFile(file)
	if err != nil {
		return none, fmt.Errorf("pki: %w", err)
	}
	v, err := parse(text)
	if err != nil {
		return none, fmt.Errorf("pki: %s: %w", file, err)
	}
	return v, nil
}

// LoadCertificate reads a certificate, the intermediates behind it, and its key. Both may be in one file.
func LoadCertificate(certFile, keyFile string) (*Certificate, error) {
	certs, err := LoadCertificates(certFile)
	if err != nil {
		return nil, err
	}
	key, err := LoadKey(keyFile)
	if err != nil {
		return nil, err
	}
	for i, c := range certs {
		if !belongs(key, c) {
			continue
		}
		if i > 0 {
			return nil, fmt.Errorf("pki: %s: the key in %s belongs to certificate %d (%s); put that one first, and its issuers behind it",
				certFile, keyFile, i+1, c.Subject)
		}
		return &Certificate{Leaf: c, Chain: raw(certs), Key: key}, nil
	}
	return nil, fmt.Errorf("pki: the key in %s (%s) does not belong to the certificate in %s (%s, %s)",
		keyFile, keyText(key.Public()), certFile, certs[0].Subject, keyText(certs[0].PublicKey))
}

func raw(certs []*x509.Certificate) [][]byte {
	var chain [][]byte
	for _, c := range certs {
		chain = append(chain, c.Raw)
	}
	return chain
}

func belongs(key crypto.Signer, cert *x509.Certificate) bool {
	pub, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && pub.Equal(key.Public())
}
