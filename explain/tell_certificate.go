package explain

import (
	"crypto/x509"
	"fmt"
	"time"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
	"github.com/vitro-tls/vitro/wire"
)

func chainParas(m *wire.Certificate) []para {
	if len(m.Chain) == 0 {
		return []para{toned(bad, "chain", "empty: no certificate")}
	}
	var paras []para
	for i, der := range m.Chain {
		if i == maxChain {
			paras = append(paras, value("…", fmt.Sprintf("and %d more", len(m.Chain)-i)))
			break
		}
		label := fmt.Sprintf("#%d", i)
		c, err := x509.ParseCertificate(der)
		if err != nil {
			paras = append(paras, toned(bad, label, fmt.Sprintf("%s that do not parse: %s", plural(len(der), "byte"), peer(err.Error()))))
			continue
		}
		paras = append(paras, para{label: label, items: certificateItems(c)})
	}
	return paras
}

// maxChain is how many certificates of a chain are shown; an honest chain has two to four.
const maxChain = 10

func certificateItems(c *x509.Certificate) []string {
	items := []string{
		peer(subject(c)),
		"issued by " + peer(issuer(c)),
	}
	if list := hostNames(c); len(list) > 0 {
		items = append(items, "for "+listOf(list, 12))
	}
	return append(items, fmt.Sprintf("%s; valid %s to %s; %s", keyName(c), day(c.NotBefore), day(c.NotAfter), plural(len(c.Raw), "byte")))
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02") }

// verified tells how the certificates were judged; the checks are held from before.
func (v *view) verified(e event.PeerVerified) []para {
	if e.Skipped {
		return []para{toned(bad, "verified", "NO: verification is switched off, anyone could be at the other end")}
	}
	text := "yes"
	if e.ServerName != "" {
		text = "yes, this is " + quoted(e.ServerName)
	}
	if n := len(e.Chain); n > 0 && e.Chain[n-1] != nil {
		text += fmt.Sprintf(", by a chain of %d that ends in %s", n, quoted(subject(e.Chain[n-1])))
	}
	return []para{toned(good, "verified", text)}
}

// peerVerified tells step 5, and what the server does likewise with a client's certificate.
func (v *view) peerVerified(m event.Meta, e event.PeerVerified) []block {
	switch {
	case v.role == fault.Server && m.Step == 0:
		blocks := v.insideAs(m, serverVerification, v.verified(e))
		blocks[0].title = "Server Verification"
		return blocks
	case e.Skipped:
		return v.insideAs(m, unverified, v.verified(e))
	}
	v.holdFirst(v.oldPeerParas(m, e)...)
	return v.inside(m, v.verified(e))
}

// checkPara tells one check.
func checkPara(e event.Check) para {
	if e.Passed {
		return para{label: "✓ " + e.What.String(), text: checkText(e), tone: good}
	}
	return para{label: "✗ " + e.What.String(), text: checkText(e), tone: bad}
}

func checkText(e event.Check) string {
	not := ""
	if !e.Passed {
		not = "not "
	}
	who := quoted(e.Subject)
	switch e.What {
	case event.CheckLink:
		text := fmt.Sprintf("%s is %ssigned by %s", who, not, quoted(e.Issuer))
		if e.Algorithm != "" {
			text += " (" + peer(e.Algorithm) + ")"
		}
		return text
	case event.CheckRoot:
		text := fmt.Sprintf("%s is %samong the trusted roots", who, not)
		if !e.Passed && e.Issuer != "" {
			text = fmt.Sprintf("%s, the issuer of %s, is not among the trusted roots", quoted(e.Issuer), who)
		}
		if e.Roots != "" {
			text += " (" + peer(e.Roots) + ")"
		}
		return text
	case event.CheckDates:
		return fmt.Sprintf("%s is %svalid now: from %s to %s", who, not, moment(e.NotBefore), moment(e.NotAfter))
	case event.CheckName:
		return fmt.Sprintf("%s is %samong its names: %s", quoted(e.Wanted), not, listOf(e.Found, 12))
	case event.CheckKey:
		return fmt.Sprintf("the keys of the chain are %slarge enough (%s): %s", not, peer(e.Wanted), listOf(e.Found, 12))
	case event.CheckStaple:
		return stapleText(e)
	case event.CheckTimestamps:
		return timestampsText(e)
	case event.CheckUsage:
		return fmt.Sprintf("%s may %sbe used for %s: it is for %s", who, not, peer(e.Wanted), listOf(e.Found, 12))
	}
	return who
}

// stapleText: RFC 6066 §8.
func stapleText(e event.Check) string {
	if len(e.Found) == 0 {
		return "no OCSP response about " + quoted(e.Subject) + " was stapled"
	}
	if e.Issuer == "" {
		return fmt.Sprintf("the stapled OCSP response about %s is of no use (%s)", quoted(e.Subject), listOf(e.Found, 1))
	}
	text := fmt.Sprintf("%s says by OCSP about %s: %s, as of %s", quoted(e.Issuer), quoted(e.Subject), listOf(e.Found, 1), moment(e.NotBefore))
	if !e.NotAfter.IsZero() {
		text += " until " + moment(e.NotAfter)
	}
	return text
}

// timestampsText: RFC 6962 §3.2.
func timestampsText(e event.Check) string {
	var good, others []string
	for _, s := range e.Logs {
		if s.Flaw == "" {
			good = append(good, fmt.Sprintf("%s (%s, from the %s)", peer(s.Log), moment(s.Time), s.Source))
		} else {
			others = append(others, fmt.Sprintf("%s (%s)", peer(s.Log), peer(s.Flaw)))
		}
	}
	text := quoted(e.Subject) + " was logged by " + listOf(good, 12)
	if len(good) == 0 {
		text = "no known log vouches for " + quoted(e.Subject)
	}
	if e.Wanted != "" {
		text += "; wanted: " + peer(e.Wanted)
	}
	if len(others) > 0 {
		text += "; not counted: " + listOf(others, 12)
	}
	return text
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
