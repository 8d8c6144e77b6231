package trust

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strconv"
	"strings"
)

// What stands in a certificate was written by the peer. Before it is shown, it is bounded, and freed of what a
// terminal would obey.
const (
	maxText = 200 // characters of a name
	maxList = 10  // names in a sentence
)

// unescape keeps a backslash and a quotation mark as they were, which do no harm.
var unescape = strings.NewReplacer(`\\`, `\`, `\"`, `"`)

func tame(s string) string {
	s = strconv.QuoteToGraphic(s)
	s = unescape.Replace(s[1 : len(s)-1])
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText]) + "…"
	}
	return s
}

func quote(s string) string { return `"` + tame(s) + `"` }

func listed(names []string) string {
	switch n := len(names); {
	case n == 0:
		return "nothing"
	case n > maxList:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxList], ", "), n-maxList)
	}
	return strings.Join(names, ", ")
}

// commonName is what a name goes by: its common name or, for want of one, the whole.
func commonName(n pkix.Name) string {
	if n.CommonName != "" {
		return n.CommonName
	}
	return n.String()
}

// short is what a certificate goes by in a sentence.
func short(c *x509.Certificate) string {
	if name := commonName(c.Subject); name != "" {
		return quote(name)
	}
	if list := names(c); len(list) > 0 {
		return quote(list[0])
	}
	return fmt.Sprintf("the nameless certificate number %x", c.SerialNumber)
}

func subject(c *x509.Certificate) string { return tame(c.Subject.String()) }
func issuer(c *x509.Certificate) string  { return tame(c.Issuer.String()) }

func algorithm(c *x509.Certificate) string { return c.SignatureAlgorithm.String() }

// cause is an error of crypto/x509, whose text repeats what stands in certificates.
type cause struct{ err error }

func (c cause) Error() string { return tame(c.err.Error()) }
func (c cause) Unwrap() error { return c.err }
