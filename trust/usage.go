package trust

import (
	"crypto/x509"
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/wire"
)

// judgeUsage: RFC 5280 §4.2.1.12: where extended key usages are listed, the one that is needed must be among them.
// crypto/x509 asks it of every CA in the chain too.
func (e *examination) judgeUsage(p path, refused error) *fault.Error {
	wanted := extUsageNames[e.usage]
	at := 0
	if refused != nil {
		at = max(0, slices.IndexFunc(p.certs, func(c *x509.Certificate) bool { return !allows(c, e.usage) }))
	}
	c := p.certs[at]
	e.tell(c, at, func() event.Check {
		return event.Check{What: event.CheckUsage, Passed: refused == nil, Wanted: wanted, Found: extUsages(c)}
	})
	if refused == nil {
		return nil
	}
	return fault.New(fault.WrongKeyUsage).
		With(fmt.Sprintf("%s may be used for %s, not for %s", short(c), listed(extUsages(c)), wanted)).
		Advise("issue it with the extended key usage " + wanted)
}

func allows(c *x509.Certificate, usage x509.ExtKeyUsage) bool {
	if len(c.ExtKeyUsage) == 0 && len(c.UnknownExtKeyUsage) == 0 {
		return true
	}
	return slices.Contains(c.ExtKeyUsage, usage) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// judgeKeyUsage: RFC 5246 §7.4.2: RSA key exchange needs keyEncipherment, every signature digitalSignature, where
// the certificate has the extension at all.
func (e *examination) judgeKeyUsage(p path, _ error) *fault.Error {
	wanted := e.keyUsage()
	leaf := p.certs[0]
	if wanted == 0 || e.anyKeyUsage {
		return nil
	}
	passed := leaf.KeyUsage == 0 || leaf.KeyUsage&wanted != 0
	name := keyUsages(wanted)[0]
	e.tell(leaf, 0, func() event.Check {
		return event.Check{What: event.CheckUsage, Passed: passed, Wanted: name, Found: keyUsages(leaf.KeyUsage)}
	})
	if passed {
		return nil
	}
	return fault.New(fault.WrongKeyUsage).
		With(fmt.Sprintf("the key of %s may be used for %s; %s needs %s", short(leaf), listed(keyUsages(leaf.KeyUsage)), e.keyUsedFor(), name)).
		Advise("issue it with the key usage " + name)
}

// keyUsage is what the leaf's key does in this handshake, 0 where that is not known.
func (e *examination) keyUsage() x509.KeyUsage {
	if e.role == fault.Server {
		return x509.KeyUsageDigitalSignature
	}
	s := suite.ByID(e.peer.State.CipherSuite)
	switch {
	case s == nil:
		return 0
	case s.KeyExchange == wire.KeyExchangeRSA:
		return x509.KeyUsageKeyEncipherment
	}
	return x509.KeyUsageDigitalSignature
}

func (e *examination) keyUsedFor() string {
	if e.role == fault.Server {
		return "a client's signature"
	}
	return suite.ByID(e.peer.State.CipherSuite).KeyExchange.String() + " key exchange"
}

// RFC 5280 §4.2.1.3, in the order of its bits.
var keyUsageNames = []string{"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly"}

func keyUsages(u x509.KeyUsage) []string {
	var list []string
	for bit, name := range keyUsageNames {
		if u&(1<<bit) != 0 {
			list = append(list, name)
		}
	}
	return list
}

var extUsageNames = map[x509.ExtKeyUsage]string{
	x509.ExtKeyUsageAny:             "anything",
	x509.ExtKeyUsageServerAuth:      "serverAuth",
	x509.ExtKeyUsageClientAuth:      "clientAuth",
	x509.ExtKeyUsageCodeSigning:     "codeSigning",
	x509.ExtKeyUsageEmailProtection: "emailProtection",
	x509.ExtKeyUsageTimeStamping:    "timeStamping",
	x509.ExtKeyUsageOCSPSigning:     "OCSPSigning",
}

func extUsages(c *x509.Certificate) []string {
	var list []string
	for _, u := range c.ExtKeyUsage {
		name, ok := extUsageNames[u]
		if !ok {
			name = "another usage"
		}
		list = append(list, name)
	}
	for _, oid := range c.UnknownExtKeyUsage {
		list = append(list, oid.String())
	}
	return list
}
