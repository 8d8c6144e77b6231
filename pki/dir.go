package pki

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// The files of a CA directory.
const (
	ECDSARootFile = "ca-ecdsa.pem"
	ECDSAKeyFile  = "ca-ecdsa-key.pem"
	RSARootFile   = "ca-rsa.pem"
	RSAKeyFile    = "ca-rsa-key.pem"
	// RootsFile has both roots, for clients that take one file and cannot know which kind of key they will meet.
	RootsFile = "ca.pem"
)

// Dir is two roots that live in one directory: peers that know no ECDSA need a chain of RSA keys from leaf to root.
type Dir struct {
	Path       string
	ECDSA, RSA *CA
}

// Init makes both roots and writes them into a directory, which it makes where there is none. Opts.Key is of no
// account; opts.Name gets the kind of key behind it.
func Init(path string, opts CAOptions) (*Dir, error) {
	d := &Dir{Path: path}
	if err := makeDir(path); err != nil {
		return nil, err
	}
	var files []file
	for _, r := range d.roots() {
		own := opts
		own.Key = r.kind
		if opts.Name != "" {
			own.Name = fmt.Sprintf("%s (%v)", opts.Name, r.kind)
		}
		ca, err := NewCA(own)
		if err != nil {
			return nil, err
		}
		key, err := EncodeKey(ca.Key)
		if err != nil {
			return nil, err
		}
		*r.ca = ca
		files = append(files, file{r.keyFile, key, keyMode}, file{r.rootFile, EncodeCertificates(ca.Certificate.Raw), certMode})
	}
	both := EncodeCertificates(d.ECDSA.Certificate.Raw, d.RSA.Certificate.Raw)
	files = append(files, file{filepath.Join(path, RootsFile), both, certMode})
	if err := writeAll(os.Link, files); err != nil {
		return nil, err
	}
	return d, nil
}

// Open reads what Init wrote. A key that others can read is refused.
func Open(path string) (*Dir, error) {
	d := &Dir{Path: path}
	for _, r := range d.roots() {
		ca, err := openRoot(r)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w; is there a CA in %s? vitro ca init makes one", err, path)
		}
		if err != nil {
			return nil, err
		}
		*r.ca = ca
	}
	return d, nil
}

// For returns the root whose kind of key goes with a leaf's.
func (d *Dir) For(kind KeyKind) *CA {
	if kind.RSA() {
		return d.RSA
	}
	return d.ECDSA
}

// Issue makes a certificate from the root whose kind of key goes with it.
func (d *Dir) Issue(opts LeafOptions) (*Certificate, error) {
	kind := opts.Key
	if opts.Signer != nil {
		kind = ECDSAP256
		if _, ok := opts.Signer.Public().(*rsa.PublicKey); ok {
			kind = RSA2048
		}
	}
	return d.For(kind).Issue(opts)
}

// Pool returns a pool with both roots in it.
func (d *Dir) Pool() *x509.CertPool {
	pool := d.ECDSA.Pool()
	pool.AddCert(d.RSA.Certificate)
	return pool
}

type root struct {
	kind              KeyKind
	rootFile, keyFile string
	ca                **CA
}

func (d *Dir) roots() []root {
	return []root{
		{ECDSAP256, filepath.Join(d.Path, ECDSARootFile), filepath.Join(d.Path, ECDSAKeyFile), &d.ECDSA},
		{RSA2048, filepath.Join(d.Path, RSARootFile), filepath.Join(d.Path, RSAKeyFile), &d.RSA},
	}
}

func openRoot(r root) (*CA, error) {
	if err := checkPrivate(r.keyFile); err != nil {
		return nil, err
	}
	c, err := LoadCertificate(r.rootFile, r.keyFile)
	if err != nil {
		return nil, err
	}
	if !c.Leaf.BasicConstraintsValid || !c.Leaf.IsCA {
		return nil, fmt.Errorf("pki: %s: %s is not the certificate of a CA", r.rootFile, c.Leaf.Subject)
	}
	return &CA{Certificate: c.Leaf, Key: c.Key}, nil
}

func checkPrivate(file string) error {
	if runtime.GOOS == "windows" {
		return nil // its permissions are not in the mode
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("pki: %s has the mode %04o: others can use the CA's key, and issue what you trust; chmod 600 %s", file, mode, file)
	}
	return nil
}

// makeDir leaves a directory that is there as it is, unless others may write to it: they could put another CA there.
func makeDir(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("pki: %w", err)
	}
	err := os.Mkdir(path, 0o700)
	if err == nil {
		return nil
	}
	info, statErr := os.Stat(path)
	if statErr != nil || !info.IsDir() {
		return fmt.Errorf("pki: %w", err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode&0o022 != 0 {
		return fmt.Errorf("pki: others may write to %s (mode %04o), and a CA's key is not safe there; chmod 700 %s", path, mode, path)
	}
	return nil
}

func keyText(pub any) string {
	switch pub := pub.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", pub.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + pub.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return fmt.Sprintf("%T", pub)
}
