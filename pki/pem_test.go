package pki

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func newKey(t testing.TB, kind KeyKind) crypto.Signer {
	t.Helper()
	key, err := GenerateKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, name string, parts ...[]byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, bytes.Join(parts, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func sameKey(a, b crypto.Signer) bool {
	return a.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(b.Public())
}

func TestKeysInEveryForm(t *testing.T) {
	for _, kind := range []KeyKind{ECDSAP256, ECDSAP384, ECDSAP521, RSA2048, Ed25519} {
		key := newKey(t, kind)
		text, err := EncodeKey(key)
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string][]byte{"PKCS #8": text}
		switch key := key.(type) {
		case *rsa.PrivateKey:
			forms["PKCS #1"] = block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
		case *ecdsa.PrivateKey:
			der, err := x509.MarshalECPrivateKey(key)
			if err != nil {
				t.Fatal(err)
			}
			forms["SEC 1"] = append(block("EC PARAMETERS", []byte{6, 0}), block("EC PRIVATE KEY", der)...)
		}
		for form, text := range forms {
			got, err := DecodeKey(append([]byte("a line of text\r\n"), text...))
			if err != nil || !sameKey(got, key) {
				t.Errorf("%v as %s: %v", kind, form, err)
			}
		}
	}
}

// Whoever gives the wrong file is told what it has in it.
func TestFilesThatAreSomethingElse(t *testing.T) {
	cert := issue(t, newTestCA(t, CAOptions{}), LeafOptions{Hosts: []string{"a"}})
	certText := EncodeCertificates(cert.Chain...)
	keyText, err := EncodeKey(cert.Key)
	if err != nil {
		t.Fatal(err)
	}
	dh, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	dhDER, err := x509.MarshalPKCS8PrivateKey(dh)
	if err != nil {
		t.Fatal(err)
	}
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte{1}})
	readCerts := func(file string) error { _, err := LoadCertificates(file); return err }
	readKey := func(file string) error { _, err := LoadKey(file); return err }
	for _, c := range []struct {
		name string
		read func(string) error
		text []byte
		want string
	}{
		{"key.pem", readCerts, keyText, "no certificate in it, but a private key"},
		{"csr.pem", readCerts, block("CERTIFICATE REQUEST", nil), "a certificate request"},
		{"trusted.pem", readCerts, block("TRUSTED CERTIFICATE", nil), "openssl x509"},
		{"crl.pem", readCerts, block("X509 CRL", nil), "a revocation list"},
		{"odd.pem", readCerts, block("ODD\x1b THING", nil), `"odd\x1b thing"`},
		{"empty.pem", readCerts, []byte(" \n"), "it is empty"},
		{"cert.der", readCerts, cert.Leaf.Raw, "a certificate in DER"},
		{"p12", readCerts, []byte{0x30, 0x82, 1, 1}, "PKCS #12"},
		{"text", readCerts, []byte("hello"), "no line -----BEGIN"},
		{"short.pem", readCerts, certText[:len(certText)/2], "cut short"},
		{"garbled.pem", readCerts, block("CERTIFICATE", []byte{1}), "certificate 1 does not parse"},
		{"cert.pem", readKey, certText, "no private key in it, but a certificate"},
		{"pub.pem", readKey, block("PUBLIC KEY", nil), "a public key"},
		{"two.pem", readKey, append(keyText[:len(keyText):len(keyText)], keyText...), "more than one private key"},
		{"encrypted.pem", readKey, block("ENCRYPTED PRIVATE KEY", nil), "is encrypted"},
		{"old.pem", readKey, encrypted, "is encrypted"},
		{"ssh", readKey, block("OPENSSH PRIVATE KEY", nil), "ssh-keygen"},
		{"dsa.pem", readKey, block("DSA PRIVATE KEY", nil), "no form of private key that TLS uses"},
		{"garbled.pem", readKey, block("PRIVATE KEY", []byte{1}), "does not parse"},
		{"x25519.pem", readKey, block("PRIVATE KEY", dhDER), "cannot sign"},
	} {
		err := c.read(write(t, c.name, c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s: the error is %v, want one that names the file and tells %q", c.name, err, c.want)
		}
	}
	if err := readKey(filepath.Join(t.TempDir(), "nowhere.pem")); !os.IsNotExist(unwrap(err)) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return err
}

func TestLoadCertificate(t *testing.T) {
	root := newTestCA(t, CAOptions{Name: "root"})
	inter, err := root.Intermediate(CAOptions{Name: "between", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	c := issue(t, inter, LeafOptions{Hosts: []string{"a"}, Key: RSA2048})
	keyPEM, err := EncodeKey(c.Key)
	if err != nil {
		t.Fatal(err)
	}
	both := write(t, "both.pem", keyPEM, EncodeCertificates(c.Chain...))
	got, err := LoadCertificate(both, both)
	if err != nil || len(got.Chain) != 2 || !got.Leaf.Equal(c.Leaf) || !sameKey(got.Key, c.Key) {
		t.Errorf("key and chain in one file: %+v, %v", got, err)
	}

	key := write(t, "key.pem", keyPEM)
	turned := write(t, "turned.pem", EncodeCertificates(c.Chain[1], c.Chain[0]))
	if _, err := LoadCertificate(turned, key); err == nil || !strings.Contains(err.Error(), "belongs to certificate 2 (CN=a)") {
		t.Errorf("the intermediate before the leaf: %v", err)
	}
	other := issue(t, root, LeafOptions{Hosts: []string{"b"}})
	foreign := write(t, "foreign.pem", EncodeCertificates(other.Chain...))
	if _, err := LoadCertificate(foreign, key); err == nil || !strings.Contains(err.Error(), "RSA 2048") || !strings.Contains(err.Error(), "ECDSA P-256") {
		t.Errorf("another certificate's key: %v", err)
	}
}

// What is saved is read by others.
func TestSave(t *testing.T) {
	c := issue(t, newTestCA(t, CAOptions{}), LeafOptions{Hosts: []string{"a"}})
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "a.pem"), filepath.Join(dir, "a-key.pem")
	if err := Save(c, cert, key); err != nil {
		t.Fatal(err)
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		t.Error(err)
	}
	wantMode(t, key, 0o600)
	wantMode(t, cert, 0o644)
}

func FuzzDecode(f *testing.F) {
	ca, err := NewCA(CAOptions{})
	if err != nil {
		f.Fatal(err)
	}
	key, err := EncodeKey(ca.Key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key)
	f.Add(EncodeCertificates(ca.Certificate.Raw, ca.Certificate.Raw))
	f.Add(ca.Certificate.Raw)
	f.Add([]byte("-----BEGIN X-----\n-----END X-----\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		if certs, err := DecodeCertificates(text); (err == nil) != (len(certs) > 0) {
			t.Errorf("%d certificates and the error %v", len(certs), err)
		}
		if key, err := DecodeKey(text); err == nil {
			if _, err := EncodeKey(key); err != nil {
				t.Errorf("a key that was read cannot be written: %v", err)
			}
		}
	})
}
