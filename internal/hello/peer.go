package hello

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/hs"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/want"
)

// ParseChain parses a peer's certificates, as PKIX has them. RFC 5246 §7.4.2, RFC 8422 §5.3, §5.9, RFC 8446 §4.4.2.2.
func ParseChain(chain [][]byte) ([]*x509.Certificate, error) {
	out := make([]*x509.Certificate, len(chain))
	for i, der := range chain {
		cert, err := parsed.parse(der)
		if err != nil {
			return nil, fault.New(fault.BadCertificate).With(fmt.Sprintf("number %d of the chain", i)).Because(err)
		}
		// A key so large costs every visitor seconds, and its owner nothing.
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > suite.MaxRSABits {
			return nil, fault.New(fault.RSAKeyTooLarge).With(fmt.Sprintf("%d bits", key.N.BitLen()))
		}
		out[i] = cert
	}
	return out, nil
}

// RFC 5246 §7.4.2, RFC 8446 §4.4.2.2: where a certificate says what its key is for, it must allow what the handshake does
// with it.
func allows(leaf *x509.Certificate, usage x509.KeyUsage) bool {
	return leaf.KeyUsage == 0 || leaf.KeyUsage&usage != 0
}

// CheckKeyUsage is allows for a server's certificate.
func CheckKeyUsage(d *hs.Desk, leaf *x509.Certificate, usage x509.KeyUsage) error {
	if d.Config.AnyServerKeyUsage || allows(leaf, usage) {
		return nil
	}
	name := "digitalSignature"
	if usage == x509.KeyUsageKeyEncipherment {
		name = "keyEncipherment"
	}
	return fault.New(fault.WrongKeyUsage).With("its key usage lacks " + name)
}

// AskVerdict raises the question whether the peer is to be trusted.
func AskVerdict(d *hs.Desk, n *hs.Negotiated) *want.VerifyPeer {
	var verified [][]*x509.Certificate
	if n.Session != nil {
		verified = n.Session.VerifiedChains
	}
	question := want.NewVerifyPeer(d.Asker, want.Peer{
		Verified:     verified,
		Chain:        n.PeerCertificates,
		OCSPResponse: n.OCSPResponse,
		SCTs:         n.SCTs,
		State:        n.ConnectionState(),
		Now:          d.Now,
		Watched:      d.Stream.Watched(),
	})
	d.Ask(question)
	return question
}

// TakeVerdict takes its answer, which n has then.
func TakeVerdict(d *hs.Desk, n *hs.Negotiated, question *want.VerifyPeer) (*hs.Negotiated, error) {
	verdict, err := question.Result()
	for _, check := range verdict.Checks {
		hs.Tell(d, 0, check)
	}
	if err == nil {
		err = verdict.Err
	}
	if err != nil {
		return nil, Refusal(err, fault.RejectedByCaller)
	}
	tellVerdict(d, n, verdict)
	n.VerifiedChains = verdict.Chains
	return n, nil
}

func tellVerdict(d *hs.Desk, n *hs.Negotiated, verdict want.Verdict) {
	told := event.PeerVerified{Chain: n.PeerCertificates, Skipped: verdict.Skipped, Resumed: n.Resumed}
	if len(verdict.Chains) > 0 {
		told.Chain = verdict.Chains[0]
	}
	switch {
	case d.Role == fault.Client:
		told.ServerName = n.ServerName
		hs.Tell(d, fault.StepClientVerification, told)
	case len(n.PeerCertificates) > 0:
		hs.Tell(d, 0, told) // the story has no step for it
	}
}

// Refusal gives the caller's reason a rule: instead, unless it is a fault of the caller's making, which has its own. One
// that another connection has failed with, such as that to an OCSP responder, says nothing about this peer, and a
// configuration that does not compile is not meant as an answer to it.
func Refusal(err error, instead *fault.Rule) error {
	var known *fault.Error
	if !errors.As(err, &known) || known.Step != 0 || known.Rule.Silent || known.Is(fault.BadConfig) {
		return fault.New(instead).Because(err)
	}
	if err == error(known) {
		return known
	}
	return fault.New(known.Rule).Because(err)
}
