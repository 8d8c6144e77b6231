package trust

import (
	"crypto/x509"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Where trusted roots come from, as [event.Check] has it.
const (
	FromSystem = "the operating system"
	FromBundle = "bundled Mozilla roots"
	FromPool   = "the given pool"
)

type rootSet struct {
	pool   *x509.CertPool
	origin string
}

func (v *Verifier) roots() rootSet {
	if v.Roots != nil {
		return rootSet{v.Roots, FromPool}
	}
	return systemRoots()
}

// systemRoots is loaded once, as crypto/x509 does it.
var systemRoots = sync.OnceValue(func() rootSet { return loadRoots(x509.SystemCertPool) })

func loadRoots(system func() (*x509.CertPool, error)) rootSet {
	pool, err := system()
	// A pool that stands for the platform's own verifier has no certificates in it and yet is not equal to an empty one.
	if err == nil && pool != nil && !pool.Equal(x509.NewCertPool()) {
		return rootSet{pool, FromSystem}
	}
	return rootSet{bundled(), FromBundle}
}

func bundled() *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil: // one that this Go cannot read is one root less
		case root.Constraint != nil:
			pool.AddCertWithConstraint(cert, root.Constraint)
		default:
			pool.AddCert(cert)
		}
	}
	return pool
}

// subjects are the names of the roots; a platform that verifies by itself does not tell them.
func (r rootSet) subjects() [][]byte {
	//lint:ignore SA1019 the names only help to word a refusal, so those that are missing do no harm
	return r.pool.Subjects()
}
