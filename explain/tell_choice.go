package explain

import (
	"fmt"
	"slices"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// choice holds what was decided until the message that says so. The client only learns what its messages show
// anyway: reasons come from the server.
func (v *view) choice(e event.Event) {
	switch e := e.(type) {
	case event.Opened:
		v.opened(e)
	case event.PolicyReplaced:
		v.hold(anyMessage, toned(bad, "policy", fmt.Sprintf("the environment variable %s replaced the default policy by %s",
			peer(e.Variable), quoted(e.Policy))))
	case event.Resumption:
		v.tookSession(e)
	case event.RetryAsked:
		v.retryAsked(e)
	case event.CookieReturned:
		v.cookieReturned(e)
	case event.Check:
		v.hold(anyMessage, checkPara(e))
	default:
		if v.role == fault.Server {
			v.reason(e)
		}
	}
}

// reason holds why the server chose as it did.
func (v *view) reason(e event.Event) {
	switch e := e.(type) {
	case event.VersionChosen:
		v.version = e.Version
		v.hold(wire.TypeServerHello, value("why", fmt.Sprintf("%s is the newest version that both speak (client: %s; server: %s)",
			e.Version, theirVersions(e), listOf(names(e.Ours), 8))))
	case event.SuiteChosen:
		v.hold(wire.TypeServerHello, suiteParas(e)...)
	case event.GroupChosen:
		v.hold(v.saidIn(wire.TypeServerKeyExchange, wire.TypeServerHello), v.groupPara(e))
	case event.SchemeChosen:
		v.hold(v.saidIn(wire.TypeServerKeyExchange, wire.TypeCertificateVerify), value("scheme", fmt.Sprintf(
			"%s fits the certificate's key, and is among the %d that the client offers", e.Scheme, len(e.Offered))))
	case event.ProtocolChosen:
		v.hold(v.saidIn(wire.TypeServerHello, wire.TypeEncryptedExtensions), value("why", fmt.Sprintf(
			"%s: the client offers %s, the server takes %s", peer(e.Protocol), listOf(e.Offered, 8), listOf(e.Ours, 8))))
	case event.CredentialChosen:
		v.hold(wire.TypeCertificate, v.credentialPara(e))
	}
}

// saidIn is the message that says something in TLS 1.2 and in TLS 1.3.
func (v *view) saidIn(in12, in13 wire.HandshakeType) wire.HandshakeType {
	if v.is13() {
		return in13
	}
	return in12
}

func (v *view) groupPara(e event.GroupChosen) para {
	if v.is13() {
		return v.groupPara13(e)
	}
	if e.FieldBits != 0 && !slices.ContainsFunc(e.Offered, wire.NamedGroup.IsFFDHE) {
		return value("why", fmt.Sprintf("%s is the first of the server's groups (%s); the client lists none of its kind, so that "+
			"the choice is the server's (RFC 7919 §4)", fieldName(e.Group, e.FieldBits), listOf(names(e.Ours), 8)))
	}
	return value("why", fmt.Sprintf("%s is the first of the server's groups (%s) that the client offers (%s)",
		e.Group, listOf(names(e.Ours), 8), listOf(names(e.Offered), 8)))
}

// theirVersions is what the client said that it speaks. RFC 5246 §E.1: without a list it names the newest alone.
func theirVersions(e event.VersionChosen) string {
	if e.UpTo != 0 {
		return "up to " + e.UpTo.String()
	}
	return listOf(names(e.Theirs), 8)
}

func (v *view) opened(e event.Opened) {
	if v.role != fault.Client || e.Policy == "" {
		return
	}
	v.hold(wire.TypeClientHello, value("policy", fmt.Sprintf("%s, which allows %s", peer(e.Policy), plural(len(e.Suites), "suite"))))
}

// passedOver says why a suite was not taken; the order is that of the telling.
var passedOver = []struct {
	reason event.SuiteReason
	why    string
}{
	{event.SuiteNotOffered, "the client does not offer"},
	{event.SuiteNoKey, "no certificate of the server has the kind of key for"},
	{event.SuiteNoKeyUsage, "the certificate's key usage forbids"},
	{event.SuiteNoGroup, "no group in common for"},
	{event.SuiteNoField, "the client lists Diffie-Hellman groups, and none of ours, which rules out"},
	{event.SuiteNoCurve, "the client does not list the curve of the server's certificate, which rules out"},
	{event.SuiteNoScheme, "no signature scheme in common for"},
}

// suiteParas tells how the server went down its list.
func suiteParas(e event.SuiteChosen) []para {
	if len(e.Considered) == 0 {
		return nil
	}
	paras := []para{value("why", fmt.Sprintf("%s is the first in the server's list%s", e.Suite, firstThat(e)))}
	for _, p := range passedOver {
		var suites []string
		for _, v := range e.Considered {
			if v.Reason == p.reason && v.Suite != e.Suite {
				suites = append(suites, v.Suite.String())
			}
		}
		if len(suites) > 0 {
			paras = append(paras, para{label: "passed by", items: append([]string{p.why}, shortened(suites, 12)...), tone: dim})
		}
	}
	if n := lessLiked(e); n > 0 {
		paras = append(paras, toned(dim, "behind it", plural(n, "suite")+" further down in the server's list"))
	}
	return paras
}

func lessLiked(e event.SuiteChosen) int {
	n := 0
	for _, v := range e.Considered {
		if v.Reason == event.SuiteLessLiked {
			n++
		}
	}
	return n
}

// firstThat says what the suites before the taken one lacked.
func firstThat(e event.SuiteChosen) string {
	that := ""
	for _, v := range e.Considered {
		switch {
		case v.Suite == e.Suite:
			return that
		case v.Reason == event.SuiteNotOffered && that == "":
			that = " that the client offers too"
		case v.Reason != event.SuiteNotOffered:
			that = " that the client offers too and that nothing forbids"
		}
	}
	return that
}

func (v *view) credentialPara(e event.CredentialChosen) para {
	text := "the server's only certificate"
	if e.Of > 1 {
		text = fmt.Sprintf("one of the server's %d", e.Of)
	}
	if e.Leaf != nil {
		text += ", " + keyName(e.Leaf)
	}
	if e.ChainUnlisted {
		text += ", with a signature in its chain that the client does not list"
	}
	switch {
	case e.Named:
		return value("why this", text+"; it has the name that the client asked for")
	case v.offered != nil && v.offered.serverName == "":
		return value("why this", text+"; the client asked for no name")
	}
	return value("why this", text+"; it does not have the name that the client asked for")
}
