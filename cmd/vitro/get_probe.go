package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/internal/suite"
	"github.com/vitro-tls/vitro/tls"
	"github.com/vitro-tls/vitro/wire"
)

const probeTimeout = 10 * time.Second

// probe finds out whether a server that refused the default policy's ClientHello speaks what another policy allows: its
// alert does not say. It shakes hands once more, sends no request, and returns what it found.
func (f *fetch) probe(err error) string {
	var refusal *fault.PeerAlert
	if !f.probing || !errors.As(err, &refusal) || refusal.Step != fault.StepClientHello ||
		refusal.Alert.Description != wire.AlertHandshakeFailure && refusal.Alert.Description != wire.AlertInsufficientSecurity {
		return ""
	}
	suites, err := policySuites(tls.PolicyLegacy)
	if err != nil {
		return ""
	}
	config := f.config.Clone()
	config.CipherSuites, config.InsecureSkipVerify, config.ServerName = suites, true, f.name
	config.MaxVersion = tls.VersionTLS12
	config.Tracer, config.KeyLogWriter, config.ClientSessionCache = nil, nil, nil
	ctx, cancel := context.WithTimeout(f.ctx, probeTimeout)
	defer cancel()
	f.tell.warn("asking once more with all that policy legacy allows, without a request, to find out why")
	inner, err := new(net.Dialer).DialContext(ctx, "tcp", f.dialled)
	if err != nil {
		return ""
	}
	conn := tls.Client(inner, config)
	defer conn.Close()
	err = conn.HandshakeContext(ctx)
	switch {
	case errors.Is(err, fault.SmallField):
		return "it only speaks DHE, and in a group that is too small for every policy"
	case errors.As(err, &refusal):
		return "it refuses what policy legacy allows too"
	case err != nil:
		return ""
	}
	return onlySpeaks(wire.CipherSuite(conn.ConnectionState().CipherSuite))
}

// onlySpeaks names the strictest policy that allows a suite.
func onlySpeaks(id wire.CipherSuite) string {
	policy := suite.PolicyFor([]wire.CipherSuite{id})
	if policy == suite.PolicyModern {
		return "" // then it was something else
	}
	what, pronoun := "older ciphers", "them"
	if kx := suite.ByID(id).KeyExchange; kx != wire.KeyExchangeECDHE {
		what, pronoun = kx.String()+" key exchange", "it"
	}
	return fmt.Sprintf("it only speaks %s; policy %s allows %s: --policy %[2]s", what, policy, pronoun)
}
