package main

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitro-tls/vitro/pki"
)

func newCAShow(dir *string) *cobra.Command {
	var asPEM bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the CA's roots",
		Long:  "Show both roots: names, fingerprints, validity, what they are bound to, and the file that clients are given.",
		Example: `  vitro ca show
  vitro ca show --pem >roots.pem
  curl --cacert roots.pem https://localhost:8443/`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ca, err := openCA(*dir)
			if err != nil {
				return err
			}
			if asPEM {
				_, err = cmd.OutOrStdout().Write(pki.EncodeCertificates(ca.ECDSA.Certificate.Raw, ca.RSA.Certificate.Raw))
				return err
			}
			return showCA(cmd.OutOrStdout(), ca)
		},
	}
	cmd.Flags().BoolVar(&asPEM, "pem", false, "print both roots as PEM")
	return cmd
}

// showCA writes what there is to know of a CA.
func showCA(w io.Writer, ca *pki.Dir) error {
	var b strings.Builder
	for _, root := range []struct {
		ca   *pki.CA
		file string
	}{{ca.ECDSA, pki.ECDSARootFile}, {ca.RSA, pki.RSARootFile}} {
		c := root.ca.Certificate
		fmt.Fprintf(&b, "%s\n", root.ca.Name())
		fmt.Fprintf(&b, "  subject    %s\n", c.Subject)
		fmt.Fprintf(&b, "  sha-256    %x\n", sha256.Sum256(c.Raw))
		fmt.Fprintf(&b, "  valid      %s\n", validity(c, time.Now()))
		fmt.Fprintf(&b, "  issues for %s\n", bounds(c))
		fmt.Fprintf(&b, "  file       %s\n\n", filepath.Join(ca.Path, root.file))
	}
	if hasRoots(ca.Path) {
		fmt.Fprintf(&b, "both roots   %s\n", caRoots(ca.Path))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func validity(c *x509.Certificate, now time.Time) string {
	text := c.NotBefore.Format("2006-01-02") + " to " + c.NotAfter.Format("2006-01-02")
	if now.After(c.NotAfter) {
		text += ": EXPIRED"
	}
	return text
}

// bounds are the name constraints of a root.
func bounds(c *x509.Certificate) string {
	var list []string
	for _, domain := range c.PermittedDNSDomains {
		list = append(list, domain+" and below")
	}
	for _, ip := range c.PermittedIPRanges {
		list = append(list, ip.String())
	}
	if len(list) == 0 {
		return "any name: it has no name constraints"
	}
	return strings.Join(list, ", ") + ", nothing else"
}

func hasRoots(path string) bool {
	_, err := os.Stat(caRoots(path))
	return err == nil
}

// namesOf are the names and addresses of a certificate.
func namesOf(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
