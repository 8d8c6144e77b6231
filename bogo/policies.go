package main

import "github.com/vitro-tls/vitro/wire"

// policy is what a public profile allows, as lists of a configuration. BoringSSL has them built in; for Vitro they are
// the caller's.
type policy struct {
	suites   []wire.CipherSuite
	suites13 []wire.CipherSuite
	groups   []wire.NamedGroup
	schemes  []wire.SignatureScheme
	only13   bool
}

var (
	gcm256 = []wire.CipherSuite{wire.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, wire.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384}
	sha384 = []wire.SignatureScheme{wire.ECDSA_SECP384R1_SHA384, wire.RSA_PSS_RSAE_SHA384, wire.RSA_PKCS1_SHA384}
)

var policies = map[string]policy{
	"fips-202205": {
		suites: append(gcm256[:2:2], wire.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
			wire.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
		suites13: []wire.CipherSuite{wire.TLS_AES_128_GCM_SHA256, wire.TLS_AES_256_GCM_SHA384},
		groups:   []wire.NamedGroup{wire.SecP256r1, wire.SecP384r1},
		schemes: append(sha384[:3:3], wire.ECDSA_SECP256R1_SHA256, wire.RSA_PSS_RSAE_SHA256, wire.RSA_PKCS1_SHA256,
			wire.RSA_PSS_RSAE_SHA512, wire.RSA_PKCS1_SHA512),
	},
	"wpa-202304": {
		suites:   gcm256,
		suites13: []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384},
		groups:   []wire.NamedGroup{wire.SecP384r1},
		schemes:  append(sha384[:3:3], wire.RSA_PSS_RSAE_SHA512, wire.RSA_PKCS1_SHA512),
	},
	"cnsa-202407": {
		suites13: []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384, wire.TLS_AES_128_GCM_SHA256, wire.TLS_CHACHA20_POLY1305_SHA256},
	},
	"cnsa1-202603": {
		suites:   append(gcm256[:2:2], wire.TLS_RSA_WITH_AES_256_GCM_SHA384),
		suites13: []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384},
		groups:   []wire.NamedGroup{wire.MLKEM1024, wire.SecP384r1},
		schemes:  sha384,
	},
	"cnsa2-202603": {
		suites13: []wire.CipherSuite{wire.TLS_AES_256_GCM_SHA384},
		groups:   []wire.NamedGroup{wire.MLKEM1024},
		schemes:  sha384,
		only13:   true,
	},
}

// narrow applies the policy that the flags name.
func (o *observed) narrow() error {
	if o.policy == "" {
		return nil
	}
	p := policies[o.policy]
	o.config.CipherSuites, o.config.CipherSuites13 = p.suites, p.suites13
	o.config.Groups, o.config.SignatureSchemes, o.config.SigningSchemes = p.groups, p.schemes, p.schemes
	if p.only13 {
		o.config.MinVersion = wire.TLS13
	}
	return nil
}
