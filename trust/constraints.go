package trust

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// judgeWhole takes crypto/x509's word for what only the whole chain shows: name constraints, policies, the terms on
// which a bundled root is trusted.
func (e *examination) judgeWhole(p path, refused error) *fault.Error {
	why, is := errors.AsType[x509.CertificateInvalidError](refused)
	if refused == nil || is && why.Reason == x509.IncompatibleUsage {
		return nil
	}
	leaf := p.certs[0]
	e.tell(leaf, 0, func() event.Check { return link(leaf, false) })
	switch {
	case is && why.Reason == x509.CANotAuthorizedForThisName:
		return nameNotPermitted(p, why.Detail)
	case is && why.Reason == x509.NoValidChains:
		return fault.New(fault.PolicyNotValid).With(fmt.Sprintf("of the chain from %s to %s", short(leaf), short(p.last())))
	}
	return invalid("the chain from %s to %s is refused as a whole", short(leaf), short(p.last()))
}

// nameNotPermitted: RFC 5280 §4.2.1.10: every name must be within what all CAs above permit, and none within what one
// excludes. Crypto/x509 tells which name it was; which CA, is told by their constraints.
func nameNotPermitted(p path, detail string) *fault.Error {
	var bounds []string
	for _, c := range p.certs[1:] {
		if text := constraints(c); text != "" {
			bounds = append(bounds, short(c)+" "+text)
		}
	}
	return fault.New(fault.NameNotPermitted).With(fmt.Sprintf("%s; in %s, the %s",
		strings.Join(bounds, ", and "), short(p.certs[0]), tame(detail)))
}

// constraints tells what a CA is bound to, "" if to nothing.
func constraints(c *x509.Certificate) string {
	permitted := bounds(c.PermittedDNSDomains, c.PermittedEmailAddresses, c.PermittedURIDomains)
	for _, n := range c.PermittedIPRanges {
		permitted = append(permitted, n.String())
	}
	excluded := bounds(c.ExcludedDNSDomains, c.ExcludedEmailAddresses, c.ExcludedURIDomains)
	for _, n := range c.ExcludedIPRanges {
		excluded = append(excluded, n.String())
	}
	var parts []string
	if len(permitted) > 0 {
		parts = append(parts, "may only issue for "+listed(permitted))
	}
	if len(excluded) > 0 {
		parts = append(parts, "may not issue for "+listed(excluded))
	}
	return strings.Join(parts, " and ")
}

func bounds(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		for _, name := range list {
			all = append(all, quote(name))
		}
	}
	return all
}
