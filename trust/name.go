package trust

import (
	"crypto/x509"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/vitro-tls/vitro/event"
	"github.com/vitro-tls/vitro/fault"
)

// judgeName: RFC 6125 §6: the host must be one of the leaf's names. A client has no name to hold it to.
func (e *examination) judgeName(p path, _ error) *fault.Error {
	if e.role == fault.Server {
		return nil
	}
	leaf, host := p.certs[0], e.host()
	err := leaf.VerifyHostname(host)
	e.tell(leaf, 0, func() event.Check {
		return event.Check{What: event.CheckName, Passed: err == nil, Wanted: host, Found: names(leaf)}
	})
	if err == nil {
		return nil
	}
	found := names(leaf)
	failure := fault.New(fault.WrongHost).Because(cause{err})
	switch common := leaf.Subject.CommonName; {
	case len(found) == 0 && common != "":
		// RFC 6125 §6.4.4 still let a client look there; RFC 9525 §2 no longer does.
		return failure.With(fmt.Sprintf("it has no alternative names, only the common name %s, and those are not looked at any more; wanted %s",
			quote(common), quote(host))).Advise("issue it with the host among its subject alternative names")
	case len(found) == 0:
		return failure.With(fmt.Sprintf("it is for no host at all; wanted %s", quote(host)))
	}
	failure = failure.With(fmt.Sprintf("it is for %s; wanted %s", listed(found), quote(host)))
	if hint := nameHint(leaf, host); hint != "" {
		failure = failure.Advise(hint)
	}
	return failure
}

// nameHint knows the near misses.
func nameHint(leaf *x509.Certificate, host string) string {
	if net.ParseIP(host) != nil {
		if slices.Contains(leaf.DNSNames, host) {
			return "the address stands among the DNS names; issue the certificate with it as an IP address"
		}
		return ""
	}
	for _, name := range leaf.DNSNames {
		domain, wild := strings.CutPrefix(strings.ToLower(name), "*.")
		if h := strings.ToLower(host); wild && (h == domain || strings.HasSuffix(h, "."+domain)) {
			return "a * stands for exactly one label: " + quote(name) + " has neither its domain alone nor deeper names in it"
		}
	}
	return ""
}

// names are the hosts that a certificate is for.
func names(c *x509.Certificate) []string {
	var list []string
	for _, name := range c.DNSNames {
		list = append(list, tame(name))
	}
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return list
}
