package tls

import (
	"crypto/x509"
	"unsafe"

	"github.com/vitro-tls/vitro/trust"
)

// settings are what programs, and still more their tests, set between two connections, though crypto/tls asks them not
// to: it works there, because crypto/tls looks at its Config anew for every connection. Comparing them costs less than
// finding out what was compiled.
type settings struct {
	certificates           list[Certificate]
	suites                 list[uint16]
	groups                 list[CurveID]
	protocols              list[string]
	policy, name           string
	min, max               uint16
	insecure, noTickets    bool
	auth                   ClientAuthType
	renegotiation          RenegotiationSupport
	roots, clients         *x509.CertPool
	verifier               *trust.Verifier
	credential, config     bool
	cached, stored, logged bool
}

// list is a slice as its header: where it lies, and how long it is.
type list[T any] struct {
	first *T
	n     int
}

func listOf[T any](s []T) list[T] { return list[T]{unsafe.SliceData(s), len(s)} }

func (c *Config) settings() settings {
	return settings{
		certificates: listOf(c.Certificates), suites: listOf(c.CipherSuites), groups: listOf(c.CurvePreferences),
		protocols: listOf(c.NextProtos), policy: c.Policy, name: c.ServerName, min: c.MinVersion, max: c.MaxVersion,
		insecure: c.InsecureSkipVerify, noTickets: c.SessionTicketsDisabled, auth: c.ClientAuth,
		renegotiation: c.Renegotiation, roots: c.RootCAs, clients: c.ClientCAs, verifier: c.Verifier,
		credential: c.GetCertificate != nil || c.GetClientCertificate != nil || c.NameToCertificate != nil,
		config:     c.GetConfigForClient != nil,
		cached:     c.ClientSessionCache != nil, stored: c.SessionStore != nil, logged: c.KeyLogWriter != nil,
	}
}
