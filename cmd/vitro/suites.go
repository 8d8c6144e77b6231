package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

// Values of --key-exchange.
const (
	keyExchangeRSA   = "rsa"
	keyExchangeDHE   = "dhe"
	keyExchangeECDHE = "ecdhe"
)

// keyExchanges has the strictest policy with each, and why none stricter has it.
var keyExchanges = map[string]struct {
	is           wire.KeyExchange
	policy, flaw string
}{
	keyExchangeRSA:   {wire.KeyExchangeRSA, tls.PolicyLegacy, "it has no forward secrecy"},
	keyExchangeDHE:   {wire.KeyExchangeDHE, tls.PolicyLegacy, "a client cannot tell whether the server's group is a good one"},
	keyExchangeECDHE: {wire.KeyExchangeECDHE, tls.PolicyModern, ""},
}

// suitesFor returns the suites that a policy has with a key exchange. Without a policy it is the one that has them.
func suitesFor(policy, keyExchange string) ([]uint16, error) {
	kind, known := keyExchanges[keyExchange]
	if !known {
		return nil, fmt.Errorf("--key-exchange %q: there are rsa, dhe and ecdhe", keyExchange)
	}
	if policy == "" {
		policy = kind.policy
	}
	allowed, err := policySuites(policy)
	if err != nil {
		return nil, err
	}
	allowed = withKeyExchange(allowed, kind.is)
	if len(allowed) == 0 {
		return nil, fmt.Errorf("policy %s has no %v key exchange, because %s: use --policy %s, or leave --policy out",
			policy, kind.is, kind.flaw, kind.policy)
	}
	return allowed, nil
}

// policySuites returns the suites that a policy allows, those of TLS 1.3 first.
func policySuites(policy string) ([]uint16, error) {
	allowed, known := suite.Policy(policy)
	if !known {
		return nil, fmt.Errorf("--policy %q: there are %s", policy, strings.Join(suite.Policies(), ", "))
	}
	var ids []uint16
	for _, id := range append(suite.Policy13(policy), allowed...) {
		ids = append(ids, uint16(id))
	}
	return ids, nil
}

func withKeyExchange(ids []uint16, kind wire.KeyExchange) []uint16 {
	return slices.DeleteFunc(slices.Clone(ids), func(id uint16) bool {
		return suite.ByID(wire.CipherSuite(id)).KeyExchange != kind
	})
}

// common keeps the order of the first list.
func common(ids, allowed []uint16) []uint16 {
	return slices.DeleteFunc(slices.Clone(ids), func(id uint16) bool { return !slices.Contains(allowed, id) })
}

// parseCiphers understands the names of the IANA registry and those of OpenSSL, with commas or colons between.
func parseCiphers(list string) ([]uint16, error) {
	var ids []uint16
	for _, name := range splitList(list) {
		id, err := parseCipher(name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		return nil, errors.New("--ciphers: no cipher suite is named")
	}
	return ids, nil
}

func parseCipher(name string) (uint16, error) {
	var known []string
	for _, s := range append(suite.All13(), suite.All()...) {
		iana := s.ID.String()
		if strings.EqualFold(name, iana) || strings.EqualFold(name, opensslName(iana)) {
			return uint16(s.ID), nil
		}
		known = append(known, iana)
	}
	return 0, fmt.Errorf("--ciphers: Vitro does not have %q; it has %s", name, strings.Join(known, ", "))
}

// opensslName is what OpenSSL calls a suite: it leaves out RSA key exchange, WITH and, for ChaCha20, the hash. Those of
// TLS 1.3, which have no WITH, it calls by their IANA names.
func opensslName(iana string) string {
	if !strings.Contains(iana, "_WITH_") {
		return iana
	}
	return strings.NewReplacer(
		"TLS_RSA_WITH_", "", "TLS_", "", "_WITH_", "-",
		"AES_128", "AES128", "AES_256", "AES256", "CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", "_", "-",
	).Replace(iana)
}

var groupAliases = map[string]wire.NamedGroup{
	"p-256": wire.SecP256r1, "p256": wire.SecP256r1, "prime256v1": wire.SecP256r1,
	"p-384": wire.SecP384r1, "p384": wire.SecP384r1,
	"p-521": wire.SecP521r1, "p521": wire.SecP521r1,
}

// parseGroup understands the names of the IANA registry, and what else the curves are called.
func parseGroup(name string) (wire.NamedGroup, error) {
	if id, known := groupAliases[strings.ToLower(name)]; known {
		return id, nil
	}
	var known []string
	for _, id := range append(suite.Groups13(), suite.FieldGroups()...) {
		if strings.EqualFold(name, id.String()) {
			return id, nil
		}
		known = append(known, id.String())
	}
	return 0, fmt.Errorf("--groups: Vitro does not have %q; it has %s", name, strings.Join(known, ", "))
}

func parseGroups(list string) ([]tls.CurveID, error) {
	var ids []tls.CurveID
	for _, name := range splitList(list) {
		id, err := parseGroup(name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, tls.CurveID(id))
	}
	if len(ids) == 0 {
		return nil, errors.New("--groups: no group is named")
	}
	return ids, nil
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ':' || r == ' ' })
}
