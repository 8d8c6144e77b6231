package suite

import (
	"slices"

	"github.com/vitro-tls/vitro/wire"
)

// Names of the policies.
const (
	PolicyModern     = "modern"
	PolicyCompatible = "compatible"
	PolicyLegacy     = "legacy"
)

// rank is a place in the order of the policies: each allows what those before it allow, and more.
type rank int

const (
	modern rank = iota
	compatible
	legacy
)

var policies = []string{modern: PolicyModern, compatible: PolicyCompatible, legacy: PolicyLegacy}

// Policies lists the names that [Policy] knows, the strictest first.
func Policies() []string { return slices.Clone(policies) }

// rank is that of the first policy that allows the suite.
func (s *Suite) rank() rank {
	// TLS 1.3 has forward secrecy in any case.
	if s.Version == wire.TLS12 && s.KeyExchange != wire.KeyExchangeECDHE {
		return legacy
	}
	return s.Cipher.allowed
}

// Policy returns the suites of TLS 1.2 that a named policy allows, best first: modern is ECDHE with AES-GCM or
// ChaCha20-Poly1305, compatible adds the other ciphers, legacy adds the other key exchanges and the ciphers with a
// short tag, and with them what RFC 5246 §9 wants everyone to have. The second result is false for a name that is none.
func Policy(name string) ([]wire.CipherSuite, bool) { return allowed(suites, name) }

// Policy13 returns the suites of TLS 1.3 that a named policy allows, best first. It returns nil for a name that is none.
func Policy13(name string) []wire.CipherSuite {
	list, _ := allowed(suites13, name)
	return list
}

func allowed(suites []*Suite, policy string) ([]wire.CipherSuite, bool) {
	most := rank(slices.Index(policies, policy))
	var list []wire.CipherSuite
	for _, s := range suites {
		if s.rank() <= most {
			list = append(list, s.ID)
		}
	}
	return list, most >= 0
}

// PolicyFor is the strictest policy with a suite of TLS 1.2 that is among some, "" if none has one.
func PolicyFor(offered []wire.CipherSuite) string {
	for _, p := range policies {
		list, _ := Policy(p)
		if slices.ContainsFunc(list, func(id wire.CipherSuite) bool { return slices.Contains(offered, id) }) {
			return p
		}
	}
	return ""
}

// LikesChaCha20 reports whether ChaCha20-Poly1305 is what a client names first of what we have. Those do so that have no
// AES in hardware, where it is several times as fast, and safe from whoever measures the cache.
func LikesChaCha20(offered []wire.CipherSuite) bool {
	for _, id := range offered {
		if s := ByID(id); s != nil {
			return s.Cipher == chaCha20
		}
	}
	return false
}

// ChaCha20First is a list for such clients: the same with ChaCha20-Poly1305 in front, but not with an older key exchange.
func ChaCha20First(list []*Suite) []*Suite {
	last := func(s *Suite) int {
		if s.Cipher == chaCha20 && (s.Version == wire.TLS13 || s.KeyExchange == wire.KeyExchangeECDHE) {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b *Suite) int { return last(a) - last(b) })
}
