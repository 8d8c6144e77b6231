package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"
)

const (
	day = 24 * time.Hour
	// backdate lets a certificate be used at once by a machine whose clock is a little behind.
	backdate     = 5 * time.Minute
	caLifetime   = 10 * 365 * day
	leafLifetime = 90 * day
)

// CA issues certificates. Its methods may be called from many goroutines.
type CA struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
	parent      *CA // nil for a root
}

// CAOptions say what a CA is to be.
type CAOptions struct {
	Name     string        // the common name; "" makes one up that no other CA has
	Key      KeyKind       // ECDSAP256 where nothing else is said
	Now      time.Time     // zero is the time of the clock
	Lifetime time.Duration // 0 is ten years; an intermediate never outlives its issuer
	// PermittedDNSDomains and PermittedIPs bound what the CA can issue for (RFC 5280 §4.2.1.10), so that whoever
	// trusts it need not fear for other names. Where only one of them is given, the other kind of name is forbidden.
	PermittedDNSDomains []string
	PermittedIPs        []*net.IPNet
	// Below is how many more CAs may stand between an intermediate and a leaf. A root has no such bound.
	Below int
}

// NewCA makes a root in memory.
func NewCA(opts CAOptions) (*CA, error) { return newCA(nil, opts) }

// Intermediate makes a CA that this one vouches for.
func (ca *CA) Intermediate(opts CAOptions) (*CA, error) { return newCA(ca, opts) }

func newCA(parent *CA, opts CAOptions) (*CA, error) {
	key, err := GenerateKey(opts.Key)
	if err != nil {
		return nil, err
	}
	template, err := caTemplate(parent, opts)
	if err != nil {
		return nil, err
	}
	ca := &CA{Key: key, parent: parent}
	issuer := ca
	if parent != nil {
		issuer = parent
	} else {
		ca.Certificate = template
	}
	cert, err := issuer.sign(template, key.Public())
	if err != nil {
		return nil, err
	}
	ca.Certificate = cert
	return ca, nil
}

func caTemplate(parent *CA, opts CAOptions) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               caSubject(parent, opts, serial),
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if parent != nil {
		// RFC 5280 §4.2.1.9: pathLenConstraint counts the intermediates that may follow this one.
		template.MaxPathLen, template.MaxPathLenZero = opts.Below, opts.Below == 0
		if bound := parent.Certificate.MaxPathLen; bound >= 0 && opts.Below >= bound {
			return nil, fmt.Errorf("pki: %q allows %d CAs below it, this one would make it %d", parent.Name(), bound, opts.Below+1)
		}
	}
	if err := constrain(template, opts); err != nil {
		return nil, err
	}
	return template, parent.setDates(template, opts.Now, opts.Lifetime, caLifetime)
}

// caSubject makes up a name with a part that no other CA has: where two roots share a name, clients tell of a bad
// signature instead of an unknown CA.
func caSubject(parent *CA, opts CAOptions, serial *big.Int) pkix.Name {
	name := pkix.Name{CommonName: opts.Name}
	if name.CommonName != "" {
		return name
	}
	what := "local CA"
	if parent != nil {
		what = "local intermediate CA"
	}
	id := new(big.Int).Rsh(serial, uint(max(serial.BitLen()-24, 0)))
	name.Organization = []string{"Vitro local CA"}
	name.CommonName = fmt.Sprintf("Vitro %s %06x (%v)", what, id, opts.Key)
	return name
}

// newSerial returns a random number of 128 bits: RFC 5280 §4.1.2.2 wants it positive, unique and of at most 20 bytes.
func newSerial() (*big.Int, error) {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return nil, err
	}
	return n.Add(n, big.NewInt(1)), nil
}

// setDates bounds the validity by the issuer's, which is nil for a root: a certificate that outlives its issuer only
// looks valid.
func (ca *CA) setDates(template *x509.Certificate, now time.Time, lifetime, usual time.Duration) error {
	if now.IsZero() {
		now = time.Now()
	}
	if lifetime == 0 {
		lifetime = usual
	}
	if lifetime < 0 {
		return fmt.Errorf("pki: a lifetime of %v", lifetime)
	}
	now = now.UTC().Truncate(time.Second)
	template.NotBefore, template.NotAfter = now.Add(-backdate), now.Add(lifetime)
	if ca == nil {
		return nil
	}
	issuer := ca.Certificate
	if now.Before(issuer.NotBefore) || now.After(issuer.NotAfter) {
		return fmt.Errorf("pki: the CA %q is valid from %s to %s, and it is %s: it cannot issue now", ca.Name(),
			issuer.NotBefore.Format(time.RFC3339), issuer.NotAfter.Format(time.RFC3339), now.Format(time.RFC3339))
	}
	if template.NotBefore.Before(issuer.NotBefore) {
		template.NotBefore = issuer.NotBefore
	}
	if template.NotAfter.After(issuer.NotAfter) {
		template.NotAfter = issuer.NotAfter
	}
	return nil
}

func (ca *CA) sign(template *x509.Certificate, pub crypto.PublicKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Certificate, pub, ca.Key)
	if err != nil {
		return nil, fmt.Errorf("pki: %w", err)
	}
	return x509.ParseCertificate(der)
}

// Name returns the CA's common name.
func (ca *CA) Name() string { return ca.Certificate.Subject.CommonName }

// Root returns the CA at the top, which is this one unless it is an intermediate.
func (ca *CA) Root() *CA {
	for ca.parent != nil {
		ca = ca.parent
	}
	return ca
}

// Pool returns a pool with the root in it.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Root().Certificate)
	return pool
}

// LeafOptions say what a certificate is to be.
type LeafOptions struct {
	Hosts      []string      // DNS names and IP addresses; the first one is the common name too
	CommonName string        // where it is not the first host; a client's certificate may have only this
	Key        KeyKind       // ECDSAP256 where nothing else is said
	Signer     crypto.Signer // an existing key, in place of a new one of kind Key
	Now        time.Time     // zero is the time of the clock
	Lifetime   time.Duration // 0 is 90 days; no certificate outlives its issuer
	// Usages are the extended key usages, serverAuth where nothing else is said.
	Usages []x509.ExtKeyUsage
	// KeyUsage is digitalSignature where nothing else is said, and keyEncipherment too for an RSA key.
	KeyUsage x509.KeyUsage
	// IssuerURLs say where the issuer's certificate can be had (RFC 5280 §4.2.2.1).
	IssuerURLs []string
}

// Issue makes a certificate, and its key unless opts has one.
func (ca *CA) Issue(opts LeafOptions) (*Certificate, error) {
	template, err := ca.leafTemplate(opts)
	if err != nil {
		return nil, err
	}
	key := opts.Signer
	if key == nil {
		if key, err = GenerateKey(opts.Key); err != nil {
			return nil, err
		}
	}
	if template.KeyUsage == 0 {
		// RFC 5246 §7.4.2: a key that signs needs digitalSignature, the one of RSA key exchange keyEncipherment.
		template.KeyUsage = x509.KeyUsageDigitalSignature
		if _, ok := key.Public().(*rsa.PublicKey); ok {
			template.KeyUsage |= x509.KeyUsageKeyEncipherment
		}
	}
	leaf, err := ca.sign(template, key.Public())
	if err != nil {
		return nil, err
	}
	chain := [][]byte{leaf.Raw}
	for above := ca; above.parent != nil; above = above.parent {
		chain = append(chain, above.Certificate.Raw)
	}
	return &Certificate{Leaf: leaf, Chain: chain, Key: key}, nil
}

func (ca *CA) leafTemplate(opts LeafOptions) (*x509.Certificate, error) {
	template := &x509.Certificate{
		BasicConstraintsValid: true,
		Subject:               pkix.Name{CommonName: opts.CommonName},
		KeyUsage:              opts.KeyUsage,
		ExtKeyUsage:           opts.Usages,
		IssuingCertificateURL: opts.IssuerURLs,
	}
	if opts.Usages == nil {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	if len(opts.Hosts) == 0 && opts.CommonName == "" {
		return nil, errors.New("pki: a certificate needs a host name, an IP address or a common name")
	}
	if err := setHosts(template, opts.Hosts); err != nil {
		return nil, err
	}
	if err := ca.permits(template); err != nil {
		return nil, err
	}
	var err error
	if template.SerialNumber, err = newSerial(); err != nil {
		return nil, err
	}
	return template, ca.setDates(template, opts.Now, opts.Lifetime, leafLifetime)
}
