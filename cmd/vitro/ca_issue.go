package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vitro-tls/vitro/pki"
)

// issueOptions are the flags of vitro ca issue.
type issueOptions struct {
	keyType string
	out     string
	outDir  string
	days    int
}

func newCAIssue(dir *string) *cobra.Command {
	var o issueOptions
	cmd := &cobra.Command{
		Use:   "issue HOST…",
		Short: "Issue a server certificate",
		Long: `Issue a certificate for a server that goes by these names and addresses, and make its key.

It goes into PREFIX.pem, its key into PREFIX-key.pem; PREFIX is the first host and the type of key, as in
localhost-ecdsa, unless --out says otherwise. Files that are there already are not overwritten.`,
		Example: `  vitro ca issue localhost 127.0.0.1 ::1
  vitro ca issue '*.lan' --key-type rsa --out lan --out-dir /etc/ssl/private
  vitro ca issue localhost --days 1`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("ca issue: for which host? Give names or addresses, as in vitro ca issue localhost 127.0.0.1")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, hosts []string) error { return caIssue(cmd, *dir, hosts, o) },
	}
	cmd.Flags().StringVar(&o.keyType, "key-type", "ecdsa", "`TYPE` of key: ecdsa, rsa, or in full ecdsa-p384, rsa-3072, ed25519 and their like")
	cmd.Flags().StringVar(&o.out, "out", "", "`PREFIX` of the files")
	cmd.Flags().StringVar(&o.outDir, "out-dir", "", "`DIR` for the files (default: the current one)")
	cmd.Flags().IntVar(&o.days, "days", 90, "how long it is valid")
	return cmd
}

func caIssue(cmd *cobra.Command, dir string, hosts []string, o issueOptions) error {
	kind, err := pki.ParseKeyKind(o.keyType)
	if err != nil {
		return fmt.Errorf("--key-type: %w", err)
	}
	lifetime, err := lifetimeOf(o.days)
	if err != nil {
		return err
	}
	ca, err := openCA(dir)
	if err != nil {
		return err
	}
	certFile, keyFile := o.files(hosts[0])
	if err := checkOutput(certFile, keyFile); err != nil {
		return &exitError{code: exitWrite, err: err}
	}
	c, err := ca.Issue(pki.LeafOptions{Hosts: hosts, Key: kind, Lifetime: lifetime})
	if err != nil {
		return err
	}
	if err := pki.Save(c, certFile, keyFile); err != nil {
		return &exitError{code: exitWrite, err: err}
	}
	notes := cmd.ErrOrStderr()
	fmt.Fprintf(notes, "vitro: issued by %s: %v, for %s, valid to %s\n", ca.For(kind).Name(), kind,
		strings.Join(namesOf(c.Leaf), ", "), c.Leaf.NotAfter.Format("2006-01-02"))
	if hasRoots(ca.Path) {
		fmt.Fprintf(notes, "vitro: clients trust it by the roots in %s\n", caRoots(ca.Path))
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "certificate  %s\nkey          %s\n", certFile, keyFile)
	return err
}

// files are where a certificate and its key go.
func (o *issueOptions) files(host string) (cert, key string) {
	prefix := o.out
	if prefix == "" {
		plain := strings.NewReplacer("*", "wildcard", ":", "-", "/", "-", "[", "", "]", "").Replace(host)
		prefix = strings.ToLower(plain + "-" + o.keyType)
	}
	prefix = filepath.Join(o.outDir, prefix)
	return prefix + ".pem", prefix + "-key.pem"
}

// checkOutput says what is in the way before a key is made.
func checkOutput(certFile, keyFile string) error {
	if dir := filepath.Dir(certFile); dir != "." {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("there is no directory %s", dir)
		}
	}
	for _, file := range []string{keyFile, certFile} {
		if _, err := os.Lstat(file); err == nil {
			return fmt.Errorf("%s is there already and is not overwritten; --out PREFIX gives other names: %w", file, fs.ErrExist)
		}
	}
	return nil
}
