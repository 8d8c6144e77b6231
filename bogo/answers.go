package main

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/vitro-tls/vitro/engine"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/want"
	"github.com/vitro-tls/vitro/wire"
)

var (
	errCallback = errors.New("a callback refuses")
	errNoTicket = errors.New("the server gives no tickets")
)

// answer answers a question. That a second answer is an error is no matter here.
func (l *link) answer(q want.Question) {
	switch q := q.(type) {
	case *want.VerifyPeer:
		_ = q.Answer(l.verify(q.Peer))
	case *want.Sign:
		l.chosen = q.Credential
		_ = q.Run()
	case *want.DecryptPremaster:
		l.chosen = q.Credential
		_ = q.Run()
	case *want.ChooseConfig:
		switch {
		case l.failEarlyCallback:
			_ = q.Fail(own(wire.AlertHandshakeFailure))
			return
		case l.failDDoS:
			_ = q.Fail(errCallback)
			return
		}
		if l.emptyALPN { // the caller's configuration for this client has a name without a letter
			broken := l.config
			broken.Protocols = []string{""}
			_, err := engine.Compile(broken)
			_ = q.Fail(fmt.Errorf("the caller: %v", err))
			return
		}
		if l.whole {
			_ = q.Answer(l.compiled)
			return
		}
		_ = q.Answer(nil)
	case *want.ChooseCredential:
		l.chooseCredential(q)
	default:
		if !l.remember(q) {
			_ = q.Fail(errors.New("no answer to " + q.Name()))
		}
	}
}

// own is a reason of the caller's, with the alert that the runner waits for.
func own(alert wire.AlertDescription) error {
	return fault.New(&fault.Rule{Name: fault.RejectedByCaller.Name, Alert: alert, Sentence: "a callback refuses", Parent: fault.RejectedByCaller})
}

// verify trusts everybody unless told otherwise: the runner's certificates have no names to check.
func (l *link) verify(p want.Peer) want.Verdict {
	if p.State.Resumed && !l.reverify {
		return want.Verdict{Skipped: true} // it was verified then
	}
	l.refuse = l.verifyFail
	switch {
	case l.useOCSP && l.failOCSP:
		return want.Verdict{Err: own(wire.AlertBadCertificateStatusResponse)}
	case !l.verifyPeer && (!l.requireClientCert || !l.verifyFail): // any certificate does
		return want.Verdict{Skipped: true} // who only takes note of what was found goes on
	case l.verifyFail && l.customVerify:
		return want.Verdict{Err: own(wire.AlertCertificateUnknown)}
	case l.verifyFail:
		return want.Verdict{Err: own(wire.AlertHandshakeFailure)}
	}
	options := x509.VerifyOptions{Roots: l.roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, c := range p.Chain[1:] {
		options.Intermediates.AddCert(c)
	}
	chains, err := p.Chain[0].Verify(options)
	if err != nil {
		return want.Verdict{Err: fault.New(fault.UnknownCA).Because(err)}
	}
	return want.Verdict{Chains: chains}
}
