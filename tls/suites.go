package tls

import (
	"slices"
	"strings"

	std "crypto/tls"

	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// CipherSuites lists the cipher suites that PolicyCompatible allows, in the order of their code points.
func CipherSuites() []*CipherSuite { return describe(false) }

// InsecureCipherSuites lists those that only PolicyLegacy allows.
func InsecureCipherSuites() []*CipherSuite { return describe(true) }

func describe(insecure bool) []*CipherSuite {
	secure, _ := suite.Policy(suite.PolicyCompatible)
	secure = append(secure, suite.Policy13(suite.PolicyCompatible)...)
	var list []*CipherSuite
	for _, s := range slices.Concat(suite.All13(), suite.All()) {
		known := &CipherSuite{
			ID: uint16(s.ID), Name: s.ID.String(), SupportedVersions: []uint16{uint16(s.Version)},
			Insecure: !slices.Contains(secure, s.ID),
		}
		if known.Insecure == insecure {
			list = append(list, known)
		}
	}
	slices.SortFunc(list, func(a, b *CipherSuite) int { return int(a.ID) - int(b.ID) })
	return list
}

// CipherSuiteName returns a suite's name, or its code point in hexadecimal digits.
func CipherSuiteName(id uint16) string {
	name := std.CipherSuiteName(id)
	if s := wire.CipherSuite(id).String(); strings.HasPrefix(name, "0x") && strings.HasPrefix(s, "TLS_") {
		return s
	}
	return name
}

// VersionName returns a version's name, such as TLS 1.3, or its code point in hexadecimal digits.
func VersionName(version uint16) string { return std.VersionName(version) }
