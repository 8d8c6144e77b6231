package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
)

func newGet() *cobra.Command {
	f := new(getFlags)
	cmd := &cobra.Command{
		Use:   "get URL...",
		Short: "Fetch over HTTPS and explain the handshake",
		Long: `Get fetches over HTTPS (HTTP/2 and HTTP/1.1, TLS 1.3 and 1.2). The body goes to stdout or into a file, and the
handshake is explained on stderr. When it fails, the reason is told: what was found, what each side offered, and
what to change. Where curl has a flag for the same thing, it has the same name here.

By default policy "modern" is in force: TLS 1.3, and for TLS 1.2 ECDHE with AES-GCM or ChaCha20-Poly1305. Policy
"compatible" adds ciphers of older and smaller servers (AES-CBC, AES-CCM), policy "legacy" RSA and DHE key exchange too, for old
devices. The environment variable VITRO_POLICY replaces the default. Proxies are not used.

Each URL gets a connection of its own. It resumes the session of an earlier one to the same name, where the
server lets it.

Exit codes:
  0   fetched                          28   out of time (--max-time, or a silent server)
  2   wrong usage                      35   the handshake failed
  7   could not connect                56   the connection failed after the handshake
  22  HTTP status 400 or above         60   the server's certificate is not trusted
  23  could not write                  91   its CA does not say by OCSP that it is good
  130 interrupted
With several URLs, it is that of the first failure.`,
		Example: `  vitro get https://example.com/
  vitro get --explain full -o page.html https://example.com/
  vitro get --tls 1.3 --groups X25519MLKEM768 https://example.com/
  vitro get --policy legacy --key-exchange rsa --cacert ca.pem https://old-device.example/
  vitro get --resolve shop.example:443:127.0.0.1 https://shop.example/    # this name, that address
  vitro get https://example.com/ https://example.com/            # the second connection is resumed
  vitro get --json -I https://example.com/ 2>events.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, urls []string) error {
			return runGet(cmd, f, urls)
		},
	}
	f.register(cmd.Flags())
	cmd.MarkFlagsMutuallyExclusive("alpn", "http1.1")
	return cmd
}

func runGet(cmd *cobra.Command, f *getFlags, urls []string) error {
	f.given = cmd.Flags().Changed
	g, err := f.getter(cmd.OutOrStdout(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	targets, err := f.targets(urls)
	if err != nil {
		return err
	}
	closeKeyLog, err := logKeys(g.config, f.keyLog, g.tell.warn)
	if err != nil {
		return err
	}
	var first error
	for _, target := range targets {
		if len(targets) > 1 {
			g.tell.begin(target)
		}
		err := g.get(cmd.Context(), target)
		if first == nil {
			first = err
		}
		if cmd.Context().Err() != nil {
			break
		}
	}
	if err := closeKeyLog(); first == nil {
		first = err
	}
	return first
}

// get fetches one URL and tells of its failure.
func (g *getter) get(ctx context.Context, target string) error {
	if g.insecure {
		g.tell.warn("WARNING: --insecure: the server's certificate is not verified; anyone could be at the other end")
	}
	timed, cancel := ctx, context.CancelFunc(func() {})
	if g.maxTime > 0 {
		timed, cancel = context.WithTimeout(ctx, g.maxTime)
	}
	defer cancel()
	f := &fetch{getter: g, ctx: timed}
	err := f.run(target)
	if ctx.Err() != nil {
		return &exitError{code: exitInterrupt, err: errors.New("interrupted")}
	}
	if err == nil {
		return nil
	}
	return g.tell.failure(target, err, f.probe(err))
}
