package tls

import (
	"crypto/x509"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

// newCredential takes over what a Certificate has.
func newCredential(c *Certificate) (*want.Credential, error) {
	credential, err := want.NewCredential(c.Certificate, c.PrivateKey, convert[wire.SignatureScheme](c.SupportedSignatureAlgorithms))
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	if c.PrivateKey == nil {
		return nil, fmt.Errorf("certificate for %q: it has no private key", credential.Leaf.Subject)
	}
	credential.OCSP = c.OCSPStaple
	credential.SCTs = c.SignedCertificateTimestamps
	return credential, nil
}

// useAnyway: where no certificate may sign, they do, as in crypto/tls, and the peer decides. Under PolicyLegacy there is RSA
// key exchange for the certificates that may only encipher.
func useAnyway(policy string, all ...*want.Credential) {
	maySign := func(c *want.Credential) bool { return c.MayBeUsed(x509.KeyUsageDigitalSignature) }
	if policy == PolicyLegacy || slices.ContainsFunc(all, maySign) {
		return
	}
	for _, c := range all {
		c.AnyKeyUsage = true
	}
}

// anyKeyUsage: as crypto/tls does, key usage is not held against a peer under roots of the program's own, or against one
// that is not verified, unless there is a Verifier.
func (c *Config) anyKeyUsage() (servers, clients bool) {
	if c.Verifier != nil {
		return c.Verifier.AnyKeyUsage, c.Verifier.AnyKeyUsage
	}
	return c.RootCAs != nil || c.InsecureSkipVerify, c.ClientCAs != nil || c.ClientAuth < VerifyClientCertIfGiven
}

// secrets joins both ways in which secrets leave a connection.
func (c *Config) secrets() event.SecretSink {
	switch {
	case c.KeyLogWriter == nil:
		return c.SecretSink
	case c.SecretSink == nil:
		return keyLog{c.KeyLogWriter}
	}
	return sinks{keyLog{c.KeyLogWriter}, c.SecretSink}
}

type sinks []event.SecretSink

func (s sinks) Secret(label string, clientRandom, secret []byte) {
	for _, one := range s {
		one.Secret(label, clientRandom, secret)
	}
}

// keyLog writes lines of the NSS key log format. A writer that fails does not fail the connection: it is a debugging
// aid, and crypto/tls's is the same.
type keyLog struct{ w io.Writer }

// keyLogMu is one for all, because one writer may serve many Configs.
var keyLogMu sync.Mutex

func (k keyLog) Secret(label string, clientRandom, secret []byte) {
	if label == event.LabelPremaster {
		return // the format keys it by the ciphertext; the master secret says as much
	}
	line := fmt.Appendf(nil, "%s %x %x\n", label, clientRandom, secret)
	keyLogMu.Lock()
	defer keyLogMu.Unlock()
	_, _ = k.w.Write(line)
}
