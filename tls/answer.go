package tls

import (
	"crypto/x509"
	"net"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/late"
	"github.com/vitro-tls/vitro/trust"
	"github.com/vitro-tls/vitro/want"
)

func init() {
	late.Answers = func(conn net.Conn, f func(want.Question, func())) { conn.(*Conn).answerLate = f }
}

// answer answers one of the engine's questions, in this goroutine: a callback that panics or ends the goroutine does
// so where its caller sees it.
func (c *Conn) answer(q want.Question) {
	if c.answerLate != nil {
		c.answerLate(q, func() { c.answerNow(q) })
		return
	}
	c.answerNow(q)
}

// An answer's own error only says that there was one already, which cannot be here.
func (c *Conn) answerNow(q want.Question) {
	switch q := q.(type) {
	case *want.VerifyPeer:
		_ = q.Answer(c.verify(q.Peer))
	case *want.Sign:
		_ = q.Run()
	case *want.DecryptPremaster:
		_ = q.Run()
	case *want.ChooseCredential:
		c.chooseCredential(q)
	case *want.ChooseConfig:
		c.chooseConfig(q)
	default:
		c.answerSession(q)
	}
}

// verify lets the program's callbacks see the verdict over the peer, and refuse it.
func (c *Conn) verify(p want.Peer) want.Verdict {
	var verdict want.Verdict
	if s := c.shaking; s != nil && s.verdict != nil {
		verdict, s.verdict = *s.verdict, nil
	} else {
		verdict = c.judge(p)
	}
	if verdict.Err != nil {
		return verdict
	}
	if c.config.VerifyPeerCertificate != nil && (len(p.Chain) > 0 || c.config.ClientAuth != NoClientCert) {
		raw := make([][]byte, len(p.Chain))
		for i, cert := range p.Chain {
			raw[i] = cert.Raw
		}
		if verdict.Err = c.config.VerifyPeerCertificate(raw, verdict.Chains); verdict.Err != nil {
			return verdict
		}
	}
	if c.config.VerifyConnection != nil {
		state := connectionState(p.State)
		state.VerifiedChains = verdict.Chains
		verdict.Err = c.config.VerifyConnection(state)
	}
	return verdict
}

// judge verifies the peer's chain, where that is to be done.
func (c *Conn) judge(p want.Peer) want.Verdict {
	verdict := want.Verdict{Skipped: true}
	switch roots, needed := c.trusted(p); {
	case p.State.Resumed && c.shaking != nil && c.shaking.loaded != nil:
		verdict = *c.shaking.loaded // a moment ago, when the session was loaded
	case needed:
		if verdict = c.config.verifier(roots).Verify(p, c.role); verdict.Err != nil {
			verdict.Err = unverified(p.Chain, verdict.Err)
		}
	}
	return verdict
}

// oldRSABits is what the old devices have that policy legacy is for, and some CAs of a house's own.
const oldRSABits = 1024

// verifier is that of the configuration, with these roots if there are any. Public CAs have issued for nothing below 2048
// bits since 2014; a program that names its own roots, and no Verifier, gets the bound of crypto/tls.
func (c *Config) verifier(roots *x509.CertPool) *trust.Verifier {
	v := new(trust.Verifier)
	if c.Verifier != nil {
		*v = *c.Verifier
	}
	if roots != nil {
		v.Roots = roots
	}
	v.AnyKeyUsage = v.AnyKeyUsage || c.Verifier == nil && roots != nil
	if v.MinRSABits == 0 && (c.policy() == PolicyLegacy || c.Verifier == nil && roots != nil) {
		v.MinRSABits = oldRSABits
	}
	return v
}

func (c *Conn) chooseCredential(q *want.ChooseCredential) {
	chosen, err := c.certificate(q)
	var credential *want.Credential
	switch {
	case err != nil || chosen == nil:
	case c.role == fault.Client && len(chosen.Certificate) == 0:
		credential = new(want.Credential) // none to show
	default:
		c.away(func() {
			if credential, err = newCredential(chosen); err == nil {
				useAnyway(c.config.policy(), credential)
			}
		})
	}
	if err != nil {
		_ = q.Fail(err)
		return
	}
	_ = q.Answer(credential)
}

func (c *Conn) chooseConfig(q *want.ChooseConfig) {
	chosen, err := c.config.GetConfigForClient(newClientHelloInfo(q.Context(), c, q.Hello))
	if err != nil {
		_ = q.Fail(err)
		return
	}
	if chosen == nil {
		_ = q.Answer(nil)
		return
	}
	var compiled *engine.Compiled
	if c.away(func() { compiled, err = chosen.compile() }); err != nil {
		_ = q.Fail(err)
		return
	}
	c.config = chosen
	_ = q.Answer(compiled)
}
