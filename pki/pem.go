package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

const (
	pemCertificate = "CERTIFICATE"
	pemPKCS8       = "PRIVATE KEY"
	pemPKCS1       = "RSA PRIVATE KEY"
	pemSEC1        = "EC PRIVATE KEY"
)

// EncodeCertificates writes a chain as PEM.
func EncodeCertificates(chain ...[]byte) []byte {
	var b bytes.Buffer
	for _, der := range chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: der}))
	}
	return b.Bytes()
}

// EncodeKey writes a private key as PEM, in the form PKCS #8.
func EncodeKey(key crypto.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPKCS8, Bytes: der}), nil
}

// DecodeCertificates reads the certificates in PEM text, in their order. Keys beside them are passed over.
func DecodeCertificates(text []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	blocks, err := decode(text)
	if err != nil {
		return nil, err
	}
	for _, b := range blocks {
		if b.Type != pemCertificate && b.Type != "X509 CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d does not parse: %w", len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fmt.Errorf("no certificate in it, but %s", describe(blocks))
	}
	return certs, nil
}

// DecodeKey reads the one private key in PEM text: PKCS #8, PKCS #1 (RSA) or SEC 1 (EC). Certificates beside it are
// passed over.
func DecodeKey(text []byte) (crypto.Signer, error) {
	blocks, err := decode(text)
	if err != nil {
		return nil, err
	}
	var found *pem.Block
	for _, b := range blocks {
		if !strings.HasSuffix(b.Type, pemPKCS8) {
			continue
		}
		if found != nil {
			return nil, errors.New("it has more than one private key")
		}
		found = b
	}
	if found == nil {
		return nil, fmt.Errorf("no private key in it, but %s", describe(blocks))
	}
	return parseKey(found)
}

func parseKey(b *pem.Block) (crypto.Signer, error) {
	if b.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, errors.New("the private key is encrypted; write it without its passphrase: openssl pkey -in FILE -out NEW")
	}
	var key any
	var err error
	switch b.Type {
	case pemPKCS8:
		key, err = x509.ParsePKCS8PrivateKey(b.Bytes)
	case pemPKCS1:
		key, err = x509.ParsePKCS1PrivateKey(b.Bytes)
	case pemSEC1:
		key, err = x509.ParseECPrivateKey(b.Bytes)
	case "OPENSSH PRIVATE KEY":
		return nil, errors.New("the private key is in OpenSSH's form; convert it: ssh-keygen -p -m PKCS8 -f FILE")
	default:
		return nil, fmt.Errorf("%q is no form of private key that TLS uses", b.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("the private key does not parse: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a key of type %T cannot sign", key)
	}
	return signer, nil
}

func decode(text []byte) ([]*pem.Block, error) {
	var blocks []*pem.Block
	for rest := text; ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			break
		}
		blocks = append(blocks, b)
	}
	if len(blocks) > 0 {
		return blocks, nil
	}
	return nil, errors.New("not PEM: " + describeRaw(text))
}

// describe says what there is instead of what was looked for.
func describe(blocks []*pem.Block) string {
	var list []string
	for _, b := range blocks {
		what := strings.ToLower(b.Type)
		switch b.Type {
		case pemCertificate, "X509 CERTIFICATE":
			what = "a certificate"
		case pemPKCS8, pemPKCS1, pemSEC1, "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY":
			what = "a private key"
		case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
			what = "a certificate request, which a CA has yet to sign"
		case "PUBLIC KEY", "RSA PUBLIC KEY":
			what = "a public key"
		case "TRUSTED CERTIFICATE":
			what = "a certificate in OpenSSL's own form (openssl x509 -in FILE -out NEW converts it)"
		case "X509 CRL":
			what = "a revocation list"
		default:
			what = fmt.Sprintf("%q", what)
		}
		if len(list) == 0 || list[len(list)-1] != what {
			list = append(list, what)
		}
		if len(list) == 5 {
			list = append(list, "more")
			break
		}
	}
	return strings.Join(list, ", ")
}

func describeRaw(data []byte) string {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "it is empty"
	case bytes.Contains(data, []byte("-----BEGIN ")):
		return "a block begins in it and does not end well; it may be cut short"
	case isCertificate(data):
		return "it is a certificate in DER; convert it: openssl x509 -inform der -in FILE -out NEW"
	case data[0] == 0x30:
		return "it is binary, perhaps DER or PKCS #12; openssl pkcs12 -in FILE -nodes writes the latter as PEM"
	}
	return "it has no line -----BEGIN …-----"
}

func isCertificate(der []byte) bool {
	_, err := x509.ParseCertificate(der)
	return err == nil
}
