package pki

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// setHosts sorts hosts into DNS names and IP addresses. A client looks for an address only among the addresses:
// RFC 6125 §1.7.2.
func setHosts(template *x509.Certificate, hosts []string) error {
	for _, host := range hosts {
		bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if ip, err := netip.ParseAddr(bare); err == nil {
			if ip.Zone() != "" {
				return fmt.Errorf("pki: %q: a certificate cannot name an address with a zone", host)
			}
			addIP(template, ip)
			continue
		}
		name := strings.ToLower(strings.TrimSuffix(host, "."))
		if err := checkName(name); err != nil {
			return fmt.Errorf("pki: %q is not a host name: %w", host, err)
		}
		if !slices.Contains(template.DNSNames, name) {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if template.Subject.CommonName == "" && len(hosts) > 0 {
		template.Subject.CommonName = commonName(template)
	}
	return nil
}

func addIP(template *x509.Certificate, ip netip.Addr) {
	address := net.IP(ip.Unmap().AsSlice())
	if !slices.ContainsFunc(template.IPAddresses, address.Equal) {
		template.IPAddresses = append(template.IPAddresses, address)
	}
}

// commonName shows in lists; nobody verifies by it. X.520 allows it 64 characters.
func commonName(template *x509.Certificate) string {
	for _, name := range template.DNSNames {
		if len(name) <= 64 {
			return name
		}
	}
	if len(template.IPAddresses) > 0 {
		return template.IPAddresses[0].String()
	}
	return ""
}

func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("it is empty")
	case strings.Contains(name, "://"):
		return errors.New("it is a URL; give its host alone")
	case strings.Contains(name, ":"):
		return errors.New("a certificate is for a host, not for a port")
	case len(name) > 253:
		return errors.New("it is longer than 253 characters")
	}
	for i, label := range strings.Split(name, ".") {
		if i == 0 && label == "*" && strings.Contains(name, ".") {
			continue
		}
		if err := checkLabel(label); err != nil {
			return err
		}
	}
	return nil
}

func checkLabel(label string) error {
	if label == "" {
		return errors.New("one of its labels is empty")
	}
	if len(label) > 63 {
		return errors.New("one of its labels is longer than 63 characters")
	}
	if label[0] == '-' || label[len(label)-1] == '-' {
		return errors.New("one of its labels begins or ends with a hyphen")
	}
	for _, c := range label {
		switch {
		case c == '*':
			return errors.New("a * stands only for the whole first label")
		case c > 127:
			return errors.New("it is not ASCII; give its xn-- form")
		case c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z'):
			return fmt.Errorf("it has the character %q", c)
		}
	}
	return nil
}

// constrain writes a CA's name constraints. RFC 5280 §4.2.1.10: they bind only names of their own kind, so the kind
// that nothing was said about is excluded as a whole.
func constrain(template *x509.Certificate, opts CAOptions) error {
	if len(opts.PermittedDNSDomains) == 0 && len(opts.PermittedIPs) == 0 {
		return nil
	}
	template.PermittedDNSDomainsCritical = true
	for _, domain := range opts.PermittedDNSDomains {
		domain = strings.ToLower(strings.TrimPrefix(domain, "."))
		if err := checkName(domain); err != nil || strings.HasPrefix(domain, "*") {
			return fmt.Errorf("pki: %q cannot be a permitted domain: give a domain such as example.com, which has its subdomains with it", domain)
		}
		template.PermittedDNSDomains = append(template.PermittedDNSDomains, domain)
	}
	template.PermittedIPRanges = opts.PermittedIPs
	if len(opts.PermittedIPs) == 0 {
		template.ExcludedIPRanges = []*net.IPNet{
			{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)},
			{IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
		}
	}
	if len(opts.PermittedDNSDomains) == 0 {
		template.ExcludedDNSDomains = []string{""}
	}
	return nil
}

// Permits returns the reason for which this CA cannot issue for a host, nil if it can.
func (ca *CA) Permits(host string) error {
	template := new(x509.Certificate)
	if err := setHosts(template, []string{host}); err != nil {
		return err
	}
	return ca.permits(template)
}

// permits refuses to issue what this CA, or one above it, may not issue for: such a certificate never verifies.
func (ca *CA) permits(template *x509.Certificate) error {
	for ; ca != nil; ca = ca.parent {
		c := ca.Certificate
		if !c.PermittedDNSDomainsCritical {
			continue
		}
		for _, name := range template.DNSNames {
			if !slices.ContainsFunc(c.PermittedDNSDomains, func(d string) bool { return within(name, d) }) {
				return fmt.Errorf("pki: the CA %q may not issue for %s: it is bound to %s", ca.Name(), name, ca.bounds())
			}
		}
		for _, ip := range template.IPAddresses {
			if !slices.ContainsFunc(c.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) }) {
				return fmt.Errorf("pki: the CA %q may not issue for %s: it is bound to %s", ca.Name(), ip, ca.bounds())
			}
		}
	}
	return nil
}

func within(name, domain string) bool {
	name = strings.TrimPrefix(name, "*.")
	return name == domain || strings.HasSuffix(name, "."+domain)
}

func (ca *CA) bounds() string {
	list := slices.Clone(ca.Certificate.PermittedDNSDomains)
	for _, n := range ca.Certificate.PermittedIPRanges {
		list = append(list, n.String())
	}
	return strings.Join(list, ", ")
}
