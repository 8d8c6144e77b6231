package explain

import (
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

// summary is what the brief telling gathers until the handshake is done.
type summary struct {
	leaf     []string
	verified para
	trouble  []para
	retry    []para
	session  []para // why an earlier one was not resumed
}

// brief tells a connection in a handful of lines once it is known how it went. Where both ends are told, the
// client's lines are enough: only failures come from both.
func (v *view) brief(p *page, m event.Meta, e event.Event) string {
	switch e := e.(type) {
	case event.Message:
		v.briefMessage(e)
	case event.RetryAsked:
		v.sum.retry = []para{value("retry", retryReason(e))}
	case event.Resumption:
		if e.Accepted {
			v.created = e.Created
		} else {
			v.sum.session = append(v.sum.session, value("session", resumptionWords[e.Why]))
		}
	case event.PolicyReplaced:
		v.choice(e)
		v.sum.trouble = append(v.sum.trouble, v.takeAll()...)
	case event.PeerVerified:
		if e.Resumed && v.role == fault.Client && len(e.Chain) > 0 && e.Chain[0] != nil {
			v.sum.leaf = leafItems(e.Chain[0])
		}
		v.sum.verified = v.verified(e)[0]
		if e.Skipped {
			v.sum.verified.tone = bad
		}
	case event.Finished:
		v.done, v.version = true, e.Version
		if v.other != nil && v.role == fault.Server {
			return ""
		}
		return p.brief(v.briefParas(m, e))
	case event.Truncated:
		if v.other == nil || v.role == fault.Client {
			return p.brief([]para{toned(bad, "truncated", "the connection ended without close_notify: data may be missing ("+v.closureSection()+")")})
		}
	case event.Failed:
		paras := append(v.sum.trouble, v.certificatePara()...)
		paras = append(paras, errorParas(e.Err)...)
		return p.brief(paras)
	}
	return ""
}

func (p *page) brief(paras []para) string {
	return strings.Join(p.body(paras, p.width, 0, 13), "\n") + "\n"
}

func (v *view) briefMessage(e event.Message) {
	if absent(e.Message) {
		return
	}
	v.learn(e.Message)
	sender := v.role
	if !e.Sent {
		sender = v.role.Peer()
	}
	chain, ok := e.Message.(*wire.Certificate)
	if !ok || sender != fault.Server || len(chain.Chain) == 0 {
		return
	}
	c, err := x509.ParseCertificate(chain.Chain[0])
	if err != nil {
		v.sum.leaf = []string{"does not parse: " + peer(err.Error())}
		return
	}
	v.sum.leaf = leafItems(c)
}

func leafItems(c *x509.Certificate) []string {
	return []string{
		fmt.Sprintf("%s, issued by %s", peer(subject(c)), peer(issuer(c))),
		fmt.Sprintf("%s, valid %s to %s", keyName(c), day(c.NotBefore), day(c.NotAfter)),
	}
}

func (v *view) certificatePara() []para {
	if v.sum.leaf == nil {
		return nil
	}
	return []para{{label: "certificate", items: v.sum.leaf}}
}

func (v *view) briefParas(m event.Meta, e event.Finished) []para {
	paras := append([]para{}, v.sum.trouble...)
	paras = append(paras, toned(strong, e.Version.String(), joinWith(", ", e.Suite.String(), agreedGroup(e), authentication(e))))
	paras = append(paras, v.sum.retry...)
	if e.Resumed {
		v.sum.session = v.briefSession(m)
	}
	paras = append(paras, v.sum.session...)
	paras = append(paras, v.certificatePara()...)
	paras = append(paras, v.sum.verified)
	if e.Protocol != "" {
		paras = append(paras, value("protocol", peer(e.Protocol)))
	}
	switch {
	case e.Resumed && !v.is13():
		paras = append(paras, v.secrecyResumed())
	case v.kx == wire.KeyExchangeRSA:
		paras = append(paras, toned(bad, "secrecy", "no forward secrecy: RSA key exchange"))
	}
	if took := v.elapsed(m); took != "" {
		paras = append(paras, toned(dim, "handshake", strings.TrimPrefix(took, "+")))
	}
	return paras
}
