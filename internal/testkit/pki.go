package testkit

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/vitro-tls/vitro/pki"
	"github.com/vitro-tls/vitro/want"
)

// Kind is a kind of key. Its constants stand here too, for packages below pki.
type Kind = pki.KeyKind

const (
	RSA     = pki.RSA2048
	P256    = pki.ECDSAP256
	P384    = pki.ECDSAP384
	P521    = pki.ECDSAP521
	Ed25519 = pki.Ed25519
)

// These are pki's, for packages that stand beside it or below.
type (
	CA          = pki.CA
	CAOptions   = pki.CAOptions
	LeafOptions = pki.LeafOptions
	Certificate = pki.Certificate
)

// NewCA makes a root of its own for a test; PKI has one for all.
func NewCA(t testing.TB, opts CAOptions) *CA {
	t.Helper()
	ca, err := pki.NewCA(opts)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// Host is a name that every good certificate has. They also have localhost, 127.0.0.1 and ::1.
const Host = "vitro.test"

// OtherHost is the one name of the certificate WrongHost.
const OtherHost = "other.test"

const year = 365 * 24 * time.Hour

// Names of the CAs, as failures tell them.
const (
	RootName         = "Vitro Test Root"
	IntermediateName = "Vitro Test Intermediate"
	UntrustedName    = "Elsewhere Root"
)

// Authorities are the CAs of tests.
type Authorities struct {
	Root         *CA
	Intermediate *CA // issued by Root; good leaves come from it
	Untrusted    *CA // a root that is not in Roots
	Roots        *x509.CertPool
}

// PKI returns the CAs, made once per process. Their keys are ECDSA.
var PKI = sync.OnceValue(func() *Authorities {
	// They began two years ago, so that a certificate can have expired under a CA that is still good.
	before := Now.Add(-2 * year)
	root := must(pki.NewCA(CAOptions{Name: RootName, Now: before, Lifetime: 22 * year}))
	return &Authorities{
		Root:         root,
		Intermediate: must(root.Intermediate(CAOptions{Name: IntermediateName, Now: before, Lifetime: 21 * year})),
		Untrusted:    must(pki.NewCA(CAOptions{Name: UntrustedName, Now: before, Lifetime: 22 * year})),
		Roots:        root.Pool(),
	}
})

// Kinds are the kinds of key that good certificates come in.
var Kinds = []Kind{RSA, P256, P384, P521, Ed25519}

var (
	mu     sync.Mutex
	keys   = map[Kind]crypto.Signer{}
	leaves = map[leafID]*Certificate{}
)

type leafID struct {
	flaw Flaw
	kind Kind
}

// Flaw is what is wrong with a certificate.
type Flaw string

const (
	None                Flaw = ""
	Expired             Flaw = "expired"
	NotYetValid         Flaw = "not yet valid"
	WrongHost           Flaw = "wrong host"
	SelfSigned          Flaw = "self-signed"
	MissingIntermediate Flaw = "missing intermediate"
	UntrustedRoot       Flaw = "untrusted root"
	WrongUsage          Flaw = "no serverAuth"
	NoKeyEncipherment   Flaw = "no keyEncipherment"
	NoDigitalSignature  Flaw = "no digitalSignature"
	CommonNameOnly      Flaw = "no names but the common name"
)

// Flaws are all of them.
var Flaws = []Flaw{Expired, NotYetValid, WrongHost, SelfSigned, MissingIntermediate, UntrustedRoot, WrongUsage,
	NoKeyEncipherment, NoDigitalSignature, CommonNameOnly}

// Leaf returns a good server certificate, made once per process.
func Leaf(kind Kind) *Certificate { return Flawed(None, kind) }

// Credential returns a good server certificate in the form that a connection takes.
func Credential(kind Kind) *want.Credential { return must(Leaf(kind).Credential()) }

// Flawed returns a server certificate that is good but for one thing, made once per process. All of one kind share
// a key.
func Flawed(flaw Flaw, kind Kind) *Certificate {
	cas := PKI()
	mu.Lock()
	defer mu.Unlock()
	id := leafID{flaw, kind}
	if leaves[id] == nil {
		if keys[kind] == nil {
			keys[kind] = must(pki.GenerateKey(kind))
		}
		leaves[id] = flawed(cas, flaw, keys[kind])
	}
	return leaves[id]
}

func flawed(cas *Authorities, flaw Flaw, key crypto.Signer) *Certificate {
	issuer := cas.Intermediate
	opts := LeafOptions{
		Hosts:    []string{Host, "localhost", "127.0.0.1", "::1"},
		Signer:   key,
		Now:      Now.Add(-year),
		Lifetime: 19 * year,
	}
	switch flaw {
	case Expired:
		opts.Lifetime = year / 2
	case NotYetValid:
		opts.Now, opts.Lifetime = Now.Add(15*year), year
	case WrongHost:
		opts.Hosts = []string{OtherHost}
	case UntrustedRoot:
		issuer = cas.Untrusted
	case WrongUsage:
		opts.Usages = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case NoKeyEncipherment:
		opts.KeyUsage = x509.KeyUsageDigitalSignature
	case NoDigitalSignature:
		opts.KeyUsage = x509.KeyUsageKeyEncipherment
	case CommonNameOnly:
		opts.Hosts, opts.CommonName = nil, Host
	case SelfSigned:
		return selfSigned(key)
	}
	c := must(issuer.Issue(opts))
	switch flaw {
	case MissingIntermediate:
		c.Chain = c.Chain[:1]
	case UntrustedRoot:
		c.Chain = append(c.Chain, cas.Untrusted.Certificate.Raw)
	}
	return c
}

func selfSigned(key crypto.Signer) *Certificate {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: Host},
		DNSNames:     []string{Host, "localhost"},
		NotBefore:    Now.Add(-year),
		NotAfter:     Now.Add(18 * year),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return &Certificate{Leaf: must(x509.ParseCertificate(der)), Chain: [][]byte{der}, Key: key}
}

// Parse returns a chain's certificates.
func Parse(chain [][]byte) []*x509.Certificate {
	var certs []*x509.Certificate
	for _, der := range chain {
		certs = append(certs, must(x509.ParseCertificate(der)))
	}
	return certs
}

// Files writes a certificate and its key as PEM, for peers that read files.
func Files(t testing.TB, c *Certificate) (certFile, keyFile string) {
	t.Helper()
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := pki.Save(c, certFile, keyFile); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

// RootFile writes the trusted root as PEM.
func RootFile(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, pki.EncodeCertificates(PKI().Root.Certificate.Raw), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// must is for what only fails where this package is wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprintf("testkit: %v", err))
	}
	return v
}

// IssuedBy returns a good certificate for a host whose issuer, an intermediate of the root's, has a key of its own kind:
// RSA signs it with PKCS #1 v1.5 and SHA-256.
func IssuedBy(t testing.TB, issuer, kind Kind, host string) *Certificate {
	t.Helper()
	before := Now.Add(-year)
	ca, err := PKI().Root.Intermediate(CAOptions{Key: issuer, Now: before, Lifetime: 20 * year})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ca.Issue(LeafOptions{Hosts: []string{host}, Key: kind, Now: before, Lifetime: 19 * year})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
