// Package trust verifies a peer by its certificates: the chain up to a trusted root, the dates, what the keys may be
// used for, the name. It answers [want.VerifyPeer].
//
// What Go's crypto/x509 refuses is refused. Beyond it, keys have a least size, and what others say about the
// certificate counts: its CA by a stapled OCSP response, logs by their timestamps. Whatever is refused is looked at once more, to name the one
// reason that a person must mend first, as a rule of package fault with what was found and what was expected. The
// reasons are looked for in this order, which is also that of the checks in the verdict:
//
//  1. the size of the keys, and the links: no change of trust or date mends a chain that does not hold together;
//  2. the root: what is not vouched for by someone trusted may say anything about its dates;
//  3. the dates, from the leaf up;
//  4. what only the whole chain shows, such as name constraints;
//  5. the usage of the leaf's key;
//  6. the name;
//  7. what the CA says about the leaf today, by a stapled OCSP response;
//  8. the timestamps of logs that know the leaf, where they are wanted.
package trust

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
)

// MaxCertificates bounds what a peer can make us look at.
const MaxCertificates = 100

// Verifier verifies peers. The zero value trusts what the operating system trusts. It may be used by many
// connections at once.
type Verifier struct {
	// Roots are the trusted roots. Nil means those of the operating system or, where it has none, Mozilla's, which
	// come with this package.
	Roots *x509.CertPool
	// MinRSABits is the least size of the RSA keys in a chain, its root's too; 0 stands for 2048 (RFC 9325 §4.5).
	// Crypto/x509 takes keys of 1024 bits and more: a lower number changes nothing. ECDSA keys have 256 bits at least.
	MinRSABits int
	// AnyKeyUsage takes certificates whose key usage does not list what the handshake does with their keys, as crypto/tls
	// does. Extended key usage counts all the same. The engine looks too, see its Config.
	AnyKeyUsage bool
	// Staples says what is made of a stapled OCSP response, or of its absence. The zero value is JudgeStaples.
	Staples StaplePolicy
	// Logs are the logs whose timestamps (SCTs, RFC 6962) count. With nil, timestamps are not looked at.
	Logs *LogList
	// RequireSCTs is how many of them, different ones, must vouch for a server's certificate, by timestamps within it,
	// in the handshake or in the stapled OCSP response. With 0 they are told to who watches, and refuse nobody.
	RequireSCTs int
}

// Verify answers for a peer. Role is our own end: a client verifies that the server may be the host named in the
// state, a server verifies that the client may be a client.
func (v *Verifier) Verify(p want.Peer, role fault.Role) want.Verdict {
	e := &examination{peer: p, role: role, roots: v.roots(), now: p.Now, usage: x509.ExtKeyUsageServerAuth,
		minRSABits: cmp.Or(v.MinRSABits, defaultRSABits), anyKeyUsage: v.AnyKeyUsage, staples: v.Staples, logs: v.Logs, wantedSCTs: v.RequireSCTs}
	if role == fault.Server {
		e.usage = x509.ExtKeyUsageClientAuth
	}
	if e.now.IsZero() {
		e.now = time.Now()
	}
	chains, failure := e.run()
	verdict := want.Verdict{Checks: e.checks}
	if failure != nil {
		verdict.Err = failure
		return verdict
	}
	verdict.Chains = chains
	return verdict
}

// examination is one verification.
type examination struct {
	peer        want.Peer
	role        fault.Role
	roots       rootSet
	now         time.Time
	usage       x509.ExtKeyUsage
	minRSABits  int
	anyKeyUsage bool
	staples     StaplePolicy
	staple      *ocsp.Response // once it is known to be the word of the CA
	logs        *LogList
	wantedSCTs  int
	budget      int // of what is left of maxWork
	checks      []event.Check
}

func (e *examination) run() ([][]*x509.Certificate, *fault.Error) {
	if failure := e.admit(); failure != nil {
		return nil, failure
	}
	leaf := e.peer.Chain[0]
	chains, err := e.still(leaf), error(nil)
	if len(chains) == 0 {
		chains, err = e.verify(leaf)
	}
	var p path
	if err == nil {
		weakest := chains[0]
		chains = slices.DeleteFunc(chains, func(chain []*x509.Certificate) bool { return !e.strong(chain) })
		if len(chains) > 0 {
			p = path{certs: chains[0], end: anchored}
		} else {
			p = path{certs: weakest, end: anchored}
		}
	} else {
		p = e.search()
	}
	if failure := e.judge(p, err); failure != nil {
		return nil, failure
	}
	return chains, nil
}

func (e *examination) verify(leaf *x509.Certificate) ([][]*x509.Certificate, error) {
	return leaf.Verify(x509.VerifyOptions{
		Roots:         e.roots.pool,
		Intermediates: intermediates(e.peer.Chain[1:]),
		CurrentTime:   e.now,
		KeyUsages:     []x509.ExtKeyUsage{e.usage},
	})
}

// still returns the chains of a session that lead from the leaf to a root of today, with nobody on the way out of date.
// The signatures between them were checked when the session began. What else there is to judge is judged as ever.
func (e *examination) still(leaf *x509.Certificate) (chains [][]*x509.Certificate) {
	if platformVerifies {
		return nil
	}
	for _, chain := range e.peer.Verified {
		if len(chain) > 1 && chain[0].Equal(leaf) && !slices.ContainsFunc(chain, e.outOfDate) && e.trusted(chain[len(chain)-1]) {
			chains = append(chains, chain)
		}
	}
	return chains
}

// platformVerifies: where the operating system judges chains, there is no pool to look a root up in.
const platformVerifies = runtime.GOOS == "windows" || runtime.GOOS == "darwin" || runtime.GOOS == "ios"

func (e *examination) outOfDate(c *x509.Certificate) bool {
	return e.now.Before(c.NotBefore) || e.now.After(c.NotAfter)
}

// trusted reports whether a root is in the pool, which only a verification of the root itself tells: then its chain is
// itself. One that another root of the pool vouches for now is bound by that one's constraints.
func (e *examination) trusted(root *x509.Certificate) bool {
	chains, _ := root.Verify(x509.VerifyOptions{Roots: e.roots.pool, CurrentTime: e.now, KeyUsages: anyUsage})
	return slices.ContainsFunc(chains, func(chain []*x509.Certificate) bool { return len(chain) == 1 })
}

var anyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}

// admit refuses what is not worth or not safe to look at.
func (e *examination) admit() *fault.Error {
	chain := e.peer.Chain
	if len(chain) == 0 || slices.Contains(chain, nil) {
		if e.role == fault.Server {
			return fault.New(fault.BadCertificate).With("the client sent no certificate")
		}
		return fault.New(fault.EmptyServerCertificate)
	}
	if len(chain) > MaxCertificates {
		return fault.New(fault.InvalidChain).With(fmt.Sprintf("the %v sent %d certificates; no more than %d are looked at",
			e.role.Peer(), len(chain), MaxCertificates))
	}
	for _, c := range chain {
		if pub, ok := c.PublicKey.(*rsa.PublicKey); ok && pub.N.BitLen() > suite.MaxRSABits {
			return fault.New(fault.RSAKeyTooLarge).With(fmt.Sprintf("the key of %s has %d bits", short(c), pub.N.BitLen()))
		}
	}
	if e.role == fault.Client && e.host() == "" {
		return fault.New(fault.BadConfig).With("there is no server name to check the certificate against").
			Advise("set ServerName, or say that the server is not to be verified")
	}
	if e.role == fault.Client && e.wantedSCTs > 0 && e.logs == nil {
		return fault.New(fault.BadConfig).With("timestamps of logs are wanted, and there is no list of logs").
			Advise("set Verifier.Logs, or no RequireSCTs")
	}
	return nil
}

// host is the name that the server must have. An address's zone is local to this machine and stands in no
// certificate.
func (e *examination) host() string {
	host := strings.TrimSuffix(e.peer.State.ServerName, ".")
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if i := strings.IndexByte(host, '%'); i >= 0 && strings.Contains(host[:i], ":") {
		host = host[:i]
	}
	return host
}

// tell notes a check for whoever watches; for nobody it is not even worked out.
func (e *examination) tell(of *x509.Certificate, index int, what func() event.Check) {
	if !e.peer.Watched {
		return
	}
	c := what()
	c.Index, c.Subject = index, subject(of)
	e.checks = append(e.checks, c)
}
