package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vitro-tls/vitro/pki"
)

const day = 24 * time.Hour

const caHelp = `A certificate authority of your own, for tests and for machines that only you visit.

It has two roots, one with an ECDSA and one with an RSA key, in one directory that only you can read. Clients trust
what it issues once they are given its roots: curl --cacert FILE, vitro get --cacert FILE. No key is ever overwritten.`

func newCA() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "A local certificate authority",
		Long:  caHelp,
		Example: `  vitro ca init
  vitro ca issue localhost 127.0.0.1 --key-type rsa
  vitro ca show`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return fmt.Errorf("ca: what is to be done? There are init, issue and show")
		},
	}
	var dir string
	cmd.PersistentFlags().StringVar(&dir, "ca-dir", "", "`DIR` of the CA (default: vitro, where programs keep their settings)")
	cmd.AddCommand(newCAInit(&dir), newCAIssue(&dir), newCAShow(&dir))
	return cmd
}

func newCAInit(dir *string) *cobra.Command {
	var permit []string
	var name string
	var days int
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make the CA",
		Long: `Make the CA: an ECDSA and an RSA root with their keys, and a file with both roots for clients.

--permit bounds it for good: with it, whoever trusts the CA trusts it for these domains (and the names below them)
and addresses only.`,
		Example: `  vitro ca init
  vitro ca init --permit localhost --permit lan --permit 127.0.0.0/8 --permit ::1
  vitro ca init --ca-dir ./testca --name "Our tests" --days 365`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return caInit(cmd, *dir, name, permit, days)
		},
	}
	cmd.Flags().StringArrayVar(&permit, "permit", nil, "bind it to this `DOMAIN`, address or range of addresses; may be repeated")
	cmd.Flags().StringVar(&name, "name", "", "`NAME` of its roots, to which the kind of key is added (default: one that no other CA has)")
	cmd.Flags().IntVar(&days, "days", 3650, "how long it is valid")
	return cmd
}

func caInit(cmd *cobra.Command, dir, name string, permit []string, days int) error {
	path, err := caDir(dir)
	if err != nil {
		return err
	}
	lifetime, err := lifetimeOf(days)
	if err != nil {
		return err
	}
	opts := pki.CAOptions{Name: name, Lifetime: lifetime}
	if err := setPermitted(&opts, permit); err != nil {
		return err
	}
	ca, err := pki.Init(path, opts)
	if err != nil {
		return fileError(err)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "vitro: made a CA in %s; its keys are readable by you alone\n\n", path)
	return showCA(cmd.OutOrStdout(), ca)
}

// fileError gives an error about files its exit code.
func fileError(err error) error {
	if errors.Is(err, fs.ErrExist) || errors.As(err, new(*fs.PathError)) || errors.As(err, new(*os.LinkError)) {
		return &exitError{code: exitWrite, err: err}
	}
	return err
}

// setPermitted sorts what a CA is bound to into domains and addresses.
func setPermitted(opts *pki.CAOptions, permit []string) error {
	for _, one := range permit {
		if addr, err := netip.ParseAddr(one); err == nil {
			one = fmt.Sprintf("%v/%d", addr, addr.BitLen())
		}
		if !strings.Contains(one, "/") {
			opts.PermittedDNSDomains = append(opts.PermittedDNSDomains, one)
			continue
		}
		_, bound, err := net.ParseCIDR(one)
		if err != nil {
			return fmt.Errorf("--permit %q: a range of addresses looks like 10.0.0.0/8 or fd00::/8", one)
		}
		opts.PermittedIPs = append(opts.PermittedIPs, bound)
	}
	return nil
}

func lifetimeOf(days int) (time.Duration, error) {
	const most = 100 * 365
	if days < 1 || days > most {
		return 0, fmt.Errorf("--days %d: it is 1 to %d", days, most)
	}
	return time.Duration(days) * day, nil
}

// caDir is the directory of the local CA.
func caDir(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("where is the local CA to be? %w; --ca-dir names a directory", err)
	}
	return filepath.Join(config, "vitro"), nil
}

// hasCA reports whether there is a CA in a directory, or a part of one.
func hasCA(path string) bool {
	for _, name := range []string{pki.ECDSARootFile, pki.ECDSAKeyFile, pki.RSARootFile, pki.RSAKeyFile} {
		if _, err := os.Lstat(filepath.Join(path, name)); err == nil {
			return true
		}
	}
	return false
}

// openCA opens the CA that must be there.
func openCA(dir string) (*pki.Dir, error) {
	path, err := caDir(dir)
	if err != nil {
		return nil, err
	}
	if !hasCA(path) {
		return nil, fmt.Errorf("there is no CA in %s; vitro ca init makes one", path)
	}
	return pki.Open(path)
}

// caRoots is the file that clients are given.
func caRoots(path string) string { return filepath.Join(path, pki.RootsFile) }

// shellWord quotes a path where a shell would take it apart.
func shellWord(path string) string {
	if strings.ContainsAny(path, " \t\"'\\$&;()<>|*?[]#~!`") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}
